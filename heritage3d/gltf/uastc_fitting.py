"""Endpoints and weights for texels on a line of colours: the inner loop of the UASTC encoder, compiled.

The method is the classic one for block formats: the principal axis of the colours, weights by projection, endpoints
by least squares for these weights, then a search among neighbouring quantised endpoints. Errors are sums of squares
against the texels exactly as a decoder makes them.

Loops run over all 16 texels without branches, so that they become vector instructions; texels of another subset count
nothing. Whole numbers below 2**24 are held in float32, where they are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.gltf import uastc_tables as tables

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]

_WEIGHTS = tables.WEIGHTS.astype(np.float32)
_COMPONENT = tables.COMPONENT.astype(np.float32)
_NEAREST, _RANKS = tables.NEAREST, tables.RANKS
HUGE = np.float32(1e30)
_ROUNDS = 3
_ZERO, _HALF, _ONE, _FULL = np.float32(0), np.float32(0.5), np.float32(1), np.float32(64)
_WIDE = np.float32(257)
_SHIFT = np.float32(1 / 16384)
# A decoder cuts off x * 257/256, so a real number aims between two whole ones.
_SHRINK = np.float32(256 / 257)


@compiled
def covariance(own: _Floats, member: _Floats, count: int, mean: _Floats, spread: _Floats) -> None:
    """Mean (4,) of the texels (4, 16) that are members, and their covariance (4, 4) times how many they are."""
    members = _ZERO
    for texel in range(16):
        members += member[texel]
    for i in range(count):
        total = _ZERO
        for texel in range(16):
            total += own[i, texel] * member[texel]
        mean[i] = total / members
    for i in range(count):
        for k in range(i + 1):
            total = _ZERO
            for texel in range(16):
                total += (own[i, texel] - mean[i]) * (own[k, texel] - mean[k]) * member[texel]
            spread[i, k] = total
            spread[k, i] = total


@compiled
def principal(spread: _Floats, count: int, axis: _Floats) -> None:
    """The direction in which colours differ most, by power iteration; its longest component is 1, or all are 0."""
    most = 0
    for i in range(1, count):
        if spread[i, i] > spread[most, most]:
            most = i
    for i in range(4):
        axis[i] = spread[most, i] if i < count else _ZERO
    for _ in range(4):
        longest = _ZERO
        a, b, c, d = axis[0], axis[1], axis[2], axis[3]
        for i in range(count):
            axis[i] = spread[i, 0] * a + spread[i, 1] * b + spread[i, 2] * c + spread[i, 3] * d
            longest = max(longest, abs(axis[i]))
        if longest <= _ZERO:
            return
        for i in range(count):
            axis[i] /= longest


@compiled
def _ends(
    own: _Floats,
    member: _Floats,
    count: int,
    mean: _Floats,
    axis: _Floats,
    first: _Floats,
    last: _Floats,
    places: _Floats,
) -> None:
    """The two ends of the texels' projections on the axis."""
    length = _ZERO
    for texel in range(16):
        places[texel] = _ZERO
    for i in range(count):
        length += axis[i] * axis[i]
        for texel in range(16):
            places[texel] += (own[i, texel] - mean[i]) * axis[i]
    least, most = _ZERO, _ZERO
    for texel in range(16):
        here = places[texel] * member[texel]
        least, most = min(least, here), max(most, here)
    scale = _ONE / length if length > _ZERO else _ZERO
    for i in range(count):
        first[i] = mean[i] + least * scale * axis[i]
        last[i] = mean[i] + most * scale * axis[i]


@compiled
def _weigh(
    own: _Floats,
    count: int,
    row: int,
    bits: int,
    low: _Ints,
    high: _Ints,
    weights: _Ints,
    shares: _Floats,
    places: _Floats,
) -> None:
    """The weight of each texel for given endpoints, by projection; ``shares`` are the weights on the scale of 64."""
    levels = np.float32((1 << bits) - 1)
    length = _ZERO
    for texel in range(16):
        places[texel] = _ZERO
    for i in range(count):
        start = _COMPONENT[row, low[i]]
        along = _COMPONENT[row, high[i]] - start
        length += along * along
        for texel in range(16):
            places[texel] += (own[i, texel] - start) * along
    scale = levels / length if length > _ZERO else _ZERO
    for texel in range(16):
        places[texel] = min(max(np.floor(places[texel] * scale + _HALF), _ZERO), levels)
    for texel in range(16):
        weights[texel] = np.int64(places[texel])
    for texel in range(16):
        shares[texel] = _WEIGHTS[bits, weights[texel]]


