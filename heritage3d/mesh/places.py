"""Vertices that lie at one place: texture seams and materials double them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.mesh import hashing


def welded(positions: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each vertex the number of its place: vertices at one place have one number.

    Numbers count from 0 in the order of first appearance. Places are equal where all three coordinates are
    (0 and -0 too); nothing is rounded.
    """
    rows = np.ascontiguousarray(positions, np.float64) + 0.0  # -0 becomes 0
    return hashing.numbered(rows.view(np.uint64).reshape(len(rows), 3))[0]
