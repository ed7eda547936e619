"""A small writer of DNG files (Adobe DNG 1.4) of scenes with known colours: a camera that we know completely."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from tests.image.pictures import Array, srgb_to_linear

#: Linear sRGB to XYZ (D65), IEC 61966-2-1.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
#: XYZ (D65) to the sensor of our camera.
CAMERA = np.array([[0.92, -0.31, -0.09], [-0.48, 1.31, 0.19], [-0.12, 0.26, 0.71]])
BLACK, WHITE = 256, 15000


def patches(side: int = 24) -> Array:
    """Twenty flat patches in the middle of sRGB, greys and white among them: (rows, columns, 3) in 0..1."""
    seen = np.random.default_rng(7).uniform(0.25, 0.8, (4, 5, 3))
    seen[0] = np.linspace(0.1, 1, 5)[:, None]
    return seen.repeat(side, axis=0).repeat(side, axis=1)


def sensor(srgb: Array, black: int = BLACK) -> Array:
    """What the sensor sees of it, white at the top: (rows, columns, 3) uint16 over the black level."""
    light = srgb_to_linear(srgb) @ TO_XYZ.T @ CAMERA.T
    top = (CAMERA @ TO_XYZ @ np.ones(3)).max()
    return np.round(black + (light / top).clip(0, 1) * (WHITE - black)).astype(np.uint16)


def mosaic(samples: Array) -> Array:
    """One colour a pixel, red and green in the first row."""
    taken = samples[:, :, 1].copy()
    taken[0::2, 0::2] = samples[0::2, 0::2, 0]
    taken[1::2, 1::2] = samples[1::2, 1::2, 2]
    return taken


def write_dng(path: Path, srgb: Array, *, linear: bool = False, orientation: int = 1, **options: Any) -> None:
    """A DNG of that scene in daylight: the mosaic of the sensor, or with ``linear`` all three colours."""
    neutral = CAMERA @ TO_XYZ @ np.ones(3)
    neutral /= neutral.max()
    black = 0 if linear else BLACK  # as converters write linear files
    tags: list[tuple[int, int, int, Any, bool]] = [
        (274, 3, 1, orientation, True),
        (271, 2, 0, "heritage3d", True),
        (272, 2, 0, "test", True),
        (50706, 1, 4, (1, 4, 0, 0), True),
        (50707, 1, 4, (1, 1, 0, 0), True),
        (50708, 2, 0, "heritage3d test", True),
        (50714, 4, 1, black, True),
        (50717, 4, 1, WHITE, True) if not linear else (50717, 4, 3, (WHITE,) * 3, True),
        (50721, 10, 9, _rationals(CAMERA.ravel()), True),
        (50728, 5, 3, _rationals(neutral), True),
        (50778, 3, 1, 21, True),  # D65
    ]
    if linear:
        tifffile.imwrite(path, sensor(srgb, black), photometric=34892, extratags=tags, metadata=None, **options)
        return
    tags += [(33421, 3, 2, (2, 2), True), (33422, 1, 4, (0, 1, 1, 2), True)]
    tifffile.imwrite(path, mosaic(sensor(srgb)), photometric="cfa", extratags=tags, metadata=None, **options)


def _rationals(values: Array) -> tuple[int, ...]:
    pairs = (Fraction(float(value)).limit_denominator(10_000) for value in values)
    return tuple(number for pair in pairs for number in (pair.numerator, pair.denominator))
