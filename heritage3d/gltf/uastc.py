"""Pixels to UASTC LDR 4x4: the texture format that every GPU's own format is quickly made from.

Our own encoder, since no encoder with a clear licence arrives with pip. Of the 19 modes it writes those that tell on
captured surfaces: 0, 5 and 18 (one line of colours), 6 (one component apart from the others), 2, 4 and 7 (two lines),
8 (one colour), and 9 to 12 where a texel is not opaque. Blocks know nothing of each other, so the bytes do
not depend on the number of cores. Specification: see ``uastc_tables``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled, in_portions
from heritage3d.gltf import uastc_tables as tables
from heritage3d.gltf.uastc_blocks import write_block, write_solid
from heritage3d.gltf.uastc_fitting import HUGE, covariance, fit, polish, principal

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]

_WEIGHT_BITS, _ENDPOINTS = tables.WEIGHT_BITS, tables.ENDPOINTS
_BAND = 16  # rows of blocks that a thread takes at a time
_MASKS = (tables.PATTERNS.astype(np.int64) << np.arange(16)).sum(axis=1) * (tables.PATTERNS.max(axis=1) == 1)
_FIRST_3, _FIRST_7 = tables.FIRST_PATTERN[3], tables.FIRST_PATTERN[7]
_ETC1_STRONG = np.array([8, 17, 29, 42, 60, 80, 106, 183], np.float32)
_GOOD = np.float32(24)  # the squared error of a block at which nothing else is tried
_WIDE = np.float32(40)  # colours that differ less are one line: partitions have too coarse endpoints for them


@compiled
def _popcount(bits: int) -> int:
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@compiled
def _place(spread: _Floats, count: int) -> int:
    """The component that fits worst on one line with the others: without it they leave the least off their line."""
    best, least = 0, HUGE
    for plane in range(count):
        one, two = (1, 2) if plane == 0 else ((0, 2) if plane == 1 else (0, 1))
        total = spread[one, one] + spread[two, two]
        apart = spread[one, one] - spread[two, two]
        rest = total - np.sqrt(apart * apart + np.float32(4) * spread[one, two] * spread[one, two])
        if rest < least:
            best, least = plane, rest
    return best


@compiled
def _pattern_like(mask: int, start: int, stop: int) -> int:
    """The pattern of two subsets that is most like the bits."""
    best, least = start, 99
    for pattern in range(start, stop):
        apart = _popcount(_MASKS[pattern] ^ mask)
        differing = min(apart, 16 - apart)
        if differing < least:
            best, least = pattern, differing
    return best


@compiled
def _trials(texels: _Floats, opaque: bool, widest: np.float32, trials: _Ints, real: _Floats) -> int:
    """What to try, in rows (mode, pattern or -1, component of the second plane or -1); how many."""
    mean, axis, member, spread = real[0], real[1], real[10], real[6:10]
    for texel in range(16):
        member[texel] = np.float32(1)
    for trial in range(6):
        trials[trial, 1], trials[trial, 2] = -1, -1
    trials[0, 0], trials[2, 0] = (0, 6) if opaque else (10, 11)
    trials[1, 0] = (18 if widest > _WIDE else 5) if opaque else 12
    components = 3 if opaque else 4
    covariance(texels, member, components, mean, spread)
    trials[2, 2] = _place(spread, 3) if opaque else 3
    if widest <= _WIDE:
        return 3
    principal(spread, components, axis)
    mask = 0
    for texel in range(16):
        place = np.float32(0)
        for i in range(components):
            place += (texels[i, texel] - mean[i]) * axis[i]
        if place > 0:
            mask |= 1 << texel
    trials[3, 1] = _pattern_like(mask, 0, _FIRST_3)
    trials[3, 0] = 2 if opaque else 9
    if not opaque:
        return 4
    trials[4, 0], trials[4, 1] = 4, trials[3, 1]
    trials[5, 0], trials[5, 1] = 7, _pattern_like(mask, _FIRST_7, len(_MASKS))
    return 6


@compiled
def _copy(source: _Ints, target: _Ints) -> None:
    for row in range(source.shape[0]):
        for column in range(source.shape[1]):
            target[row, column] = source[row, column]


@compiled
def _piece(texels: _Floats, trial: _Ints, piece: int, components: int, own: _Floats, member: _Floats) -> int:
    """The texels of a subset, or the components of a plane, as ``fit`` wants them; the number of components."""
    mask = _MASKS[max(trial[1], 0)] if trial[1] >= 0 else 0
    for texel in range(16):
        member[texel] = np.float32((mask >> texel) & 1 == piece or trial[1] < 0)
    count = 0
    for component in range(components):
        if trial[2] < 0 or (component == trial[2]) == (piece == 1):
            for texel in range(16):
                own[count, texel] = texels[component, texel]
            count += 1
    return count


@compiled
def _encode(
    texels: _Floats,
    opaque: bool,
    widest: np.float32,
    block: NDArray[np.uint8],
    low: _Ints,
    high: _Ints,
    weights: _Ints,
    real: _Floats,
    ints: _Ints,
    hints: _Ints,
) -> np.float32:
    """Write the best block found for (4, 16) texels; its squared error.

    ``low`` and ``high`` (3, 3, 4) hold by piece the best (0), the trial (1) and the best in the order of components
    (2), ``weights`` (2, 3, 16) the first two. All are scratch.
    """
    components = 3 if opaque else 4
    trials = ints[3:9]
    count = _trials(texels, opaque, widest, trials, real)
    own, member = real[12:16], real[10]
    best, chosen = HUGE, 0
    for index in range(count):
        if best <= _GOOD:
            break
        row, bits = _ENDPOINTS[trials[index, 0]], _WEIGHT_BITS[trials[index, 0]]
        error = np.float32(0)
        for piece in range(1 if trials[index, 1] < 0 and trials[index, 2] < 0 else 2):
            used = _piece(texels, trials[index], piece, components, own, member)
            error += fit(own, member, used, row, bits, low[1, piece], high[1, piece], weights[1, piece], real, ints)
            if error >= best:
                break
        if error < best:
            best, chosen = error, index
            _copy(low[1], low[0])
            _copy(high[1], high[0])
            _copy(weights[1], weights[0])
    trial = trials[chosen]
    row, bits, total = _ENDPOINTS[trial[0]], _WEIGHT_BITS[trial[0]], np.float32(0)
    for piece in range(1 if trial[1] < 0 and trial[2] < 0 else 2):
        used = _piece(texels, trial, piece, components, own, member)
        total += polish(own, member, used, row, bits, low[0, piece], high[0, piece], weights[0, piece], real, ints)
        at = 0
        for component in range(components):  # from the order of the piece to that of the block
            if trial[2] < 0 or (component == trial[2]) == (piece == 1):
                low[2, piece, component], high[2, piece, component] = low[0, piece, at], high[0, piece, at]
                at += 1
    _hint(texels, hints)
    write_block(block, trial[0], max(trial[1], 0), trial[2], low[2], high[2], weights[0], hints)
    return total


@compiled
def _hint(texels: _Floats, hints: _Ints) -> None:
    """What a transcoder to ETC may start from: flip, differential, two tables, and the table of EAC alpha."""
    best, flip = HUGE, 0
    for turned in range(2):  # the halves of which the lighter and the darker texels lie nearer together
        total = np.float32(0)
        for half in range(2):
            total += _reach(texels, turned, half)
        if total < best:
            best, flip = total, turned
    hints[0], hints[1] = flip, 1
    for component in range(3):
        apart = _fives(texels[component], flip, 1) - _fives(texels[component], flip, 0)
        if apart < -4 or apart > 3:
            hints[1] = 0
    for half in range(2):
        table = 0
        while table < 7 and _ETC1_STRONG[table] * np.float32(6) < _reach(texels, flip, half):
            table += 1
        hints[2 + half] = table
    # EAC table 0 reaches over 29 steps; the high four bits multiply it.
    least, most = texels[3, 0], texels[3, 0]
    for texel in range(16):
        least, most = min(least, texels[3, texel]), max(most, texels[3, texel])
    steps = min(max((int(most - least) + 14) // 29, 1), 15)
    hints[4] = steps << 4


@compiled
def _fives(values: _Floats, flip: int, half: int) -> int:
    """The mean of one half of a block in five bits, as transcoders round it."""
    total = np.float32(0)
    for texel in range(16):
        if _half(texel, flip) == half:
            total += values[texel]
    return (int(total) * 31 + 1020) // 2040


@compiled
def _half(texel: int, flip: int) -> int:
    return (texel >> 3) if flip else (texel >> 1) & 1


@compiled
def _reach(texels: _Floats, flip: int, half: int) -> np.float32:
    """How far the sums of the three components reach in one half of a block."""
    least, most = np.float32(999), np.float32(0)
    for texel in range(16):
        if _half(texel, flip) == half:
            luma = texels[0, texel] + texels[1, texel] + texels[2, texel]
            least, most = min(least, luma), max(most, luma)
    return most - least


@compiled
def _load(pixels: NDArray[np.uint8], row: int, column: int, texels: _Floats) -> None:
    """The texels of a block (4, 16); beyond an edge they repeat it."""
    for texel in range(16):
        y = min(4 * row + texel // 4, pixels.shape[0] - 1)
        x = min(4 * column + texel % 4, pixels.shape[1] - 1)
        for component in range(4):
            texels[component, texel] = np.float32(pixels[y, x, component])


@compiled
def _survey(texels: _Floats) -> tuple[np.float32, np.float32]:
    """How far the components reach at most, and the least alpha."""
    widest, least = np.float32(0), np.float32(255)
    for component in range(4):
        least, most = np.float32(255), np.float32(0)
        for texel in range(16):
            least, most = min(least, texels[component, texel]), max(most, texels[component, texel])
        widest = max(widest, most - least)
    return widest, least


@compiled
def encode_rows(pixels: NDArray[np.uint8], blocks: NDArray[np.uint8], start: int, stop: int) -> float:
    """Encode rows of blocks (down, across, 16) from the texels of a level; the sum of squared errors."""
    texels, colour = np.zeros((4, 16), np.float32), np.zeros(4, np.int64)
    low, high = np.zeros((3, 3, 4), np.int64), np.zeros((3, 3, 4), np.int64)
    weights, ints = np.zeros((2, 3, 16), np.int64), np.zeros((9, 16), np.int64)
    real, hints = np.zeros((16, 16), np.float32), np.zeros(5, np.int64)
    total = 0.0
    for row in range(start, stop):
        for column in range(blocks.shape[1]):
            _load(pixels, row, column, texels)
            widest, least_alpha = _survey(texels)
            if widest == 0:
                for component in range(4):
                    colour[component] = np.int64(texels[component, 0])
                write_solid(blocks[row, column], colour)
                continue
            opaque = least_alpha == np.float32(255)
            total += float(_encode(texels, opaque, widest, blocks[row, column], low, high, weights, real, ints, hints))
    return total


def encode(pixels: NDArray[np.uint8]) -> tuple[bytes, float]:
    """The blocks of one level, 16 bytes for each 4x4 texels, and the sum of squared errors over its components.

    ``pixels`` is (height, width, 4) RGBA; texels beyond an edge repeat it. Bands of rows go to threads, for the
    compiled loop leaves the interpreter free.
    """
    down, across = -(-pixels.shape[0] // 4), -(-pixels.shape[1] // 4)
    blocks = np.zeros((down, across, 16), np.uint8)
    whole = np.ascontiguousarray(pixels)
    encode_rows(whole, blocks, 0, 0)  # compiled before threads ask for it
    errors = in_portions(lambda start, stop: encode_rows(whole, blocks, start, stop), down, _BAND)
    return blocks.tobytes(), sum(errors)
