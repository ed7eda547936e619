"""How wide the edges are: a figure of focus that depends on neither the contrast nor the amount of content.

The gradient of a step that is blurred by a Gaussian of sigma s falls, when it is blurred once more by s1, to
1/sqrt(s^2 + s1^2). The ratio of two such gradients gives s (the idea of Zhuo and Sim, Defocus map estimation
from a single image, Pattern Recognition 44, 2011; here with two Gaussian derivatives instead of one re-blur).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.quality.samples import PATCH

_FINE, _COARSE = 1.0, 2.0  # sigma of the two derivatives, px
_RIM = 9  # px that the coarse one would read from the neighbouring patch
_STRONGEST = 150  # pixels of a patch set the level of its edges
_FEWEST = 30  # on the crest of an edge
_LOWEST = 6.0  # 8-bit values per px: weaker gradients are no edges
_ABOVE_NOISE = 5.0  # times the lower quartile of the gradients of the patch
_WIDEST = 10.0  # px; wider is not told apart
SECTORS = 8


@dataclass(frozen=True)
class Sharpness:
    """``blur`` (rows, columns): sigma of the blur of edges in px, NaN where a cell has none.

    ``by_direction`` (SECTORS,): the same for edges whose normal points at k * 180 / SECTORS degrees,
    counter-clockwise from the right; NaN where there are too few. ``crests``: pixels on edges, patch by patch.
    """

    blur: np.ndarray
    by_direction: np.ndarray
    crests: np.ndarray

    @property
    def known(self) -> int:
        """Cells that have edges."""
        return int(np.isfinite(self.blur).sum())


def sharpness(patches: list[np.ndarray], grid: tuple[int, int]) -> Sharpness:
    """The blur of the edges in patches (PATCH, PATCH) float32 of 8-bit values, row by row of the grid."""
    if not patches:
        return Sharpness(np.full((1, 1), np.nan), np.full(SECTORS, np.nan), np.zeros(0, int))
    rows = np.concatenate(patches)
    fine, coarse = _gradients(rows, _FINE), _gradients(rows, _COARSE)
    square = fine[0] ** 2 + fine[1] ** 2
    square_coarse = coarse[0] ** 2 + coarse[1] ** 2
    cells, crests, found, turned = [], [], [], []
    for at in range(len(patches)):
        y, x = _edges(square, fine, at * PATCH)
        crests.append(len(y))
        if len(y) < _FEWEST:
            cells.append(np.nan)
            continue
        ratio = square[y, x] / np.maximum(square_coarse[y, x], 1e-6)
        variance = (_COARSE**2 - ratio * _FINE**2) / np.maximum(ratio - 1, 1e-3)
        variance = np.clip(variance, 0, _WIDEST**2)
        cells.append(float(np.sqrt(np.median(variance))))
        found.append(variance)
        turned.append(np.arctan2(-fine[1][y, x], fine[0][y, x]))
    return Sharpness(np.array(cells).reshape(grid), _sectors(found, turned), np.array(crests))


def _gradients(rows: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Horizontal and vertical derivatives of the picture blurred by ``sigma``, in values per px."""
    reach = np.arange(-round(4 * sigma), round(4 * sigma) + 1, dtype=np.float32)
    bell = np.exp(-(reach**2) / (2 * sigma**2))
    slope = reach * bell
    bell, slope = bell / bell.sum(), slope / (slope * reach).sum()
    return cv2.sepFilter2D(rows, cv2.CV_32F, slope, bell), cv2.sepFilter2D(rows, cv2.CV_32F, bell, slope)


def _edges(square: np.ndarray, slope: tuple[np.ndarray, np.ndarray], top: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the strongest edges of the patch that begins at row ``top``: where the gradient is greatest
    across the edge, for beside it the two derivatives fall off unlike each other.
    """
    inner = square[top + _RIM : top + PATCH - _RIM, _RIM : PATCH - _RIM]
    flat = inner.ravel()
    quarter = len(flat) // 4
    ordered = np.partition(flat, (quarter, len(flat) - _STRONGEST))
    least = max(0.36 * ordered[-_STRONGEST], _LOWEST**2, _ABOVE_NOISE**2 * ordered[quarter])
    y, x = np.nonzero(inner >= least)
    y, x = y + top + _RIM, x + _RIM
    level = np.abs(slope[0][y, x]) >= np.abs(slope[1][y, x])
    down, right = np.where(level, 0, 1), np.where(level, 1, 0)
    here = square[y, x]
    ridge = (here >= square[y - down, x - right]) & (here > square[y + down, x + right])
    return y[ridge], x[ridge]


def _sectors(found: list[np.ndarray], turned: list[np.ndarray]) -> np.ndarray:
    blur = np.full(SECTORS, np.nan)
    if found:
        variance, angle = np.concatenate(found), np.concatenate(turned) % np.pi
        sector = np.round(angle * SECTORS / np.pi).astype(int) % SECTORS
        for at in range(SECTORS):
            inside = variance[sector == at]
            if len(inside) >= 2 * _FEWEST:
                blur[at] = np.sqrt(np.median(inside))
    return blur
