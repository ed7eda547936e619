"""A small copy of a master, on which everything is measured: each of its pixels is the mean of a square."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

#: Measuring needs no more pixels than this; a page of 300 mm then has about 5 pixels to the millimetre.
MEASURED_PIXELS = 2_500_000
_LONGEST = 6_000
_BAND_ROWS = 512

Image = np.ndarray
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Overview:
    """``colour`` is (height, width, 3) float32 in 0..255 sRGB; ``factor`` pixels of the master make one of it.

    Pixel (x, y) has its centre at ((x + 0.5) * factor - 0.5, ...) of the master. ``step`` is a grey level of
    8 bits in the units of the master's samples.
    """

    colour: Image
    factor: int

    @property
    def grey(self) -> Image:
        """Luma, (height, width) float32 in 0..255."""
        return np.asarray(cv2.cvtColor(self.colour, cv2.COLOR_RGB2GRAY))

    def to_master(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies in the master (pixel centres at integers in both)."""
        return (x + 0.5) * self.factor - 0.5, (y + 0.5) * self.factor - 0.5


def overview(pixels: Image, budget: int = MEASURED_PIXELS) -> Overview:
    """Reduce (height, width, 1 or 3) uint8 or uint16 by a whole factor, a band of rows at a time."""
    height, width = pixels.shape[:2]
    factor = max(1, int(np.ceil(np.sqrt(height * width / budget))), int(np.ceil(max(height, width) / _LONGEST)))
    factor = min(factor, height, width)
    rows, columns = height // factor, width // factor
    small = np.empty((rows, columns, 3), np.float32)
    scale = 1.0 if pixels.dtype == np.uint8 else 1 / 257
    step = max(1, _BAND_ROWS // factor)
    for top in range(0, rows, step):
        count = min(step, rows - top)
        band = np.ascontiguousarray(pixels[top * factor : (top + count) * factor, : columns * factor])
        mean = cv2.resize(band, (columns, count), interpolation=cv2.INTER_AREA) if factor > 1 else band
        small[top : top + count] = mean.reshape(count, columns, -1).astype(np.float32) * scale
    return Overview(small, factor)
