"""Between encoded samples and linear light: the curve of sRGB (IEC 61966-2-1) in tables of 16 bits."""

from __future__ import annotations

import functools

import cv2
import numpy as np

FULL = 65535


@functools.cache
def decoding() -> np.ndarray:
    """Linear light (0 to 1) of every 16-bit sample, float32."""
    value = np.arange(FULL + 1) / FULL
    linear: np.ndarray = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def encoded(linear: np.ndarray) -> np.ndarray:
    """16-bit scale (float32, 0 to 65535) of linear light; what is above 1 clips."""
    steps = np.sqrt(np.clip(linear, 0, 1)) * np.float32(FULL)
    return np.asarray(np.take(_encoding(), steps.astype(np.int32)))


@functools.cache
def _encoding() -> np.ndarray:
    # Over the root of linear light the curve is nearly straight: the table needs no interpolation.
    linear = ((np.arange(FULL + 2) + 0.5) / FULL) ** 2
    curve: np.ndarray = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.minimum(curve * FULL, FULL), np.float32)


def scaled(gain: float) -> np.ndarray:
    """A table that multiplies the light of 16-bit samples with a gain: uint16 to uint16."""
    if gain == 1:
        return np.arange(FULL + 1, dtype=np.uint16)
    value = np.clip(decoding().astype(float) * gain, 0, 1)
    curve = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(curve * FULL), np.uint16)


def shrunk(picture: np.ndarray, factor: int) -> np.ndarray:
    """Block means; sides must be multiples of the factor."""
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], -1)
