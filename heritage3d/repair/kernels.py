"""The loops of repair over all faces, compiled: numpy would need several sorts of sixty million edges for them.

Faces are (m, 3) int32 numbers of places, checked by the caller; a half-edge ``3 f + k`` runs from corner k of
face f to the next corner. Every loop walks in the order of the faces, so the result is one, whatever the machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.repair.sorting import sort_with

BORDER = -1  # a half-edge whose edge has one face only
PINCHED = -2  # a half-edge of an edge with more than two faces that found no partner


@compiled
def flat(positions: NDArray[np.float64], faces: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Faces without an area when their sides are stored as float32, which is what any derivative stores."""
    found = np.zeros(len(faces), np.bool_)
    side = np.empty((2, 3))
    for face in range(len(faces)):
        for corner in range(2):
            for axis in range(3):
                away = positions[faces[face, corner + 1], axis] - positions[faces[face, 0], axis]
                side[corner, axis] = np.float64(np.float32(away))
        x = side[0, 1] * side[1, 2] - side[0, 2] * side[1, 1]
        y = side[0, 2] * side[1, 0] - side[0, 0] * side[1, 2]
        z = side[0, 0] * side[1, 1] - side[0, 1] * side[1, 0]
        found[face] = x == 0.0 and y == 0.0 and z == 0.0
    return found


