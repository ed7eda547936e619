"""Texture places for a surface that has none: charts without overlap, packed into a square (xatlas)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshIndexOutOfRange, MeshNotFinite, MeshTooLarge
from heritage3d.mesh.places import welded

# 100,000 triangles take about 17 s; 500,000 were not done after two minutes.
MOST_TRIANGLES = 150_000
_PADDING = 4  # texels between charts, of the side that the atlas is packed for


@dataclass(frozen=True)
class Atlas:
    """Texture places: ``uvs`` (k, 2) in the unit square with v downwards, ``vertices`` (k,) the vertex that each row
    was, ``faces`` (m, 3) of these rows, in the order of the faces given; how many charts, and how much of the square
    they cover."""

    uvs: NDArray[np.float64]
    vertices: NDArray[np.int64]
    faces: NDArray[np.uint32]
    charts: int
    used: float


def unwrapped(positions: NDArray[np.float64], faces: NDArray[np.uint32], side: int, name: str = "") -> Atlas:
    """Cut a surface into charts and pack them for a square texture of ``side`` texels; always the same for the same
    input.

    Raises MeshTooLarge beyond ``MOST_TRIANGLES``, MeshEmpty, MeshNotFinite, MeshIndexOutOfRange (the library hangs
    on numbers that are not finite).
    """
    if not len(faces):
        raise MeshEmpty(file=name)
    if len(faces) > MOST_TRIANGLES:
        raise MeshTooLarge(file=name, count=len(faces), limit=MOST_TRIANGLES, what="triangles to unwrap")
    if int(faces.max()) >= len(positions):
        raise MeshIndexOutOfRange(file=name, index=int(faces.max()), vertices=len(positions))
    bad = int(np.count_nonzero(~np.isfinite(positions).all(axis=1)))
    if bad:
        raise MeshNotFinite(file=name, count=bad)
    import xatlas

    place = welded(positions)  # seams of older texture places are no borders of charts
    first = np.full(int(place.max()) + 1, -1, np.int64)
    first[place[::-1]] = np.arange(len(positions))[::-1]
    # A size near one: the library compares areas with fixed small numbers.
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled = (positions[first] - low) / max(float((high - low).max()), 1e-300)
    atlas = xatlas.Atlas()
    atlas.add_mesh(scaled.astype(np.float32), np.ascontiguousarray(place[faces].astype(np.uint32)))
    options = xatlas.PackOptions()
    options.resolution, options.padding, options.bilinear = side, _PADDING, True
    atlas.generate(xatlas.ChartOptions(), options)
    chosen, made, uvs = atlas[0]
    longer = max(atlas.width, atlas.height, 1)
    square = uvs.astype(np.float64) * (np.array([atlas.width, atlas.height]) / longer)
    vertices = first[chosen.astype(np.int64)]
    # A row keeps the vertex of a face that uses it, with that one's normal; faces come back in their order.
    vertices[made.reshape(-1)] = faces.reshape(-1)
    return Atlas(np.clip(square, 0, 1), vertices, made.astype(np.uint32), atlas.chart_count, float(atlas.utilization))
