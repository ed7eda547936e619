"""Compiled loops that take edges out: a set of edges that do not touch one another, each tested and collapsed.

Edges of one set have stars that share no face, so the work on one neither reads nor writes what another writes
(but for marks of the same value): the result is the same for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled

# A face may turn by less than this at a time (cosine), and become so thin (twice its area by its longest side squared).
TURN = 0.3
THIN = 1e-3


@compiled
def chosen(order: Any, most: int, choice: Any, start: Any, ahead: Any, behind: Any, taken: Any) -> Any:
    """The places of ``order`` whose proposals can be done together, the first ones first, ``most`` at most."""
    result = np.empty(min(len(order), most), np.int32)
    count = 0
    for at in range(len(order)):
        if count >= most:
            break
        place = order[at]
        other = ahead[start[place] + choice[place]]
        if taken[place] or taken[other]:
            continue
        taken[place], taken[other] = 1, 1
        for item in range(start[place], start[place + 1]):
            taken[ahead[item]], taken[behind[item]] = 1, 1
        for item in range(start[other], start[other + 1]):
            taken[ahead[item]], taken[behind[item]] = 1, 1
        result[count] = place
        count += 1
    return result[:count]


@compiled
def lawful(
    a: int, b: int, x: float, y: float, z: float, count: int, pairs: Any, points: Any, kind: Any, face_places: Any,
    face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any, attributes: Any, textured: bool, changed: Any,
) -> bool:  # fmt: skip
    """Whether no face turns over in space or in its texture when a and b become (x, y, z); ``changed`` gets the
    attributes there, for each pair of wedges."""
    if turned(a, b, x, y, z, points, start, ahead, behind) or turned(b, a, x, y, z, points, start, ahead, behind):
        return False
    if attributes.shape[1] == 0:
        return True
    for pair in range(count):
        if kind[a] == kind[b]:
            carried(a, b, pairs, pair, x, y, z, points, face_places, face_wedges, start, corners, attributes, changed)
        else:
            wedge = pairs[pair, 1 if kind[b] > kind[a] else 0]
            for k in range(attributes.shape[1]):
                changed[pair, k] = attributes[wedge, k]
    if not textured:
        return True
    for end in range(2):
        place, gone = (b, a) if end == 1 else (a, b)
        if _mirrored(place, gone, end, count, pairs, face_wedges, start, corners, ahead, behind, attributes, changed):
            return False
    return True


@compiled
def _mirrored(
    place: int, gone: int, end: int, count: int, pairs: Any, face_wedges: Any, start: Any, corners: Any, ahead: Any,
    behind: Any, attributes: Any, changed: Any,
) -> bool:  # fmt: skip
    """Whether a face of ``place`` without ``gone`` would turn over in its texture."""
    for at in range(start[place], start[place + 1]):
        if ahead[at] == gone or behind[at] == gone:
            continue
        face, side = corners[at] // 3, corners[at] % 3
        wedge, i, j = face_wedges[face, side], face_wedges[face, (side + 1) % 3], face_wedges[face, (side + 2) % 3]
        if wedge == pairs[0, end]:
            pair = 0
        elif wedge == pairs[count - 1, end]:
            pair = count - 1
        else:
            continue
        iu, iv = np.float64(attributes[i, 0]), np.float64(attributes[i, 1])
        eu, ev = attributes[j, 0] - iu, attributes[j, 1] - iv
        before = eu * (attributes[wedge, 1] - iv) - ev * (attributes[wedge, 0] - iu)
        after = eu * (changed[pair, 1] - iv) - ev * (changed[pair, 0] - iu)
        if before * after < 0 or (after == 0 and before != 0):
            return True
    return False


@compiled
def turned(
    place: int, gone: int, x: float, y: float, z: float, points: Any, start: Any, ahead: Any, behind: Any
) -> bool:
    """Whether a face of ``place`` without ``gone`` would turn over or become a needle with ``place`` at (x, y, z)."""
    px, py, pz = points[place, 0], points[place, 1], points[place, 2]
    for at in range(start[place], start[place + 1]):
        i, j = ahead[at], behind[at]
        if i == gone or j == gone:
            continue
        rx, ry, rz = points[i, 0], points[i, 1], points[i, 2]
        ex, ey, ez = points[j, 0] - rx, points[j, 1] - ry, points[j, 2] - rz
        ux, uy, uz = px - rx, py - ry, pz - rz
        vx, vy, vz = x - rx, y - ry, z - rz
        ox, oy, oz = ey * uz - ez * uy, ez * ux - ex * uz, ex * uy - ey * ux
        nx, ny, nz = ey * vz - ez * vy, ez * vx - ex * vz, ex * vy - ey * vx
        old, new = ox * ox + oy * oy + oz * oz, nx * nx + ny * ny + nz * nz
        straight = ox * nx + oy * ny + oz * nz
        if old > 0 and (straight <= 0 or straight * straight < TURN * TURN * old * new):
            return True
        wx, wy, wz = vx - ex, vy - ey, vz - ez
        longest = max(ex * ex + ey * ey + ez * ez, vx * vx + vy * vy + vz * vz, wx * wx + wy * wy + wz * wz)
        # What was thinner before may stay so.
        if new < (THIN * longest) ** 2 and new < old:
            return True
    return False


@compiled
def carried(
    a: int,
    b: int,
    pairs: Any,
    pair: int,
    x: float,
    y: float,
    z: float,
    points: Any,
    face_places: Any,
    face_wedges: Any,
    start: Any,
    corners: Any,
    attributes: Any,
    changed: Any,
) -> None:
    """Write the attributes of the surface at the point nearest to (x, y, z), among the faces that have the wedges."""
    nearest = np.inf
    for end in range(2):
        place = b if end == 1 else a
        for at in range(start[place], start[place + 1]):
            face = corners[at] // 3
            if face_wedges[face, corners[at] % 3] != pairs[pair, end]:
                continue
            distance, v, w = nearest_on(
                x, y, z, points, face_places[face, 0], face_places[face, 1], face_places[face, 2]
            )
            if distance < nearest:
                nearest = distance
                one, two, three = face_wedges[face, 0], face_wedges[face, 1], face_wedges[face, 2]
                for k in range(attributes.shape[1]):
                    changed[pair, k] = (
                        (1 - v - w) * attributes[one, k] + v * attributes[two, k] + w * attributes[three, k]
                    )


@compiled
def nearest_on(x: float, y: float, z: float, points: Any, a: int, b: int, c: int) -> Any:
    """The squared distance from (x, y, z) to the triangle of three rows, and the weights of b and c at its nearest
    point."""
    ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
    ux, uy, uz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
    vx, vy, vz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
    return spanned(x - ax, y - ay, z - az, ux, uy, uz, vx, vy, vz)


@compiled
def spanned(px: float, py: float, pz: float, ux: float, uy: float, uz: float, vx: float, vy: float, vz: float) -> Any:
    """The squared distance from p to the triangle 0, u, v, and the weights of u and v at its nearest point
    (Ericson, Real-Time Collision Detection, 5.1.5)."""
    uu, vv, uv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
    d1, d2 = ux * px + uy * py + uz * pz, vx * px + vy * py + vz * pz
    d3, d4, d5, d6 = d1 - uu, d2 - uv, d1 - uv, d2 - vv
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    v, w = 0.0, 0.0
    if d1 <= 0 and d2 <= 0:
        pass
    elif d3 >= 0 and d4 <= d3:
        v = 1.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        v = d1 / (d1 - d3)
    elif d6 >= 0 and d5 <= d6:
        w = 1.0
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        w = d2 / (d2 - d6)
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        v = 1 - w
    else:
        total = va + vb + vc
        if total > 0:
            v, w = vb / total, vc / total
    px, py, pz = px - v * ux - w * vx, py - v * uy - w * vy, pz - v * uz - w * vz
    return px * px + py * py + pz * pz, v, w


@compiled
def joined(
    a: int, b: int, x: float, y: float, z: float, count: int, pairs: Any, points: Any, sums: Any, kind: Any,
    face_places: Any, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any, attributes: Any,
    changed: Any, dirty: Any,
) -> int:  # fmt: skip
    """Make a and b one place at (x, y, z) with these attributes; the number of faces gone."""
    end = 1 if kind[b] > kind[a] else 0  # which of them stays
    stays, goes = (b, a) if end == 1 else (a, b)
    gone = 0
    dirty[a], dirty[b] = 1, 1
    for at in range(start[stays], start[stays + 1]):
        dirty[ahead[at]], dirty[behind[at]] = 1, 1
    for at in range(start[goes], start[goes + 1]):
        face, side = corners[at] // 3, corners[at] % 3
        dirty[ahead[at]], dirty[behind[at]] = 1, 1
        if ahead[at] == stays or behind[at] == stays:
            face_places[face, 0] = -1
            gone += 1
            continue
        face_places[face, side] = stays
        pair = 0 if face_wedges[face, side] == pairs[0, 1 - end] else count - 1
        face_wedges[face, side] = pairs[pair, end]
    for pair in range(count):
        for k in range(attributes.shape[1]):
            attributes[pairs[pair, end], k] = changed[pair, k]
    points[stays, 0], points[stays, 1], points[stays, 2] = x, y, z
    for term in range(10):
        sums[stays, term] = sums[a, term] + sums[b, term]
    return gone
