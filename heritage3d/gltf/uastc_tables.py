"""The numbers of UASTC LDR 4x4: modes, endpoint ranges, weights and partitions.

Source: the UASTC LDR 4x4 Texture Specification (Binomial, in the public domain) and the Khronos Data Format
Specification 1.3, sections 23.12 (endpoint unquantisation) and 23.21 (partition patterns), which it builds on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOLID = 8
MODES = 19


@dataclass(frozen=True)
class Mode:
    """How the 128 bits of a block are shared out; ``code`` is the prefix code and its length."""

    code: tuple[int, int]
    weight_bits: int
    endpoints: int  # a row of RANGES
    subsets: int = 1
    planes: int = 1
    components: int = 3
    bias: bool = True  # whether there are an ETC1 bias and a second BC1 hint


DETAILS = (
    Mode((0x01, 4), 4, 19),
    Mode((0x35, 6), 2, 20),
    Mode((0x1D, 5), 3, 8, subsets=2),
    Mode((0x03, 5), 2, 7, subsets=3),
    Mode((0x13, 5), 2, 12, subsets=2),
    Mode((0x0B, 5), 3, 20),
    Mode((0x1B, 5), 2, 18, planes=2),
    Mode((0x07, 5), 2, 12, subsets=2),
    Mode((0x17, 5), 0, 20, components=4, bias=False),
    Mode((0x0F, 5), 2, 8, subsets=2, components=4),
    Mode((0x02, 3), 4, 13, components=4, bias=False),
    Mode((0x00, 2), 2, 13, planes=2, components=4, bias=False),
    Mode((0x06, 3), 3, 19, components=4, bias=False),
    Mode((0x1F, 5), 1, 20, planes=2, components=4),
    Mode((0x0D, 5), 2, 20, components=4),
    Mode((0x05, 7), 4, 20, components=2),
    Mode((0x15, 6), 2, 20, subsets=2, components=2),
    Mode((0x25, 6), 2, 20, planes=2, components=2),
    Mode((0x09, 4), 5, 11),
)
# Range of endpoint values -> plain bits, radix of the rest (1, 3 or 5).
RANGES = {7: (2, 3), 8: (4, 1), 11: (5, 1), 12: (3, 5), 13: (4, 3), 18: (5, 5), 19: (6, 3), 20: (8, 1)}
# The factor of the trit or quint, and where each plain bit above the lowest lands among nine (table 158).
_SPREAD = {7: (93, "b000b0bb0"), 12: (26, "cb0000cbc"), 13: (22, "dcb000dcb"), 18: (6, "edcb0000e")}
_SPREAD |= {19: (5, "fedcb000f")}
_SEEDS_2: tuple[int, ...] = (
    28,
    20,
    16,
    29,
    91,
    9,
    107,
    72,
    149,
    204,
    50,
    114,
    496,
    17,
    78,
    39,
    252,
    828,
    43,
    156,
    116,
    210,
    476,
    273,
)
_SEEDS_2 += (684, 359, 246, 195, 694, 524)
_SEEDS_3 = (260, 74, 32, 156, 183, 15, 745, 0, 335, 902, 254)
_SEEDS_7 = (36, 48, 61, 137, 161, 183, 226, 281, 302, 307, 479, 495, 593, 594, 605, 799, 812, 988, 993)


def _unquantised(row: int) -> NDArray[np.int64]:
    """The 8-bit component that each stored endpoint value of a range means."""
    bits, radix = RANGES[row]
    if radix == 1:
        value = np.arange(1 << bits)
        repeated = sum(value << bits * k for k in range(8))
        return np.asarray(repeated >> (7 * bits + bits - 8) & 255, np.int64)
    factor, spread = _SPREAD[row]
    made = []
    for stored in range(radix << bits):
        mixed = 0
        for letter in spread:
            mixed = mixed << 1 | (0 if letter == "0" else stored >> (ord(letter) - ord("a")) & 1)
        flip = 511 if stored & 1 else 0
        whole = ((stored >> bits) * factor + mixed) ^ flip
        made.append((flip & 128) | whole >> 2)
    return np.array(made, np.int64)


def _texel_subset(seed: int, x: int, y: int, subsets: int) -> int:
    """ASTC's partition function for a block of 4x4 (section 23.21); small blocks count in steps of two."""
    x, y = 2 * x, 2 * y
    seed += (subsets - 1) * 1024
    mixed, whole = seed, 0xFFFFFFFF
    mixed ^= mixed >> 15
    for shift, sign in ((17, -1), (7, 1), (4, 1)):
        mixed = (mixed + sign * (mixed << shift)) & whole
    mixed ^= mixed >> 5
    mixed = (mixed + (mixed << 16)) & whole
    mixed ^= mixed >> 7
    mixed ^= mixed >> 3
    mixed = (mixed ^ (mixed << 6)) & whole
    mixed ^= mixed >> 17
    third = 6 if subsets == 3 else 5
    narrow = 4 if seed & 2 else 5
    shifts = (narrow, third) if seed & 1 else (third, narrow)
    parts = [(mixed >> 4 * k & 15) ** 2 >> shifts[k % 2] for k in range(6)]
    scores = [
        parts[2 * k] * x + parts[2 * k + 1] * y + (mixed >> shift) & 63 for k, shift in enumerate((14, 10, 6)[:subsets])
    ]
    return scores.index(max(scores))