@compiled
def _off(values: _Floats, member: _Floats, start: np.float32, end: np.float32, shares: _Floats) -> np.float32:
    """The squared error of one component between two endpoints."""
    total = _ZERO
    begin, along = start * _WIDE * _FULL + np.float32(32), (end - start) * _WIDE
    for texel in range(16):
        made = np.floor((begin + along * shares[texel]) * _SHIFT)
        total += (made - values[texel]) * (made - values[texel]) * member[texel]
    return total


@compiled
def _error(own: _Floats, member: _Floats, count: int, row: int, low: _Ints, high: _Ints, shares: _Floats) -> np.float32:
    total = _ZERO
    for i in range(count):
        total += _off(own[i], member, _COMPONENT[row, low[i]], _COMPONENT[row, high[i]], shares)
    return total


@compiled
def _least_squares(own: _Floats, member: _Floats, count: int, shares: _Floats, first: _Floats, last: _Floats) -> bool:
    """The real endpoints that suit the weights best; False where all texels have one weight."""
    aa, ab, bb = _ZERO, _ZERO, _ZERO
    for texel in range(16):
        b = shares[texel]
        a = _FULL - b
        aa += a * a * member[texel]
        ab += a * b * member[texel]
        bb += b * b * member[texel]
    determinant = aa * bb - ab * ab
    if determinant < np.float32(1000):
        return False
    scale = _FULL / determinant
    for i in range(count):
        ax, bx = _ZERO, _ZERO
        for texel in range(16):
            value = own[i, texel] * member[texel]
            ax += (_FULL - shares[texel]) * value
            bx += shares[texel] * value
        first[i] = (ax * bb - bx * ab) * scale
        last[i] = (bx * aa - ax * ab) * scale
    return True


@compiled
def _take(from_low: _Ints, from_high: _Ints, from_weights: _Ints, low: _Ints, high: _Ints, weights: _Ints) -> None:
    for i in range(4):
        low[i], high[i] = from_low[i], from_high[i]
    for texel in range(16):
        weights[texel] = from_weights[texel]


@compiled
def _rank(row: int, value: np.float32) -> np.int64:
    nearest: np.int64 = _NEAREST[row, min(max(int((value + _HALF) * _SHRINK + _HALF), 0), 255)]
    return nearest


@compiled
def fit(
    own: _Floats,
    member: _Floats,
    count: int,
    row: int,
    bits: int,
    low: _Ints,
    high: _Ints,
    weights: _Ints,
    real: _Floats,
    ints: _Ints,
) -> np.float32:
    """The best endpoints and weights found for some texels; the error.

    ``own`` is (4, 16): the texels' components, ``count`` of them; ``member`` (16,) is 1 or 0. Written are ``low`` and
    ``high`` (4,), ranks in the range ``row``, and ``weights`` (16,) of ``bits`` bits. ``real`` (12, 16) and ``ints``
    (3, 16) are scratch.
    """
    mean, axis, first, last = real[0], real[1], real[2], real[3]
    shares, places, spread = real[4], real[5], real[6:10]
    trial_low, trial_high, trial = ints[0], ints[1], ints[2]
    covariance(own, member, count, mean, spread)
    principal(spread, count, axis)
    _ends(own, member, count, mean, axis, first, last, places)
    best = HUGE
    for _ in range(_ROUNDS):
        for i in range(count):
            trial_low[i], trial_high[i] = _rank(row, first[i]), _rank(row, last[i])
        _weigh(own, count, row, bits, trial_low, trial_high, trial, shares, places)
        error = _error(own, member, count, row, trial_low, trial_high, shares)
        if error >= best:
            break
        best = error
        _take(trial_low, trial_high, trial, low, high, weights)
        if not _least_squares(own, member, count, shares, first, last):
            break
    return best


@compiled
def polish(
    own: _Floats,
    member: _Floats,
    count: int,
    row: int,
    bits: int,
    low: _Ints,
    high: _Ints,
    weights: _Ints,
    real: _Floats,
    ints: _Ints,
) -> np.float32:
    """Try the neighbours of each endpoint, component by component, then the weights anew; the error."""
    shares, places, trial = real[4], real[5], ints[2]
    for texel in range(16):
        shares[texel] = _WEIGHTS[bits, weights[texel]]
    total = _ZERO
    for i in range(count):
        least, start, end = HUGE, low[i], high[i]
        for one in range(max(low[i] - 1, 0), min(low[i] + 2, _RANKS[row])):
            for two in range(max(high[i] - 1, 0), min(high[i] + 2, _RANKS[row])):
                error = _off(own[i], member, _COMPONENT[row, one], _COMPONENT[row, two], shares)
                if error < least:
                    least, start, end = error, one, two
        total += least
        low[i], high[i] = start, end
    _weigh(own, count, row, bits, low, high, trial, shares, places)
    error = _error(own, member, count, row, low, high, shares)
    if error < total:
        total = error
        for texel in range(16):
            weights[texel] = trial[texel]
    return total
