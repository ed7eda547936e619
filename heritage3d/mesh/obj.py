"""OBJ with its MTL and textures (Wavefront, 1992; vertex colours after the position as scanners write them)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshError, MeshTooLarge
from heritage3d.gltf.model import Model
from heritage3d.mesh import assembling, mtl, obj_text
from heritage3d.mesh.obj_text import Text
from heritage3d.pipeline import limits


@dataclass
class _Lines:
    """The lines of an OBJ by keyword, without it; ``uses`` is where a material begins to apply."""

    v: list[bytes] = field(default_factory=list)
    vt: list[bytes] = field(default_factory=list)
    vn: list[bytes] = field(default_factory=list)
    f: list[bytes] = field(default_factory=list)
    # For each face line: how many v, vt, vn came before it (negative indices count back from there).
    before: list[tuple[int, int, int]] = field(default_factory=list)
    uses: list[tuple[int, str]] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    other: dict[str, int] = field(default_factory=dict)


def _sorted(data: bytes) -> _Lines:
    lines = _Lines()
    tables = {b"v": lines.v, b"vt": lines.vt, b"vn": lines.vn}
    relative = False
    for line in data.split(b"\n"):
        key, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if key in tables:
            tables[key].append(rest)
        elif key == b"f":
            lines.f.append(rest)
            relative = relative or b"-" in rest
            if relative:
                lines.before += [(0, 0, 0)] * (len(lines.f) - 1 - len(lines.before))
                lines.before.append((len(lines.v), len(lines.vt), len(lines.vn)))
        elif key == b"usemtl":
            lines.uses.append((len(lines.f), _text(rest)))
        elif key == b"mtllib":
            lines.libraries.append(_text(rest))
        elif key in (b"l", b"p"):
            lines.other["lines or points"] = lines.other.get("lines or points", 0) + 1
    return lines


def _plain(data: bytes) -> bytes:
    """The text in bytes of one kind: UTF-16 undone, continued lines joined, line ends of old Macs turned."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    if b"\\\n" in data or b"\\\r\n" in data:
        data = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _text(value: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.strip().decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.strip().decode("utf-8", "replace")


def _table(name: str, lines: list[bytes], what: str) -> list[list[float]] | NDArray[np.float64]:
    """Rows of numbers, all at once where they are equally long."""
    if not lines:
        return np.empty((0, 0))
    try:
        values = np.array(b" ".join(lines).split(), np.bytes_).astype(np.float64)
        width = len(lines[0].split())
        if width and len(values) == width * len(lines) and all(len(line.split()) == width for line in lines[:1000]):
            return values.reshape(len(lines), width)
        return [[float(word) for word in line.split()] for line in lines]
    except (ValueError, OverflowError) as error:
        raise MeshError(file=name, detail=f"a line of {what} holds no numbers") from error


def _columns(name: str, lines: list[bytes], what: str, width: int) -> NDArray[np.float64]:
    table = _table(name, lines, what)
    if isinstance(table, np.ndarray):
        rows = table
        if len(rows) and rows.shape[1] < width:
            raise MeshError(file=name, detail=f"a line of {what} holds fewer than {width} numbers")
        return rows[:, :width] if len(rows) else np.empty((0, width))
    if any(len(row) < width for row in table):
        raise MeshError(file=name, detail=f"a line of {what} holds fewer than {width} numbers")
    return np.array([row[:width] for row in table])


def _colours(table: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """Colours after the position (x y z r g b), where every vertex has them; 0..1, or 0..255 as some write."""
    if table.shape[1] not in (6, 7):
        return None
    values = np.nan_to_num(table[:, 3:6])
    return assembling.linear(values / 255.0 if values.max() > 1.0 else values)


def _faces(name: str, lines: _Lines) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Corner counts of each face, all corners as rows (v, vt, vn) 0-based with -1 for none, and the face of each."""
    words = [line.split(b"#")[0].split() if b"#" in line else line.split() for line in lines.f]
    counts = np.array([len(entry) for entry in words], np.int64)
    flat = [corner for entry in words for corner in entry]
    try:
        corners = _uniform(flat)
    except (ValueError, OverflowError) as error:
        raise MeshError(file=name, detail="a face names a corner that is no number") from error
    owner = np.repeat(np.arange(len(counts)), counts)
    if lines.before:
        before = np.array(lines.before + [(0, 0, 0)] * (len(lines.f) - len(lines.before)), np.int64)
        corners = np.where(corners < 0, corners + before[owner] + 1, corners)
        # A relative index that reaches before the first entry must not look like "none" (0).
        corners = np.where((corners <= 0) & (np.array(_given(flat, len(corners)))), -5, corners)
    return counts, corners - 1, owner


def _given(flat: list[bytes], count: int) -> NDArray[np.bool_]:
    """Which of v, vt, vn each corner names."""
    result = np.zeros((count, 3), bool)
    for row, word in enumerate(flat):
        for column, part in enumerate(word.split(b"/")[:3]):
            result[row, column] = bool(part)
    return result


def _uniform(flat: list[bytes]) -> NDArray[np.int64]:
    """Corners ``v``, ``v/vt``, ``v//vn`` or ``v/vt/vn`` as (n, 3), 0 for what is not named."""
    result = np.zeros((len(flat), 3), np.int64)
    if not flat:
        return result
    first = flat[0]
    slashes = first.count(b"/")
    columns = {0: [0], 1: [0, 1], 2: [0, 2] if b"//" in first else [0, 1, 2]}.get(slashes)
    joined = b" ".join(flat)
    if columns and joined.count(b"/") == slashes * len(flat) and joined.count(b"//") in (0, len(flat)):
        numbers = np.array(joined.replace(b"/", b" ").split(), np.bytes_)
        if len(numbers) == len(columns) * len(flat):
            result[:, columns] = numbers.astype(np.int64).reshape(len(flat), -1)
            return result
    for row, word in enumerate(flat):
        for column, part in enumerate(word.split(b"/")[:3]):
            result[row, column] = int(part) if part else 0
    return result


def read(path: Path, data: bytes) -> Model:
    """The triangles of an OBJ with its materials; one primitive for each material in use.

    Raises MeshError subclasses; a material library or texture that is named but absent is CompanionMissing.
    """
    data = _plain(data)
    text = _quickly(path.name, data) or _slowly(path.name, _sorted(data))
    del data
    cut = assembling.fans(text.counts, text.corners[:, 0])
    if not len(cut) or not len(text.v):
        raise MeshEmpty(file=path.name)
    vt, vn = len(text.vt) > 0, len(text.vn) > 0
    entry = assembling.Corners(
        positions=np.ascontiguousarray(text.v[:, :3]),
        place=text.corners[:, 0][cut],
        uvs=text.vt[:, :2] if vt else None,
        uv_at=text.corners[:, 1][cut] if vt else None,
        normals=text.vn[:, :3] if vn else None,
        normal_at=text.corners[:, 2][cut] if vn else None,
        colours=_colours(text.v),
    )
    text.corners = text.corners[:0]  # it is the largest part
    del cut
    assembling.check(path.name, entry)
    library = mtl.Library.load(path, text.libraries)
    names = {use for _, use in text.uses}
    if len(names) > limits.MAX_MATERIALS:
        raise MeshTooLarge(file=path.name, count=len(names), limit=limits.MAX_MATERIALS, what="materials")
    owner = np.repeat(np.arange(len(text.counts)), np.maximum(text.counts - 2, 0))
    groups = _groups(text.uses, owner, len(text.counts))
    materials: list[dict[str, Any]] = []
    primitives = []
    for name, chosen in groups:
        material = library.material(name)
        if material is not None:
            materials.append(material)
        every = slice(None) if len(groups) == 1 else chosen
        primitives.append(assembling.primitive(entry, every, None if material is None else len(materials) - 1))
    return Model(tuple(primitives), tuple(materials), tuple(library.textures), format="OBJ", notes=dict(text.other))


def _quickly(name: str, data: bytes) -> Text | None:
    found = obj_text.parsed(name, data)
    if found is None:
        return None
    text, lines = found
    for line, before in lines:
        key, _, rest = line.partition(b" ")
        if key == b"usemtl":
            text.uses.append((before, _text(rest)))
        elif key == b"mtllib":
            text.libraries.append(_text(rest))
        elif key in (b"l", b"p"):
            text.other["lines or points"] = text.other.get("lines or points", 0) + 1
    return text


def _slowly(name: str, lines: _Lines) -> Text:
    """Word by word: lines that differ in length, and errors in their place."""
    obj_text.bounded(name, len(lines.v), len(lines.f))
    counts, corners, _ = _faces(name, lines)
    if not lines.v or not (counts > 2).any():
        raise MeshEmpty(file=name)
    table = _table(name, lines.v, "v")
    whole = table if isinstance(table, np.ndarray) and table.shape[1] >= 3 else _columns(name, lines.v, "v", 3)
    none = np.empty((0, 3))
    vt = _columns(name, lines.vt, "vt", 2) if lines.vt else none
    vn = _columns(name, lines.vn, "vn", 3) if lines.vn else none
    return Text(whole, vt, vn, counts, corners, lines.uses, lines.libraries, lines.other)


def _groups(uses: list[tuple[int, str]], owner: NDArray[np.int64], faces: int) -> list[tuple[str, NDArray[np.int64]]]:
    """The triangles of each material, by its name, in the order of first use."""
    names: dict[str, int] = {}
    of_face = np.zeros(faces, np.int64)
    starts = [(0, ""), *uses]
    for (start, name), (stop, _) in zip(starts, [*starts[1:], (faces, "")], strict=True):
        of_face[start:stop] = names.setdefault(name, len(names))
    of_triangle = of_face[owner]
    found = [(name, np.flatnonzero(of_triangle == number)) for name, number in names.items()]
    return [(name, chosen) for name, chosen in found if len(chosen)]


def companions(path: Path, data: bytes) -> list[Path]:
    """The material libraries and the textures that they name, as existing files below the model's folder."""
    libraries = [_text(line.partition(b" ")[2]) for line in _starting(data, b"mtllib")]
    return mtl.Library.load(path, libraries).files


def _starting(data: bytes, key: bytes) -> list[bytes]:
    if key not in data:
        return []
    lines = (line.strip().replace(b"\t", b" ") for line in data.split(b"\n"))
    return [line for line in lines if line.startswith(key + b" ")]
