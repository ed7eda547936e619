"""A sparse grid of values in space, only where there are points, and the surface on which the values are zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BITS = 21  # of each coordinate of a key
_GROWN = 3  # steps of the grid around every point
# A cube is six tetrahedra around its diagonal from corner 0 to corner 7 (corner: x + 2 y + 4 z).
_TETRAHEDRA = ((0, 1, 3, 7), (0, 3, 2, 7), (0, 2, 6, 7), (0, 6, 4, 7), (0, 4, 5, 7), (0, 5, 1, 7))


@dataclass(frozen=True)
class Grid:
    """``keys`` (n,) int64, sorted: where the grid has values; ``low`` is its least corner, ``step`` its spacing."""

    keys: NDArray[np.int64]
    low: NDArray[np.float64]
    step: float

    @classmethod
    def around(cls, points: NDArray[np.float64], low: NDArray[np.float64], step: float) -> Grid:
        """The places of a grid within three steps of some point."""
        cell = np.floor((points - low) / step).astype(np.int64)
        keys = np.unique((cell[:, 0] << 2 * _BITS) | (cell[:, 1] << _BITS) | cell[:, 2])
        for axis in range(3):
            ways = [way << (2 - axis) * _BITS for way in range(1 - _GROWN, _GROWN + 1)]
            keys = np.unique(np.concatenate([keys + way for way in ways]))
        return cls(keys, low, step)

    def places(self) -> NDArray[np.float64]:
        """Where they lie, (n, 3)."""
        mask = (1 << _BITS) - 1
        cell = np.stack([self.keys >> 2 * _BITS, (self.keys >> _BITS) & mask, self.keys & mask], axis=1)
        return np.asarray(self.low + cell * self.step)

    def cubes(self, known: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Cubes whose eight corners all have a known value, (m, 8) rows of the grid."""
        rows = np.empty((len(self.keys), 8), np.int64)
        whole = known.copy()
        for corner in range(8):
            x, y, z = corner & 1, corner >> 1 & 1, corner >> 2
            wanted = self.keys + ((x << 2 * _BITS) | (y << _BITS) | z)
            row = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            rows[:, corner] = row
            whole &= (self.keys[row] == wanted) & known[row]
        return rows[whole]


def isosurface(grid: Grid, values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices and faces of the zero of ``values`` (n,), NaN where nothing is known; faces look to where values are
    positive. Marching tetrahedra (Doi and Koide, IEICE 1991)."""
    cubes = grid.cubes(np.isfinite(values))
    sign = values[cubes] > 0
    cubes = cubes[sign.any(axis=1) & ~sign.all(axis=1)]
    pairs = [_cut(cubes[:, tetrahedron], values) for tetrahedron in _TETRAHEDRA]
    ends = np.concatenate(pairs).reshape(-1, 2) if pairs else np.empty((0, 2), np.int64)
    if not len(ends):
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    key, made = np.unique(ends[:, 0] * len(values) + ends[:, 1], return_inverse=True)
    one, other = key // len(values), key % len(values)
    share = (values[one] / (values[one] - values[other])).astype(np.float64)[:, None]
    places = grid.places()
    faces = made.reshape(-1, 3)
    vertices = places[one] * (1 - share) + places[other] * share
    flat = (faces[:, 0] == faces[:, 1]) | (faces[:, 1] == faces[:, 2]) | (faces[:, 2] == faces[:, 0])
    return vertices, faces[~flat]


def _cut(corners: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Triangles (k, 3, 2) of edges between positive (first) and other ends; ``corners`` (m, 4), one orientation."""
    above = values[corners] > 0
    case = above @ np.array([1, 2, 4, 8])
    made = []
    for number in range(1, 15):
        mine = corners[case == number]
        if not len(mine):
            continue
        inside = [at for at in range(4) if number >> at & 1]
        outside = [at for at in range(4) if not number >> at & 1]
        found = _triangles(inside, outside)
        made += [np.stack([mine[:, list(edge)] for edge in triangle], axis=1) for triangle in found]
    return np.concatenate(made) if made else np.empty((0, 3, 2), np.int64)


def _triangles(inside: list[int], outside: list[int]) -> list[list[tuple[int, int]]]:
    """The triangles of one case as edges, turned so that they look to the positive side."""
    if len(inside) == 1:
        found = [[(inside[0], to) for to in outside]]
    elif len(inside) == 3:
        found = [[(from_, outside[0]) for from_ in inside]]
    else:
        (a, b), (c, d) = inside, outside
        found = [[(a, c), (a, d), (b, d)], [(a, c), (b, d), (b, c)]]
    return found if _permutation(inside + outside) else [triangle[::-1] for triangle in found]


def _permutation(order: list[int]) -> bool:
    """Whether an order of 0..3 is odd."""
    return sum(order[i] > order[j] for i in range(4) for j in range(i + 1, 4)) % 2 == 1
