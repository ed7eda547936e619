"""Surfaces whose distances are known, and distances worked out a second way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.float64]
Faces = NDArray[np.uint32]
Mesh = tuple[Positions, Faces]


def plane(columns: int, rows: int, *, height: float = 0.0, side: float = 1.0, shift: float = 0.0) -> Mesh:
    """The square [0, side]² at a height, in 2 x columns x rows triangles; ``shift`` moves inner columns."""
    x = np.linspace(0, side, columns + 1)
    x[1:-1] += shift * side / columns
    y = np.linspace(0, side, rows + 1)
    grid = np.stack([*np.meshgrid(x, y), np.full((rows + 1, columns + 1), height)], axis=-1).reshape(-1, 3)
    at = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    one = np.stack([at, at + 1, at + columns + 2], axis=1)
    two = np.stack([at, at + columns + 2, at + columns + 1], axis=1)
    return grid, np.concatenate([one, two]).astype(np.uint32)


def sphere(rounds: int, radius: float = 1.0) -> Mesh:
    """An octahedron cut ``rounds`` times and blown up to a sphere."""
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64)
    faces = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.uint32
    )
    for _ in range(rounds):
        points, faces = quartered(points, faces)
        points /= np.linalg.norm(points, axis=1)[:, None]
    return points * radius, faces


def quartered(positions: Positions, faces: Faces) -> Mesh:
    """The same surface with every triangle in four."""
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, which = np.unique(ends, axis=0, return_inverse=True)
    ab, bc, ca = (which.reshape(3, -1) + len(positions)).astype(np.uint32)
    points = np.concatenate([positions, positions[edges].mean(axis=1)])
    a, b, c = faces.T
    parts = [np.stack(part, axis=1) for part in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return points, np.concatenate(parts).astype(np.uint32)


def relief(columns: int, depth: float, seed: int) -> Mesh:
    """A plane of 1 x 1 with a rough surface of that depth."""
    positions, faces = plane(columns, columns)
    positions[:, 2] = np.random.default_rng(seed).uniform(0, depth, len(positions))
    return positions, faces


def samples(mesh: Mesh, steps: int) -> tuple[Positions, float]:
    """A grid of points on every triangle, corners and edges too; no point of the surface is farther from all of
    them than the number returned."""
    positions, faces = mesh
    weights = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    corners = positions[faces]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    return np.einsum("wk,nkj->nwj", weights, corners).reshape(-1, 3), float(sides.max()) / steps


def distance(points: Positions, mesh: Mesh) -> NDArray[np.float64]:
    """The distance of each point to the nearest of all triangles: every pair, by planes and edges, in long double.

    Written without a look at the code under test: a point is before a triangle where it lies on the inner side
    of the three planes that stand on its edges. Most pairs are ruled out by the spheres around the triangles.
    """
    corners = mesh[0][mesh[1]]
    middles = corners.mean(axis=1)
    reach = np.linalg.norm(corners - middles[:, None], axis=2).max(axis=1)
    away = np.linalg.norm(points[:, None] - middles, axis=2)
    near = away - reach <= (away + reach).min(axis=1)[:, None] + 1e-9
    point, triangle = np.nonzero(near)
    least = np.full(len(points), np.inf, np.longdouble)
    np.minimum.at(least, point, _to_triangles(points[point].astype(np.longdouble), corners[triangle]))
    return least.astype(np.float64)


def _to_triangles(points: NDArray[np.longdouble], corners: NDArray[np.float64]) -> NDArray[np.longdouble]:
    """The distance of each point to the triangle of its own."""
    wide = corners.astype(np.longdouble)
    normal = np.cross(wide[:, 1] - wide[:, 0], wide[:, 2] - wide[:, 0])
    size = np.sqrt((normal * normal).sum(axis=1))
    before, least = size > 0, np.full(len(points), np.inf, np.longdouble)
    for corner in range(3):
        start = wide[:, corner]
        edge, away = wide[:, (corner + 1) % 3] - start, points - start
        length = (edge * edge).sum(axis=1)
        share = np.clip((away * edge).sum(axis=1) / np.where(length > 0, length, 1), 0, 1)
        rest = away - share[:, None] * edge
        least = np.minimum(least, np.sqrt((rest * rest).sum(axis=1)))
        before = before & ((np.cross(edge, away) * normal).sum(axis=1) >= 0)
    height = np.abs(((points - wide[:, 0]) * normal).sum(axis=1)) / np.where(size > 0, size, 1)
    return np.where(before, np.minimum(least, height), least)
