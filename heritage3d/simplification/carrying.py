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
# On each edge to the new place, and on the middle of each face, points are tried: so many, and about as far from one
# another as this many times what is allowed.
_FEWEST, _MOST, _GRAIN = 2, 12, 4.0
# A face that a sample is so near to (squared, as a share of what is allowed) is the nearest, or as good.
_ENOUGH = 0.25


@compiled
def collapse(
    rows: Any, points: Any, sums: Any, kind: Any, face_places: Any, face_wedges: Any, start: Any, corners: Any,
    ahead: Any, behind: Any, attributes: Any, textured: bool, choice: Any, refused: Any, dirty: Any, done: Any,
    bounded: bool, samples: Any, allowed: Any, home: Any, texture: Any, drift: float, head: Any, after: Any,
    old_points: Any, old_faces: Any, old_neighbours: Any, worst: Any,
) -> None:  # fmt: skip
    """Collapse the proposed edges of ``rows``; ``done`` gets the number of faces gone for each, 0 where it cannot be.

    Faces that are gone have -1 as their first place. ``dirty`` marks places whose stars have changed, ``refused``
    the edges that cannot go. ``textured`` says that the first two attributes are places in a texture. Where it is
    ``bounded``, the samples must allow it too, and where the best place does not do, the two ends are tried.
    ``texture`` is where each sample lies in the texture, in the units of the attributes, (n, 2), or (0, 2): it may
    move by ``drift`` (squared). ``worst`` keeps for each place the sample that last forbade its edge: it is asked
    first.
    """
    pairs = np.empty((2, 2), np.int32)
    changed = np.empty((2, attributes.shape[1]), attributes.dtype)
    fan, planes = np.empty((2 * WIDEST, 6), np.int32), np.empty((2 * WIDEST, 10))
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
                _first(worst[b], riders, several)
                _first(worst[a], riders, several)
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
                        a, x, y, z, points, fan, wide, planes, riders, several, seats, samples, allowed, texture, drift,
                        changed, attributes, worst,
                    ) and _lie(
                        x, y, z, points, fan, wide, riders, several, seats, samples, allowed, home, old_points,
                        old_faces, old_neighbours,
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
def _first(sample: int, riders: Any, several: int) -> None:
    """Put a sample first, if it is among them."""
    for item in range(several):
        if riders[item] == sample:
            riders[item] = riders[0]
            riders[0] = sample
            return


@compiled
def _flat(x: float, y: float, z: float, points: Any, fan: Any, wide: int, planes: Any) -> None:
    """For each face of the fan around (x, y, z): its edges from there, their cross product and its square."""
    for turn in range(wide):
        i, j = fan[turn, 1], fan[turn, 2]
        ux, uy, uz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
        vx, vy, vz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        planes[turn, 0], planes[turn, 1], planes[turn, 2] = ux, uy, uz
        planes[turn, 3], planes[turn, 4], planes[turn, 5] = vx, vy, vz
        planes[turn, 6], planes[turn, 7], planes[turn, 8] = nx, ny, nz
        planes[turn, 9] = nx * nx + ny * ny + nz * nz


@compiled
def _stay(
    a: int, x: float, y: float, z: float, points: Any, fan: Any, wide: int, planes: Any, riders: Any, several: int,
    seats: Any, samples: Any, allowed: Any, texture: Any, drift: float, changed: Any, attributes: Any, worst: Any,
) -> bool:  # fmt: skip
    """Whether every sample is near enough to a face of the fan; ``seats`` gets the nearest face, or the first one that
    it is much nearer to than allowed. The sample that forbids it is kept as the ``worst`` of a."""
    textured = len(texture) > 0
    _flat(x, y, z, points, fan, wide, planes)
    for item in range(several):
        sample = riders[item]
        px, py, pz = samples[sample, 0] - x, samples[sample, 1] - y, samples[sample, 2] - z
        nearest, seat = allowed[sample], -1
        enough = _ENOUGH * nearest
        for turn in range(wide):
            nx, ny, nz, size = planes[turn, 6], planes[turn, 7], planes[turn, 8], planes[turn, 9]
            above = nx * px + ny * py + nz * pz
            # No point of a face is nearer than its plane.
            if above * above > nearest * size:
                continue
            ux, uy, uz = planes[turn, 0], planes[turn, 1], planes[turn, 2]
            vx, vy, vz = planes[turn, 3], planes[turn, 4], planes[turn, 5]
            cx, cy, cz = ny * pz - nz * py, nz * px - nx * pz, nx * py - ny * px
            v, w = vx * cx + vy * cy + vz * cz, -(ux * cx + uy * cy + uz * cz)
            if v >= 0.0 and w >= 0.0 and v + w <= size and size > 0.0:
                distance, v, w = above * above / size, v / size, w / size
            else:
                distance, v, w = spanned(px, py, pz, ux, uy, uz, vx, vy, vz)
            if not distance <= nearest:
                continue
            if textured and not _slid(sample, fan, turn, v, w, texture, changed, attributes) <= drift:
                continue
            nearest, seat = distance, turn
            if distance <= enough:
                break
        if seat < 0:
            worst[a] = sample
            _first(sample, riders, several)
            return False
        seats[item] = seat
    return True


@compiled
def _slid(
    sample: int, fan: Any, turn: int, v: float, w: float, texture: Any, changed: Any, attributes: Any
) -> float:  # fmt: skip
    """How far (squared) the texture at a place of a face lies from that of a sample."""
    pair, one, two = fan[turn, 3], fan[turn, 4], fan[turn, 5]
    moved = 0.0
    for axis in range(2):
        here = (1 - v - w) * changed[pair, axis] + v * attributes[one, axis] + w * attributes[two, axis]
        moved += (here - texture[sample, axis]) ** 2
    return moved


@compiled
def _lie(
    x: float, y: float, z: float, points: Any, fan: Any, wide: int, riders: Any, several: int, seats: Any,
    samples: Any, allowed: Any, home: Any, old_points: Any, old_faces: Any, old_neighbours: Any,
) -> bool:  # fmt: skip
    """Whether the new place, points on its edges and the middles of its faces are near enough to the original."""
    if several == 0:
        return False
    grain = _GRAIN * np.sqrt(allowed[riders[0]])
    for turn in range(wide):
        i, j = fan[turn, 1], fan[turn, 2]
        ix, iy, iz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
        jx, jy, jz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
        last = True  # at a border, nobody else has the edge to j
        for other in range(wide):
            last = last and fan[other, 1] != j
        longest = np.sqrt(max(ix * ix + iy * iy + iz * iz, jx * jx + jy * jy + jz * jz))
        spokes = min(max(int(longest / grain), _FEWEST), _MOST)
        for step in range(0 if turn == 0 else 1, spokes + 1):
            share = step / (spokes + 1)
            for way in range(3 if last else 2):
                # Along the edge to i, through the middle of the face, along the edge to j.
                one = share * (1.0 if way == 0 else 0.5 if way == 1 else 0.0)
                two = share - one
                px, py, pz = x + one * ix + two * jx, y + one * iy + two * jy, z + one * iz + two * jz
                if not _near(
                    px, py, pz, turn, riders, several, seats, samples, allowed, home, old_points, old_faces,
                    old_neighbours,
                ):  # fmt: skip
                    return False
    return True


@compiled
def _near(
    px: float, py: float, pz: float, turn: int, riders: Any, several: int, seats: Any, samples: Any, allowed: Any,
    home: Any, old_points: Any, old_faces: Any, old_neighbours: Any,
) -> bool:  # fmt: skip
    """Whether a point of a face of the fan is near enough to the original: walk there from the face of the nearest
    sample, of those on that face where it has any."""
    nearest, best = np.inf, -1
    for item in range(several):
        if seats[item] == turn:
            sample = riders[item]
            dx, dy, dz = samples[sample, 0] - px, samples[sample, 1] - py, samples[sample, 2] - pz
            distance = dx * dx + dy * dy + dz * dz
            if distance < nearest:
                nearest, best = distance, sample
                if distance <= allowed[sample]:
                    return True
    if best >= 0 and _reached(px, py, pz, allowed[best], home[best], old_points, old_faces, old_neighbours):
        return True
    for item in range(several):
        sample = riders[item]
        dx, dy, dz = samples[sample, 0] - px, samples[sample, 1] - py, samples[sample, 2] - pz
        distance = dx * dx + dy * dy + dz * dz
        if distance < nearest:
            nearest, best = distance, sample
    return _reached(px, py, pz, allowed[best], home[best], old_points, old_faces, old_neighbours)


@compiled
def _reached(
    px: float, py: float, pz: float, limit: float, face: int, old_points: Any, old_faces: Any, old_neighbours: Any
) -> bool:
    """Whether a walk over the original, from a face to ever nearer neighbours, comes near enough to a point."""
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
