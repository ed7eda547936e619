"""A whole master at hand: all its pixels as one array, in memory or in a scratch file that has no name.

Tiling needs rows only; what turns, crops or joins pictures needs to reach any pixel.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heritage3d.image.reading import open_master
from heritage3d.image.strips import ROOM


@dataclass(frozen=True)
class Raster:
    """``pixels`` is (height, width, 1 or 3) uint8 or uint16 in sRGB, upright; ``ppi`` None where unknown."""

    pixels: np.ndarray
    ppi: float | None


@contextmanager
def open_raster(path: Path, room: int = ROOM) -> Iterator[Raster]:
    """The pixels of an image file; above ``room`` bytes they lie in a scratch file. Raises as open_master."""
    with open_master(path) as master:
        shape = (master.height, master.width, master.channels)
        dtype = np.dtype(np.uint8 if master.depth == 8 else np.uint16)
        with scratch(shape, dtype, room) as pixels:
            row = 0
            for strip in master.strips():
                pixels[row : row + len(strip)] = strip
                row += len(strip)
            yield Raster(pixels, master.header.ppi)


@contextmanager
def scratch(shape: tuple[int, ...], dtype: np.dtype[np.generic], room: int = ROOM) -> Iterator[np.ndarray]:
    """An array for as long as the block lasts: in memory, or above ``room`` bytes in a nameless file."""
    size = int(np.prod(shape)) * dtype.itemsize
    if size <= room:
        yield np.empty(shape, dtype)
        return
    with tempfile.TemporaryFile() as file:
        file.truncate(size)
        yield np.memmap(file, dtype, "r+", shape=shape)
