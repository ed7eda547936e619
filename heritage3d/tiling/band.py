"""One row of tiles while it fills: in memory, or in a scratch file where the picture is very wide."""

from __future__ import annotations

import os
import tempfile

import numpy as np

from heritage3d.image.strips import ReadInto, rows_per_strip


class Band:
    """``rows`` x ``width`` x ``channels`` samples, written by rows or blocks and read by tiles.

    The scratch file holds one tile after the other, so that each is read back in one piece; it has no
    name and is gone with the process.
    """

    def __init__(
        self, rows: int, width: int, channels: int, tile: int, dtype: np.dtype[np.generic], *, spill: bool
    ) -> None:
        self._shape = (rows, width, channels)
        self._tile = tile
        self._dtype = dtype
        self._memory = None if spill else np.empty(self._shape, dtype)
        self._file = tempfile.TemporaryFile() if spill else None  # noqa: SIM115  closed in close()

    def fill(self, read: ReadInto, rows: int) -> None:
        """Take the next ``rows`` rows of a picture, from the top on."""
        if self._memory is not None:
            read(self._memory[:rows])
            return
        _rows, width, channels = self._shape
        step = rows_per_strip(width * channels * self._dtype.itemsize)
        strip = np.empty((step, width, channels), self._dtype)
        for row in range(0, rows, step):
            part = strip[: rows - row]
            read(part)
            self.put(row, 0, part)

    def put(self, row: int, column: int, pixels: np.ndarray) -> None:
        """Write a block at (row, column). Blocks that do not touch each other may be written side by side."""
        if self._memory is not None:
            self._memory[row : row + len(pixels), column : column + pixels.shape[1]] = pixels
            return
        while pixels.shape[1]:
            across = min(self._tile - column % self._tile, pixels.shape[1])
            self._spill(row, column, pixels[:, :across])
            column, pixels = column + across, pixels[:, across:]

    def window(self, row: int, column: int, rows: int, columns: int) -> np.ndarray | None:
        """A block as it lies in memory, to be written in place; None where it lies in the scratch file."""
        if self._memory is None:
            return None
        return self._memory[row : row + rows, column : column + columns]

    def _spill(self, row: int, column: int, part: np.ndarray) -> None:
        """Write what lies within one tile, in one go if it is as wide as the tile."""
        assert self._file is not None
        rows, width, channels = self._shape
        pixel = channels * self._dtype.itemsize
        left = column // self._tile * self._tile
        across = min(self._tile, width - left)
        start = (left * rows + row * across + column - left) * pixel
        lines = [part] if part.shape[1] == across else list(part)
        for at, line in enumerate(lines):
            view, offset = np.ascontiguousarray(line).reshape(-1).view(np.uint8).data, start + at * across * pixel
            while view:
                written = os.pwrite(self._file.fileno(), view, offset)
                view, offset = view[written:], offset + written

    def tile(self, column: int, rows: int) -> np.ndarray:
        """The first ``rows`` rows of a column of tiles."""
        left = column * self._tile
        if self._memory is not None:
            return self._memory[:rows, left : left + self._tile]
        assert self._file is not None
        height, width, channels = self._shape
        across, pixel = min(self._tile, width - left), channels * self._dtype.itemsize
        raw = os.pread(self._file.fileno(), rows * across * pixel, left * height * pixel)
        return np.frombuffer(raw, self._dtype).reshape(rows, across, channels)

    def close(self) -> None:
        """Free the memory or the file."""
        self._memory = None
        if self._file is not None:
            self._file.close()
