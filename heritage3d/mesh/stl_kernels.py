"""The words of an STL in text, compiled (see ``text_kernels``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.mesh.text_kernels import NEWLINE, Bytes, blank, real


@compiled
def _is(data: Bytes, at: int, end: int, word: Bytes) -> bool:
    """Whether the word between two bytes is this one, in letters of either case."""
    if end - at != len(word):
        return False
    wrong = 0
    for letter in range(len(word)):
        wrong += data[at + letter] | 32 != word[letter]
    return wrong == 0


@compiled
def _word(data: Bytes, at: int) -> tuple[int, int]:
    """Where the next word begins and ends."""
    while at < len(data) and (blank(data[at]) or data[at] == NEWLINE):
        at += 1
    end = at
    while end < len(data) and not blank(data[end]) and data[end] != NEWLINE:
        end += 1
    return at, end


@compiled
def corners_of_stl(
    data: Bytes, into: NDArray[np.float64], solid: Bytes, vertex: Bytes, endfacet: Bytes
) -> tuple[int, int]:
    """The vertices of an STL in text, into (n, 3) as far as it reaches; how many there are, and how many facets end.

    The last three arguments are these words. -1 vertices where one is followed by anything but three numbers. What
    stands behind ``solid`` in its line is a name.
    """
    found = facets = 0
    at, end = _word(data, 0)
    while at < len(data):
        if _is(data, at, end, solid):
            while end < len(data) and data[end] != NEWLINE:
                end += 1
        elif _is(data, at, end, endfacet):
            facets += 1
        elif _is(data, at, end, vertex):
            for axis in range(3):
                at, end = _word(data, end)
                value, last = real(data, at, end)
                if last != end or at == end:
                    return -1, facets
                if found < len(into):
                    into[found, axis] = value
            found += 1
        at, end = _word(data, end)
    return found, facets
