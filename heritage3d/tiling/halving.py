"""From one level of a pyramid to the next: means of 2 x 2 pixels that do not drift.

Halving 8-bit values and rounding halves up, as libvips does, makes a picture 0.125 grey levels brighter at
every step. ``halve`` carries 16 bits, in which the mean of four 8-bit values is exact. ``halve_8_bits`` is
three times as fast: it rounds halves up in 64 rows and down in the next 64, so that they cancel out.
"""

from __future__ import annotations

import cv2
import numpy as np

#: 8-bit values between the levels: a power of two, so that a half is exactly a half and rounds to even.
WIDENED = 256
#: What one 8-bit grey level is in the samples of a 16-bit master.
DEEP = 257
#: So many samples are widened at a time: what is halved next still lies in the processor's cache.
_AT_ONCE = 120_000
#: Rows of the smaller level that are rounded one way before as many are rounded the other way.
_TURN = 64


def to_8_bits(rows: np.ndarray, step: int) -> np.ndarray:
    """uint16 to uint8 at ``step`` for each grey level, rounded half to even, which has no bias."""
    return np.asarray(cv2.convertScaleAbs(rows, alpha=1 / step)).reshape(rows.shape)


def halve(rows: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels as uint16 (8-bit values times 256); a last odd row or column stands for itself."""
    height, width, channels = rows.shape
    half = np.empty((-(-height // 2), -(-width // 2), channels), np.uint16)
    step = max(1, _AT_ONCE // (width * channels)) * 2
    for top in range(0, height, step):
        part = rows[top : top + step]
        if part.dtype == np.uint8:
            part = np.multiply(part, WIDENED, dtype=np.uint16)
        if len(part) % 2:
            part = np.concatenate([part, part[-1:]])
        _halve_even(part, half[top // 2 : top // 2 + len(part) // 2])
    return half


def _halve_even(rows: np.ndarray, half: np.ndarray) -> None:
    """``half`` becomes the means of ``rows``, uint16 and even in number."""
    height, width = len(half), rows.shape[1]
    pairs = width // 2
    if pairs:
        mean = cv2.resize(rows[:, : 2 * pairs], (pairs, height), interpolation=cv2.INTER_AREA)
        half[:, :pairs] = mean.reshape(height, pairs, -1)
    if width % 2:
        last = rows[:, -1].astype(np.uint32)
        half[:, -1] = (last[0::2] + last[1::2] + 1) // 2


def halve_8_bits(rows: np.ndarray, half: np.ndarray) -> None:
    """``half`` becomes the means of 2 x 2 pixels of ``rows``, both uint8; odd edges stand for themselves.

    ``half`` is (half the rows rounded up, half the columns rounded up, channels) and may lie in a larger array.
    """
    pairs, down = rows.shape[1] // 2, len(rows) // 2
    balanced = down // (2 * _TURN) * 2 * _TURN if pairs > 1 else 0
    for top in range(0, balanced, _TURN):
        part, target = rows[2 * top : 2 * (top + _TURN), : 2 * pairs], half[top : top + _TURN, :pairs]
        if top % (2 * _TURN):
            # Of the complement, halves rounded up are halves rounded down.
            mean = cv2.resize(cv2.bitwise_not(part), (pairs, _TURN), interpolation=cv2.INTER_AREA)
            cv2.bitwise_not(mean.reshape(target.shape), dst=target)
        else:
            cv2.resize(part, (pairs, _TURN), dst=target, interpolation=cv2.INTER_AREA)
    if balanced < len(half):
        half[balanced:] = to_8_bits(halve(rows[2 * balanced :]), WIDENED)
    if balanced and pairs < half.shape[1]:
        half[:balanced, pairs:] = to_8_bits(halve(rows[: 2 * balanced, -1:]), WIDENED)
