"""Rows on their way from a decoder: what every reader hands over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

Rows = Iterator[np.ndarray]
#: Fills the array that it is given, (rows, width, channels), with the next rows of the picture.
ReadInto = Callable[[np.ndarray], None]

#: Strips are about this large, so that they stay in the processor's cache while they are halved.
STRIP_BYTES = 1 << 20
#: Pictures that must be turned and need more bytes than this go through a temporary file.
ROOM = 96 << 20
#: Decoders that make the whole picture at once stop here: 400 megapixels are 1.2 GB.
MAX_WHOLE_PIXELS = 400_000_000


@dataclass(frozen=True)
class Strips:
    """Arrays (rows, width, channels), 8 or 16 bits deep, top to bottom; each is valid until the next."""

    channels: int
    depth: int
    rows: Callable[[], Rows]
    into: Callable[[], ReadInto] | None = None  # a reader that needs no strips in between, where there is one
    begin: Callable[[], None] = lambda: None  # decodes the first row, so that a refusal comes at once
    close: Callable[[], None] = lambda: None  # lets go of the decoder

    def closing(self, also: Callable[[], None]) -> Strips:
        """The same, and at the end something else is let go of too."""

        def close() -> None:
            self.close()
            also()

        return replace(self, close=close)

    def reader(self, height: int) -> ReadInto:
        """What fills arrays with the next rows of a picture of ``height`` rows."""
        return self.into() if self.into else gather(self.rows(), height)


def gather(strips: Iterable[np.ndarray], height: int) -> ReadInto:
    """Fill arrays of any height from strips of any other. Raises ValueError when they are not ``height`` rows."""
    source = iter(strips)
    rest: np.ndarray | None = None
    given = 0

    def read(target: np.ndarray) -> None:
        nonlocal rest, given
        held = 0
        while held < len(target):
            if rest is None or not len(rest):
                rest = next(source, None)
                if rest is None:
                    raise ValueError("the strips do not cover the picture")
            take = min(len(target) - held, len(rest))
            target[held : held + take] = rest[:take]
            rest, held = rest[take:], held + take
        given += held
        if given == height and ((rest is not None and len(rest)) or next(source, None) is not None):
            raise ValueError("the strips hold more rows than the picture")

    return read


def rows_per_strip(row_bytes: int) -> int:
    """How many rows make a strip: an even number, at least two."""
    return max(2, STRIP_BYTES // max(1, row_bytes) // 2 * 2)


def native(block: np.ndarray) -> np.ndarray:
    """The same samples in the byte order of this machine."""
    foreign = ">" if sys.byteorder == "little" else "<"
    return block.byteswap().view(block.dtype.newbyteorder("=")) if block.dtype.str[0] == foreign else block
