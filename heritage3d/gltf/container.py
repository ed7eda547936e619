"""The GLB container (glTF 2.0, section 4.4) and its JSON: guarded reading, plain writing."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from heritage3d.errors import CaptureUnreadable, GltfInvalid, MeshTooLarge, MeshUnsupported
from heritage3d.pipeline import limits

MAGIC = b"glTF"
_JSON, _BIN = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class Container:
    """A glTF file taken apart: its JSON, its BIN chunk (None: there is none) and where it lies."""

    path: Path
    document: dict[str, Any]
    binary: memoryview | None
    is_glb: bool
    size: int


def read(path: Path) -> Container:
    """Take a .glb or .gltf apart; the content decides which of them it is.

    Raises GltfInvalid, MeshUnsupported (glTF 1.0), MeshTooLarge, CaptureUnreadable.
    """
    try:
        size = path.stat().st_size
        if size > limits.MAX_MESH_BYTES:
            raise MeshTooLarge(file=path.name, count=size, limit=limits.MAX_MESH_BYTES, what="bytes")
        data = path.read_bytes()
    except OSError as error:
        raise CaptureUnreadable(file=path.name, detail=error.strerror or "") from error
    if data[:4] == MAGIC:
        text, binary = _chunks(path, memoryview(data))
        return Container(path, _json(path, text), binary, is_glb=True, size=size)
    return Container(path, _json(path, memoryview(data)), None, is_glb=False, size=size)


def _chunks(path: Path, data: memoryview) -> tuple[memoryview, memoryview | None]:
    if len(data) < 20:
        raise GltfInvalid(file=path.name, detail="the file ends inside its header")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise MeshUnsupported(file=path.name, detail=f"GLB version {version}, only 2 is read")
    if not 20 <= length <= len(data):
        raise GltfInvalid(file=path.name, detail=f"the header says {length} bytes, the file has {len(data)}")
    data = data[:length]  # what follows is no part of it (the Khronos validator warns of it)
    chunks: list[tuple[int, memoryview]] = []
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length or size % 4:
            raise GltfInvalid(file=path.name, detail=f"the chunk at byte {at} has a wrong length of {size}")
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    if at != length or not chunks or chunks[0][0] != _JSON or sum(kind == _JSON for kind, _ in chunks) != 1:
        raise GltfInvalid(file=path.name, detail="the chunks do not fit: one of JSON must come first")
    binaries = [index for index, (kind, _) in enumerate(chunks) if kind == _BIN]
    if binaries and binaries != [1]:
        raise GltfInvalid(file=path.name, detail="the BIN chunk must be the second and the only one")
    return chunks[0][1], chunks[1][1] if binaries else None


def _json(path: Path, text: memoryview) -> dict[str, Any]:
    if len(text) > limits.MAX_JSON_BYTES:
        raise MeshTooLarge(file=path.name, count=len(text), limit=limits.MAX_JSON_BYTES, what="bytes of JSON")
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise GltfInvalid(file=path.name, detail=f"the JSON cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise GltfInvalid(file=path.name, detail="the JSON is no object")
    asset = document.get("asset")
    version = str(asset.get("version", "")) if isinstance(asset, dict) else ""
    if not version.startswith("2."):
        if version.startswith("1") or not version:
            raise MeshUnsupported(file=path.name, detail=f"glTF version {version or 'missing'}, only 2.0 is read")
        raise GltfInvalid(file=path.name, detail=f"asset.version is {version}")
    return document


def pack(document: dict[str, Any], binary: bytes) -> bytes:
    """The bytes of a GLB from its JSON and its BIN chunk. Raises MeshTooLarge beyond 4 GiB."""
    text = orjson.dumps(document)
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = [(_JSON, text), (_BIN, binary)] if binary else [(_JSON, text)]
    total = 12 + sum(8 + len(data) for _, data in chunks)
    if total >= 2**32:
        raise MeshTooLarge(file="", count=total, limit=2**32 - 1, what="bytes in a GLB")
    heads = [struct.pack("<II", len(data), kind) for kind, data in chunks]
    parts = [part for head, (_, data) in zip(heads, chunks, strict=True) for part in (head, data)]
    return b"".join([MAGIC, struct.pack("<II", 2, total), *parts])
