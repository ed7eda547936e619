"""Exposure: one gain for each part and channel, and a ramp across each overlap that takes up what is left."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from heritage3d.stitching.overlap import BLOCK, Overlap

_PAIR, _PRIOR = 0.01, 0.05  # what an overlap says of a ratio is good to 1 %; exposures differ by about 5 %
_SAME = 0.0015  # gains this close to 1 are 1
_DARK, _BRIGHT = 0.01, 0.92  # linear light outside of which blocks say nothing of the exposure
_SLOW_PX = 64  # the ramp follows differences slower than this
_LIMIT = 0.25  # of the logarithm: no ramp is steeper


def gains(count: int, overlaps: Mapping[tuple[int, int], Overlap], channels: int) -> np.ndarray:
    """Factors of linear light (parts, channels) that make the overlaps alike; their product is 1 in each channel.

    The ratio of an overlap is the median over its blocks. Small ratios are believed, sums of many are not:
    vignetting would otherwise add up along a long row (a prior of 5 % on each gain).
    """
    logarithms = np.zeros((count, channels))
    for channel in range(channels):
        rows, right = [np.eye(count) / _PRIOR], [np.zeros(count)]
        for (first, second), strip in overlaps.items():
            ratio = _ratio(strip, channel)
            if ratio is not None:
                row = np.zeros((1, count))
                row[0, first], row[0, second] = 1 / _PAIR, -1 / _PAIR
                rows.append(row)
                right.append(np.array([-ratio / _PAIR]))
        solved, *_rest = np.linalg.lstsq(np.concatenate(rows), np.concatenate(right), rcond=None)
        logarithms[:, channel] = solved - solved.mean()
    logarithms[np.abs(logarithms).max(axis=1) < _SAME] = 0
    return np.asarray(np.exp(logarithms))


def _ratio(strip: Overlap, channel: int) -> float | None:
    """Logarithm of first over second."""
    first, second = strip.first[:, :, channel], strip.second[:, :, channel]
    good = _telling(strip, channel)
    if good.sum() < 8:
        return None
    return float(np.median(np.log(first[good] / second[good])))


def _telling(strip: Overlap, channel: int) -> np.ndarray:
    first, second = strip.first[:, :, channel], strip.second[:, :, channel]
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.asarray((strip.common > 0.99) & (low > _DARK) & (high < _BRIGHT))


def ramp(strip: Overlap, first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Logarithm of first over second after their gains, slow changes only: blocks (rows, columns, channels).

    None where the two are alike already.
    """
    field: np.ndarray = np.zeros(strip.first.shape, np.float32)
    for channel in range(field.shape[2]):
        good = _telling(strip, channel).astype(np.float32)
        if good.sum() < 8:
            continue
        sigma = _SLOW_PX / BLOCK
        above = _slow(strip.first[:, :, channel] * good, sigma) * first[channel]
        below = _slow(strip.second[:, :, channel] * good, sigma) * second[channel]
        weight = _slow(good, sigma)
        ratio = np.log(np.maximum(above, 1e-6) / np.maximum(below, 1e-6))
        # Where nothing tells, as over the dark bed, the difference of the neighbourhood holds, and fades.
        wide = _slow(ratio * weight, 4 * sigma) / np.maximum(_slow(weight, 4 * sigma), 1e-3)
        trust = np.clip(weight / 0.2, 0, 1)
        field[:, :, channel] = trust * ratio + (1 - trust) * wide
    field = np.clip(field, -_LIMIT, _LIMIT)
    return field if np.abs(field).max() > _SAME else None


def _slow(field: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))
