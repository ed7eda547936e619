"""Captures that were damaged, made from seeds: twelve formats, each cut off, flipped, emptied, lied about, misnamed.

For each format 20 truncations, 20 flipped bits, 20 blocks of zeros, 10 lies in the header, an empty file and one
under the name of another format: 864 files. Four kinds of documents beside them are damaged in the same ways.
"""

from __future__ import annotations

import base64
import io
import json
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import tifffile
from PIL import Image

from tests.gltf import builder
from tests.image.dng import write_dng
from tests.image.pictures import noise
from tests.mesh import shapes

Damage = Callable[[bytes], bytes]
ROUNDS = 20
LIES = 10
IMAGES = ("plain.tif", "lzw.tif", "jpg", "png", "webp", "jp2", "dng")
MESHES = ("ply", "stl", "obj", "glb", "gltf")
BLOCK = 4096  # bytes that a bad sector of a disk brings back as zeros


@dataclass(frozen=True)
class Case:
    """One damaged capture: the format it was, what befell it, under which name it lies, its bytes before and after."""

    form: str
    damage: str
    file: str
    whole: bytes
    content: bytes

    @property
    def id(self) -> str:
        return f"{self.form}-{self.damage}".replace(".", "-")


# --- twelve formats, sound ------------------------------------------------------------------------------------


def _picture() -> np.ndarray:
    """Structure and noise, as a scan has both: a decoder that goes astray shows it."""
    rows, columns = np.mgrid[0:101, 0:150]
    drawn = 128 + 90 * np.sin(columns / 7.0 + rows / 23.0)
    return (drawn[:, :, None] * [1.0, 0.9, 0.8] + noise(150, 101) % 16).clip(0, 255).astype(np.uint8)


def _tiff(**options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, _picture(), photometric="rgb", metadata=None, software="", **options)
    return stream.getvalue()


def _pillow(form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(_picture()).save(stream, form, **options)
    return stream.getvalue()


def _dng(folder: Path) -> bytes:
    write_dng(folder / "made.dng", (_picture()[:100, :150] / 255.0).astype(np.float64))
    return (folder / "made.dng").read_bytes()


def _surface() -> shapes.Mesh:
    return shapes.relief(24, 0.05, 3)


def _ply() -> bytes:
    points, faces = _surface()
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += f"element face {len(faces)}\nproperty list uchar uint vertex_indices\nend_header\n"
    rows = np.zeros(len(faces), np.dtype([("count", "u1"), ("corners", "<u4", 3)]))
    rows["count"], rows["corners"] = 3, faces
    return head.encode() + points.astype("<f4").tobytes() + rows.tobytes()


def _stl() -> bytes:
    points, faces = _surface()
    rows = np.zeros(len(faces), np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")]))
    rows["corners"] = points[faces]
    return b"made for tests".ljust(80) + struct.pack("<I", len(faces)) + rows.tobytes()


def _obj() -> bytes:
    points, faces = _surface()
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points] + [f"f {a} {b} {c}" for a, b, c in faces + 1]
    return ("\n".join(lines) + "\n").encode()


def _gltf() -> tuple[builder.Document, bytes]:
    points, faces = _surface()
    indices, positions = faces.astype("<u4").tobytes(), points.astype("<f4").tobytes()
    document: builder.Document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 1}, "indices": 0}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5125, "count": faces.size, "type": "SCALAR"},
            {
                "bufferView": 1,
                "componentType": 5126,
                "count": len(points),
                "type": "VEC3",
                "min": [float(value) for value in points.astype("<f4").min(axis=0)],
                "max": [float(value) for value in points.astype("<f4").max(axis=0)],
            },
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(indices)},
            {"buffer": 0, "byteOffset": len(indices), "byteLength": len(positions)},
        ],
        "buffers": [{"byteLength": len(indices) + len(positions)}],
    }
    return document, indices + positions


def _embedded() -> bytes:
    document, binary = _gltf()
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    return json.dumps(document, indent=1).encode()


def formats(folder: Path) -> dict[str, tuple[str, bytes, str]]:
    """Format -> name of the file, its sound bytes, and a name that another format has."""
    return {
        "plain.tif": ("scan.tif", _tiff(), "scan.jpg"),
        "lzw.tif": ("scan.tif", _tiff(compression="lzw", tile=(32, 32), bigtiff=True), "scan.png"),
        "jpg": ("scan.jpg", _pillow("JPEG", quality=92), "scan.tif"),
        "png": ("scan.png", _pillow("PNG"), "scan.webp"),
        "webp": ("scan.webp", _pillow("WEBP", quality=90), "scan.jp2"),
        "jp2": ("scan.jp2", _pillow("JPEG2000"), "scan.dng"),
        "dng": ("scan.dng", _dng(folder), "scan.jpg"),
        "ply": ("scan.ply", _ply(), "scan.stl"),
        "stl": ("scan.stl", _stl(), "scan.obj"),
        "obj": ("scan.obj", _obj(), "scan.ply"),
        "glb": ("scan.glb", builder.glb(*_gltf()), "scan.ply"),
        "gltf": ("scan.gltf", _embedded(), "scan.obj"),
    }


