"""Compiled loops over stars: which faces meet at a place, and what kind of place it is.

A *place* is a point of space, a *wedge* a row of attributes at a place (several where texture seams or parts meet).
``face_places`` and ``face_wedges`` are (m, 3) int32; a *corner* is 3 * face + 0, 1 or 2. The star of place v is
``corners[start[v]:start[v + 1]]``. These loops follow pointers face by face, which numpy cannot say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled

# Kinds of places: free to move; on a border or a seam, to be moved along it only; not to be moved.
FREE, CURVE, FIXED = 0, 1, 2
# Places where more faces meet stay as they are: lists of neighbours have this room.
WIDEST = 64


@compiled
def stars(face_places: Any, places: int) -> Any:
    """The star of each place, in the order of the faces: start (n + 1,), and for each entry the corner, the place
    ahead of it in its face and the place behind it."""
    start = np.zeros(places + 2, np.int32)
    count = len(face_places)
    for face in range(count):
        for side in range(3):
            start[face_places[face, side] + 2] += 1
    for place in range(2, places + 2):
        start[place] += start[place - 1]
    corners, ahead, behind = np.empty(3 * count, np.int32), np.empty(3 * count, np.int32), np.empty(3 * count, np.int32)
    for face in range(count):
        a, b, c = face_places[face, 0], face_places[face, 1], face_places[face, 2]
        at, start[a + 1] = start[a + 1], start[a + 1] + 1
        corners[at], ahead[at], behind[at] = 3 * face, b, c
        at, start[b + 1] = start[b + 1], start[b + 1] + 1
        corners[at], ahead[at], behind[at] = 3 * face + 1, c, a
        at, start[c + 1] = start[c + 1], start[c + 1] + 1
        corners[at], ahead[at], behind[at] = 3 * face + 2, a, b
    return start[: places + 1], corners, ahead, behind


@compiled
def opposite(start: Any, behind: Any, place: int, other: int) -> int:
    """Where in the star of ``place`` the face stands that runs along the edge from ``other`` to ``place``; -1 for
    none, -2 for several."""
    found = -1
    for at in range(start[place], start[place + 1]):
        if behind[at] == other:
            if found >= 0:
                return -2
            found = at
    return found


@compiled
def is_feature(face_wedges: Any, corners: Any, at: int, beyond: int) -> bool:
    """Whether the edge to the place ahead of entry ``at`` is a border or a seam; ``beyond`` is its ``opposite``."""
    if beyond < 0:
        return True
    face, side = corners[at] // 3, corners[at] % 3
    other, turn = corners[beyond] // 3, corners[beyond] % 3
    if face_wedges[face, side] != face_wedges[other, turn]:
        return True
    return bool(face_wedges[face, (side + 1) % 3] != face_wedges[other, (turn + 2) % 3])


@compiled
def classify(
    first: int, last: int, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any, fixed: Any, kind: Any
) -> None:
    """Write the kinds of the places from ``first`` to ``last``. Where faces do not make one fan, a place is fixed."""
    for place in range(first, last):
        kind[place] = FIXED if fixed[place] else _kind(place, face_wedges, start, corners, ahead, behind)


@compiled
def _kind(place: int, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any) -> int:
    first, last = start[place], start[place + 1]
    if last - first > WIDEST or last == first:
        return FIXED
    features, opened = 0, first
    for at in range(first, last):
        twins, after = 0, 0
        for to in range(first, last):
            twins += ahead[to] == ahead[at]
            after += ahead[to] == behind[at]
        beyond = opposite(start, behind, place, ahead[at])
        if twins > 1 or after > 1 or beyond == -2:
            return FIXED
        features += is_feature(face_wedges, corners, at, beyond)
        features += after == 0
        if beyond == -1:
            opened = at
    # One fan? Walk it from its open side, or all around.
    here, walked = opened, 1
    while walked <= last - first:
        following = -1
        for to in range(first, last):
            if ahead[to] == behind[here]:
                following = to
        if following < 0 or following == opened:
            break
        here = following
        walked += 1
    if walked != last - first or (features != 0 and features != 2):
        return FIXED
    return FREE if features == 0 else CURVE
