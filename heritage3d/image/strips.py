"""Rows on their way from a decoder: what every reader hands over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Rows = Iterator[np.ndarray]

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


def rows_per_strip(row_bytes: int) -> int:
    """How many rows make a strip: an even number, at least two."""
    return max(2, STRIP_BYTES // max(1, row_bytes) // 2 * 2)


def native(block: np.ndarray) -> np.ndarray:
    """The same samples in the byte order of this machine."""
    foreign = ">" if sys.byteorder == "little" else "<"
    return block.byteswap().view(block.dtype.newbyteorder("=")) if block.dtype.str[0] == foreign else block
