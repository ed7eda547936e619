"""Where one part ends and the next begins: the line through an overlap along which the two are most alike."""

from __future__ import annotations

import numpy as np

from heritage3d.stitching.overlap import BLOCK, Overlap

_SLOPE = 2  # blocks that the line may move aside from one row of blocks to the next


def seam(strip: Overlap, *, upright: bool) -> np.ndarray:
    """For every row of blocks (every column, unless ``upright``) where the line crosses it, canvas px.

    The cheapest path by dynamic programming (Efros and Freeman 2001): cost is the difference of the parts and,
    less, how busy the place is, so that the line keeps to blank ground between the signs.
    """
    cost = 4 * strip.difference + strip.contrast
    cost = cost + 4 * (1 - strip.common)
    origin = strip.x
    if not upright:
        cost, origin = cost.T, strip.y
    rows, columns = cost.shape
    middle = np.abs(np.arange(columns) - (columns - 1) / 2) / max(columns, 1)
    cost = cost + 0.01 + 0.02 * middle  # of two equal ways the one in the middle
    edge = min(columns // 6, 6)
    if edge:
        cost[:, :edge] += 1
        cost[:, columns - edge :] += 1
    path = _cheapest(np.ascontiguousarray(cost, np.float64))
    crossing = origin + (path + 0.5) * BLOCK - 0.5
    return np.convolve(np.pad(crossing, 2, mode="edge"), np.array([1, 4, 6, 4, 1]) / 16, mode="valid")[:rows]


def _cheapest(cost: np.ndarray) -> np.ndarray:
    rows, columns = cost.shape
    total, came = cost.copy(), np.zeros(cost.shape, np.int32)
    steps = list(range(-_SLOPE, _SLOPE + 1))
    for row in range(1, rows):
        before = np.pad(total[row - 1], _SLOPE, constant_values=np.inf)
        ways = np.stack([before[_SLOPE + step : _SLOPE + step + columns] + 0.004 * abs(step) for step in steps])
        best = ways.argmin(axis=0)
        total[row] += ways[best, np.arange(columns)]
        came[row] = best - _SLOPE
    path = np.zeros(rows, int)
    path[-1] = int(total[-1].argmin())
    for row in range(rows - 1, 0, -1):
        path[row - 1] = path[row] + came[row, path[row]]
    return path
