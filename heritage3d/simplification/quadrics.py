"""Compiled loops of the quadric error (Garland and Heckbert, 1997): the cost of each edge, and its best place.

A quadric is ten numbers: A (xx xy xz yy yz zz), b (x y z), c of  p.A.p + 2 b.p + c,  the sum over planes of
area times squared distance. Coordinates are those of the working mesh (the longest side of its box is 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled
from heritage3d.simplification.stars import FIXED, FREE, WIDEST, is_feature, opposite

# Each place also pulls a little towards where it was: so quadrics of flat places have one least point too.
HOLD = 1e-5
# A border or seam weighs as a wall of this height (in units of its length), standing upright on the surface.
WALL = 10.0
# The wall along a seam of the texture is lower: a texture that slips a little is no crack.
SEAM = 0.02
# The error of an edge is divided by this power of its area: 0 is least for the mean, 1 levels the greatest.
EVEN = 0.5


@compiled
def _add_plane(sums: Any, row: int, nx: float, ny: float, nz: float, offset: float, weight: float) -> None:
    """Add weight * (n.p + offset)^2 to a row; n has unit length."""
    x, y, z = weight * nx, weight * ny, weight * nz
    sums[row, 0] += x * nx
    sums[row, 1] += x * ny
    sums[row, 2] += x * nz
    sums[row, 3] += y * ny
    sums[row, 4] += y * nz
    sums[row, 5] += z * nz
    sums[row, 6] += x * offset
    sums[row, 7] += y * offset
    sums[row, 8] += z * offset
    sums[row, 9] += weight * offset * offset


@compiled
def face_quadrics(points: Any, face_places: Any, hold: float, sums: Any) -> None:
    """Add every face to the rows of its three places, and what holds those where they are."""
    for face in range(len(face_places)):
        a, b, c = face_places[face, 0], face_places[face, 1], face_places[face, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        ux, uy, uz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
        vx, vy, vz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        double = np.sqrt(nx * nx + ny * ny + nz * nz)
        if double <= 0:
            continue
        nx, ny, nz = nx / double, ny / double, nz / double
        offset, weight = -(nx * ax + ny * ay + nz * az), hold * double / 2
        for side in range(3):
            row = face_places[face, side]
            _add_plane(sums, row, nx, ny, nz, offset, double / 2)
            x, y, z = points[row, 0], points[row, 1], points[row, 2]
            sums[row, 0] += weight
            sums[row, 3] += weight
            sums[row, 5] += weight
            sums[row, 6] -= weight * x
            sums[row, 7] -= weight * y
            sums[row, 8] -= weight * z
            sums[row, 9] += weight * (x * x + y * y + z * z)


@compiled
def wall_quadrics(
    rows: Any, points: Any, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any, wall: float, sums: Any
) -> None:
    """Add to the rows of places on borders and seams the walls that stand there."""
    for row in range(len(rows)):
        place = rows[row]
        for at in range(start[place], start[place + 1]):
            beyond = opposite(start, behind, place, ahead[at])
            if is_feature(face_wedges, corners, at, beyond):
                _add_wall(sums, points, place, ahead[at], behind[at], wall if beyond == -1 else SEAM * wall)
            # The edge that comes from the place behind leaves that place's own corner of this face.
            twin = _twin(start, ahead, place, behind[at])
            if twin < 0 or is_feature(face_wedges, corners, twin, at):
                _add_wall(sums, points, place, behind[at], ahead[at], wall if twin == -1 else SEAM * wall)


@compiled
def _twin(start: Any, ahead: Any, place: int, other: int) -> int:
    """Where in the star of ``place`` the face stands that runs along the edge from there to ``other``; -1 for none."""
    for at in range(start[place], start[place + 1]):
        if ahead[at] == other:
            return at
    return -1


@compiled
def _add_wall(sums: Any, points: Any, row: int, other: int, third: int, wall: float) -> None:
    """Add the plane through an edge that stands upright on the face with that third place."""
    x, y, z = points[row, 0], points[row, 1], points[row, 2]
    ex, ey, ez = points[other, 0] - x, points[other, 1] - y, points[other, 2] - z
    ix, iy, iz = points[third, 0] - x, points[third, 1] - y, points[third, 2] - z
    length = ex * ex + ey * ey + ez * ez
    if length <= 0:
        return
    share = (ix * ex + iy * ey + iz * ez) / length
    nx, ny, nz = ix - share * ex, iy - share * ey, iz - share * ez
    away = np.sqrt(nx * nx + ny * ny + nz * nz)
    if away > 0:
        nx, ny, nz = nx / away, ny / away, nz / away
        _add_plane(sums, row, nx, ny, nz, -(nx * x + ny * y + nz * z), wall * length)


@compiled
def target(points: Any, sums: Any, kind: Any, a: int, b: int) -> Any:
    """Where the edge (a, b) would go, and what it costs: (x, y, z, cost)."""
    xx, xy, xz = sums[a, 0] + sums[b, 0], sums[a, 1] + sums[b, 1], sums[a, 2] + sums[b, 2]
    yy, yz, zz = sums[a, 3] + sums[b, 3], sums[a, 4] + sums[b, 4], sums[a, 5] + sums[b, 5]
    bx, by, bz = sums[a, 6] + sums[b, 6], sums[a, 7] + sums[b, 7], sums[a, 8] + sums[b, 8]
    if kind[a] != kind[b]:
        stays = a if kind[a] > kind[b] else b
        x, y, z = points[stays, 0], points[stays, 1], points[stays, 2]
    else:
        x, y, z = (
            (points[a, 0] + points[b, 0]) / 2,
            (points[a, 1] + points[b, 1]) / 2,
            (points[a, 2] + points[b, 2]) / 2,
        )
        reach = (points[a, 0] - points[b, 0]) ** 2 + (points[a, 1] - points[b, 1]) ** 2
        reach += (points[a, 2] - points[b, 2]) ** 2
        # The least point by Cramer's rule, seen from the middle of the edge.
        u, v, w = -(xx * x + xy * y + xz * z + bx), -(xy * x + yy * y + yz * z + by), -(xz * x + yz * y + zz * z + bz)
        m00, m01, m02 = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
        m11, m12, m22 = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
        size, trace = xx * m00 + xy * m01 + xz * m02, xx + yy + zz
        if size > 1e-15 * trace * trace * trace:
            dx, dy = (m00 * u + m01 * v + m02 * w) / size, (m01 * u + m11 * v + m12 * w) / size
            dz = (m02 * u + m12 * v + m22 * w) / size
            if dx * dx + dy * dy + dz * dz <= reach:
                x, y, z = x + dx, y + dy, z + dz
    cost = sums[a, 9] + sums[b, 9] + x * (xx * x + 2 * (xy * y + xz * z + bx))
    cost += y * (yy * y + 2 * (yz * z + by)) + z * (zz * z + 2 * bz)
    return x, y, z, max(cost, 0.0) / (xx + yy + zz) ** EVEN


@compiled
def propose(
    rows: Any,
    points: Any,
    sums: Any,
    kind: Any,
    face_wedges: Any,
    start: Any,
    corners: Any,
    ahead: Any,
    behind: Any,
    refused: Any,
    cost: Any,
    choice: Any,
) -> None:
    """For each place of ``rows`` the cheapest edge that it owns: its cost (inf for none) and which in its star.

    An edge belongs to the lower of its two places, a border edge to the place that its face leaves. Bit i of
    ``refused`` says that the edge to the place ahead of the i-th entry of the star was tried in vain.
    """
    for row in range(len(rows)):
        place = rows[row]
        first, last = start[place], start[place + 1]
        least, best = np.inf, -1
        for at in range(first, min(last, first + WIDEST)):
            if (refused[place] >> np.uint64(at - first)) & np.uint64(1):
                continue
            other = ahead[at]
            if kind[place] != FREE and kind[other] != FREE:
                if kind[place] == FIXED and kind[other] == FIXED:
                    continue
                beyond = opposite(start, behind, place, other)
                if beyond == -2 or (other < place and beyond >= 0):
                    continue
                if not is_feature(face_wedges, corners, at, beyond):
                    continue
            elif other < place:
                continue
            _, _, _, price = target(points, sums, kind, place, other)
            if price < least:
                least, best = price, at - first
        cost[place], choice[place] = least, best
