"""Compiled loops that say whether an edge may go without a change of topology, and which wedges become one."""

from __future__ import annotations

from typing import Any

from heritage3d.compiled import compiled
from heritage3d.simplification.stars import FREE, WIDEST, is_feature, opposite


@compiled
def matched(
    a: int, b: int, at: int, kind: Any, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any, pairs: Any
) -> int:
    """Write the pairs of wedges (of a, of b) that become one; their number, 0 where the edge cannot go.

    The surface keeps its topology: a and b have no neighbour in common but those of the faces at the edge (the link
    condition), borders and seams stay lines, and each wedge of the place that goes has one to become.
    """
    if start[a + 1] - start[a] > WIDEST or start[b + 1] - start[b] > WIDEST:
        return 0
    beyond = opposite(start, behind, a, b)
    if beyond == -2:
        return 0
    face, side = corners[at] // 3, corners[at] % 3
    pairs[0, 0], pairs[0, 1] = face_wedges[face, side], face_wedges[face, (side + 1) % 3]
    left, right = behind[at], behind[at]
    count, faces = 1, 1
    if beyond >= 0:
        faces = 2
        face, side = corners[beyond] // 3, corners[beyond] % 3
        pairs[1, 0], pairs[1, 1] = face_wedges[face, side], face_wedges[face, (side + 2) % 3]
        right = ahead[beyond]
        same = pairs[0, 0] == pairs[1, 0]
        if left == right or same != (pairs[0, 1] == pairs[1, 1]):
            return 0
        count = 1 if same else 2
    if not _linked(a, b, left, right, start, ahead, behind):
        return 0
    around = start[a + 1] - start[a] + start[b + 1] - start[b] - 2 * faces
    if around < (3 if faces == 2 else 1):
        return 0
    if kind[a] != FREE and kind[b] != FREE:
        for turn in range(faces):
            third = left if turn == 0 else right
            one_side = _feature(a, third, face_wedges, start, corners, ahead, behind)
            if one_side and _feature(b, third, face_wedges, start, corners, ahead, behind):
                return 0
    for end in range(2):
        place, other = (b, a) if end == 1 else (a, b)
        if kind[place] <= kind[other] and not _paired(place, end, count, pairs, face_wedges, start, corners):
            return 0
    return count


@compiled
def _linked(a: int, b: int, left: int, right: int, start: Any, ahead: Any, behind: Any) -> bool:
    """Whether a and b have no neighbour in common besides ``left`` and ``right`` (the link condition)."""
    for item in range(start[a], start[a + 1]):
        one, two = ahead[item], behind[item]
        for to in range(start[b], start[b + 1]):
            three, four = ahead[to], behind[to]
            if one in (three, four) and one not in (left, right):
                return False
            if two in (three, four) and two not in (left, right):
                return False
    return True


@compiled
def _paired(place: int, end: int, count: int, pairs: Any, face_wedges: Any, start: Any, corners: Any) -> bool:
    """Whether a place that goes has no wedge besides those of the edge."""
    for item in range(start[place], start[place + 1]):
        wedge = face_wedges[corners[item] // 3, corners[item] % 3]
        if wedge != pairs[0, end] and wedge != pairs[count - 1, end]:
            return False
    return True


@compiled
def _feature(place: int, other: int, face_wedges: Any, start: Any, corners: Any, ahead: Any, behind: Any) -> bool:
    """Whether the edge from ``place`` to ``other`` is a border or a seam (or no simple edge)."""
    for at in range(start[place], start[place + 1]):
        if ahead[at] == other:
            return bool(is_feature(face_wedges, corners, at, opposite(start, behind, place, other)))
    return True
