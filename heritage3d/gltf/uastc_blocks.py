"""One UASTC block of 16 bytes: its fields written and read, compiled, since a texture has a million of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.gltf import uastc_tables as tables

_CODES, _WEIGHT_BITS, _ENDPOINTS = tables.CODES, tables.WEIGHT_BITS, tables.ENDPOINTS
_SUBSETS, _PLANES, _COMPONENTS, _BIAS = tables.SUBSETS, tables.PLANES, tables.COMPONENTS, tables.BIAS
_WEIGHTS, _PATTERNS, _BITS, _RADIX = tables.WEIGHTS, tables.PATTERNS, tables.BITS, tables.RADIX
_STORED, _UNQUANTISED = tables.STORED, tables.UNQUANTISED
_FIRST_3, _FIRST_7 = tables.FIRST_PATTERN[3], tables.FIRST_PATTERN[7]
_PATTERN_COUNTS = np.array([len(tables.PATTERNS_2), len(tables.PATTERNS_3), len(tables.PATTERNS_7)], np.int64)
_SOLID = tables.SOLID
# The mode that the lowest seven bits of a block tell; 19 is reserved.
_MODE_OF = np.full(128, tables.MODES, np.int64)
for _mode, (_code, _length) in enumerate(tables.CODES.tolist()):
    _MODE_OF[[bits for bits in range(128) if bits & ((1 << _length) - 1) == _code]] = _mode
_LENGTH = np.array([[0, 2, 4, 5, 7, 8], [0, 3, 5, 7, 7, 7]], np.int64)  # bits of 1 to 5 trits, 1 to 3 quints
_NO_BIAS = 13


@compiled
def put(block: NDArray[np.uint8], at: int, value: int, count: int) -> int:
    """Write up to nine bits, the lowest first; the place behind them. All numbers are int64, or it compiles anew."""
    moved, byte, end = value << (at & 7), at >> 3, count + (at & 7)
    block[byte] |= moved & 255
    if end > 8:
        block[byte + 1] |= (moved >> 8) & 255
    if end > 16:
        block[byte + 2] |= (moved >> 16) & 255
    return at + count


@compiled
def take(block: NDArray[np.uint8], at: int, count: int) -> int:
    """Up to nine bits from a place."""
    byte = at >> 3
    word = int(block[byte])
    if byte < 15:
        word |= int(block[byte + 1]) << 8
    if byte < 14:
        word |= int(block[byte + 2]) << 16
    return (word >> (at & 7)) & ((1 << count) - 1)


@compiled
def anchored(pattern: NDArray[np.uint8], texel: int) -> bool:
    """Whether a texel is the first one of its subset."""
    first = 0
    while pattern[first] != pattern[texel]:
        first += 1
    return first == texel


@compiled
def write_solid(block: NDArray[np.uint8], colour: NDArray[np.int64]) -> None:
    """A block of one colour (mode 8). Its ETC1 hint: differential, the faintest table, its third selector (+2)."""
    at = put(block, 0, _CODES[_SOLID, 0], _CODES[_SOLID, 1])
    for component in range(4):
        at = put(block, at, colour[component], 8)
    at = put(block, at, 1, 1)
    at = put(block, at, 0, 3)
    at = put(block, at, 2, 2)
    for component in range(3):
        at = put(block, at, (max(colour[component] - 2, 0) * 31 + 127) // 255, 5)


@compiled
def write_block(
    block: NDArray[np.uint8],
    mode: int,
    pattern: int,
    plane: int,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    weights: NDArray[np.int64],
    hints: NDArray[np.int64],
) -> None:
    """Pack one block. ``low`` and ``high`` (3, 4) are ranks of endpoints by piece and component, ``weights`` (3, 16).

    A piece is a subset, or a plane (``plane`` is the component of the second one). Arrays are changed: where the
    first weight of a piece has its highest bit set, its endpoints change places.
    """
    bits, row = _WEIGHT_BITS[mode], _ENDPOINTS[mode]
    subsets, planes, components = _SUBSETS[mode], _PLANES[mode], _COMPONENTS[mode]
    texels = _PATTERNS[pattern]
    at = put(block, 0, _CODES[mode, 0], _CODES[mode, 1])
    at = put(block, at, 0, 2 if _BIAS[mode] else 1)  # no BC1 hints: transcoders look at the texels
    at = put(block, at, hints[0], 1)
    at = put(block, at, hints[1], 1)
    at = put(block, at, hints[2], 3)
    at = put(block, at, hints[3], 3)
    if _BIAS[mode]:
        at = put(block, at, _NO_BIAS, 5)
    if components != 3:
        at = put(block, at, hints[4], 8)
    if subsets == 2:
        at = put(block, at, pattern - (_FIRST_7 if mode == 7 else 0), 5)
    if planes == 2:
        at = put(block, at, plane, 2)
    top = 1 << (bits - 1)
    for piece in range(max(subsets, planes)):
        first = 0
        while subsets > 1 and texels[first] != piece:
            first += 1
        if weights[piece, first] & top:
            for component in range(4):
                start = low[piece, component]
                low[piece, component], high[piece, component] = high[piece, component], start
            for texel in range(16):
                weights[piece, texel] = 2 * top - 1 - weights[piece, texel]
    at = _put_endpoints(block, at, row, subsets, planes, components, plane, low, high)
    for texel in range(16):
        short = anchored(texels, texel) if subsets > 1 else texel == 0
        for layer in range(planes):
            piece = texels[texel] if subsets > 1 else layer
            at = put(block, at, weights[piece, texel], bits - short)


@compiled
def _put_endpoints(
    block: NDArray[np.uint8],
    at: int,
    row: int,
    subsets: int,
    planes: int,
    components: int,
    plane: int,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> int:
    """Trits or quints first, as whole numbers of 5 or 3 digits, then the plain bits of all values."""
    values = np.zeros(18, np.int64)
    count = 0
    for subset in range(subsets):
        for component in range(components):
            piece = 1 if planes == 2 and component == plane else subset
            values[count] = _STORED[row, low[piece, component]]
            values[count + 1] = _STORED[row, high[piece, component]]
            count += 2
    plain, radix = _BITS[row], _RADIX[row]
    if radix > 1:
        group = 5 if radix == 3 else 3
        for first in range(0, count, group):
            digits = min(group, count - first)
            word = 0
            for digit in range(digits - 1, -1, -1):
                word = word * radix + (values[first + digit] >> plain)
            at = put(block, at, word, _LENGTH[0 if radix == 3 else 1, digits])
    for index in range(count):
        at = put(block, at, values[index] & ((1 << plain) - 1), plain)
    return at


# --- reading ---------------------------------------------------------------------------------------------------


@compiled
def mixed(low: int, high: int, weight: int) -> int:
    """The component between two endpoints (section 23.16), weight 0 to 64, as transcoders decode it."""
    return ((low * 257 * (64 - weight) + high * 257 * weight + 32) >> 6) >> 8


@compiled
def _read_endpoints(block: NDArray[np.uint8], at: int, row: int, count: int, values: NDArray[np.int64]) -> int:
    plain, radix = _BITS[row], _RADIX[row]
    for index in range(count):
        values[index] = 0
    if radix > 1:
        group = 5 if radix == 3 else 3
        for first in range(0, count, group):
            digits = min(group, count - first)
            length = _LENGTH[0 if radix == 3 else 1, digits]
            word = take(block, at, length)
            at += length
            for digit in range(digits):
                values[first + digit] = (word % radix) << plain
                word //= radix
    for index in range(count):
        values[index] = _UNQUANTISED[row, min(values[index] | take(block, at, plain), 255)]
        at += plain
    return at


@compiled
def _read_texels(
    block: NDArray[np.uint8],
    at: int,
    mode: int,
    pattern: int,
    second: int,
    values: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """The texels from the weights at a place and the endpoints ``values``."""
    subsets, planes, components, bits = _SUBSETS[mode], _PLANES[mode], _COMPONENTS[mode], _WEIGHT_BITS[mode]
    for texel in range(16):
        subset = _PATTERNS[pattern, texel] if subsets > 1 else 0
        short = anchored(_PATTERNS[pattern], texel) if subsets > 1 else texel == 0
        weight = _WEIGHTS[bits, take(block, at, bits - short)]
        at += bits - short
        other = weight
        if planes == 2:
            other = _WEIGHTS[bits, take(block, at, bits - short)]
            at += bits - short
        for component in range(4):
            if components == 3 and component == 3:
                out[texel, 3] = 255
                continue
            place = component if components != 2 else (1 if component == 3 else 0)
            start = 2 * (components * subset + place)
            out[texel, component] = mixed(values[start], values[start + 1], other if component == second else weight)


@compiled
def _read_block(block: NDArray[np.uint8], out: NDArray[np.uint8], values: NDArray[np.int64]) -> bool:
    """Decode one block to (16, 4) RGBA; False where it says a reserved mode or pattern."""
    mode = _MODE_OF[block[0] & 127]
    if mode >= 19:
        return False
    at = _CODES[mode, 1]
    if mode == _SOLID:
        for component in range(4):
            value = take(block, at + 8 * component, 8)
            for texel in range(16):
                out[texel, component] = value
        return True
    subsets, planes, components = _SUBSETS[mode], _PLANES[mode], _COMPONENTS[mode]
    at += 8 + (7 if _BIAS[mode] else 1) + (8 if components != 3 else 0)
    pattern = 0
    if subsets > 1:
        length, kind = (4, 1) if subsets == 3 else (5, 2 if mode == 7 else 0)
        pattern = take(block, at, length)
        at += length
        if pattern >= _PATTERN_COUNTS[kind]:
            return False
        pattern += 0 if kind == 0 else (_FIRST_3 if kind == 1 else _FIRST_7)
    second = -1
    if planes == 2:
        second = 3
        if components != 2:
            second = take(block, at, 2)
            at += 2
    at = _read_endpoints(block, at, _ENDPOINTS[mode], 2 * components * subsets, values)
    _read_texels(block, at, mode, pattern, second, values, out)
    return True


@compiled
def _read_rows(blocks: NDArray[np.uint8], out: NDArray[np.uint8], good: NDArray[np.bool_]) -> None:
    for row in range(blocks.shape[0]):
        texels, values = np.zeros((16, 4), np.uint8), np.zeros(18, np.int64)
        for column in range(blocks.shape[1]):
            if not _read_block(blocks[row, column], texels, values):
                good[row] = False
                for texel in range(16):
                    for component in range(4):
                        texels[texel, component] = 0 if component == 1 else 255
            for texel in range(16):
                for component in range(4):
                    out[4 * row + texel // 4, 4 * column + texel % 4, component] = texels[texel, component]


def decode(data: Any, width: int, height: int) -> tuple[NDArray[np.uint8], bool]:
    """The texels of a level, (height, width, 4) RGBA, and whether all of its blocks are valid (others are magenta).

    ``data`` holds one block of 16 bytes for each 4x4 texels, row by row. Raises ValueError where its length is wrong.
    """
    across, down = -(-width // 4), -(-height // 4)
    blocks = np.frombuffer(data, np.uint8)
    if len(blocks) != across * down * 16:
        raise ValueError(f"{len(blocks)} bytes for {across} x {down} blocks")
    out = np.empty((down * 4, across * 4, 4), np.uint8)
    good = np.ones(down, np.bool_)
    _read_rows(blocks.reshape(down, across, 16), out, good)
    return np.ascontiguousarray(out[:height, :width]), bool(good.all())
