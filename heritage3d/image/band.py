"""One row of tiles while it fills: in memory, or in a scratch file where the picture is very wide."""

from __future__ import annotations

import os
import tempfile

import numpy as np


class Band:
    """``rows`` x ``width`` x ``channels`` uint8, written by rows and read by tiles.

    The scratch file holds one tile after the other, so that each is read back in one piece; it has no
    name and is gone with the process.
    """

    def __init__(self, rows: int, width: int, channels: int, tile: int, *, spill: bool) -> None:
        self._shape = (rows, width, channels)
        self._tile = tile
        self._memory = None if spill else np.empty(self._shape, np.uint8)
        self._file = tempfile.TemporaryFile() if spill else None  # noqa: SIM115  closed in close()

    def put(self, row: int, pixels: np.ndarray) -> None:
        """Write whole rows from ``row`` on."""
        if self._memory is not None:
            self._memory[row : row + len(pixels)] = pixels
            return
        assert self._file is not None
        rows, width, channels = self._shape
        for left in range(0, width, self._tile):
            part = np.ascontiguousarray(pixels[:, left : left + self._tile])
            at = (left * rows + row * part.shape[1]) * channels
            view = part.reshape(-1).data
            while view:
                written = os.pwrite(self._file.fileno(), view, at)
                view, at = view[written:], at + written

    def tile(self, column: int, rows: int) -> np.ndarray:
        """The first ``rows`` rows of a column of tiles."""
        left = column * self._tile
        if self._memory is not None:
            return self._memory[:rows, left : left + self._tile]
        assert self._file is not None
        height, width, channels = self._shape
        across = min(self._tile, width - left)
        raw = os.pread(self._file.fileno(), rows * across * channels, left * height * channels)
        return np.frombuffer(raw, np.uint8).reshape(rows, across, channels)

    def close(self) -> None:
        """Free the memory or the file."""
        self._memory = None
        if self._file is not None:
            self._file.close()