@compiled
def _buckets(of: NDArray[np.int32], places: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The entries of each place: those of place p are ``listed[start[p]:start[p + 1]]``, in their order."""
    start = np.zeros(places + 1, np.int64)
    for entry in range(len(of)):
        start[of[entry] + 1] += 1
    for place in range(places):
        start[place + 1] += start[place]
    listed = np.empty(len(of), np.int32)
    for entry in range(len(of)):
        listed[start[of[entry]]] = entry
        start[of[entry]] += 1
    for place in range(places, 0, -1):
        start[place] = start[place - 1]
    start[0] = 0
    return start, listed


@compiled
def repeated(faces: NDArray[np.int32], owner: NDArray[np.int32], places: int) -> NDArray[np.bool_]:
    """Faces that name the places of an earlier face of the same owner in the same turn."""
    least = np.empty(len(faces), np.int32)
    key = np.empty(len(faces), np.int64)
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        if b < a and b < c:
            a, b, c = b, c, a
        elif c < a and c < b:
            a, b, c = c, a, b
        least[face] = a
        key[face] = np.int64(b) * places + c
    start, listed = _buckets(least, places)
    most = 0
    for place in range(places):
        most = max(most, start[place + 1] - start[place])
    keys = np.empty(most, np.int64)
    twice = np.zeros(len(faces), np.bool_)
    for place in range(places):
        size = start[place + 1] - start[place]
        if size < 2:
            continue
        entries = listed[start[place] : start[place + 1]]
        for at in range(size):
            keys[at] = key[entries[at]]
        sort_with(keys, entries, size)
        for at in range(1, size):
            back = at - 1
            while back >= 0 and keys[back] == keys[at]:
                if owner[entries[back]] == owner[entries[at]]:
                    twice[entries[at]] = True
                    break
                back -= 1
    return twice


@compiled
def _angles(
    points: NDArray[np.float64], faces: NDArray[np.int32], group: NDArray[np.int32], lo: int, hi: int
) -> NDArray[np.float64]:
    """The turn of each face of an edge about the axis from lo to hi."""
    x, y, z = points[hi, 0] - points[lo, 0], points[hi, 1] - points[lo, 1], points[hi, 2] - points[lo, 2]
    size = np.sqrt(x * x + y * y + z * z)
    x, y, z = x / size, y / size, z / size
    # Any direction across the axis, and the one a quarter turn farther.
    if abs(x) <= abs(y) and abs(x) <= abs(z):
        ux, uy, uz = 0.0, z, -y
    elif abs(y) <= abs(z):
        ux, uy, uz = -z, 0.0, x
    else:
        ux, uy, uz = y, -x, 0.0
    vx, vy, vz = y * uz - z * uy, z * ux - x * uz, x * uy - y * ux
    angle = np.empty(len(group))
    for at in range(len(group)):
        opposite = faces[group[at] // 3, (group[at] % 3 + 2) % 3]
        ax, ay, az = (
            points[opposite, 0] - points[lo, 0],
            points[opposite, 1] - points[lo, 1],
            points[opposite, 2] - points[lo, 2],
        )
        angle[at] = np.arctan2(ax * vx + ay * vy + az * vz, ax * ux + ay * uy + az * uz)
    return angle


@compiled
def _partners(
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    group: NDArray[np.int32],
    lo: int,
    hi: int,
    mate: NDArray[np.int32],
) -> None:
    """Pair the faces around an edge that has more than two, so that each pair encloses a wedge of the solid.

    A face that runs from lo to hi has the solid before it (at lesser angles), one that runs back has it behind.
    Like brackets: each backward face takes the next forward one that is free.
    """
    angle = _angles(points, faces, group, lo, hi)
    order = np.empty(len(group), np.int32)
    for at in range(len(group)):
        order[at] = at
    sort_with(angle, order, len(group))
    waiting = np.empty(2 * len(group), np.int32)
    top = 0
    for turn in range(2 * len(group)):
        half = group[order[turn % len(group)]]
        mate[half] = mate[half] if mate[half] >= 0 else PINCHED
        if mate[half] >= 0:
            continue
        if faces[half // 3, half % 3] != lo:
            if turn < len(group):
                waiting[top] = half
                top += 1
        elif top:
            top -= 1
            mate[half], mate[waiting[top]] = waiting[top], half


@compiled
def mates(faces: NDArray[np.int32], points: NDArray[np.float64]) -> tuple[NDArray[np.int32], int, NDArray[np.bool_]]:
    """For each half-edge the one on the other side of its edge, BORDER or PINCHED; how many edges have more than
    two faces; and the places (n,) where those end.

    ``points`` are the places, (n, 3). Where two faces run along their edge in one direction, one of them is turned
    over: they are mates all the same.
    """
    places = len(points)
    low = np.empty(3 * len(faces), np.int32)
    for face in range(len(faces)):
        for corner in range(3):
            low[3 * face + corner] = min(faces[face, corner], faces[face, (corner + 1) % 3])
    start, listed = _buckets(low, places)
    most = 0
    for place in range(places):
        most = max(most, start[place + 1] - start[place])
    keys = np.empty(most, np.int64)
    mate = low  # each entry is read for the last time in _buckets
    mate[:] = BORDER
    crowded, ends = 0, np.zeros(places, np.bool_)
    for place in range(places):
        size = start[place + 1] - start[place]
        entries = listed[start[place] : start[place + 1]]
        for at in range(size):
            face, corner = entries[at] // 3, entries[at] % 3
            keys[at] = np.int64(max(faces[face, corner], faces[face, (corner + 1) % 3]))
        sort_with(keys, entries, size)
        first = 0
        while first < size:
            last = first + 1
            while last < size and keys[last] == keys[first]:
                last += 1
            if last - first == 2:
                mate[entries[first]], mate[entries[first + 1]] = entries[first + 1], entries[first]
            elif last - first > 2:
                crowded += 1
                ends[place] = ends[keys[first]] = True
                _partners(points, faces, entries[first:last], place, keys[first], mate)
            first = last
    return mate, crowded, ends


@compiled
def against(faces: NDArray[np.int32], mate: NDArray[np.int32], half: int) -> bool:
    """Whether the faces on both sides of an edge run along it in one direction: one of them shows its back."""
    return bool(faces[half // 3, half % 3] == faces[mate[half] // 3, mate[half] % 3])


@compiled
def flooded(faces: NDArray[np.int32], mate: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.bool_], int]:
    """The piece of each face (joined over edges), whether it is turned over against the first face of its piece,
    and the number of pieces.

    Where faces agree they are gathered first; only then is an edge crossed at which they do not. So a patch that was
    turned over is one, and a single bad edge spoils nothing.
    """
    crossings = 0
    for half in range(len(mate)):
        crossings += mate[half] >= 0 and against(faces, mate, half)
    label = np.full(len(faces), -1, np.int32)
    turned = np.zeros(len(faces), np.bool_)
    waiting = np.empty(len(faces), np.int32)
    later = np.empty(crossings, np.int32)
    pieces = 0
    for first in range(len(faces)):
        if label[first] >= 0:
            continue
        label[first], waiting[0], top = pieces, first, 1
        crossed = put = 0
        while True:
            while top:
                top -= 1
                face = waiting[top]
                for half in range(3 * face, 3 * face + 3):
                    if mate[half] < 0:
                        continue
                    if against(faces, mate, half):
                        later[put] = half
                        put += 1
                    elif label[mate[half] // 3] < 0:
                        beside = mate[half] // 3
                        label[beside], turned[beside] = pieces, turned[face]
                        waiting[top] = beside
                        top += 1
            while crossed < put and label[mate[later[crossed]] // 3] >= 0:
                crossed += 1
            if crossed == put:
                break
            beside = mate[later[crossed]] // 3
            label[beside], turned[beside] = pieces, not turned[later[crossed] // 3]
            waiting[0], top = beside, 1
        pieces += 1
    return label, turned, pieces


@compiled
def cut(faces: NDArray[np.int32], mate: NDArray[np.int32], turned: NDArray[np.bool_]) -> int:
    """Part, in place, the faces that would still disagree at their edge once ``turned`` are turned (PINCHED); how
    many edges that are. A Möbius band has some, whichever way it is turned."""
    found = 0
    for half in range(len(mate)):
        other = mate[half]
        if other > half and against(faces, mate, half) != (turned[half // 3] != turned[other // 3]):
            mate[half] = mate[other] = PINCHED
            found += 1
    return found
