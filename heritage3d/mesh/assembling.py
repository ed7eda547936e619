"""From the separate corners that OBJ, PLY and STL write to vertices with one row of attributes each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshIndexOutOfRange, MeshNotFinite
from heritage3d.gltf.model import Primitive, unit
from heritage3d.mesh.hashing import first_of, numbered

# Beyond this, float32 (what glTF stores) holds less than three digits of a scan in its unit.
_MOST = 1e9


@dataclass
class Corners:
    """What a file says: pools of values, and for each corner of each triangle an index into each pool.

    ``place`` (m, 3) indexes ``positions`` (n, 3); ``uv_at`` and ``normal_at`` index their pools and are -1
    where a corner has none. ``colours`` (n, 4, linear) goes with the positions.
    """

    positions: NDArray[np.float64]
    place: NDArray[np.int64]
    uvs: NDArray[np.float64] | None = None
    uv_at: NDArray[np.int64] | None = None
    normals: NDArray[np.float64] | None = None
    normal_at: NDArray[np.int64] | None = None
    colours: NDArray[np.float32] | None = None


def check(name: str, corners: Corners) -> None:
    """Indices in range, positions finite, not empty. Raises MeshEmpty, MeshIndexOutOfRange, MeshNotFinite."""
    if not len(corners.place) or not len(corners.positions):
        raise MeshEmpty(file=name)
    pools: list[tuple[NDArray[np.int64] | None, NDArray[Any] | None, int]] = [
        (corners.place, corners.positions, 0),
        (corners.uv_at, corners.uvs, -1),
        (corners.normal_at, corners.normals, -1),
    ]
    for at, pool, least in pools:
        if at is None:
            continue
        size = 0 if pool is None else len(pool)
        low, high = int(at.min()), int(at.max())
        if low < least or high >= size:
            raise MeshIndexOutOfRange(file=name, index=high if high >= size else low, vertices=size)
    named = np.zeros(len(corners.positions), bool)
    named[corners.place.reshape(-1)] = True
    used = corners.positions[named]
    bad = int(np.count_nonzero(~np.isfinite(used).all(axis=1) | (np.abs(used).max(axis=1) > _MOST)))
    if bad:
        raise MeshNotFinite(file=name, count=bad)


def primitive(corners: Corners, chosen: NDArray[np.int64] | slice, material: int | None) -> Primitive:
    """The triangles ``chosen`` as a primitive: corners that agree in all indices become one vertex.

    Attributes that only a part of the corners has are left out, so that a viewer never shows half of them.
    """
    place = corners.place[chosen]
    columns = [place.reshape(-1)]
    uv_at, normal_at = (None if at is None else at[chosen].reshape(-1) for at in (corners.uv_at, corners.normal_at))
    uv_at = None if uv_at is None or (uv_at < 0).any() else uv_at
    normal_at = None if normal_at is None or (normal_at < 0).any() else normal_at
    columns += [at for at in (uv_at, normal_at) if at is not None]
    keys, inverse = _distinct(columns)
    at = iter(range(1, len(columns)))
    uvs = () if uv_at is None or corners.uvs is None else (_texture_space(corners.uvs[keys[next(at)]]),)
    normals = None if normal_at is None or corners.normals is None else unit(corners.normals[keys[next(at)]])
    return Primitive(
        positions=np.ascontiguousarray(corners.positions[keys[0]]),
        faces=inverse.reshape(-1, 3).astype(np.uint32),
        normals=normals,
        uvs=uvs,
        colours=None if corners.colours is None else corners.colours[keys[0]],
        material=material,
    )


def _distinct(columns: list[NDArray[np.int64]]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """The distinct rows of some columns of whole numbers (by column) and the row of each entry.

    The rows keep the order of their first appearance, so that neighbours in the file stay neighbours.
    """
    if len(columns) == 1:
        return _in_order(columns[0])
    rows = np.stack(columns, axis=1)
    number, count = numbered(rows.view(np.uint64))
    first = first_of(number, count)
    return [column[first] for column in columns], number


def _in_order(column: NDArray[np.int64]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """The same for one column, whose numbers are below its pool's size: a mark for each does."""
    first = np.full(int(column.max()) + 1, len(column), np.int64)
    first[column[::-1]] = np.arange(len(column))[::-1]  # of equal places the last assignment stays: the earliest
    met = np.flatnonzero(first < len(column))
    order = np.argsort(first[met], kind="stable")
    rank = np.empty(len(first), np.int64)
    rank[met[order]] = np.arange(len(met))
    return [met[order]], rank[column]


def _texture_space(uvs: NDArray[np.float64]) -> NDArray[np.float32]:
    """OBJ and PLY count v upwards from the lower edge, glTF downwards from the upper."""
    flipped = np.stack([uvs[:, 0], 1.0 - uvs[:, 1]], axis=1)
    # What no texture can mean becomes 0: not a number, and what float32 cannot hold.
    return np.where(np.abs(flipped) < 1e9, flipped, 0.0).astype(np.float32)


def linear(colours: NDArray[Any]) -> NDArray[np.float32]:
    """Vertex colours as scanners write them (sRGB, 0 to 1; (n, 3) or (n, 4)) to linear RGBA, (n, 4)."""
    values = np.clip(np.nan_to_num(np.asarray(colours, np.float64)), 0, 1)
    result = np.ones((len(values), 4), np.float32)
    rgb = values[:, :3]
    result[:, :3] = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if values.shape[1] == 4:
        result[:, 3] = values[:, 3]
    return result


def fans(counts: NDArray[np.int64], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Polygons (corner counts, and all corners in one row) as triangle fans (m, 3); below 3 corners: none.

    Returns positions *in* ``indices``, so that several index rows can be cut alike.
    """
    if len(counts) and (counts == 3).all():
        return np.arange(3 * len(counts)).reshape(-1, 3)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.empty(0, np.int64)
    pieces = np.maximum(counts - 2, 0)
    total = int(pieces.sum())
    first = np.repeat(starts, pieces)
    step = np.arange(total) - np.repeat(np.concatenate([[0], np.cumsum(pieces)[:-1]]) if len(pieces) else [], pieces)
    step = step.astype(np.int64)
    assert len(indices) >= int(counts.sum())
    return np.stack([first, first + step + 1, first + step + 2], axis=1).astype(np.int64)
