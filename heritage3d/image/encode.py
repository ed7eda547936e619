"""Tiles into bytes: JPEG by libjpeg-turbo, WebP by libwebp. The same pixels always give the same bytes."""

from __future__ import annotations

from typing import Literal

import numpy as np

TileFormat = Literal["jpg", "webp"]

#: From this quality on the colour is kept at full resolution, as libvips and Photoshop do.
FULL_CHROMA_FROM = 90


def encode(pixels: np.ndarray, form: TileFormat, quality: int) -> bytes:
    """The file of a picture: (rows, columns, 1 or 3) uint8 sRGB; rows may be strided."""
    return _jpeg(pixels, quality) if form == "jpg" else _webp(pixels, quality)


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    import simplejpeg

    if pixels.shape[2] == 1:
        grey = np.ascontiguousarray(pixels)
        return bytes(simplejpeg.encode_jpeg(grey, quality=quality, colorspace="GRAY", colorsubsampling="Gray"))
    if not pixels[0].flags.c_contiguous:
        pixels = np.ascontiguousarray(pixels)
    chroma = "444" if quality >= FULL_CHROMA_FROM else "420"
    return bytes(simplejpeg.encode_jpeg(pixels, quality=quality, colorspace="RGB", colorsubsampling=chroma))


def _webp(pixels: np.ndarray, quality: int) -> bytes:
    import imagecodecs

    colour = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.ascontiguousarray(pixels)
    return bytes(imagecodecs.webp_encode(colour, level=quality, lossless=False, numthreads=1))
