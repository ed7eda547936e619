"""Halving: exact where it is carried in 16 bits, balanced where it stays in 8."""

from __future__ import annotations

import numpy as np
import pytest

from heritage3d.tiling.halving import WIDENED, halve, halve_8_bits, to_8_bits
from tests.image.pictures import noise


def _means(rows: np.ndarray) -> np.ndarray:
    """The means in floating point; odd edges stand for themselves."""
    padded = np.pad(rows, ((0, len(rows) % 2), (0, rows.shape[1] % 2), (0, 0)), mode="edge").astype(float)
    height, width = padded.shape[0] // 2, padded.shape[1] // 2
    return padded.reshape(height, 2, width, 2, -1).mean(axis=(1, 3))


SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (63, 64), (64, 3), (65, 65), (200, 301), (512, 512), (300, 1)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_hold_the_mean_exactly(size: tuple[int, int], channels: int) -> None:
    rows = noise(size[1], size[0], channels)
    assert (halve(rows) == _means(rows) * WIDENED).all()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_eight_bits_round_to_a_neighbour_and_stay_inside_their_window(size: tuple[int, int], channels: int) -> None:
    rows = noise(size[1], size[0], channels)
    exact = _means(rows)
    around = np.full((exact.shape[0] + 2, exact.shape[1] + 2, channels), 7, np.uint8)
    halve_8_bits(rows, around[1:-1, 1:-1])
    assert np.abs(around[1:-1, 1:-1] - exact).max() <= 0.5
    assert (around[[0, -1]] == 7).all()
    assert (around[:, [0, -1]] == 7).all()


def test_halves_that_are_all_rounded_would_drift_and_these_do_not() -> None:
    rows = np.zeros((1024, 1024, 1), np.uint8)
    rows[:, ::2] = 100
    rows[:, 1::2] = 101  # every mean ends in a half
    half = np.empty((512, 512, 1), np.uint8)
    halve_8_bits(rows, half)
    assert half.mean() == 100.5
    wild = noise(1024, 2048)
    small = np.empty((1024, 512, 3), np.uint8)
    halve_8_bits(wild, small)
    assert abs(small.mean() - wild.mean()) < 0.001
    assert np.abs(small.astype(int) - to_8_bits(halve(wild), WIDENED)).max() <= 1
