"""What two neighbours show of the strip that they share: block means for the gains, differences for the seam."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.stitching.laying import Laid, let_go
from heritage3d.stitching.light import FULL, decoding, shrunk

BLOCK = 8  # px
_TILE = 1024


@dataclass(frozen=True)
class Overlap:
    """Blocks of ``BLOCK`` px from (x, y) on the canvas: rows, columns, and for the means channels.

    ``first`` and ``second`` are linear light (0 to 1). ``common`` is the share of a block that both show,
    ``difference`` the largest of their differences in it and ``contrast`` how busy it is, both as shares
    of the full scale of encoded samples.
    """

    x: int
    y: int
    first: np.ndarray
    second: np.ndarray
    common: np.ndarray
    difference: np.ndarray
    contrast: np.ndarray


def surveyed(first: Laid, second: Laid, channels: int) -> Overlap | None:
    """The shared strip of two parts; None where they share none."""
    boxes = first.box, second.box
    x0, y0 = max(box[0] for box in boxes), max(box[1] for box in boxes)
    x1, y1 = min(box[2] for box in boxes), min(box[3] for box in boxes)
    columns, rows = (x1 - x0) // BLOCK, (y1 - y0) // BLOCK
    if columns < 2 or rows < 2:
        return None
    light = np.zeros((2, rows, columns, channels), np.float32)
    common, difference, contrast = (np.zeros((rows, columns), np.float32) for _field in range(3))
    for top in range(0, rows, _TILE // BLOCK):
        for left in range(0, columns, _TILE // BLOCK):
            tall, wide = min(_TILE // BLOCK, rows - top), min(_TILE // BLOCK, columns - left)
            place = (x0 + left * BLOCK, y0 + top * BLOCK, wide * BLOCK, tall * BLOCK)
            here = np.s_[top : top + tall, left : left + wide]
            _look(first, second, place, channels, light[(slice(None), *here)], (common, difference, contrast), here)
        let_go([first, second])
    return Overlap(x0, y0, light[0], light[1], common, difference, contrast)


def _look(
    first: Laid,
    second: Laid,
    place: tuple[int, int, int, int],
    channels: int,
    light: np.ndarray,
    fields: tuple[np.ndarray, np.ndarray, np.ndarray],
    here: tuple[slice, slice],
) -> None:
    common, difference, contrast = fields
    both = np.ones((place[3], place[2]), np.float32)
    greys = []
    for at, entry in enumerate((first, second)):
        samples, valid = entry.shown(*place, channels)
        both *= 1 if valid is None else valid
        light[at] = shrunk(np.take(decoding(), samples), BLOCK)
        greys.append(samples.mean(axis=2, dtype=np.float32) / FULL)
    common[here] = shrunk(both, BLOCK)[:, :, 0]
    # What differs slowly is exposure and is balanced; what differs within a few pixels would show at the seam.
    gap = cv2.GaussianBlur(greys[0] - greys[1], (0, 0), 1.0)
    gap = np.abs(gap - cv2.GaussianBlur(gap, (0, 0), 12))
    difference[here] = _largest(gap)
    busy = np.abs(greys[0] - cv2.GaussianBlur(greys[0], (0, 0), 4))
    contrast[here] = _largest(cv2.GaussianBlur(busy, (0, 0), 1.0))


def _largest(field: np.ndarray) -> np.ndarray:
    rows, columns = field.shape[0] // BLOCK, field.shape[1] // BLOCK
    return np.asarray(field.reshape(rows, BLOCK, columns, BLOCK).max(axis=(1, 3)))
