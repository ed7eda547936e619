"""STL, binary and ASCII, as scanners and printers write it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from heritage3d.errors import MeshEmpty, MeshError, MeshTooLarge
from heritage3d.gltf.model import Model
from heritage3d.mesh import assembling
from heritage3d.mesh.recognising import is_ascii_stl, is_binary_stl
from heritage3d.pipeline import limits

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_VERTEX = re.compile(rb"vertex\s+(\S+)\s+(\S+)\s+(\S+)", re.IGNORECASE)


def read(path: Path, data: bytes) -> Model:
    """The triangles of an STL; corners at one place become one vertex. Raises MeshError subclasses."""
    if is_binary_stl(data[:84], len(data)):
        count = int.from_bytes(data[80:84], "little")
        _bounded(path, count)
        corners = np.frombuffer(data, _RECORD, count, 84)["corners"].reshape(-1, 3).astype(np.float64)
    elif is_ascii_stl(data[:4096]):
        found = _VERTEX.findall(data)
        _bounded(path, len(found) // 3)
        text = data.lower()
        if len(found) != 3 * text.count(b"endfacet") or b"endsolid" not in text[-1024:]:
            raise MeshError(file=path.name, detail="it is cut short: a facet or the solid has no end")
        try:
            corners = np.array(found, dtype=np.bytes_).astype(np.float64).reshape(-1, 3)
        except ValueError as error:
            raise MeshError(file=path.name, detail="a vertex is no number") from error
    else:
        raise MeshError(file=path.name, detail="the size does not fit the number of triangles; it is cut short?")
    if len(corners) < 3:
        raise MeshEmpty(file=path.name)
    corners = corners[: len(corners) // 3 * 3]
    positions, at = np.unique(corners, axis=0, return_inverse=True)
    entry = assembling.Corners(positions, at.reshape(-1, 3).astype(np.int64))
    assembling.check(path.name, entry)
    return Model((assembling.primitive(entry, slice(None), None),), format="STL")


def _bounded(path: Path, count: int) -> None:
    if count > limits.MAX_TRIANGLES:
        raise MeshTooLarge(file=path.name, count=count, limit=limits.MAX_TRIANGLES, what="triangles")
