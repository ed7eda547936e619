"""Photographs brought to one exposure, from the places that two of them show.

The logarithm of a photograph's gain, a channel at a time, is chosen so that the colours of common places agree best
(least squares over all pairs); the gains of all photographs have the geometric mean 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.photogrammetry.sight import Sight

_DARK, _LIGHT = 16, 240  # grey values outside of which the sensor tells no ratio
_FAR = 0.35  # logarithm: pairs that disagree more, after the first round, show different things
_ROUNDS = 3
_TOWARDS_ONE = 1e-3  # share of the usual weight: photographs that nothing connects keep their exposure

Floats = NDArray[np.float32]


@compiled
def _pairs(views: Any, logs: Any, usable: Any, gains: Any, far: float, sums: Any, counts: Any) -> None:
    """Sums of differences of logarithms for each pair of views and channel, (n, n, 3), and their counts (n, n)."""
    for face in range(len(views)):
        for i in range(views.shape[1]):
            a = views[face, i]
            if a < 0 or not usable[face, i]:
                continue
            for j in range(i + 1, views.shape[1]):
                b = views[face, j]
                if b < 0 or not usable[face, j]:
                    continue
                near = True
                for channel in range(3):
                    off = logs[face, i, channel] + gains[a, channel] - logs[face, j, channel] - gains[b, channel]
                    if abs(off) > far:
                        near = False
                if not near:
                    continue
                for channel in range(3):
                    sums[a, b, channel] += logs[face, i, channel] - logs[face, j, channel]
                counts[a, b] += 1


def gains(found: Sight, count: int) -> Floats:
    """Factors (count, 3) by which the sRGB values of each photograph are to be multiplied; 1 where nothing is known."""
    every = max(1, len(found.views) // 400_000)
    views, colours = found.views[::every], found.colours[::every].astype(np.float64)
    usable = ((colours >= _DARK) & (colours <= _LIGHT)).all(axis=2)
    logs = np.log(np.maximum(colours, 1.0))
    told = np.zeros((count, 3))
    for turn in range(_ROUNDS):
        sums, counts = np.zeros((count, count, 3)), np.zeros((count, count))
        _pairs(views, logs, usable, told, 1.5 if turn == 0 else _FAR, sums, counts)
        told = _solved(sums, counts)
    return np.round(np.exp(told), 4).astype(np.float32)


def _solved(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains g that make g_a - g_b = -mean difference, weighted by how much two photographs share."""
    both = counts + counts.T
    total = both.sum(axis=1)
    usual = float(total[total > 0].mean()) if (total > 0).any() else 1.0
    matrix = np.diag(total + _TOWARDS_ONE * usual) - both
    wanted = -(sums.sum(axis=1) - sums.sum(axis=0))
    solved = np.linalg.solve(matrix, wanted)
    known = total > 0
    if known.any():
        solved[known] -= solved[known].mean(axis=0)
    solved[~known] = 0
    return np.asarray(solved)
