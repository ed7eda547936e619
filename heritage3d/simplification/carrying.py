"""Compiled loops that keep a limit: points of the surface before ride on the faces that replace it.

Each face carries samples of the original in a linked list (``head`` by face, ``after`` by sample). An edge goes only
where every sample of the faces around it stays within its ``allowed`` (squared) distance of the new faces, and every
tried point of the new faces within that of the original, which is found by walking from face to face of the original.
Both distances are to one triangle, so they are never too short. (After Ciampalini, Cignoni, Montani, Scopigno 1997.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled
from heritage3d.simplification.collapsing import joined, lawful, nearest_on, spanned
from heritage3d.simplification.matching import matched
from heritage3d.simplification.quadrics import target
from heritage3d.simplification.stars import WIDEST

_ROOM = 1024
# Where on the edges to the new place points are tried, besides the place itself and the middles of the faces.
_SPOKES = 3


@compiled
def collapse(
    rows: Any, points: Any, sums: Any, kind: Any, face_places: Any, face_wedges: Any, start: Any, corners: Any,
    ahead: Any, behind: Any, attributes: Any, textured: bool, choice: Any, refused: Any, dirty: Any, done: Any,
    bounded: bool, samples: Any, allowed: Any, home: Any, texture: Any, drift: float, head: Any, after: Any,
    old_points: Any, old_faces: Any, old_neighbours: Any,
) -> None:  # fmt: skip
    """Collapse the proposed edges of ``rows``; ``done`` gets the number of faces gone for each, 0 where it cannot be.

    Faces that are gone have -1 as their first place. ``dirty`` marks places whose stars have changed, ``refused``
    the edges that cannot go. ``textured`` says that the first two attributes are places in a texture. Where it is
    ``bounded``, the samples must allow it too, and where the best place does not do, the two ends are tried.
    ``texture`` is where each sample lies in the texture, in the units of the attributes, (n, 2), or (0, 2): it may
    move by ``drift`` (squared).
    """
    pairs = np.empty((2, 2), np.int32)
    changed = np.empty((2, attributes.shape[1]), attributes.dtype)
    fan = np.empty((2 * WIDEST, 6), np.int32)
    riders, seats = np.empty(_ROOM, np.int32), np.empty(_ROOM, np.int16)
    for row in range(len(rows)):
        a = rows[row]
        at = start[a] + choice[a]
        b = ahead[at]
        count = matched(a, b, at, kind, face_wedges, start, corners, ahead, behind, pairs)
        wide, several, fits, x, y, z = 0, 0, False, 0.0, 0.0, 0.0
        if count > 0:
            if bounded:
                wide = _spread_out(a, b, count, pairs, face_wedges, start, corners, ahead, behind, fan)
                several = _gathered(a, b, start, corners, ahead, behind, head, after, riders)
                if several > len(riders):
                    riders, seats = np.empty(2 * several, np.int32), np.empty(2 * several, np.int16)
                    _gathered(a, b, start, corners, ahead, behind, head, after, riders)
            for attempt in range(3 if bounded and kind[a] == kind[b] else 1):
                if attempt == 0:
                    x, y, z, _ = target(points, sums, kind, a, b)
                else:
                    end = a if attempt == 1 else b
                    x, y, z = points[end, 0], points[end, 1], points[end, 2]
                fits = lawful(
                    a, b, x, y, z, count, pairs, points, kind, face_places, face_wedges, start, corners, ahead, behind,
                    attributes, textured, changed,
                )  # fmt: skip
                if fits and bounded:
                    fits = _stay(
                        x, y, z, points, fan, wide, riders, several, seats, samples, allowed, texture, drift, changed,
                        attributes,
                    ) and _lie(
                        x, y, z, points, fan, wide, riders, several, samples, allowed, home, old_points, old_faces,
                        old_neighbours,
                    )  # fmt: skip
                if fits:
                    break
        if not fits:
            refused[a] |= np.uint64(1) << np.uint64(choice[a])
            done[row] = 0
            continue
        done[row] = joined(
            a, b, x, y, z, count, pairs, points, sums, kind, face_places, face_wedges, start, corners, ahead, behind,
            attributes, changed, dirty,
        )  # fmt: skip
        for item in range(wide):
            head[fan[item, 0]] = -1
        for item in range(several):
            face = fan[seats[item], 0]
            after[riders[item]] = head[face]
            head[face] = riders[item]


@compiled
def _spread_out(
    a: int, b: int, count: int, pairs: Any, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any,
    fan: Any,
) -> int:  # fmt: skip
    """Write the faces around the edge that stay, and their number: face, place ahead, place behind, pair of wedges
    at the new place, wedge ahead, wedge behind."""
    wide = 0
    for end in range(2):
        place, other = (b, a) if end == 1 else (a, b)
        for at in range(start[place], start[place + 1]):
            if ahead[at] == other or behind[at] == other:
                continue
            face, side = corners[at] // 3, corners[at] % 3
            fan[wide, 0], fan[wide, 1], fan[wide, 2] = face, ahead[at], behind[at]
            fan[wide, 3] = 0 if face_wedges[face, side] == pairs[0, end] else count - 1
            fan[wide, 4], fan[wide, 5] = face_wedges[face, (side + 1) % 3], face_wedges[face, (side + 2) % 3]
            wide += 1
    return wide


@compiled
def _gathered(
    a: int, b: int, start: Any, corners: Any, ahead: Any, behind: Any, head: Any, after: Any, riders: Any
) -> int:
    """Write the samples of all faces around the edge, as many as there is room for; their number."""
    several = 0
    for end in range(2):
        place, other = (b, a) if end == 1 else (a, b)
        for at in range(start[place], start[place + 1]):
            if end == 1 and (ahead[at] == other or behind[at] == other):
                continue
            sample = head[corners[at] // 3]
            while sample >= 0:
                if several < len(riders):
                    riders[several] = sample
                several += 1
                sample = after[sample]
    return several


@compiled
def _stay(
    x: float, y: float, z: float, points: Any, fan: Any, wide: int, riders: Any, several: int, seats: Any,
    samples: Any, allowed: Any, texture: Any, drift: float, changed: Any, attributes: Any,
) -> bool:  # fmt: skip
    """Whether every sample is near enough to a face of the fan; ``seats`` gets the nearest such face."""
    textured = len(texture) > 0
    for item in range(several):
        sample = riders[item]
        px, py, pz = samples[sample, 0], samples[sample, 1], samples[sample, 2]
        nearest, seat = allowed[sample], -1
        for turn in range(wide):
            i, j = fan[turn, 1], fan[turn, 2]
            distance, v, w = spanned(
                px - x, py - y, pz - z,
                points[i, 0] - x, points[i, 1] - y, points[i, 2] - z,
                points[j, 0] - x, points[j, 1] - y, points[j, 2] - z,
            )  # fmt: skip
            if not distance <= nearest:
                continue
            if textured:
                pair, one, two = fan[turn, 3], fan[turn, 4], fan[turn, 5]
                moved = 0.0
                for axis in range(2):
                    here = (1 - v - w) * changed[pair, axis] + v * attributes[one, axis] + w * attributes[two, axis]
                    moved += (here - texture[sample, axis]) ** 2
                if not moved <= drift:
                    continue
            nearest, seat = distance, turn
        if seat < 0:
            return False
        seats[item] = seat
    return True


@compiled
def _lie(
    x: float, y: float, z: float, points: Any, fan: Any, wide: int, riders: Any, several: int, samples: Any,
    allowed: Any, home: Any, old_points: Any, old_faces: Any, old_neighbours: Any,
) -> bool:  # fmt: skip
    """Whether the new place, points on its edges and the middles of its faces are near enough to the original."""
    if several == 0:
        return False
    if not _near(x, y, z, riders, several, samples, allowed, home, old_points, old_faces, old_neighbours):
        return False
    for turn in range(wide):
        i, j = fan[turn, 1], fan[turn, 2]
        ix, iy, iz = points[i, 0], points[i, 1], points[i, 2]
        jx, jy, jz = points[j, 0], points[j, 1], points[j, 2]
        last = True  # at a border, nobody else has the edge to j
        for other in range(wide):
            last = last and fan[other, 1] != j
        for step in range(1, _SPOKES + 1):
            share = step / (_SPOKES + 1)
            px, py, pz = x + share * (ix - x), y + share * (iy - y), z + share * (iz - z)
            if not _near(px, py, pz, riders, several, samples, allowed, home, old_points, old_faces, old_neighbours):
                return False
            px, py, pz = x + share * (jx - x), y + share * (jy - y), z + share * (jz - z)
            if last and not _near(
                px, py, pz, riders, several, samples, allowed, home, old_points, old_faces, old_neighbours
            ):
                return False
        px, py, pz = (x + ix + jx) / 3, (y + iy + jy) / 3, (z + iz + jz) / 3
        if not _near(px, py, pz, riders, several, samples, allowed, home, old_points, old_faces, old_neighbours):
            return False
    return True


@compiled
def _near(
    px: float, py: float, pz: float, riders: Any, several: int, samples: Any, allowed: Any, home: Any,
    old_points: Any, old_faces: Any, old_neighbours: Any,
) -> bool:  # fmt: skip
    """Whether a point is near enough to the original: walk there from the face of the nearest sample."""
    nearest, best = np.inf, riders[0]
    for item in range(several):
        sample = riders[item]
        dx, dy, dz = samples[sample, 0] - px, samples[sample, 1] - py, samples[sample, 2] - pz
        distance = dx * dx + dy * dy + dz * dz
        if distance < nearest:
            nearest, best = distance, sample
    limit = allowed[best]
    if nearest <= limit:
        return True
    face = home[best]
    distance, _, _ = nearest_on(px, py, pz, old_points, old_faces[face, 0], old_faces[face, 1], old_faces[face, 2])
    while distance > limit:
        next_face, less = -1, distance
        for side in range(3):
            other = old_neighbours[face, side]
            if other < 0:
                continue
            found, _, _ = nearest_on(
                px, py, pz, old_points, old_faces[other, 0], old_faces[other, 1], old_faces[other, 2]
            )
            if found < less:
                next_face, less = other, found
        if next_face < 0:
            return False
        face, distance = next_face, less
    return True
