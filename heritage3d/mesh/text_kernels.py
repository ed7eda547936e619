"""Numbers in text, compiled: Python's own objects for the words of a large OBJ, PLY or STL would take ten times the
memory that the mesh takes.

Real numbers come out within a few units in the last place of float64, which is a millionth of what float32, the
form of every derivative, can hold; the result is the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled

Bytes = NDArray[np.uint8]
NEWLINE, _RETURN, _TAB, _SPACE, _HASH, _SLASH = 10, 13, 9, 32, 35, 47
_PLUS, _MINUS, _POINT, _ZERO, _NINE = 43, 45, 46, 48, 57
# Lines of an OBJ by their keyword; OTHER lines are left to Python.
V, VT, VN, F, OTHER, NOTHING = range(6)


@compiled
def real(data: Bytes, at: int, stop: int) -> tuple[float, int]:
    """The number that begins at a byte and where it ends; -1 for the end where there is none."""
    sign = 1.0
    if at < stop and (data[at] == _MINUS or data[at] == _PLUS):
        sign = -1.0 if data[at] == _MINUS else 1.0
        at += 1
    letter = data[at] | 32 if at < stop else 0
    if letter == 110 or letter == 105:  # nan, inf, infinity: no position, whichever
        while at < stop and 97 <= data[at] | 32 <= 122:
            at += 1
        return np.nan, at
    mantissa, power, at = _digits(data, at, stop)
    if at >= 0 and at < stop and data[at] | 32 == 101:
        exponent, at = whole(data, at + 1, stop)
        power += min(max(exponent, -10_000), 10_000)
    if at < 0:
        return 0.0, -1
    value = sign * float(mantissa)
    while power < 0 and value != 0.0:
        value /= 10.0 ** min(-power, 22)
        power += min(-power, 22)
    while power > 0 and value != 0.0 and abs(value) < np.inf:
        value *= 10.0 ** min(power, 22)
        power -= min(power, 22)
    return value, at


@compiled
def _digits(data: Bytes, at: int, stop: int) -> tuple[np.uint64, int, int]:
    """The first 19 digits of a number as a whole, the power of ten that it lacks, and where the digits end."""
    mantissa, power, digits, begun, point = np.uint64(0), 0, 0, at, 0
    while at < stop:
        byte = data[at]
        if byte == _POINT and point == 0:
            point = 1
        elif _ZERO <= byte <= _NINE:
            if digits < 19:
                mantissa = mantissa * np.uint64(10) + np.uint64(byte - _ZERO)
                digits += 1 if mantissa > 0 else 0
                power -= point
            else:
                power += 1 - point
        else:
            break
        at += 1
    return mantissa, power, at if at - begun > point else -1


@compiled
def whole(data: Bytes, at: int, stop: int) -> tuple[int, int]:
    """The whole number that begins at a byte and where it ends; -1 for the end where there is none, or a long one."""
    sign = 1
    if at < stop and (data[at] == _MINUS or data[at] == _PLUS):
        sign = -1 if data[at] == _MINUS else 1
        at += 1
    value, begun = 0, at
    while at < stop and _ZERO <= data[at] <= _NINE:
        value = value * 10 + (data[at] - _ZERO)
        at += 1
    return (sign * value, at) if 0 < at - begun <= 17 else (0, -1)


@compiled
def blank(byte: int) -> bool:
    """Whether a byte parts the words of a line."""
    return byte in (_SPACE, _TAB, _RETURN)


@compiled
def _line(data: Bytes, at: int, stop: int) -> tuple[int, int]:
    """What kind of OBJ line these bytes are, and where its words begin."""
    while at < stop and blank(data[at]):
        at += 1
    if at == stop or data[at] == _HASH:
        return NOTHING, stop
    end = at
    while end < stop and not blank(data[end]):
        end += 1
    if end - at == 1:
        letter = data[at]
        if letter == 118:
            return V, end
        if letter == 102:
            return F, end
        if letter == 111 or letter == 103 or letter == 115:  # names and smoothing: nothing that is drawn
            return NOTHING, stop
    elif end - at == 2 and data[at] == 118:
        if data[at + 1] == 116:
            return VT, end
        if data[at + 1] == 110:
            return VN, end
    return OTHER, at


@compiled
def counted(data: Bytes) -> NDArray[np.int64]:
    """Of an OBJ: lines of each kind (V to OTHER), corners of all faces, words of the first v, vt, vn line; (9,)."""
    told = np.zeros(9, np.int64)
    at = 0
    while at < len(data):
        stop = at
        while stop < len(data) and data[stop] != NEWLINE:
            stop += 1
        kind, word = _line(data, at, stop)
        if kind != NOTHING:
            told[kind] += 1
        if kind == F or (kind < F and told[kind] == 1):
            words = 0
            while word < stop and data[word] != _HASH:
                if not blank(data[word]):
                    words += 1
                    while word < stop and not blank(data[word]):
                        word += 1
                else:
                    word += 1
            told[5 if kind == F else 6 + kind] += words
        at = stop + 1
    return told


@compiled
def filled(
    data: Bytes,
    v: NDArray[np.float64],
    vt: NDArray[np.float64],
    vn: NDArray[np.float64],
    counts: NDArray[np.int64],
    corners: NDArray[np.int64],
    others: NDArray[np.int64],
) -> bool:
    """Read an OBJ into arrays of the sizes that ``counted`` told; False where a line is not as the first of its kind.

    ``corners`` (c, 3) are v, vt, vn, counted from 1, 0 where not named, -5 where a relative one reaches before the
    first; ``others`` (o, 2) are the first byte of lines of other kinds and how many faces came before.
    """
    seen = np.zeros(5, np.int64)
    corner, at = 0, 0
    while at < len(data):
        stop = at
        while stop < len(data) and data[stop] != NEWLINE:
            stop += 1
        kind, word = _line(data, at, stop)
        if kind == V:
            good = _numbers(data, word, stop, v[seen[V]])
        elif kind == VT:
            good = _numbers(data, word, stop, vt[seen[VT]])
        elif kind == VN:
            good = _numbers(data, word, stop, vn[seen[VN]])
        elif kind == F:
            last = _corners(data, word, stop, corners, corner, seen)
            good = last >= 0
            counts[seen[F]] = last - corner
            corner = last
        else:
            good = True
            if kind == OTHER:
                others[seen[OTHER], 0], others[seen[OTHER], 1] = word, seen[F]
        if not good:
            return False
        if kind != NOTHING:
            seen[kind] += 1
        at = stop + 1
    return True


@compiled
def _numbers(data: Bytes, at: int, stop: int, row: NDArray[np.float64]) -> bool:
    """Exactly as many numbers as the row has places, and nothing else."""
    found = 0
    while at < stop:
        if blank(data[at]):
            at += 1
            continue
        if found == len(row):
            return False
        row[found], at = real(data, at, stop)
        if at < 0 or (at < stop and not blank(data[at])):
            return False
        found += 1
    return found == len(row)


@compiled
def _corners(data: Bytes, at: int, stop: int, corners: NDArray[np.int64], corner: int, seen: NDArray[np.int64]) -> int:
    """The corners of a face from row ``corner`` on; the row behind the last, -1 where a word is no corner."""
    while at < stop and data[at] != _HASH:
        if blank(data[at]):
            at += 1
            continue
        for column in range(3):
            if at < stop and data[at] != _SLASH and not blank(data[at]):
                value, at = whole(data, at, stop)
                if at < 0:
                    return -1
                if value < 0:
                    value += seen[column] + 1
                    value = -5 if value <= 0 else value
                corners[corner, column] = value
            elif column == 0:
                return -1
            if at == stop or data[at] != _SLASH:
                break
            if column == 2:
                return -1
            at += 1
        if at < stop and not blank(data[at]) and data[at] != _HASH:
            return -1
        corner += 1
    return corner


@compiled
def words(data: Bytes) -> int:
    """How many words a text has."""
    found, inside = 0, False
    for at in range(len(data)):
        letter = not blank(data[at]) and data[at] != NEWLINE
        if letter and not inside:
            found += 1
        inside = letter
    return found


@compiled
def row_of_numbers(data: Bytes, into: NDArray[np.float64]) -> int:
    """All numbers of a text between blanks and line ends; how many, -1 where a word is none or there are too many."""
    found, at, stop = 0, 0, len(data)
    while at < stop:
        if blank(data[at]) or data[at] == NEWLINE:
            at += 1
            continue
        if found == len(into):
            return -1
        into[found], at = real(data, at, stop)
        if at < 0 or (at < stop and not blank(data[at]) and data[at] != NEWLINE):
            return -1
        found += 1
    return found
