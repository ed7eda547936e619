"""Parts laid on the canvas: which part of the row comes after which, and what each shows of a rectangle there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from heritage3d.image.raster import release
from heritage3d.stitching import plane
from heritage3d.stitching.part import Part

_EXACT = 1e-9


@dataclass(frozen=True)
class Laid:
    """A part on the canvas. ``place`` maps its pixels to those of the canvas."""

    part: Part
    place: np.ndarray

    @property
    def whole(self) -> bool:
        """Whether it is moved by whole pixels only, so that its samples stay what they are."""
        moved = self.place - plane.shift(*np.rint(self.place[:2, 2]))
        return bool(np.abs(moved).max() < _EXACT)

    @property
    def corners(self) -> np.ndarray:
        """Its outer corners (4, 2) on the canvas."""
        return plane.applied(self.place, self.part.corners)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the pixels that it may show."""
        low, high = np.ceil(self.corners.min(axis=0) - 1e-6), np.floor(self.corners.max(axis=0) + 1e-6)
        return int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1

    def shown(self, x: int, y: int, width: int, height: int, channels: int) -> tuple[np.ndarray, np.ndarray | None]:
        """A rectangle of the canvas as this part shows it: uint16 samples and where they are valid (None: all).

        Each sample is interpolated once, from the part itself (Lanczos, 8 x 8); 8-bit samples are spread to 16.
        """
        to_part = np.linalg.inv(self.place) @ plane.shift(x, y)
        full_width, full_height = self.part.size
        if self.whole:
            samples, valid = self._copied(x, y, width, height)
        else:
            corners = plane.applied(to_part, np.array([(0, 0), (width, 0), (width, height), (0, height)]) - 0.5)
            low, high = np.floor(corners.min(axis=0)).astype(int) - 4, np.ceil(corners.max(axis=0)).astype(int) + 5
            left, top = np.clip(low, 0, (full_width - 1, full_height - 1))
            right, bottom = np.clip(high, (left + 1, top + 1), (full_width, full_height))
            source = spread(self.part.pixels[top:bottom, left:right])
            matrix = (plane.shift(-left, -top) @ to_part)[:2]
            # Bicubic leaves 98 % of the fine contrast of a page, Lanczos all of it.
            flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
            samples = cv2.warpAffine(source, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
            samples = samples.reshape(height, width, -1)
            limits = (full_width - 0.5, full_height - 0.5)
            inside = (corners >= -0.5).all() and (corners <= limits).all()
            valid = None if inside else _covered(to_part, width, height, limits)
        if samples.shape[2] < channels:
            samples = np.repeat(samples, channels, axis=2)
        return samples, valid

    def _copied(self, x: int, y: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray | None]:
        left, top = (int(value) for value in np.rint(self.place[:2, 2]))
        full_width, full_height = self.part.size
        x0, y0 = max(x - left, 0), max(y - top, 0)
        x1, y1 = min(x - left + width, full_width), min(y - top + height, full_height)
        if (x1 - x0, y1 - y0) == (width, height):
            return spread(self.part.pixels[y0:y1, x0:x1]), None
        samples = np.zeros((height, width, self.part.pixels.shape[2]), np.uint16)
        valid = np.zeros((height, width), bool)
        if x1 > x0 and y1 > y0:
            here = np.s_[y0 + top - y : y1 + top - y, x0 + left - x : x1 + left - x]
            samples[here] = spread(self.part.pixels[y0:y1, x0:x1])
            valid[here] = True
        return samples, valid


def spread(pixels: np.ndarray) -> np.ndarray:
    """The samples on the scale of 16 bits."""
    return pixels.astype(np.uint16) * np.uint16(257) if pixels.dtype == np.uint8 else np.ascontiguousarray(pixels)


def _covered(to_part: np.ndarray, width: int, height: int, limits: tuple[float, float]) -> np.ndarray:
    x, y = np.arange(width), np.arange(height)[:, None]
    u = to_part[0, 0] * x + to_part[0, 1] * y + to_part[0, 2]
    v = to_part[1, 0] * x + to_part[1, 1] * y + to_part[1, 2]
    return np.asarray((u >= -0.5) & (u <= limits[0]) & (v >= -0.5) & (v <= limits[1]))


def on_canvas(parts: list[Part], places: list[np.ndarray]) -> tuple[list[Laid], int, int]:
    """All parts moved so that the canvas begins at 0, 0; its width and height."""
    laid = [Laid(part, place) for part, place in zip(parts, places, strict=True)]
    boxes = np.array([entry.box for entry in laid])
    left, top = boxes[:, :2].min(axis=0)
    width, height = boxes[:, 2:].max(axis=0) - (left, top)
    return [replace(entry, place=plane.shift(-left, -top) @ entry.place) for entry in laid], int(width), int(height)


def let_go(laid: list[Laid]) -> None:
    """Let the memory of all parts go that the system read for the last rows."""
    for entry in laid:
        release(entry.part.pixels)
