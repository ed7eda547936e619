"""One pass over a master, top to bottom, gives every level of its pyramid.

A row of tiles is read at a time. Each of its tiles is then taken up once, while it lies in the processor's
cache: it is encoded and halved, and the halves are halved again, as far as no neighbour is needed. Only
the small levels below are fed row by row. What stays in memory is one row of tiles of each level.
"""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from heritage3d.image.strips import ReadInto
from heritage3d.tiling.band import Band
from heritage3d.tiling.halving import DEEP, WIDENED, halve, to_8_bits
from heritage3d.tiling.level import Jobs, Level, Piece, Receive, Shape, picture_for, piece
from heritage3d.tiling.level import whole as whole_level

__all__ = ["BAND_BYTES", "Piece", "ReadInto", "Receive", "cut"]

#: How many bytes of tile rows may lie in memory; wider pictures keep them in scratch files.
BAND_BYTES = 128 << 20
#: So many levels are made from a tile by itself; below, the overhead of small blocks would outweigh the work.
_FROM_ONE_TILE = 3


def cut(
    read: ReadInto,
    receive: Receive,
    *,
    width: int,
    height: int,
    channels: int,
    depth: int,
    tile: int,
    scales: int,
    whole: frozenset[int] = frozenset(),
    threads: int = 2,
    band_bytes: int = BAND_BYTES,
) -> None:
    """Hand every tile of every level to ``receive``, and each level named in ``whole`` as one piece.

    ``read`` fills arrays of ``depth`` 8 (uint8) or 16 (uint16); ``tile`` is even; there are ``scales``
    levels of scale 1, 2, 4, ... ``receive`` is called from ``threads`` threads, in any order.
    Raises what ``read`` and ``receive`` raise.
    """
    with ThreadPoolExecutor(threads, "tiles") as pool, ThreadPoolExecutor(1, "rows") as reader:
        shape = Shape(width, height, channels, tile, whole, WIDENED if depth == 8 else DEEP)
        pyramid = _Pyramid(shape, depth, scales, Jobs(pool), receive, band_bytes)
        try:
            pyramid.run(read, reader)
        finally:
            reader.shutdown(cancel_futures=True)
            pool.shutdown(cancel_futures=True)


class _Pyramid:
    """The level of the master itself, the levels made tile by tile, and the streamed ones below."""

    def __init__(self, shape: Shape, depth: int, scales: int, jobs: Jobs, receive: Receive, band_bytes: int) -> None:
        self.shape, self.jobs, self.receive = shape, jobs, receive
        dtype = np.dtype(np.uint8 if depth == 8 else np.uint16)
        size = (min(shape.tile, shape.height), shape.width, shape.channels)
        first, small = math.prod(size) * dtype.itemsize, math.prod(size)  # all smaller levels together are one more
        spare = shape.height > shape.tile and 2 * first + small <= band_bytes
        self.bands = [
            Band(*size, shape.tile, dtype, spill=first + small > band_bytes) for _ in range(2 if spare else 1)
        ]
        self.picture = picture_for(shape, 1)
        self.single = self.picture is not None and max(shape.width, shape.height) <= shape.tile
        # A tile of 512 gives blocks of 256, 128 and 64; one of 400 gives 200, 100 and 50: all without a rest.
        divides = (shape.tile & -shape.tile).bit_length() - 1
        blocks = min(scales - 1, _FROM_ONE_TILE, divides)
        level: Level | None = None
        levels: list[Level] = []
        for step in reversed(range(1, scales)):
            smaller = level if step >= blocks else None
            level = Level(shape, 1 << step, jobs, receive, spill=small >> step - 1 > band_bytes, smaller=smaller)
            levels.insert(0, level)
        self.levels = levels
        self.blocks = levels[: max(0, blocks - 1)]
        self.streamed = levels[blocks - 1] if blocks else None
        self.carried = np.empty((0, 0, 0), np.uint16)  # one row of tiles, as the streamed level has it
        if self.streamed:
            self.carried = np.empty((shape.tile >> blocks, self.streamed.width, shape.channels), np.uint16)

    def run(self, read: ReadInto, reader: ThreadPoolExecutor) -> None:
        """Take one row of tiles after the other; the next is read while the tiles of this one are made."""
        tile, height = self.shape.tile, self.shape.height
        tops = range(0, height, tile)
        filled: dict[int, Future[None]] = {}
        done = 0  # rows of the master whose tiles are under way
        for at, top in enumerate(tops):
            self.jobs.wait()  # the band of the row before is free
            for row in range(at + len(filled), min(at + len(self.bands), len(tops))):
                band = self.bands[row % len(self.bands)]
                filled[row] = reader.submit(band.fill, read, min(tile, height - tops[row]))
            self._grow(done)
            filled.pop(at).result()
            done = min(tile, height - top)
            for column in range(-(-self.shape.width // tile)):
                self.jobs.start(self._tile, self.bands[at % len(self.bands)], column, done, top)
        self.jobs.wait()
        self._grow(done)
        self._finish()

    def _grow(self, rows: int) -> None:
        """Let what ``rows`` rows of the master complete at the smaller levels be encoded, and wait for it.

        The next row of tiles will be written where it lies.
        """
        if not rows:
            return
        for step, level in enumerate(self.blocks, 1):
            level.grow(-(-rows >> step))
        if self.streamed:
            self.streamed.add(self.carried[: -(-rows >> len(self.blocks) + 1)])
        self.jobs.wait()

    def _tile(self, band: Band, column: int, rows: int, top: int) -> None:
        pixels = band.tile(column, rows)
        shown = pixels if pixels.dtype == np.uint8 else to_8_bits(pixels, self.shape.step)
        left = column * self.shape.tile
        if self.picture is not None:
            self.picture[top : top + rows, left : left + self.shape.tile] = shown
        if not self.single:
            self.receive(piece(self.shape, 1, column, top, shown))
        block = pixels
        for step, level in enumerate(self.blocks, 1):
            if block.dtype == np.uint8:
                block = level.place_half(top >> step, left >> step, block)
            else:
                block = halve(block)
                level.place(top >> step, left >> step, to_8_bits(block, self.shape.step))
        if self.streamed:
            block = halve(block)
            left >>= len(self.blocks) + 1
            self.carried[: len(block), left : left + block.shape[1]] = block

    def _finish(self) -> None:
        """Send the whole levels, the largest first, and wait for them."""
        if self.picture is not None:
            self.jobs.start(self.receive, whole_level(self.shape, 1, self.picture))
        for level in self.levels:
            self.jobs.start(level.finish)
        self.jobs.wait()
        for band in self.bands:
            band.close()
