"""Pictures as uint8 sRGB arrays (height, width, 3): surfaces, ink laid on them, and exact encoders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from .noise import Field

Pixels = NDArray[np.uint8]
Colour = tuple[float, float, float]


def surface(colour: Colour, light: Field) -> Pixels:
    """A sheet of this colour, brighter and darker with ``light`` (about 1)."""
    pixels = np.empty((*light.shape, 3), np.uint8)
    for channel, value in enumerate(colour):
        pixels[..., channel] = np.clip(light * value, 0, 255)
    return pixels


def lay(pixels: Pixels, cover: Field, colour: Colour, left: int = 0, top: int = 0) -> None:
    """Lay transparent ink on the picture, in place; the part of ``cover`` (0..1) outside is cut off."""
    height, width = pixels.shape[:2]
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + cover.shape[0], height), min(left + cover.shape[1], width)
    if y0 >= y1 or x0 >= x1:
        return
    part = cover[y0 - top : y1 - top, x0 - left : x1 - left]
    region = pixels[y0:y1, x0:x1]
    for channel, value in enumerate(colour):
        region[..., channel] = region[..., channel] * (1 - part * (1 - value / 255))


def cover_with(pixels: Pixels, other: Pixels | Colour, opacity: Field) -> None:
    """Put something opaque over the picture, in place: ``opacity`` 0..1 of the same size."""
    for channel in range(3):
        above = other[channel] if isinstance(other, tuple) else other[..., channel].astype(np.float32)
        below = pixels[..., channel].astype(np.float32)
        pixels[..., channel] = np.clip(below + (above - below) * opacity, 0, 255)


def profile(name: str) -> bytes:
    """An ICC profile that libvips carries: ``srgb`` or ``p3`` (Display P3)."""
    blank = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return bytes(blank.icc_export(output_profile=name).get("icc-profile-data"))


def write_jpeg(path: Path, pixels: Pixels, ppi: float, icc: str = "srgb", quality: int = 90) -> None:
    """A baseline JPEG 4:4:4 with its resolution and colour profile, without date."""
    Image.fromarray(pixels).save(path, "JPEG", quality=quality, subsampling=0, dpi=(ppi, ppi), icc_profile=profile(icc))


def write_tiff(path: Path, pixels: Pixels, ppi: float, icc: str = "srgb") -> None:
    """A TIFF with LZW and horizontal differencing, its resolution and colour profile, without date."""
    tiff = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb", xres=ppi / 25.4, yres=ppi / 25.4)
    tiff.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile(icc))
    path.write_bytes(tiff.tiffsave_buffer(compression="lzw", predictor="horizontal", keep="icc"))
