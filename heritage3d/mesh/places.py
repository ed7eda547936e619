"""Vertices that lie at one place: texture seams and materials double them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def welded(positions: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each vertex the number of its place: vertices at one place have one number."""
    rows = np.ascontiguousarray(positions + 0.0).view(np.dtype((np.void, positions.itemsize * 3))).reshape(-1)
    return np.asarray(np.unique(rows, return_inverse=True)[1].reshape(-1), np.int64)
