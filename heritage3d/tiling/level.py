"""One level of a pyramid while it grows: rows of tiles that fill, and leave when they are full."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from heritage3d.tiling.band import Band
from heritage3d.tiling.halving import halve, halve_8_bits, to_8_bits


@dataclass(frozen=True)
class Piece:
    """A part of one level, ready to be encoded.

    ``x y w h`` is the region in pixels of the master, ``scale`` says how many of them one pixel spans,
    ``pixels`` is (rows, columns, 1 or 3) uint8, valid only during the call that receives it.
    """

    scale: int
    x: int
    y: int
    w: int
    h: int
    pixels: np.ndarray
    whole: bool = False  # the full region in one piece


Receive = Callable[[Piece], None]


@dataclass(frozen=True)
class Shape:
    """What all levels share: the picture, its tiles, the levels that leave in one piece as well.

    ``step`` is what one 8-bit grey level is in the 16 bits between the levels.
    """

    width: int
    height: int
    channels: int
    tile: int
    whole: frozenset[int]
    step: int


class Jobs:
    """Work handed to the threads; ``wait`` returns when all of it is done and raises what it raised."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._open: list[Future[None]] = []

    def start(self, work: Callable[..., None], *given: object) -> None:
        """Hand over one call."""
        self._open.append(self._pool.submit(work, *given))

    def wait(self) -> None:
        """Let everything end."""
        for job in self._open:
            job.result()
        self._open.clear()


class Level:
    """One level. Pixels come by ``place`` (any block of the current row of tiles) or by ``add`` (whole rows).

    Nobody writes the next row of tiles before ``jobs.wait()`` has returned: the same memory is used again.
    """

    def __init__(
        self, shape: Shape, scale: int, jobs: Jobs, receive: Receive, *, spill: bool, smaller: Level | None = None
    ) -> None:
        self.shape, self.scale, self.jobs, self.receive, self.smaller = shape, scale, jobs, receive, smaller
        self.width, self.height = -(-shape.width // scale), -(-shape.height // scale)
        self.row = 0  # rows that are complete
        self.left: np.ndarray | None = None  # the odd row that waits for its partner
        self.picture = picture_for(shape, scale)
        self.single = self.picture is not None and max(self.width, self.height) <= shape.tile
        rows = 0 if self.single else min(shape.tile, self.height)
        self.band = Band(rows, self.width, shape.channels, shape.tile, np.dtype(np.uint8), spill=spill)

    def place(self, row: int, column: int, block: np.ndarray) -> None:
        """Put uint8 pixels at (row, column) of this level; threads may do so side by side."""
        if self.picture is not None:
            self.picture[row : row + len(block), column : column + block.shape[1]] = block
        if not self.single:
            self.band.put(row % self.shape.tile, column, block)

    def place_half(self, row: int, column: int, block: np.ndarray) -> np.ndarray:
        """Put the half of a uint8 block of the level above at (row, column), and return it."""
        rows, columns = -(-len(block) // 2), -(-block.shape[1] // 2)
        inside = None if self.single else self.band.window(row % self.shape.tile, column, rows, columns)
        half = np.empty((rows, columns, self.shape.channels), np.uint8) if inside is None else inside
        halve_8_bits(block, half)
        if inside is None:
            self.place(row, column, half)
        elif self.picture is not None:
            self.picture[row : row + rows, column : column + columns] = half
        return half

    def grow(self, rows: int) -> None:
        """Say that ``rows`` more rows are complete; a full row of tiles is sent to the encoders."""
        self.row += rows
        inside = self.row % self.shape.tile
        if inside == 0 or self.row == self.height:
            self._deliver(inside or self.shape.tile)

    def add(self, rows: np.ndarray) -> None:
        """Take whole rows, uint16, which never cross from one row of tiles into the next; pass them on halved."""
        self.place(self.row, 0, to_8_bits(rows, self.shape.step))
        self.grow(len(rows))
        if self.smaller is None:
            return
        if self.left is not None:
            rows, self.left = np.concatenate([self.left, rows]), None
        if len(rows) % 2 and self.row < self.height:
            self.left, rows = rows[-1:].copy(), rows[:-1]
        if len(rows):
            self.smaller.add(halve(rows))

    def _deliver(self, rows: int) -> None:
        if self.single:
            return
        top = (self.row - rows) * self.scale
        for column in range(-(-self.width // self.shape.tile)):
            self.jobs.start(self._send, column, rows, top)

    def _send(self, column: int, rows: int, top: int) -> None:
        self.receive(piece(self.shape, self.scale, column, top, self.band.tile(column, rows)))

    def finish(self) -> None:
        """Hand out the whole level, where it is wanted, and free the memory."""
        if self.picture is not None:
            self.receive(whole(self.shape, self.scale, self.picture))
            self.picture = None
        self.band.close()


def picture_for(shape: Shape, scale: int) -> np.ndarray | None:
    """Memory for a level that leaves in one piece; None for the others."""
    if scale not in shape.whole:
        return None
    return np.empty((-(-shape.height // scale), -(-shape.width // scale), shape.channels), np.uint8)


def whole(shape: Shape, scale: int, picture: np.ndarray) -> Piece:
    """The full region at a scale."""
    return Piece(scale, 0, 0, shape.width, shape.height, picture, whole=True)


def piece(shape: Shape, scale: int, column: int, top: int, pixels: np.ndarray) -> Piece:
    """The tile of a level: its number in the row, the row of the master where it begins, its uint8 pixels."""
    left = column * shape.tile * scale
    w, h = min(shape.tile * scale, shape.width - left), min(shape.tile * scale, shape.height - top)
    return Piece(scale, left, top, w, h, pixels)
