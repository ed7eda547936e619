"""One hole closed: triangulated with the least bending and area, refined to the edges around it, relaxed.

Triangulation: Barequet and Sharir, Filling gaps in the boundary of a polyhedron, CAGD 12 (1995), with the weights
of Liepa, Filling holes in meshes, SGP 2003; refinement after Liepa too. The surface is then relaxed towards a soap
film: it invents the least that closes the hole, and no bulge that nobody saw.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.repair.sorting import sort_with

Points = NDArray[np.float64]
_RELAXED = 12  # rounds of relaxation


@compiled
def _normal(a: Points, b: Points, c: Points, out: Points) -> float:
    """Twice the area of a triangle; its unit normal goes to ``out`` (zeros where it has no area)."""
    x = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
    y = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
    z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    size = np.sqrt(x * x + y * y + z * z)
    out[0] = out[1] = out[2] = 0.0
    if size > 0:
        out[0], out[1], out[2] = x / size, y / size, z / size
    return float(size)


@compiled
def _bend(one: Points, two: Points) -> float:
    """0 for two triangles in one plane, 2 for one folded back upon the other."""
    return float(1.0 - (one[0] * two[0] + one[1] * two[1] + one[2] * two[2]))


@compiled
def triangulated(ring: Points, beside: Points) -> NDArray[np.int32]:
    """Triangles (n - 2, 3) over a ring of n points: the greatest bend is least, then the area.

    ``beside`` (n, 3) are unit normals of the captured faces at the edges i to i + 1.
    """
    n = len(ring)
    bend, area = np.zeros((n, n)), np.zeros((n, n))
    middle = np.zeros((n, n), np.int32)
    here, left, right = np.empty(3), np.empty(3), np.empty(3)
    for gap in range(2, n):
        for i in range(n - gap):
            j = i + gap
            best_bend = best_area = np.inf
            for m in range(i + 1, j):
                size = _normal(ring[i], ring[m], ring[j], here)
                worst = max(bend[i, m], bend[m, j])
                if worst > best_bend:
                    continue
                if m == i + 1:
                    left[:] = beside[i]
                else:
                    _normal(ring[i], ring[middle[i, m]], ring[m], left)
                if j == m + 1:
                    right[:] = beside[m]
                else:
                    _normal(ring[m], ring[middle[m, j]], ring[j], right)
                if size > 0:
                    worst = max(worst, _bend(here, left), _bend(here, right))
                    if gap == n - 1:
                        worst = max(worst, _bend(here, beside[n - 1]))
                total = area[i, m] + area[m, j] + size
                if worst < best_bend or (worst == best_bend and total < best_area):
                    best_bend, best_area = worst, total
                    middle[i, j] = m
            bend[i, j], area[i, j] = best_bend, best_area
    triangles = np.empty((n - 2, 3), np.int32)
    stack = np.empty((n, 2), np.int32)
    stack[0, 0], stack[0, 1] = 0, n - 1
    top, made = 1, 0
    while top:
        top -= 1
        i, j = stack[top, 0], stack[top, 1]
        if j - i < 2:
            continue
        m = middle[i, j]
        triangles[made, 0], triangles[made, 1], triangles[made, 2] = i, m, j
        made += 1
        stack[top, 0], stack[top, 1] = i, m
        stack[top + 1, 0], stack[top + 1, 1] = m, j
        top += 2
    return triangles


@compiled
def _neighbours(triangles: NDArray[np.int32], count: int, points: int) -> NDArray[np.int32]:
    """For each side of each triangle the triangle beyond it, -1 at the ring."""
    beyond = np.full((len(triangles), 3), -1, np.int32)
    keys = np.empty(3 * count, np.int64)
    for t in range(count):
        for k in range(3):
            a, b = triangles[t, k], triangles[t, (k + 1) % 3]
            keys[3 * t + k] = np.int64(min(a, b)) * points + max(a, b)
    order = np.empty(3 * count, np.int32)
    for half in range(3 * count):
        order[half] = half
    sort_with(keys, order, 3 * count)
    for at in range(1, 3 * count):
        one, two = order[at - 1], order[at]
        if keys[at - 1] == keys[at]:
            beyond[one // 3, one % 3], beyond[two // 3, two % 3] = two // 3, one // 3
    return beyond


@compiled
def _squared(points: Points, a: int, b: int) -> float:
    x, y, z = points[a, 0] - points[b, 0], points[a, 1] - points[b, 1], points[a, 2] - points[b, 2]
    return float(x * x + y * y + z * z)


@compiled
def _should_turn(points: Points, a: int, b: int, c: int, d: int, one: Points, two: Points) -> bool:
    """Whether the edge a-b between the triangles abc and bad is better c-d (Delaunay: opposite angles above 180°)."""
    ab, bc, ca = _squared(points, a, b), _squared(points, b, c), _squared(points, c, a)
    bd, da = _squared(points, b, d), _squared(points, d, a)
    cos_c = (bc + ca - ab) / (2 * np.sqrt(bc * ca) + 1e-300)
    cos_d = (bd + da - ab) / (2 * np.sqrt(bd * da) + 1e-300)
    sin_c, sin_d = np.sqrt(max(0.0, 1 - cos_c * cos_c)), np.sqrt(max(0.0, 1 - cos_d * cos_d))
    if sin_c * cos_d + cos_c * sin_d >= -1e-9:  # sine of the sum of both angles
        return False
    # Not where the new pair would fold over.
    big = _normal(points[d], points[c], points[a], one)
    small = _normal(points[c], points[d], points[b], two)
    return big > 0 and small > 0 and _bend(one, two) < 1.0


@compiled
def _joined(triangles: NDArray[np.int32], count: int, a: int, b: int) -> bool:
    for t in range(count):
        met = 0
        for k in range(3):
            met += triangles[t, k] == a or triangles[t, k] == b
        if met == 2:
            return True
    return False


@compiled
def _delaunay(points: Points, triangles: NDArray[np.int32], count: int, vertices: int) -> None:
    """Turn inner edges until each is the shorter choice, a bounded number of rounds."""
    one, two = np.empty(3), np.empty(3)
    for _ in range(12):
        beyond = _neighbours(triangles, count, vertices)
        touched = np.zeros(count, np.bool_)
        turned = 0
        for t in range(count):
            for k in range(3):
                other = beyond[t, k]
                if other <= t or touched[t] or touched[other]:
                    continue
                a, b, c = triangles[t, k], triangles[t, (k + 1) % 3], triangles[t, (k + 2) % 3]
                d = triangles[other, 0]
                for corner in range(3):
                    if triangles[other, corner] != a and triangles[other, corner] != b:
                        d = triangles[other, corner]
                if not _should_turn(points, a, b, c, d, one, two):
                    continue
                if count < 400 and _joined(triangles, count, c, d):
                    continue
                triangles[t, 0], triangles[t, 1], triangles[t, 2] = d, c, a
                triangles[other, 0], triangles[other, 1], triangles[other, 2] = c, d, b
                touched[t] = touched[other] = True
                turned += 1
        if not turned:
            return


@compiled
def _middle(rows: Points, a: int, b: int, c: int, into: int) -> None:
    for column in range(rows.shape[1]):
        rows[into, column] = (rows[a, column] + rows[b, column] + rows[c, column]) / 3


@compiled
def refined(
    ring: Points, values: Points, coarse: NDArray[np.int32], most: int
) -> tuple[Points, Points, NDArray[np.int32]]:
    """The filling with points inside it, spaced as the ring is: points (v, 3), values (v, k), triangles (t, 3).

    The first n points are the ring. ``values`` (n, k) of the ring are spread over the inside. At most ``most``
    points come in.
    """
    n = len(ring)
    points, spread = np.empty((n + most, 3)), np.empty((n + most, values.shape[1]))
    scale = np.empty(n + most)
    for i in range(n):
        for axis in range(3):
            points[i, axis] = ring[i, axis]
        for column in range(values.shape[1]):
            spread[i, column] = values[i, column]
        scale[i] = 0.5 * (np.sqrt(_squared(ring, i, (i + 1) % n)) + np.sqrt(_squared(ring, i, (i + n - 1) % n)))
    triangles = np.empty((len(coarse) + 2 * most, 3), np.int32)
    for t in range(len(coarse)):
        for k in range(3):
            triangles[t, k] = coarse[t, k]
    count, vertices = len(coarse), n
    for _ in range(24):
        before = vertices
        for t in range(count):
            if vertices == n + most:
                break
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            _middle(points, a, b, c, vertices)
            size = (scale[a] + scale[b] + scale[c]) / 3
            wide = True
            for k in range(3):
                corner = triangles[t, k]
                reach = np.sqrt(2 * _squared(points, vertices, corner))
                wide = wide and reach > size and reach > scale[corner]
            if wide:
                _middle(spread, a, b, c, vertices)
                scale[vertices] = size
                triangles[t, 2] = vertices
                triangles[count, 0], triangles[count, 1], triangles[count, 2] = b, c, vertices
                triangles[count + 1, 0], triangles[count + 1, 1], triangles[count + 1, 2] = c, a, vertices
                count, vertices = count + 2, vertices + 1
        if vertices == before:
            break
        _delaunay(points, triangles, count, vertices)
    _relax(points, spread, triangles, count, n, vertices)
    return points[:vertices].copy(), spread[:vertices].copy(), triangles[:count].copy()


@compiled
def _relax(points: Points, spread: Points, triangles: NDArray[np.int32], count: int, ring: int, vertices: int) -> None:
    """Every inner point to the middle of its neighbours, some rounds; the ring stays."""
    met = np.zeros(vertices)
    for t in range(count):
        for k in range(3):
            met[triangles[t, k]] += 2
    for _ in range(_RELAXED):
        _to_middles(points, triangles, count, ring, met)
        _to_middles(spread, triangles, count, ring, met)


@compiled
def _to_middles(rows: Points, triangles: NDArray[np.int32], count: int, ring: int, met: NDArray[np.float64]) -> None:
    width = rows.shape[1]
    total = np.zeros((len(met), width))
    for t in range(count):
        for k in range(3):
            one, two = triangles[t, k], triangles[t, (k + 1) % 3]
            for column in range(width):
                total[one, column] += rows[two, column]
                total[two, column] += rows[one, column]
    for vertex in range(ring, len(met)):
        for column in range(width):
            rows[vertex, column] = total[vertex, column] / met[vertex]
