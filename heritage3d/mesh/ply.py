"""PLY (Turk, 1994), ASCII and binary of both byte orders: vertices, colours, texture places, faces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshError, MeshTooLarge
from heritage3d.gltf import references
from heritage3d.gltf.materials import mime_of
from heritage3d.gltf.model import Model, Texture
from heritage3d.mesh import assembling, ply_text
from heritage3d.mesh.ply_header import Element, Header, header
from heritage3d.mesh.ply_text import Table, empty
from heritage3d.pipeline import limits

_UV_NAMES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texture_s", "texture_t"))

# --- the body ----------------------------------------------------------------------------------------------


def _tables(name: str, data: bytes, head: Header) -> dict[str, Table]:
    for element in head.elements:
        least = sum(np.dtype(entry.length or entry.dtype).itemsize for entry in element.properties)
        room = len(data) - head.start
        if element.count * (least if head.form != "ascii" else 2) > room + 1:
            detail = f"the header claims {element.count} {element.name} rows, the file ends before them"
            raise MeshError(file=name, detail=detail)
    try:
        return ply_text.tables(data, head) if head.form == "ascii" else _binary(data, head)
    except (IndexError, ValueError, OverflowError) as error:
        raise MeshError(file=name, detail="the data end early or do not fit the header") from error


def _binary(data: bytes, head: Header) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    at = head.start
    for element in head.elements:
        if element.flat():
            row = np.dtype([(f"{i}", head.form + entry.dtype) for i, entry in enumerate(element.properties)])
            values = np.frombuffer(data, row, element.count, at)
            tables[element.name] = {entry.name: values[f"{i}"] for i, entry in enumerate(element.properties)}
            at += row.itemsize * element.count
        else:
            tables[element.name], at = _lists(data, head.form, element, at)
    return tables


def _lists(data: bytes, form: str, element: Element, at: int) -> tuple[Table, int]:
    """Rows with lists: at once where every row has as many entries as the first, else row by row."""
    if element.count == 0:
        return empty(element), at
    counts, _ = _row(data, form, element, at)
    row = np.dtype(
        [
            item
            for i, entry in enumerate(element.properties)
            for item in (
                [(f"n{i}", form + entry.length), (f"{i}", form + entry.dtype, (counts[i],))]
                if entry.length
                else [(f"{i}", form + entry.dtype)]
            )
        ]
    )
    if at + row.itemsize * element.count <= len(data):
        values = np.frombuffer(data, row, element.count, at)
        if all((values[f"n{i}"] == counts[i]).all() for i, entry in enumerate(element.properties) if entry.length):
            table: Table = {}
            for i, entry in enumerate(element.properties):
                column = values[f"{i}"]
                table[entry.name] = (values[f"n{i}"].astype(np.int64), column.reshape(-1)) if entry.length else column
            return table, at + row.itemsize * element.count
    return _ragged(data, form, element, at)


def _row(data: bytes, form: str, element: Element, at: int) -> tuple[list[int], int]:
    """The list lengths of the row at byte ``at`` (0 for plain properties) and where the next row begins."""
    counts = []
    for entry in element.properties:
        length = 0
        if entry.length:
            length = int(np.frombuffer(data, form + entry.length, 1, at)[0])
            if length < 0 or length * np.dtype(entry.dtype).itemsize > len(data) - at:
                raise ValueError(length)
            at += np.dtype(entry.length).itemsize
        at += np.dtype(entry.dtype).itemsize * (length if entry.length else 1)
        counts.append(length)
    if at > len(data):
        raise ValueError(at)
    return counts, at


def _ragged(data: bytes, form: str, element: Element, at: int) -> tuple[Table, int]:
    order = "little" if form == "<" else "big"
    sizes = [(np.dtype(e.length).itemsize if e.length else 0, np.dtype(e.dtype).itemsize) for e in element.properties]
    signed = [bool(e.length) and str(e.length)[0] == "i" for e in element.properties]
    lengths: list[list[int]] = [[] for _ in sizes]
    parts: list[list[bytes]] = [[] for _ in sizes]
    for _ in range(element.count):
        for i, (of_length, of_value) in enumerate(sizes):
            count = 1
            if of_length:
                count = int.from_bytes(data[at : at + of_length], order, signed=signed[i])  # type: ignore[arg-type]
                at += of_length
                if count < 0:
                    raise ValueError(count)
                lengths[i].append(count)
            stop = at + count * of_value
            if stop > len(data):
                raise ValueError(stop)
            parts[i].append(data[at:stop])
            at = stop
    table: Table = {}
    for i, entry in enumerate(element.properties):
        values = np.frombuffer(b"".join(parts[i]), form + entry.dtype)
        table[entry.name] = (np.array(lengths[i], np.int64), values) if entry.length else values
    return table, at


# --- the model ---------------------------------------------------------------------------------------------


def read(path: Path, data: bytes) -> Model:
    """The triangles of a PLY; polygons become fans. Raises MeshError subclasses, also for point clouds."""
    name = path.name
    head = header(name, data)
    for element in head.elements:
        if element.count > 3 * limits.MAX_TRIANGLES:
            raise MeshTooLarge(file=name, count=element.count, limit=3 * limits.MAX_TRIANGLES, what=element.name)
    tables = _tables(name, data, head)
    vertex, face = tables.get("vertex", {}), tables.get("face", {})
    key = next((key for key in ("vertex_indices", "vertex_index") if isinstance(face.get(key), tuple)), None)
    if key is None or not {"x", "y", "z"} <= vertex.keys():
        raise MeshEmpty(file=name)
    counts, row = face[key][0], face[key][1].astype(np.int64)
    cut = assembling.fans(counts, row)
    if len(cut) > limits.MAX_TRIANGLES:
        raise MeshTooLarge(file=name, count=len(cut), limit=limits.MAX_TRIANGLES, what="triangles")
    positions = np.stack([np.asarray(vertex[axis], np.float64) for axis in "xyz"], axis=1)
    corners = assembling.Corners(positions, row[cut], colours=_colours(vertex, head))
    _texture_places(corners, vertex, face, counts, cut)
    _normals(corners, vertex)
    assembling.check(name, corners)
    textures, materials = _textures(path, head, corners)
    made = assembling.primitive(corners, slice(None), 0 if materials else None)
    return Model((made,), tuple(materials), tuple(textures), format="PLY")


def _colours(vertex: Table, head: Header) -> NDArray[np.float32] | None:
    names = next(
        (n for n in (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue")) if n[0] in vertex),
        None,
    )
    if names is None or not set(names) <= vertex.keys():
        return None
    element = head.element("vertex")
    kinds = {entry.name: entry.dtype for entry in element.properties} if element else {}
    most = {"u1": 255.0, "u2": 65535.0}.get(kinds[names[0]], 1.0)
    return assembling.linear(np.stack([np.asarray(vertex[entry], np.float64) / most for entry in names], axis=1))


def _normals(corners: assembling.Corners, vertex: Table) -> None:
    if {"nx", "ny", "nz"} <= vertex.keys():
        corners.normals = np.stack([np.asarray(vertex[axis], np.float64) for axis in ("nx", "ny", "nz")], axis=1)
        corners.normal_at = corners.place


def _texture_places(
    corners: assembling.Corners, vertex: Table, face: Table, counts: NDArray[np.int64], cut: NDArray[np.int64]
) -> None:
    """Texture coordinates of a vertex (s, t) or of a face (``texcoord``, as MeshLab writes seams)."""
    names = next((names for names in _UV_NAMES if set(names) <= vertex.keys()), None)
    wedge = face.get("texcoord")
    if isinstance(wedge, tuple) and len(wedge[1]) == 2 * int(counts.sum()) and (wedge[0] == 2 * counts).all():
        corners.uvs, corners.uv_at = np.asarray(wedge[1], np.float64).reshape(-1, 2), cut
        # Equal coordinates at equal vertices are one corner: seams stay, the rest welds.
        corners.uvs, inverse = np.unique(corners.uvs, axis=0, return_inverse=True)
        corners.uv_at = inverse.reshape(-1)[cut].astype(np.int64)
    elif names:
        corners.uvs = np.stack([np.asarray(vertex[entry], np.float64) for entry in names], axis=1)
        corners.uv_at = corners.place


def _textures(path: Path, head: Header, corners: assembling.Corners) -> tuple[list[Texture], list[dict[str, Any]]]:
    if corners.uvs is None or not head.textures:
        return [], []
    data = references.confined(path, head.textures[0].replace("\\", "/")).read_bytes()
    pbr = {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": 0.9}
    return [Texture(data, mime_of(data), name=Path(head.textures[0]).stem)], [{"pbrMetallicRoughness": pbr}]


def companions(path: Path, data: bytes) -> list[Path]:
    """The textures that the header names, as existing files below the model's folder."""
    names = header(path.name, data).textures
    return [references.confined(path, name.replace("\\", "/")) for name in names]
