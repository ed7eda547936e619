"""A whole master at hand: all its pixels as one array, in memory or in a scratch file that has no name.

Tiling needs rows only; what turns, crops or joins pictures needs to reach any pixel.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heritage3d.image.header import Header
from heritage3d.image.reading import open_master
from heritage3d.image.strips import ROOM

_SEEN_BYTES = 32 << 20  # of a scratch file held in memory while it is filled


@dataclass(frozen=True)
class Raster:
    """``pixels`` is (height, width, 1 or 3) uint8 or uint16 in sRGB, upright; ``profile`` as that of a Master."""

    pixels: np.ndarray
    header: Header
    profile: str

    @property
    def ppi(self) -> float | None:
        """Pixels per inch, None where the file does not say."""
        return self.header.ppi


@contextmanager
def open_raster(path: Path, room: int = ROOM) -> Iterator[Raster]:
    """The pixels of an image file; above ``room`` bytes they lie in a scratch file. Raises as open_master."""
    with ExitStack() as held:
        with open_master(path) as master:
            shape = (master.height, master.width, master.channels)
            dtype = np.dtype(np.uint8 if master.depth == 8 else np.uint16)
            pixels = held.enter_context(scratch(shape, dtype, room))
            rows = max(1, _SEEN_BYTES // pixels[0].nbytes)
            for top in range(0, master.height, rows):
                master.read_into(pixels[top : top + rows])
                release(pixels)
            header, profile = master.header, master.profile
        del master  # a decoder that holds the whole picture lets go of it
        yield Raster(pixels, header, profile)


def release(pixels: np.ndarray) -> None:
    """Let the memory of a raster in a scratch file go; its pixels are read again when they are asked for."""
    # On Windows the system does it by itself.
    if isinstance(pixels.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pixels.base.madvise(mmap.MADV_DONTNEED)


@contextmanager
def scratch(shape: tuple[int, ...], dtype: np.dtype[np.generic], room: int = ROOM) -> Iterator[np.ndarray]:
    """An array for as long as the block lasts: in memory, or above ``room`` bytes in a nameless file."""
    size = int(np.prod(shape)) * dtype.itemsize
    if size <= room:
        yield np.empty(shape, dtype)
        return
    with tempfile.TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is told here, and not by a signal later
        else:
            file.truncate(size)
        yield np.memmap(file, dtype, "r+", shape=shape)
