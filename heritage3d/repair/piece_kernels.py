"""The loops of repair over pieces and borders, compiled (see ``kernels`` for the terms)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.repair.kernels import BORDER

# Columns of ``measured``.
AREA, TURNED_AREA, VOLUME, OPEN, ALONG_NORMALS = range(5)


@compiled
def measured(
    faces: NDArray[np.int32],
    points: NDArray[np.float64],
    label: NDArray[np.int32],
    turned: NDArray[np.bool_],
    mate: NDArray[np.int32],
    rows: NDArray[np.uint32],
    normals: NDArray[np.float32],
    pieces: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each piece: its area, the area turned over, its volume, its open half-edges, how far its faces look along
    the stored normals (pieces, 5); and its box (pieces, 6), least corner first.

    ``rows`` are the vertices of the faces in ``normals``, which is (0, 3) where there are none. Volume and
    ``ALONG_NORMALS`` are those after the turning.
    """
    told = np.zeros((pieces, 5))
    box = np.empty((pieces, 6))
    for piece in range(pieces):
        for axis in range(3):
            box[piece, axis], box[piece, 3 + axis] = np.inf, -np.inf
    centre = points[faces[0, 0]]
    for face in range(len(faces)):
        piece = label[face]
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        x = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
        y = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
        z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        area = 0.5 * np.sqrt(x * x + y * y + z * z)
        told[piece, AREA] += area
        sign = 1.0
        if turned[face]:
            told[piece, TURNED_AREA] += area
            sign = -1.0
        volume = x * (a[0] - centre[0]) + y * (a[1] - centre[1]) + z * (a[2] - centre[2])
        told[piece, VOLUME] += sign * volume / 6
        for corner in range(3):
            place = faces[face, corner]
            if mate[3 * face + corner] < 0:
                told[piece, OPEN] += 1
            for axis in range(3):
                box[piece, axis] = min(box[piece, axis], points[place, axis])
                box[piece, 3 + axis] = max(box[piece, 3 + axis], points[place, axis])
            if len(normals):
                row = rows[face, corner]
                told[piece, ALONG_NORMALS] += (
                    sign * (x * normals[row, 0] + y * normals[row, 1] + z * normals[row, 2]) / 6
                )
    return told, box


@compiled
def gathered(faces: NDArray[np.int32], label: NDArray[np.int32], places: int, pieces: int) -> NDArray[np.int32]:
    """The cluster of each piece, (pieces,): pieces that touch in one place are one. Its number is its first piece."""
    parent = np.empty(pieces, np.int32)
    for piece in range(pieces):
        parent[piece] = piece
    first = np.full(places, -1, np.int32)
    for face in range(len(faces)):
        for corner in range(3):
            place = faces[face, corner]
            if first[place] < 0:
                first[place] = label[face]
                continue
            one, two = first[place], label[face]
            while parent[one] != one:
                parent[one] = parent[parent[one]]
                one = parent[one]
            while parent[two] != two:
                parent[two] = parent[parent[two]]
                two = parent[two]
            parent[max(one, two)] = min(one, two)
    for piece in range(pieces):
        parent[piece] = parent[parent[piece]]
    return parent


@compiled
def winding(
    faces: NDArray[np.int32], points: NDArray[np.float64], chosen: NDArray[np.bool_], at: NDArray[np.float64]
) -> float:
    """How often the chosen faces wind around a point: 0 outside a closed surface, ±1 inside.

    Van Oosterom and Strackee, The solid angle of a plane triangle, IEEE Trans. Biomed. Eng. 30 (1983).
    """
    total = 0.0
    away, length, dots = np.empty((3, 3)), np.empty(3), np.empty(3)
    for face in range(len(faces)):
        if not chosen[face]:
            continue
        for corner in range(3):
            for axis in range(3):
                away[corner, axis] = points[faces[face, corner], axis] - at[axis]
        for corner in range(3):
            after = (corner + 1) % 3
            length[corner] = np.sqrt(away[corner, 0] ** 2 + away[corner, 1] ** 2 + away[corner, 2] ** 2)
            dots[corner] = 0.0
            for axis in range(3):
                dots[corner] += away[corner, axis] * away[after, axis]
        above = (
            away[0, 0] * (away[1, 1] * away[2, 2] - away[1, 2] * away[2, 1])
            + away[0, 1] * (away[1, 2] * away[2, 0] - away[1, 0] * away[2, 2])
            + away[0, 2] * (away[1, 0] * away[2, 1] - away[1, 1] * away[2, 0])
        )
        below = length[0] * length[1] * length[2]
        below += dots[0] * length[2] + dots[1] * length[0] + dots[2] * length[1]
        total += 2 * np.arctan2(above, below)
    return total / (4 * np.pi)


@compiled
def borders(mate: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]:
    """The loops of half-edges along the borders: all in one row, where each begins, and which run clean around.

    A loop follows the faces about each of its places, so that borders which touch in a place stay apart. It is not
    clean where it meets an edge that is PINCHED. All faces that are mates must agree, or the walk may never end.
    """
    seen = np.zeros(len(mate), np.bool_)
    count = 0
    for half in range(len(mate)):
        count += mate[half] == BORDER
    loop = np.empty(count, np.int32)
    start = np.empty(count + 1, np.int64)
    clean = np.empty(count, np.bool_)
    loops = filled = 0
    for first in range(len(mate)):
        if mate[first] != BORDER or seen[first]:
            continue
        start[loops], half = filled, first
        while True:
            seen[half] = True
            loop[filled] = half
            filled += 1
            half = half - half % 3 + (half % 3 + 1) % 3
            while mate[half] >= 0:
                other = mate[half]
                half = other - other % 3 + (other % 3 + 1) % 3
            if mate[half] != BORDER or seen[half]:
                clean[loops] = half == first
                break
        loops += 1
    start[loops] = filled
    return loop[:filled].copy(), start[: loops + 1].copy(), clean[:loops].copy()
