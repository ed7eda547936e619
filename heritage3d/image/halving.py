"""From one level of a pyramid to the next: exact means of 2 x 2 pixels, carried in 16 bits.

Halving 8-bit values with rounding, as libvips does, makes a picture 0.125 grey levels brighter at every
step. In 16 bits the mean of four 8-bit values is exact, and nothing drifts.
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
