"""The one resampling: rows of the corrected picture, tile by tile, or copied where no pixel moves off the grid.

Lanczos over 8 x 8 samples (Duchon 1979), held to the range of the nearest samples widened by 5 % of it:
edges of ink and ruling ring by no more than that. OpenCV places samples to 1/32 pixel and reaches 32,767
pixels, so each tile gets only the piece of the master below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from heritage3d.correction.overview import Image, Overview

KERNEL = "Lanczos, 8 x 8 samples, ringing at most 5 % of the edge"
RINGING = 0.05

_TILE_COLUMNS, _TILE_ROWS = 2048, 256
_REACH = 6  # samples beyond the tile: half the kernel, the neighbourhood, rounding
_COPIED_ROWS = 256


def copied(pixels: Image, left: int, top: int, width: int, height: int) -> Iterator[Image]:
    """The rows of a part of (height, width, channels) as they are."""
    for row in range(top, top + height, _COPIED_ROWS):
        yield np.ascontiguousarray(pixels[row : min(row + _COPIED_ROWS, top + height), left : left + width])


@dataclass(frozen=True)
class Border:
    """What a place beyond the master shows: the colour of the border next to it, softened along the border.

    ``sides`` are (length, 3) float32 in 0..255 of left, right (top to bottom), top, bottom (left to right).
    """

    sides: tuple[Image, Image, Image, Image]
    factor: int

    @classmethod
    def of(cls, view: Overview) -> Border:
        """The border of an overview."""
        colour = view.colour
        deep = max(2, round(0.004 * min(colour.shape[:2])))

        def soft(strip: Image, axis: int) -> Image:
            line = np.median(strip, axis=axis)
            sigma = max(1.0, 0.01 * len(line))
            return np.asarray(ndimage.gaussian_filter1d(line, sigma, axis=0, mode="nearest"), np.float32)

        return cls((soft(colour[:, :deep], 1), soft(colour[:, -deep:], 1), soft(colour[:deep], 0),
                    soft(colour[-deep:], 0)), view.factor)  # fmt: skip

    def colours(self, x: Image, y: Image, width: int, height: int) -> Image:
        """(points, 3) for points beyond a master of that size, in its pixels."""
        beyond = np.stack([-x, x - (width - 1), -y, y - (height - 1)])
        side = beyond.argmax(axis=0)
        found = np.empty((len(x), 3), np.float32)
        for at, line in enumerate(self.sides):
            chosen = side == at
            along = (y if at < 2 else x)[chosen]
            index = np.clip(((along + 0.5) / self.factor).astype(int), 0, len(line) - 1)
            found[chosen] = line[index]
        return found


def resampled(pixels: Image, matrix: Image, width: int, height: int, border: Border) -> Iterator[Image]:
    """Rows of a picture of that size: ``matrix`` (3 x 3) leads from its pixels to those of ``pixels``.

    Pixel centres lie at integers in both. The same input gives the same samples, whatever its size.
    """
    for top in range(0, height, _TILE_ROWS):
        rows = min(_TILE_ROWS, height - top)
        band = np.empty((rows, width, pixels.shape[2]), pixels.dtype)
        for left in range(0, width, _TILE_COLUMNS):
            columns = min(_TILE_COLUMNS, width - left)
            band[:, left : left + columns] = _tile(pixels, matrix, left, top, columns, rows, border)
        yield band


def _tile(pixels: Image, matrix: Image, left: int, top: int, columns: int, rows: int, border: Border) -> Image:
    height, width, channels = pixels.shape
    corners = matrix @ np.array([[left, left + columns, left, left + columns],
                                 [top, top, top + rows, top + rows], [1, 1, 1, 1]], float)  # fmt: skip
    x0, x1 = _span(corners[0], width)
    y0, y1 = _span(corners[1], height)
    piece = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    place = matrix[:2].copy()
    place[:, 2] = matrix[:2] @ (left, top, 1) - (x0, y0)
    tile = _warped(piece, place, columns, rows).reshape(rows, columns, channels)
    inside = corners[0].min() >= 0 and corners[0].max() <= width - 1
    if inside and corners[1].min() >= 0 and corners[1].max() <= height - 1:
        return tile
    v, u = np.mgrid[top : top + rows, left : left + columns]
    x = matrix[0, 0] * u + matrix[0, 1] * v + matrix[0, 2]
    y = matrix[1, 0] * u + matrix[1, 1] * v + matrix[1, 2]
    beyond = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)
    if beyond.any():
        colours = border.colours(x[beyond], y[beyond], width, height)
        colours = colours if channels == 3 else colours[:, :1]
        tile[beyond] = np.rint(colours * (1 if tile.dtype == np.uint8 else 257)).astype(tile.dtype)
    return tile


def _span(values: Image, length: int) -> tuple[int, int]:
    """The samples that a tile needs along one axis, never none."""
    first = int(np.clip(np.floor(values.min()) - _REACH, 0, length - 1))
    last = int(np.clip(np.ceil(values.max()) + _REACH + 1, first + 1, length))
    return first, last


def _warped(piece: Image, place: Image, columns: int, rows: int) -> Image:
    def warp(source: Image, kernel: int) -> Image:
        flags = kernel | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(source, place, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE))

    near = np.ones((3, 3), np.uint8)
    smooth = warp(piece, cv2.INTER_LANCZOS4).astype(np.float32)
    low = warp(cv2.erode(piece, near, borderType=cv2.BORDER_REPLICATE), cv2.INTER_NEAREST).astype(np.float32)
    high = warp(cv2.dilate(piece, near, borderType=cv2.BORDER_REPLICATE), cv2.INTER_NEAREST).astype(np.float32)
    spare = RINGING * (high - low)
    top = float(np.iinfo(piece.dtype).max)
    held = np.minimum(np.maximum(smooth, low - spare), high + spare)
    return np.asarray(np.rint(np.clip(held, 0, top)), piece.dtype)
