"""How evenly a frame is lit, read from the plain ground around its targets or from a blank sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.image.lab import linear, luminance
from heritage3d.quality.targets import Target

_ACROSS = 1200  # samples along the longer side
_BLOCK = 24  # samples along a side of a block
_EVEN = 0.08  # relative spread of light in a block of plain ground
_SAME = 0.04  # a block belongs to the ground when it lies so near to the smooth surface
_ENOUGH = 0.3  # of the blocks outside the targets
_REACH = 0.6  # of width and height of the frame that the ground must span


@dataclass(frozen=True)
class Light:
    """Evenness of the light over the part of a frame that shows plain ground.

    ``fall_off``: 1 - darkest / brightest luminance of the smooth surface through the ground. ``spread``: standard
    deviation of its L* over its mean. ``share``: part of the frame's blocks that are ground.
    """

    fall_off: float
    spread: float
    share: float


def ground_light(pixels: np.ndarray, targets: Sequence[Target] = ()) -> Light | None:
    """The light on the ground of ``pixels`` (sRGB uint8 or uint16); None where there is no plain ground to judge by."""
    step = max(1, max(pixels.shape[:2]) // _ACROSS)
    level = luminance(linear(np.ascontiguousarray(pixels[::step, ::step])))
    free = np.ones(level.shape, np.uint8)
    for target in targets:
        middle = target.corners.mean(axis=0)
        outline = (middle + 1.35 * (target.corners - middle)) / step
        cv2.fillConvexPoly(free, np.round(outline).astype(np.int32), 0)
    rows, columns = level.shape[0] // _BLOCK, level.shape[1] // _BLOCK
    if rows < 3 or columns < 3:
        return None
    blocks = _blocked(level, rows, columns)
    middle, spread = blocks.mean(axis=-1), blocks.std(axis=-1)
    outside = np.asarray(_blocked(free, rows, columns).all(axis=-1))
    even = np.asarray(outside & (spread < _EVEN * middle) & (middle > 0.002) & (middle < 0.985))
    return _of_ground(np.log(np.maximum(middle, 1e-4)), even, outside, level.shape)


def _blocked(plane: np.ndarray, rows: int, columns: int) -> np.ndarray:
    part = plane[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return part.swapaxes(1, 2).reshape(rows, columns, -1)


def _of_ground(log: np.ndarray, even: np.ndarray, outside: np.ndarray, size: tuple[int, ...]) -> Light | None:
    """Fit a smooth surface to the even blocks, leaving out what is no ground, and judge it."""
    if even.sum() < 12:
        return None
    y, x = np.mgrid[: log.shape[0], : log.shape[1]].astype(np.float64)
    terms = _terms(x, y, log.shape)
    ground = even & (np.abs(log - np.median(log[even])) < 0.35)
    for _ in range(6):
        if ground.sum() < 12:
            return None
        fit = np.linalg.lstsq(terms[ground], log[ground], rcond=None)[0]
        surface = terms @ fit
        ground = even & (np.abs(log - surface) < _SAME)
    share = float(ground.sum() / max(1, outside.sum()))
    down, along = np.flatnonzero(ground.any(axis=1)), np.flatnonzero(ground.any(axis=0))
    if share < _ENOUGH or np.ptp(down) < _REACH * (len(log) - 1) or np.ptp(along) < _REACH * (log.shape[1] - 1):
        return None
    # Judged on the ground and under the targets, which it surrounds; to the outer corners of the blocks, and of the
    # frame beyond the last whole block.
    shown = ground | ~outside
    right = np.where(x == x.max(), size[1] / _BLOCK - 0.5, x + 0.5)[shown]
    below = np.where(y == y.max(), size[0] / _BLOCK - 0.5, y + 0.5)[shown]
    corners = [(u, v) for u in (x[shown] - 0.5, right) for v in (y[shown] - 0.5, below)]
    ends = [_terms(u, v, log.shape) @ fit for u, v in corners]
    level = np.exp(np.concatenate(ends))
    bright = 116 * np.cbrt(level) - 16
    return Light(float(1 - level.min() / level.max()), float(bright.std() / bright.mean()), share)


def _terms(x: np.ndarray, y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Second degree, and the fourth power of the distance from the middle: lamps to a side, and a lens's vignette."""
    half = max(shape) / 2
    x, y = (x - (shape[1] - 1) / 2) / half, (y - (shape[0] - 1) / 2) / half
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, (x * x + y * y) ** 2], axis=-1)
