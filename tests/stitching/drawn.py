"""Pictures to cut into parts whose places are known: written silk, patterns that repeat, blank paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

Array = np.ndarray[Any, Any]


def silk(width: int, height: int, seed: int = 1) -> Array:
    """Cloth with strokes of a brush, uint8 RGB."""
    rng = np.random.default_rng(seed)
    field = sum(
        weight * cv2.resize(rng.standard_normal((height // d + 2, width // d + 2), np.float32), (width, height))
        for d, weight in ((2, 0.02), (10, 0.03), (80, 0.04))
    )
    ink = np.zeros((height, width), np.uint8)
    for _stroke in range(width * height // 9000):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        axes = (int(rng.integers(8, 50)), int(rng.integers(5, 20)))
        cv2.ellipse(ink, (x, y), axes, float(rng.uniform(0, 180)), 0, 300, 255, 4)
    ink = cv2.GaussianBlur(ink, (0, 0), 1.0).astype(np.float32) / 255
    light = (0.75 + field) * (1 - 0.8 * ink)
    return np.clip(light[:, :, None] * (255, 230, 180), 0, 255).astype(np.uint8)


def brocade(width: int, height: int) -> Array:
    """The same small flower everywhere, 56 px apart, uint8 RGB."""
    tile = np.full((56, 56, 3), 150, np.uint8)
    cv2.circle(tile, (28, 28), 14, (200, 190, 140), 3)
    cv2.line(tile, (4, 10), (20, 4), (90, 80, 100), 3)
    return np.tile(tile, (height // 56 + 1, width // 56 + 1, 1))[:height, :width]


def blank(width: int, height: int) -> Array:
    """Paper with nothing on it."""
    return np.full((height, width, 3), (222, 214, 190), np.uint8)


def taken(whole: Array, x: float, y: float, width: int, height: int, turn: float = 0.0, gain: float = 1.0) -> Array:
    """A part as a camera takes it: turned about its middle (degrees), brighter by ``gain`` in linear light."""
    place = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    place[:, 2] += (x, y)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(whole.astype(np.float32), place, (width, height), flags=flags) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((np.maximum(part, 0) + 0.055) / 1.055) ** 2.4) * gain
    part = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8)


def grained(part: Array, seed: int, sigma: float = 1.5) -> Array:
    """With the noise of a sensor: no two shots are the same."""
    noisy = part + np.random.default_rng(seed).normal(0, sigma, part.shape)
    return np.rint(np.clip(noisy, 0, np.iinfo(part.dtype).max)).astype(part.dtype)


def written(folder: Path, parts: list[Array]) -> list[tuple[str, Path]]:
    """The parts as TIFF files part-1.tif …, with their names."""
    folder.mkdir(parents=True, exist_ok=True)
    named = []
    for number, pixels in enumerate(parts, start=1):
        path = folder / f"part-{number}.tif"
        tifffile.imwrite(path, pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack")
        named.append((path.stem, path))
    return named
