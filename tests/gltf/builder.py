"""glTF files made by hand, so that each part of them can lie."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

Document = dict[str, Any]

#: A square of two triangles: positions, then six 16-bit indices, then texture places.
POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
INDICES = np.array([0, 1, 2, 0, 2, 3], np.uint16)
UVS = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)


def square() -> tuple[Document, bytes]:
    """A sound document and its BIN chunk: one node, one mesh, one primitive."""
    binary = POSITIONS.tobytes() + INDICES.tobytes() + UVS.tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
            {"bufferView": 2, "componentType": 5126, "count": 4, "type": "VEC2"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 48},
            {"buffer": 0, "byteOffset": 48, "byteLength": 12},
            {"buffer": 0, "byteOffset": 60, "byteLength": 32},
        ],
        "buffers": [{"byteLength": len(binary)}],
    }
    return document, binary


def glb(document: Document | bytes, binary: bytes | None, *, version: int = 2, length: int | None = None) -> bytes:
    """The container; ``version`` and ``length`` may lie."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    chunks = chunk(b"JSON", text + b" " * (-len(text) % 4))
    if binary is not None:
        chunks += chunk(b"BIN\0", binary + b"\0" * (-len(binary) % 4))
    return packed(chunks, version=version, length=length)


def packed(chunks: bytes, *, version: int = 2, length: int | None = None) -> bytes:
    return b"glTF" + struct.pack("<II", version, 12 + len(chunks) if length is None else length) + chunks


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    return struct.pack("<I", len(data) if length is None else length) + kind + data


def changed(document: Document, where: str, value: Any) -> Document:
    """The document with the value at a place such as ``accessors/0/count`` put in."""
    copy = json.loads(json.dumps(document))
    *parts, last = [int(part) if part.isdigit() else part for part in where.split("/")]
    holder = copy
    for part in parts:
        holder = holder[part] if isinstance(part, int) else holder.setdefault(part, {})
    holder[last] = value
    return copy


def textured(document: Document, binary: bytes, image: bytes, mime: str = "image/png") -> tuple[Document, bytes]:
    """The same with an image in the BIN chunk as the base colour."""
    document = json.loads(json.dumps(document))
    binary += b"\0" * (-len(binary) % 4)
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(image)})
    document["images"] = [{"bufferView": len(document["bufferViews"]) - 1, "mimeType": mime}]
    document["textures"] = [{"source": 0}]
    document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    document["meshes"][0]["primitives"][0]["material"] = 0
    binary += image
    document["buffers"] = [{"byteLength": len(binary)}]
    return document, binary


def png(width: int, height: int, *, rows: int | None = None) -> bytes:
    """A grey PNG without a content, honest or with fewer rows than it claims; its size grows by a thousandth."""
    squeeze = zlib.compressobj(1)
    line = bytes(width + 1)
    data = b"".join(squeeze.compress(line) for _ in range(height if rows is None else rows)) + squeeze.flush()
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def write(path: Path, document: Document, binary: bytes | None) -> Path:
    path.write_bytes(glb(document, binary))
    return path
