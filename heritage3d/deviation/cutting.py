"""How a piece of a surface is cut, compiled: along the borders of the triangles that serve it best.

A piece is a row of nine numbers, its three corners. Where it reaches out over an edge of the triangle that it is
measured by, it is cut by the plane that bisects this triangle and its neighbour there: one part then lies before the
triangle, the other before its neighbour.
"""

from __future__ import annotations

import numpy as np

from heritage3d.compiled import compiled
from heritage3d.deviation.triangles import Ints, Longs, Reals

# What a plane must leave on both sides to cut, as a share of the piece's reach.
_SLIVER = 1e-9


@compiled
def inward(points: Reals, one: int, two: int, apex: int, way: Reals) -> None:
    """The unit vector from an edge towards the third corner of its triangle, upright on the edge, into way[0:3];
    nothing where there is none."""
    ex, ey, ez = points[two, 0] - points[one, 0], points[two, 1] - points[one, 1], points[two, 2] - points[one, 2]
    vx, vy, vz = points[apex, 0] - points[one, 0], points[apex, 1] - points[one, 1], points[apex, 2] - points[one, 2]
    along = (vx * ex + vy * ey + vz * ez) / max(ex * ex + ey * ey + ez * ez, 1e-300)
    vx, vy, vz = vx - along * ex, vy - along * ey, vz - along * ez
    length = max(np.sqrt(vx * vx + vy * vy + vz * vz), 1e-300)
    way[0], way[1], way[2] = vx / length, vy / length, vz / length


@compiled
def fence(
    points: Reals, triangles: Ints, neighbours: Ints, which: int, edge: int, way: Reals, other_way: Reals
) -> None:
    """The unit normal, to the inside, of the plane through an edge that bisects the triangle and its neighbour there,
    into way[0:3]."""
    one, two = triangles[which, (edge + 1) % 3], triangles[which, (edge + 2) % 3]
    inward(points, one, two, triangles[which, edge], way)
    other = neighbours[which, edge]
    apex = -1
    for corner in range(3):
        mine = triangles[other, corner]
        if mine not in (one, two):
            apex = mine
    if apex < 0:
        return
    inward(points, one, two, apex, other_way)
    x, y, z = way[0] - other_way[0], way[1] - other_way[1], way[2] - other_way[2]
    length = np.sqrt(x * x + y * y + z * z)
    if length > 1e-3:
        way[0], way[1], way[2] = x / length, y / length, z / length


@compiled
def overhang(
    points: Reals, triangles: Ints, neighbours: Ints, which: int, piece: Reals, offsets: Reals, ways: Reals
) -> int:
    """The edge of a triangle, one with a neighbour beyond, over which a piece reaches out farthest and where the plane
    between both cuts it; -1 where there is none.

    ``offsets`` (3) get the distances of its corners from that plane, positive before the triangle.
    """
    way, other_way = ways[0], ways[1]
    tried = 0
    for _ in range(3):
        best, deepest = -1, 0.0
        for edge in range(3):
            if neighbours[which, edge] >= 0 and not tried & (1 << edge):
                # Upright planes on the triangle are good enough to choose by.
                one, two = triangles[which, (edge + 1) % 3], triangles[which, (edge + 2) % 3]
                inward(points, one, two, triangles[which, edge], way)
                lowest, _ = _offsets(points, one, piece, way, offsets)
                if lowest < deepest:
                    best, deepest = edge, lowest
        if best < 0:
            return -1
        fence(points, triangles, neighbours, which, best, way, other_way)
        lowest, highest = _offsets(points, triangles[which, (best + 1) % 3], piece, way, offsets)
        size = _SLIVER * max(-lowest, highest)
        if lowest < -size and highest > size:
            return best
        tried |= 1 << best
    return -1


@compiled
def _offsets(points: Reals, start: int, piece: Reals, way: Reals, offsets: Reals) -> tuple[float, float]:
    """The distances of the corners of a piece from a plane through a vertex; the least and the greatest."""
    x, y, z = points[start, 0], points[start, 1], points[start, 2]
    for corner in range(3):
        px, py, pz = piece[3 * corner] - x, piece[3 * corner + 1] - y, piece[3 * corner + 2] - z
        offsets[corner] = px * way[0] + py * way[1] + pz * way[2]
    return min(offsets[0], offsets[1], offsets[2]), max(offsets[0], offsets[1], offsets[2])


@compiled
def halves(piece: Reals, offsets: Reals, inside: int, outside: int, parts: Reals, served: Longs) -> None:
    """The piece in three along a plane: the corner on one side, and the quadrilateral on the other in two. Rows of
    parts are filled, with the triangle of its side in ``served``."""
    positive = 0
    for corner in range(3):
        positive += offsets[corner] > 0.0
    alone = 0
    # The corner that is alone on its side; where one lies in the plane itself, any split will do.
    for corner in range(1, 3):
        if (positive == 1) == (offsets[corner] > offsets[alone]):
            alone = corner
    second, third = (alone + 1) % 3, (alone + 2) % 3
    share_2 = min(max(offsets[alone] / (offsets[alone] - offsets[second]), 0.0), 1.0)
    share_3 = min(max(offsets[alone] / (offsets[alone] - offsets[third]), 0.0), 1.0)
    for axis in range(3):
        a, b, c = piece[3 * alone + axis], piece[3 * second + axis], piece[3 * third + axis]
        ab, ac = a + share_2 * (b - a), a + share_3 * (c - a)
        parts[0, axis], parts[0, 3 + axis], parts[0, 6 + axis] = a, ab, ac
        parts[1, axis], parts[1, 3 + axis], parts[1, 6 + axis] = ab, b, c
        parts[2, axis], parts[2, 3 + axis], parts[2, 6 + axis] = ab, c, ac
    served[0] = inside if positive == 1 else outside
    served[1] = served[2] = outside if positive == 1 else inside


@compiled
def quarters(piece: Reals, near: int, parts: Reals, served: Longs) -> None:
    """The piece in four at the middles of its sides."""
    for axis in range(3):
        a, b, c = piece[axis], piece[3 + axis], piece[6 + axis]
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        parts[0, axis], parts[0, 3 + axis], parts[0, 6 + axis] = a, ab, ca
        parts[1, axis], parts[1, 3 + axis], parts[1, 6 + axis] = ab, b, bc
        parts[2, axis], parts[2, 3 + axis], parts[2, 6 + axis] = ca, bc, c
        parts[3, axis], parts[3, 3 + axis], parts[3, 6 + axis] = ab, bc, ca
    for part in range(4):
        served[part] = near
