"""Pixels of photographs and masks for computing: 8 bits, upright, through the guarded readers of the image room."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.image.raster import open_raster

Grey = NDArray[np.uint8]


def colour_of(path: Path) -> NDArray[np.uint8]:
    """The picture as (height, width, 3) uint8 sRGB. Raises as image.reading.open_master."""
    with open_raster(path) as raster:
        pixels = raster.pixels
        if pixels.dtype == np.uint16:
            pixels = (pixels >> 8).astype(np.uint8)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.array(pixels)


def grey_of(path: Path) -> Grey:
    """The picture as (height, width) uint8. Raises as image.reading.open_master."""
    with open_raster(path) as raster:
        pixels = raster.pixels
        if pixels.dtype == np.uint16:
            pixels = (pixels >> 8).astype(np.uint8)
        return np.array(pixels[..., 0]) if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def reduced(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """The same with its longer side at most ``longest`` pixels; never enlarged."""
    height, width = pixels.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
