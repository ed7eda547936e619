"""The one resampling: true to the picture, no ringing beyond what is stated, nothing black beyond the master."""

from __future__ import annotations

import numpy as np
import pytest

from heritage3d.correction.overview import overview
from heritage3d.correction.resample import RINGING, Border, resampled


def turn(angle_deg: float, centre: tuple[float, float]) -> np.ndarray:
    a = np.radians(angle_deg)
    spin = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1.0]])
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = centre, (-centre[0], -centre[1])
    return there @ spin @ back


def run(pixels: np.ndarray, matrix: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.concatenate(
        [rows.copy() for rows in resampled(pixels, matrix, width, height, Border.of(overview(pixels)))]
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_smooth_picture_keeps_its_values(dtype: type[np.unsignedinteger]) -> None:
    top = np.iinfo(dtype).max
    y, x = np.mgrid[0:700, 0:900].astype(float)

    def picture(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 0.5 + 0.2 * np.sin(2 * np.pi * (0.03 * x + 0.05 * y)) + 0.2 * np.sin(2 * np.pi * (0.15 * x - 0.1 * y))

    pixels = np.rint(picture(x, y) * top).astype(dtype)[..., None]
    matrix = turn(1.37, (450, 350))
    made = run(pixels, matrix, 900, 700)[..., 0] / top
    want = picture(
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2], matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    )
    inner = np.s_[40:-40, 40:-40]
    assert np.sqrt(((made - want)[inner] ** 2).mean()) < 0.006
    assert abs((made - want)[inner].mean()) < 2e-4


@pytest.mark.parametrize("angle", [0.4, 3.0, 44.0])
def test_edges_do_not_ring_beyond_what_is_stated(angle: float) -> None:
    pixels = np.full((600, 600, 3), 200, np.uint8)
    pixels[150:450:4] = 60
    pixels[:, 200:260] = 60
    made = run(pixels, turn(angle, (300, 300)), 600, 600).astype(int)
    limit = RINGING * 140 + 1
    assert made.max() <= 200 + limit
    assert made.min() >= 60 - limit


def test_tiles_meet_without_a_seam() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (700, 5000, 1), dtype=np.uint8)
    whole = run(pixels, turn(0.8, (2500, 350)), 5000, 700)
    shifted = turn(0.8, (2500, 350)) @ np.array([[1, 0, 137], [0, 1, 91], [0, 0, 1.0]])
    part = run(pixels, shifted, 4000, 500)
    off = np.abs(whole[91:591, 137:4137].astype(int) - part)
    assert np.percentile(off, 99) <= 12, "positions are rounded to 1/32 pixel, nothing else differs"
    assert off.mean() < 1.5


def test_more_pixels_a_side_than_opencv_takes() -> None:
    pixels = np.zeros((40, 40_000, 1), np.uint8)
    pixels[:, ::100] = 255
    matrix = np.array([[1, 0, 10.0], [0, 1, 2.5], [0, 0, 1]])
    made = run(pixels, matrix, 39_900, 30)
    assert np.array_equal(np.flatnonzero(made[10, :, 0] > 128), np.arange(90, 39_900, 100))


def test_beyond_the_master_the_border_goes_on() -> None:
    pixels = np.full((400, 500, 3), (200, 180, 140), np.uint8)
    made = run(pixels, turn(4, (250, 200)) @ np.array([[1, 0, -40], [0, 1, -40], [0, 0, 1.0]]), 580, 480)
    assert made.min(axis=(0, 1)).tolist() == [200, 180, 140]
    assert made.max(axis=(0, 1)).tolist() == [200, 180, 140]


def test_the_same_bytes_every_time() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 65535, (300, 400, 3), dtype=np.uint16)
    matrix = turn(-2.2, (200, 150))
    assert np.array_equal(run(pixels, matrix, 380, 290), run(pixels.copy(), matrix, 380, 290))
