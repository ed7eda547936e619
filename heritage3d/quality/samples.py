"""What one pass over a picture keeps of it: a thinned picture, patches in full resolution, stripes.

Not every pixel is touched: the thinned picture holds one of ``step`` x ``step`` pixels, the patches and
stripes read green alone (where most of the detail is). All is bounded, whatever the size of the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

#: Side of a patch in pixels: room for a motion blur of 38 px.
PATCH = 96
#: The grid of patches has at most so many rows and columns.
GRID = 8
#: Blocks of columns (and of rows) whose profiles are compared, to tell bands from content.
BLOCKS = 12
_BLOCK_PX = 16
_LINES = 64
_THINNED_PIXELS = 400_000
# A pixel counts as ground (paper, table) when it lies this near to the level of its block: ink does not.
_GROUND = 0.12
_DARK = 16.0  # 8-bit values below carry no bands that could be measured


@dataclass
class Samples:
    """Filled strip by strip with ``add``; whole when every row has passed.

    ``thinned`` (h, w, 1 or 3) uint8, every ``step``-th row and column, not averaged. ``patches`` (PATCH,
    PATCH) float32 in 8-bit values, one for each cell of the ``grid`` (rows, columns), where the cell has
    the most detail. ``across`` (BLOCKS, height): level of the ground in each row, block of columns by block;
    ``down`` the same for columns, row of the grid by row of
    the grid. NaN where there is no ground.
    """

    width: int
    height: int
    channels: int
    depth: int
    step: int = field(init=False)
    thinned: np.ndarray = field(init=False)
    grid: tuple[int, int] = field(init=False)
    patches: list[np.ndarray] = field(init=False, default_factory=list)
    across: np.ndarray = field(init=False)
    down: list[np.ndarray] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.step = max(1, math.isqrt(self.width * self.height // _THINNED_PIXELS))
        shape = (-(-self.height // self.step), -(-self.width // self.step), self.channels)
        self.thinned = np.zeros(shape, np.uint8)
        self.grid = (min(GRID, self.height // PATCH), min(GRID, self.width // PATCH))
        self.across = np.full((BLOCKS, self.height), np.nan, np.float32)
        self._row = 0
        self._chunk = np.zeros((BLOCKS, _BLOCK_PX, _LINES), np.uint8 if self.depth == 8 else np.uint16)
        self._band = np.zeros((PATCH, self.width), np.uint8 if self.depth == 8 else np.uint16)
        rows = self.grid[0] if min(self.grid) else 0
        self._bands = [int((at + 0.5) * self.height / rows) - PATCH // 2 for at in range(rows)]
        fits = self.width >= 2 * BLOCKS * _BLOCK_PX
        self._blocks = [int((at + 0.5) * self.width / BLOCKS) - _BLOCK_PX // 2 for at in range(BLOCKS)] if fits else []

    def add(self, strip: np.ndarray) -> None:
        """The next rows: (rows, width, channels) uint8 or uint16. What is kept of them is copied."""
        first, last = self._row, self._row + len(strip)
        green = strip[..., 1 if self.channels == 3 else 0]
        begin = -(-first // self.step) * self.step
        if begin < last:
            thin = strip[begin - first :: self.step, :: self.step]
            self.thinned[begin // self.step : begin // self.step + len(thin)] = thin if self.depth == 8 else thin >> 8
        if self._blocks:
            self._add_across(green, first)
        while self._bands and self._bands[0] < last:
            top = self._bands[0]
            a, b = max(first, top), min(last, top + PATCH)
            self._band[a - top : b - top] = green[a - first : b - first]
            if b < top + PATCH:
                break
            self._bands.pop(0)
            self._take_band()
        self._row = last

    def _add_across(self, green: np.ndarray, first: int) -> None:
        done = 0
        while done < len(green):
            row = first + done
            at, take = row % _LINES, min(len(green) - done, _LINES - row % _LINES)
            for block, x in enumerate(self._blocks):
                self._chunk[block, :, at : at + take] = green[done : done + take, x : x + _BLOCK_PX].T
            done += take
            if at + take == _LINES or row + take == self.height:
                lines = slice(row - at, row + take)
                self.across[:, lines] = _ground(self._chunk[:, :, : at + take] / self._scale)

    def _take_band(self) -> None:
        columns = self.grid[1]
        spread = np.abs(np.diff(self._band[::4, ::4].astype(np.int32), axis=1)).sum(0)
        total = np.concatenate([[0], np.cumsum(spread)])
        for at in range(columns):
            first, last = at * self.width // columns, (at + 1) * self.width // columns - PATCH
            x = np.arange(first // 4, max(first, last) // 4 + 1, 4)
            detail = total[np.minimum(x + PATCH // 4 - 1, len(total) - 1)] - total[np.minimum(x, len(total) - 1)]
            left = min(int(x[np.argmax(detail)]) * 4, self.width - PATCH)
            self.patches.append((self._band[:, left : left + PATCH] / self._scale).astype(np.float32))
        whole = self.width // _LINES * _LINES
        rows = self._band[:: PATCH // _BLOCK_PX, :whole].reshape(_BLOCK_PX, -1, _LINES).transpose(1, 0, 2)
        self.down.append(_ground(rows / self._scale).ravel())

    @property
    def _scale(self) -> np.float32:
        return np.float32(1 if self.depth == 8 else 257)


def _ground(held: np.ndarray) -> np.ndarray:
    """Mean of the pixels near the level of their block: (blocks, px, lines) to (blocks, lines), NaN where few."""
    some = held[:, ::2, ::4].reshape(len(held), -1)
    at = some.shape[1] * 3 // 4
    level = np.partition(some, at, axis=1)[:, at, None, None]
    near = np.abs(held - level) <= _GROUND * level
    count = near.sum(1, dtype=np.int16)
    total = np.einsum("bpl,bpl->bl", held, near.astype(np.float32))
    enough = (count * 3 >= held.shape[1]) & (level[:, 0] > _DARK)
    return np.where(enough, total / np.maximum(count, 1), np.nan).astype(np.float32)
