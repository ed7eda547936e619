"""Random textures of natural surfaces: clouds, fibres, grain. All lengths in pixels."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
GRAIN_TILE_PX = 512
SAMPLES_A_CELL = 8


def source(seed: int, *names: str) -> np.random.Generator:
    """A generator of random numbers of its own for each name, so that no object depends on another."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def clouds(
    rng: np.random.Generator,
    height: int,
    width: int,
    cell_px: float | tuple[float, float],
    octaves: int = 4,
    gain: float = 0.5,
) -> Field:
    """Sum of value-noise octaves, float32 (height, width), mean about 0, standard deviation about 1.

    ``cell_px`` is the size of the coarsest cell, one number or (down, across); each octave halves it
    and multiplies its strength by ``gain``. Octaves finer than a pixel are left out.
    """
    down, across = cell_px if isinstance(cell_px, tuple) else (cell_px, cell_px)
    total = np.zeros((height, width), np.float32)
    strength = power = 0.0
    for octave in range(octaves):
        cell_y, cell_x = down / 2**octave, across / 2**octave
        if max(cell_y, cell_x) < 1:
            break
        strength = gain**octave
        total += strength * _octave(rng, height, width, max(cell_y, 1.0), max(cell_x, 1.0))
        power += strength**2
    total *= 1.6 / max(power, 1e-9) ** 0.5
    return total


def _octave(rng: np.random.Generator, height: int, width: int, cell_y: float, cell_x: float) -> Field:
    rows, columns = int(height / cell_y) + 4, int(width / cell_x) + 4
    lattice = rng.standard_normal((rows, columns), dtype=np.float32)
    # cubic between the points of the lattice at eight samples a cell, then linear: the eye sees no difference
    less_y, less_x = max(cell_y / SAMPLES_A_CELL, 1.0), max(cell_x / SAMPLES_A_CELL, 1.0)
    size = (int(np.ceil(width / less_x)), int(np.ceil(height / less_y)))
    place = np.array([[less_x / cell_x, 0, 1 + rng.random()], [0, less_y / cell_y, 1 + rng.random()]], np.float32)
    coarse = cv2.warpAffine(
        lattice, place, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    return coarse if size == (width, height) else cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def grain(rng: np.random.Generator, height: int, width: int, sigma_px: float = 0.0) -> Field:
    """White noise, standard deviation 1, blurred if asked; one small tile repeated with random offsets."""
    tile = rng.standard_normal((GRAIN_TILE_PX, GRAIN_TILE_PX), dtype=np.float32)
    if sigma_px > 0:
        tile = cv2.GaussianBlur(np.tile(tile, (3, 3)), (0, 0), sigma_px)
        tile = tile[GRAIN_TILE_PX : 2 * GRAIN_TILE_PX, GRAIN_TILE_PX : 2 * GRAIN_TILE_PX]
        tile /= tile.std()
    rows, columns = -(-height // GRAIN_TILE_PX), -(-width // GRAIN_TILE_PX)
    out = np.empty((rows * GRAIN_TILE_PX, columns * GRAIN_TILE_PX), np.float32)
    for row in range(rows):
        for column in range(columns):
            turned = np.roll(np.rot90(tile, int(rng.integers(4)) * 2), tuple(rng.integers(0, GRAIN_TILE_PX, 2)), (0, 1))
            y, x = row * GRAIN_TILE_PX, column * GRAIN_TILE_PX
            out[y : y + GRAIN_TILE_PX, x : x + GRAIN_TILE_PX] = turned
    return out[:height, :width]


def fibres(rng: np.random.Generator, height: int, width: int, count: int, length_px: float) -> Field:
    """Curled paper fibres as coverage 0..1, float32 (height, width)."""
    layer = np.zeros((height, width), np.uint8)
    steps = 9
    start = rng.random((count, 1, 2)) * (width, height)
    heading = rng.random((count, 1)) * 2 * np.pi + np.cumsum(rng.normal(0, 0.35, (count, steps)), axis=1)
    stride = length_px / steps * rng.uniform(0.4, 1.4, (count, 1))
    path = start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], -1) * stride[..., None], axis=1)
    for points, strength in zip((path * 8).astype(np.int32), rng.integers(50, 200, count), strict=True):
        cv2.polylines(layer, [points], False, int(strength), 1, cv2.LINE_AA, shift=3)
    return layer.astype(np.float32) / 255


def ridge(rng: np.random.Generator, count: int, cell: float, octaves: int = 6, gain: float = 0.5) -> Field:
    """One line of clouds: float32 (count,)."""
    return clouds(rng, 1, count, (1, cell), octaves, gain)[0]


def smooth_step(low: float, high: float, values: Field) -> Field:
    """0 below ``low``, 1 above ``high``, smooth between."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)
