"""Which vertices lie at one place and which triangles share an edge, compiled: hashing instead of sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.deviation.triangles import Ints, Reals

_EMPTY = -1


@compiled
def welded(bits: NDArray[np.uint64]) -> Ints:
    """For each row of numbers (n, 3) the first row with the same bits."""
    count = len(bits)
    size = 16
    while size < 2 * count:
        size *= 2
    table = np.full(size, _EMPTY, np.int32)
    mask = np.uint64(size - 1)
    first = np.empty(count, np.int32)
    for row in range(count):
        a, b, c = bits[row, 0], bits[row, 1], bits[row, 2]
        at = _mixed(_mixed(_mixed(a) ^ b) ^ c) & mask
        while True:
            other = table[at]
            if other == _EMPTY:
                table[at] = row
                first[row] = row
                break
            if bits[other, 0] == a and bits[other, 1] == b and bits[other, 2] == c:
                first[row] = other
                break
            at = (at + np.uint64(1)) & mask
    return first


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """A number well spread over all bits (the finaliser of MurmurHash3)."""
    x = np.uint64(value)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    x ^= x >> np.uint64(33)
    return x


@compiled
def neighbours(triangles: Ints, vertices: int) -> Ints:
    """For each triangle the one beyond the edge opposite to each corner, (m, 3) int32; -1 at a border.

    Where more than two triangles share an edge, each has another of them. ``vertices`` is their number.
    """
    count = len(triangles)
    degree = np.zeros(vertices, np.int32)
    for row in range(count):
        for corner in range(3):
            degree[triangles[row, corner]] += 1
    # An edge is kept at its end of fewer triangles: a vertex that all triangles share must not become a long list.
    starts = np.zeros(vertices + 1, np.int64)
    for row in range(count):
        for corner in range(3):
            keeper, _ = _kept(triangles, degree, row, corner)
            starts[keeper + 1] += 1
    for at in range(vertices):
        starts[at + 1] += starts[at]
    ends = np.empty(3 * count, np.int32)
    waiting = np.empty(3 * count, np.int64)  # the half edge that was last there
    filled = starts[:-1].copy()
    result = np.full((count, 3), -1, np.int32)
    for row in range(count):
        for corner in range(3):
            keeper, end = _kept(triangles, degree, row, corner)
            at = starts[keeper]
            while at < filled[keeper] and ends[at] != end:
                at += 1
            if at == filled[keeper]:
                ends[at] = end
                filled[keeper] += 1
            else:
                other = waiting[at]
                result[row, corner] = other // 3
                if result[other // 3, other % 3] == -1:
                    result[other // 3, other % 3] = row
            waiting[at] = row * 3 + corner
    return result


@compiled
def _kept(triangles: Ints, degree: Ints, row: int, corner: int) -> tuple[int, int]:
    """The ends of the edge opposite to a corner, that of fewer triangles first."""
    one, two = triangles[row, (corner + 1) % 3], triangles[row, (corner + 2) % 3]
    if degree[one] < degree[two] or (degree[one] == degree[two] and one < two):
        return one, two
    return two, one


@compiled
def areas(positions: Reals, faces: Ints, start: int, stop: int, result: Reals) -> None:
    """The areas of some faces, rows start to stop of ``result``."""
    for row in range(start, stop):
        a, b, c = faces[row, 0], faces[row, 1], faces[row, 2]
        ux, vx = positions[b, 0] - positions[a, 0], positions[c, 0] - positions[a, 0]
        uy, vy = positions[b, 1] - positions[a, 1], positions[c, 1] - positions[a, 1]
        uz, vz = positions[b, 2] - positions[a, 2], positions[c, 2] - positions[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        result[row] = np.sqrt(x * x + y * y + z * z) / 2


@compiled
def renumbered(positions: Reals, faces: Ints, order: NDArray[np.uint32]) -> tuple[Reals, Ints]:
    """The faces in an order, and the vertices that they use in the order of their first use: positions (k, 3) and
    faces (m, 3) int32 that name them."""
    place = np.full(len(positions), -1, np.int32)
    result = np.empty(faces.shape, np.int32)
    count = 0
    for row in range(len(order)):
        for corner in range(3):
            vertex = faces[order[row], corner]
            if place[vertex] < 0:
                place[vertex] = count
                count += 1
            result[row, corner] = place[vertex]
    points = np.empty((count, 3))
    for vertex in range(len(positions)):
        if place[vertex] >= 0:
            for axis in range(3):
                points[place[vertex], axis] = positions[vertex, axis]
    return points, result