# --- what befalls them ----------------------------------------------------------------------------------------


def cut(whole: bytes, part: int) -> bytes:
    return whole[: len(whole) * part // (ROUNDS + 1)]


def flipped(whole: bytes, chance: random.Random) -> bytes:
    content = bytearray(whole)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def emptied(whole: bytes, chance: random.Random) -> bytes:
    length = min(BLOCK, max(1, len(whole) // 8))
    at = chance.randrange(len(whole) - length + 1)
    return whole[:at] + bytes(length) + whole[at + length :]


def put(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def _tags(whole: bytes, lie: int) -> bytes:
    """One entry of the first directory claims the most that it can hold, or as many values as it can."""
    big = whole[2] == 43
    first = struct.unpack_from("<Q" if big else "<I", whole, 8 if big else 4)[0]
    size, head = (20, 8) if big else (12, 2)
    entries = struct.unpack_from("<Q" if big else "<H", whole, first)[0]
    at = first + head + size * (lie * 7 % entries)
    return put(whole, at + (4 if lie % 2 else size - 4), b"\xff\xff\xff\x7f")


def _segments(whole: bytes, lie: int) -> bytes:
    """JPEG (ITU T.81, B.2): lengths of segments, and what the frame says of itself."""
    frame = whole.index(b"\xff\xc0")
    tables, scan, codes = whole.index(b"\xff\xdb"), whole.index(b"\xff\xda"), whole.index(b"\xff\xc4")
    places = [(frame + 2, b"\xff\xff"), (frame + 4, b"\x0c"), (frame + 5, b"\xff\xff\xff\xff"), (frame + 9, b"\xff"),
              (frame + 11, b"\0"), (tables + 2, b"\xff\xff"), (scan + 2, b"\0\0"), (scan + 4, b"\x09"),
              (codes + 2, b"\0\1"), (frame + 5, b"\0\0\0\0")]  # fmt: skip
    return put(whole, *places[lie])


def _chunks(whole: bytes, lie: int) -> bytes:
    """PNG (ISO 15948, 11.2.2): the header claims something else, and its check sum agrees."""
    values = [(16, b"\x7f\xff\xff\xff"), (20, b"\x7f\xff\xff\xff"), (16, b"\0\0\0\0"), (24, b"\x10"), (24, b"\3"),
              (25, b"\3"), (25, b"\x09"), (28, b"\1"), (20, b"\0\0\1\0"), (16, b"\0\0\xff\xff")]  # fmt: skip
    content = put(whole, *values[lie])
    return put(content, 29, struct.pack(">I", zlib.crc32(content[12:29])))


def _riff(whole: bytes, lie: int) -> bytes:
    values = [(4, b"\xff\xff\xff\xff"), (4, b"\0\0\0\0"), (16, b"\xff\xff\xff\x7f"), (16, b"\0\0\0\0"),
              (12, b"VP8L"), (12, b"VP8X"), (26, b"\xff\x3f\xff\x3f"), (26, b"\0\0\0\0"), (23, b"\0\0\0"),
              (20, b"\xff\xff\xff")]  # fmt: skip
    return put(whole, *values[lie])


def _boxes(whole: bytes, lie: int) -> bytes:
    size = whole.index(b"\xff\x4f\xff\x51") + 4  # SIZ (ISO 15444-1, A.5.1)
    values = [(0, b"\xff\xff\xff\xff"), (12, b"\0\0\0\1"), (size, b"\xff\xff"), (size + 4, b"\x7f\xff\xff\xff"),
              (size + 8, b"\x7f\xff\xff\xff"), (size + 20, b"\0\0\0\0"), (size + 20, b"\0\0\0\1"),
              (size + 36, b"\x40\1"), (size + 36, b"\0\0"), (size + 38, b"\xff")]  # fmt: skip
    return put(whole, *values[lie])


_NUMBER = re.compile(rb"(?<![\w.+-])-?\d+(?:\.\d+)?(?![\w.])")
_CLAIMS = [b"4294967295", b"-1", b"0", b"1e400", b"99999999999999999999", b"nan", b"2147483648", b"3.5", b"", b"1"]


def _numbers(whole: bytes, lie: int, first: int = 0, upto: int | None = None) -> bytes:
    """A number of a document claims another amount."""
    found = list(_NUMBER.finditer(whole, first, upto if upto is not None else len(whole)))
    taken = found[(lie * 3 + 1) % len(found)]
    return whole[: taken.start()] + _CLAIMS[lie] + whole[taken.end() :]


def _ply_lies(whole: bytes, lie: int) -> bytes:
    return _numbers(whole, lie, whole.index(b"element"), whole.index(b"end_header"))


def _stl_lies(whole: bytes, lie: int) -> bytes:
    claims = [0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, len(whole) // 50, len(whole), 3, 1 << 24, 1 << 16]
    return put(whole, 80, struct.pack("<I", claims[lie]))


def _obj_lies(whole: bytes, lie: int) -> bytes:
    return _numbers(whole, lie, whole.index(b"f "))


def _glb_lies(whole: bytes, lie: int) -> bytes:
    length = struct.unpack_from("<I", whole, 12)[0]
    values = [(8, b"\xff\xff\xff\xff"), (8, b"\x0c\0\0\0"), (12, b"\xff\xff\xff\x7f"), (12, b"\0\0\0\0"),
              (20 + length, b"\xff\xff\xff\xff"), (20 + length, b"\1\0\0\0")]  # fmt: skip
    if lie < len(values):
        return put(whole, *values[lie])
    claim = [b'"count":9', b'"count":-1', b'"count":99999999999', b'"count":0'][lie - len(values)]
    told = re.sub(rb'"count": ?\d+', claim, whole[20 : 20 + length])
    return builder.packed(builder.chunk(b"JSON", told + b" " * (-len(told) % 4)) + whole[20 + length :])


LIARS: dict[str, Callable[[bytes, int], bytes]] = {
    "plain.tif": _tags, "lzw.tif": _tags, "dng": _tags, "jpg": _segments, "png": _chunks, "webp": _riff,
    "jp2": _boxes, "ply": _ply_lies, "stl": _stl_lies, "obj": _obj_lies, "glb": _glb_lies, "gltf": _numbers,
}  # fmt: skip


def cases(folder: Path, forms: Iterable[str] = (*IMAGES, *MESHES), step: int = 1) -> Iterator[Case]:
    """The damaged files in their order; of each kind of damage every ``step``-th."""
    sound = formats(folder)
    for form in forms:
        file, whole, misnamed = sound[form]
        yield from damaged(form, file, whole, LIARS[form], step)
        yield Case(form, "misnamed", misnamed, whole, whole)


def damaged(form: str, file: str, whole: bytes, liar: Callable[[bytes, int], bytes], step: int = 1) -> Iterator[Case]:
    """One sound file in all its misfortunes but a wrong name."""
    for number in range(0, ROUNDS, step):
        yield Case(form, f"cut-{number:02}", file, whole, cut(whole, number + 1))
        yield Case(form, f"flip-{number:02}", file, whole, flipped(whole, random.Random(f"{form} flip {number}")))
        yield Case(form, f"zero-{number:02}", file, whole, emptied(whole, random.Random(f"{form} zero {number}")))
    for number in range(0, LIES, step):
        yield Case(form, f"lie-{number:02}", file, whole, liar(whole, number))
    yield Case(form, "empty", file, whole, b"")


# --- documents beside the captures ----------------------------------------------------------------------------


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["id", "title@zh-Hans", "date", "width_mm"], ["a", "甲骨", "1200", 52], ["b", "竹简", "300", 230]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def documents() -> dict[str, tuple[str, bytes]]:
    """Kind of document -> name of the file, its sound bytes."""
    rows = "".join(f"o{number},Object {number},{1200 + number},{50 + number}.5\n" for number in range(40))
    steps = "workflow: w\nversion: 1\nsteps:\n  captures: {stage: ingest}\n"
    steps += "  pages: {stage: tile, from: captures, size: 512}\n"
    return {
        "csv": ("objects.csv", ("id,title@zh-Hans,date,width_mm\n" + rows).encode()),
        "xlsx": ("objects.xlsx", _workbook()),
        "yaml": ("w.yaml", (steps + "  manifest: {stage: manifest, from: [captures, pages]}\n").encode()),
        "json": ("manifest.json", json.dumps({
            "@context": "http://iiif.io/api/presentation/3/context.json", "id": "https://example.org/m.json",
            "type": "Manifest", "label": {"none": ["m"]},
            "items": [{"id": f"https://example.org/c{n}", "type": "Canvas", "width": 10 + n, "height": 20,
                       "items": []} for n in range(20)]}).encode()),
    }  # fmt: skip
