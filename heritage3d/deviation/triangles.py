"""Distances to triangles, compiled: a scan of two million triangles asks for tens of millions of them.

Everything is float64, and no distance is ever too short: each is that to a point which lies in the triangle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled

Reals = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
# (boxes, starts, points, triangles, neighbours), see surface.Tree
Compiled = tuple[NDArray[np.float32], Longs, Reals, Ints, Ints]

# Triangles thinner than this (squared sine) are measured by their edges alone, where no rounding can hurt:
# that is too much by half their width at most.
_THIN = 1e-10
_ROUNDINGS = 64 * 2.0**-52


@compiled
def on_edge(along: float, length: float) -> tuple[float, float]:
    """The place (0 to 1) on a segment from p·e and |e|², and the squared distance there less |p|²."""
    place = 0.0
    if length > 0.0:
        place = min(max(along / length, 0.0), 1.0)
    return place, place * (place * length - 2.0 * along)


@compiled
def closest(
    px: float,
    py: float,
    pz: float,
    ax: float,
    ay: float,
    az: float,
    bx: float,
    by: float,
    bz: float,
    cx: float,
    cy: float,
    cz: float,
) -> tuple[float, float, float]:
    """The squared distance from p to the triangle abc, and the weights of b and c at the point that has it.

    That point is the foot of the perpendicular where it lies inside, else the best of the three edges (after
    Ericson, Real-Time Collision Detection, 5.1.5). Where rounding chooses it badly (thin triangles) the distance is
    a little too long, never too short by more than float64 loses in differences of coordinates. Never NaN for
    finite corners.
    """
    abx, aby, abz = bx - ax, by - ay, bz - az
    acx, acy, acz = cx - ax, cy - ay, cz - az
    apx, apy, apz = px - ax, py - ay, pz - az
    aa = abx * abx + aby * aby + abz * abz
    cc = acx * acx + acy * acy + acz * acz
    mixed = abx * acx + aby * acy + abz * acz
    along = abx * apx + aby * apy + abz * apz
    across = acx * apx + acy * apy + acz * apz
    nx, ny, nz = aby * acz - abz * acy, abz * acx - abx * acz, abx * acy - aby * acx
    area = nx * nx + ny * ny + nz * nz
    inside = False
    v, w = 0.0, 0.0
    if area > _THIN * aa * cc:
        v = (cc * along - mixed * across) / area
        w = (aa * across - mixed * along) / area
        inside = v >= 0.0 and w >= 0.0 and v + w <= 1.0
    if not inside:
        v, first = on_edge(along, aa)
        w = 0.0
        on_second, second = on_edge(across, cc)
        on_third, third = on_edge(across - along - mixed + aa, max(aa + cc - 2.0 * mixed, 0.0))
        third += aa - 2.0 * along
        if second < first:
            v, w, first = 0.0, on_second, second
        if third < first:
            v, w = 1.0 - on_third, on_third
    dx = apx - v * abx - w * acx
    dy = apy - v * aby - w * acy
    dz = apz - v * abz - w * acz
    return dx * dx + dy * dy + dz * dz, v, w


@compiled
def to_triangle(
    points: Reals, triangles: Ints, which: int, px: float, py: float, pz: float
) -> tuple[float, float, float]:
    """``closest`` for one triangle of a surface: its corners are rows of ``points`` (n, 3)."""
    a, b, c = triangles[which, 0], triangles[which, 1], triangles[which, 2]
    return closest(
        px,
        py,
        pz,
        points[a, 0],
        points[a, 1],
        points[a, 2],
        points[b, 0],
        points[b, 1],
        points[b, 2],
        points[c, 0],
        points[c, 1],
        points[c, 2],
    )


@compiled
def distances(points: Reals, corners: Reals) -> Reals:
    """Distances of k points each (n, k, 3) to n triangles (n, 3, 3), as (n, k)."""
    result = np.empty(points.shape[:2])
    for row in range(points.shape[0]):
        c = corners[row]
        for column in range(points.shape[1]):
            p = points[row, column]
            squared, _, _ = closest(
                p[0], p[1], p[2], c[0, 0], c[0, 1], c[0, 2], c[1, 0], c[1, 1], c[1, 2], c[2, 0], c[2, 1], c[2, 2]
            )
            result[row, column] = np.sqrt(squared)
    return result


@compiled
def clear(points: Reals, triangles: Ints, px: float, py: float, pz: float) -> float:
    """A distance within which no triangle comes to p: all are asked. What rounding may have added is taken off for
    thin triangles (a share of their width); that of coordinates is left to the caller."""
    least = np.inf
    for which in range(len(triangles)):
        squared, _, _ = to_triangle(points, triangles, which, px, py, pz)
        found = np.sqrt(squared)
        least = min(least, found - _slack(points, triangles, which, found))
    return max(least, 0.0)


@compiled
def _slack(points: Reals, triangles: Ints, which: int, found: float) -> float:
    """What a distance ``found`` by ``closest`` may be too long: nothing but for thin triangles.

    There the place in the triangle is off by some roundings of the way to the point over the squared sine of its
    angle, but never by more than the width.
    """
    a, b, c = triangles[which, 0], triangles[which, 1], triangles[which, 2]
    abx, aby, abz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
    acx, acy, acz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
    nx, ny, nz = aby * acz - abz * acy, abz * acx - abx * acz, abx * acy - aby * acx
    area = nx * nx + ny * ny + nz * nz
    aa, cc = abx * abx + aby * aby + abz * abz, acx * acx + acy * acy + acz * acz
    if area >= 1e-4 * aa * cc:
        return 0.0
    bcx, bcy, bcz = acx - abx, acy - aby, acz - abz
    longest = max(aa, cc, bcx * bcx + bcy * bcy + bcz * bcz)
    width = 2.0 * np.sqrt(area / max(longest, 1e-300))
    if area > 2.0 * _THIN * aa * cc:
        width = min(width, _ROUNDINGS * (found + np.sqrt(longest)) * aa * cc / area)
    return float(width)
