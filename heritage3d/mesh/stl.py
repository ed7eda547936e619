"""STL, binary and ASCII, as scanners and printers write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshError, MeshTooLarge
from heritage3d.gltf.model import Model
from heritage3d.mesh import assembling, stl_kernels
from heritage3d.mesh.hashing import first_of
from heritage3d.mesh.places import welded
from heritage3d.mesh.recognising import is_ascii_stl, is_binary_stl
from heritage3d.pipeline import limits

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_WORDS = tuple(np.frombuffer(word, np.uint8) for word in (b"solid", b"vertex", b"endfacet"))


def read(path: Path, data: bytes) -> Model:
    """The triangles of an STL; corners at one place become one vertex. Raises MeshError subclasses."""
    if is_binary_stl(data[:84], len(data)):
        count = int.from_bytes(data[80:84], "little")
        _bounded(path, count)
        corners = np.frombuffer(data, _RECORD, count, 84)["corners"].reshape(-1, 3).astype(np.float64)
    elif is_ascii_stl(data[:4096]):
        corners = _text(path, data)
    else:
        raise MeshError(file=path.name, detail="the size does not fit the number of triangles; it is cut short?")
    if len(corners) < 3:
        raise MeshEmpty(file=path.name)
    corners = corners[: len(corners) // 3 * 3]
    place = welded(corners)
    positions = corners[first_of(place, int(place.max()) + 1)] + 0.0
    entry = assembling.Corners(positions, place.reshape(-1, 3))
    assembling.check(path.name, entry)
    return Model((assembling.primitive(entry, slice(None), None),), format="STL")


def _text(path: Path, data: bytes) -> NDArray[np.float64]:
    """The corners of the text form, (n, 3), behind each other. Raises MeshError, MeshTooLarge."""
    text = np.frombuffer(data, np.uint8)
    found, facets = stl_kernels.corners_of_stl(text, np.empty((0, 3)), *_WORDS)
    if found < 0:
        raise MeshError(file=path.name, detail="a vertex is no number")
    _bounded(path, found // 3)
    if found != 3 * facets or b"endsolid" not in data[-1024:].lower():
        raise MeshError(file=path.name, detail="it is cut short: a facet or the solid has no end")
    corners = np.empty((found, 3))
    stl_kernels.corners_of_stl(text, corners, *_WORDS)
    return corners


def _bounded(path: Path, count: int) -> None:
    if count > limits.MAX_TRIANGLES:
        raise MeshTooLarge(file=path.name, count=count, limit=limits.MAX_TRIANGLES, what="triangles")