def _patterns(seeds: tuple[int, ...], subsets: int) -> NDArray[np.uint8]:
    made = [[_texel_subset(seed, texel % 4, texel // 4, subsets) for texel in range(16)] for seed in seeds]
    return np.array(made, np.uint8)


PATTERNS_2 = _patterns(_SEEDS_2, 2)  # modes 2, 4, 9 and 16
PATTERNS_3 = _patterns(_SEEDS_3, 3)  # mode 3
PATTERNS_7 = _patterns(_SEEDS_7, 2)  # mode 7
# All patterns in one table, and where those of a mode begin.
PATTERNS = np.concatenate([PATTERNS_2, PATTERNS_3, PATTERNS_7])
FIRST_PATTERN = {3: len(PATTERNS_2), 7: len(PATTERNS_2) + len(PATTERNS_3)}

# Weights of 1 to 5 bits on the scale of 64 (row = bits).
WEIGHTS = np.zeros((6, 32), np.int64)
WEIGHTS[1, :2] = (0, 64)
WEIGHTS[2, :4] = (0, 21, 43, 64)
WEIGHTS[3, :8] = (0, 9, 18, 27, 37, 46, 55, 64)
WEIGHTS[4, :16] = (0, 4, 8, 12, 17, 21, 25, 29, 35, 39, 43, 47, 52, 56, 60, 64)
WEIGHTS[5] = [2 * k + 2 * (k > 15) for k in range(32)]

# For each range: the components that it can say in rising order (rank -> component), the stored value of each
# rank, how many ranks there are, and the rank nearest to each component.
COMPONENT = np.zeros((21, 256), np.int64)
STORED = np.zeros((21, 256), np.int64)
RANKS = np.zeros(21, np.int64)
NEAREST = np.zeros((21, 256), np.int64)
UNQUANTISED = np.zeros((21, 256), np.int64)
BITS = np.zeros(21, np.int64)
RADIX = np.ones(21, np.int64)
for _row, (_bits, _radix) in RANGES.items():
    _values = _unquantised(_row)
    _order = np.argsort(_values, kind="stable")
    RANKS[_row] = len(_values)
    UNQUANTISED[_row, : len(_values)] = _values
    COMPONENT[_row, : len(_values)], STORED[_row, : len(_values)] = _values[_order], _order
    NEAREST[_row] = np.abs(np.arange(256)[:, None] - _values[_order][None]).argmin(axis=1)
    BITS[_row], RADIX[_row] = _bits, _radix


def _column(name: str) -> NDArray[np.int64]:
    return np.array([getattr(mode, name) for mode in DETAILS], np.int64)


CODES: NDArray[Any] = np.array([mode.code for mode in DETAILS], np.int64)
WEIGHT_BITS, ENDPOINTS = _column("weight_bits"), _column("endpoints")
SUBSETS, PLANES, COMPONENTS, BIAS = _column("subsets"), _column("planes"), _column("components"), _column("bias")
