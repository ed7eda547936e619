"""One pass over a master, top to bottom, gives every level of its pyramid.

Each level is the exact mean of 2 x 2 pixels of the level above (cv2 INTER_AREA), carried in 16 bits, so
that rounding never drifts: halving 8-bit values adds 0.125 grey levels at every step. The last column and
row of an odd size stand for themselves. What stays in memory is one row of tiles a level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.image.band import Band

#: How many bytes of tile rows may lie in memory; wider pictures keep them in a scratch file.
BAND_BYTES = 96 << 20

#: 8-bit values between the levels: a power of two, so that a half is exactly a half and rounds to even.
WIDENED = 256


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


def cut(
    strips: Iterable[np.ndarray],
    receive: Receive,
    *,
    width: int,
    height: int,
    tile: int,
    scales: int,
    whole: frozenset[int] = frozenset(),
    threads: int = 2,
    band_bytes: int = BAND_BYTES,
) -> None:
    """Hand every tile of every level to ``receive``, and each level named in ``whole`` as one piece.

    ``strips`` yields (rows, width, 1 or 3) uint8 or uint16 in order; ``tile`` is even; there are
    ``scales`` levels of scale 1, 2, 4, ... ``receive`` is called from ``threads`` threads, in any order.
    Raises what ``strips`` or ``receive`` raise, and ValueError when the rows are not ``height``.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="tiles") as pool:
        level: _Level | None = None
        for strip in strips:
            if level is None:
                step = WIDENED if strip.dtype == np.uint8 else 257
                shape = _Shape(width, height, strip.shape[2], tile, whole, band_bytes, step)
                level = _levels(shape, scales, pool, receive)
            level.add(strip)
        if level is None or not level.complete:
            raise ValueError("the strips do not cover the picture")
        level.finish()


@dataclass(frozen=True)
class _Shape:
    width: int
    height: int
    channels: int
    tile: int
    whole: frozenset[int]
    band_bytes: int
    step: int  # what one 8-bit grey level is in the 16 bits between the levels


def _levels(shape: _Shape, scales: int, pool: ThreadPoolExecutor, receive: Receive) -> _Level:
    row_bytes = shape.tile * shape.width * shape.channels
    spill = 2 * row_bytes > shape.band_bytes  # all levels together are twice the first
    spare = not spill and 3 * row_bytes <= shape.band_bytes
    level: _Level | None = None
    for step in reversed(range(scales)):
        level = _Level(shape, 1 << step, level, pool, receive, spill=spill, bands=2 if spare and step == 0 else 1)
    assert level is not None
    return level


class _Level:
    """One level: takes rows, fills bands of tile rows, passes the halved rows on."""

    def __init__(
        self,
        shape: _Shape,
        scale: int,
        smaller: _Level | None,
        pool: ThreadPoolExecutor,
        receive: Receive,
        *,
        spill: bool,
        bands: int,
    ) -> None:
        self.shape, self.scale, self.smaller, self.receive, self.pool = shape, scale, smaller, receive, pool
        self.width, self.height = -(-shape.width // scale), -(-shape.height // scale)
        rows = min(shape.tile, self.height)
        self.bands = [Band(rows, self.width, shape.channels, shape.tile, spill=spill) for _ in range(bands)]
        self.busy: list[list[Future[None]]] = [[] for _ in range(bands)]
        self.turn = 0  # the band that is being filled
        self.top = 0  # its first row
        self.row = 0  # rows received so far
        self.left: np.ndarray | None = None  # the odd row that waits for its partner
        self.picture: np.ndarray | None = None
        if scale in shape.whole:
            self.picture = np.empty((self.height, self.width, shape.channels), np.uint8)

    @property
    def complete(self) -> bool:
        return self.row == self.height

    def add(self, rows: np.ndarray) -> None:
        if self.row + len(rows) > self.height:
            raise ValueError("the strips hold more rows than the picture")
        shown = rows if rows.dtype == np.uint8 else to_8_bits(rows, self.shape.step)
        if self.picture is not None:
            self.picture[self.row : self.row + len(rows)] = shown
        done = 0
        while done < len(rows):
            inside = (self.row + done) % self.shape.tile
            count = min(self.shape.tile - inside, len(rows) - done)
            if inside == 0:
                self._wait(self.turn)
            self.bands[self.turn].put(inside, shown[done : done + count])
            done += count
            if inside + count == self.shape.tile or self.row + done == self.height:
                self._deliver(inside + count)
        self.row += len(rows)
        if self.smaller is not None:
            self._pass_on(rows)

    def _pass_on(self, rows: np.ndarray) -> None:
        assert self.smaller is not None
        if self.left is not None:
            pair = np.concatenate([self.left, rows[:1]])
            self.left, rows = None, rows[1:]
            self.smaller.add(halve(pair))
        even = len(rows) - len(rows) % 2
        if even:
            self.smaller.add(halve(rows[:even]))
        if even < len(rows):
            if self.complete:
                self.smaller.add(halve(rows[even:]))
            else:
                self.left = rows[even:].copy()

    def _deliver(self, rows: int) -> None:
        """Send the tiles of the band that is full to the encoders."""
        one_tile = self.width <= self.shape.tile and self.height <= self.shape.tile
        if not (one_tile and self.picture is not None):
            band, top = self.bands[self.turn], self.top * self.scale
            for column in range(-(-self.width // self.shape.tile)):
                self.busy[self.turn].append(self.pool.submit(self._send, band, column, rows, top))
        self.turn = (self.turn + 1) % len(self.bands)
        self.top += rows

    def _send(self, band: Band, column: int, rows: int, top: int) -> None:
        tile, scale, shape = self.shape.tile, self.scale, self.shape
        left = column * tile * scale
        w, h = min(tile * scale, shape.width - left), min(tile * scale, shape.height - top)
        self.receive(Piece(scale, left, top, w, h, band.tile(column, rows)))

    def _wait(self, turn: int) -> None:
        for job in self.busy[turn]:
            job.result()
        self.busy[turn].clear()

    def finish(self) -> None:
        """Wait for the last tiles, free the bands, hand out the whole levels."""
        if self.picture is not None:
            picture = Piece(self.scale, 0, 0, self.shape.width, self.shape.height, self.picture, whole=True)
            self.busy[0].append(self.pool.submit(self.receive, picture))
        if self.smaller is not None:
            self.smaller.finish()
        for turn, band in enumerate(self.bands):
            self._wait(turn)
            band.close()


def to_8_bits(rows: np.ndarray, step: int) -> np.ndarray:
    """uint16 to uint8 at ``step`` for each grey level, rounded half to even, which has no bias."""
    return np.asarray(cv2.convertScaleAbs(rows, alpha=1 / step)).reshape(rows.shape)


def halve(rows: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels as uint16 (8-bit values times 256); a last odd row or column stands for itself."""
    if rows.dtype == np.uint8:
        rows = np.multiply(rows, WIDENED, dtype=np.uint16)
    if len(rows) % 2:
        rows = np.concatenate([rows, rows[-1:]])
    height, width, channels = len(rows) // 2, rows.shape[1], rows.shape[2]
    half = np.empty((height, -(-width // 2), channels), np.uint16)
    pairs = width // 2
    if pairs:
        mean = cv2.resize(rows[:, : 2 * pairs], (pairs, height), interpolation=cv2.INTER_AREA)
        half[:, :pairs] = mean.reshape(height, pairs, channels)
    if width % 2:
        last = rows[:, -1].astype(np.uint32)
        half[:, -1] = (last[0::2] + last[1::2] + 1) // 2
    return half
