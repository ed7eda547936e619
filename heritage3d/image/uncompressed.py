"""TIFF samples that need no decoder: read from the file into rows, with nothing in between."""

from __future__ import annotations

import os

import numpy as np

from heritage3d.image.header import Header, truncated
from heritage3d.image.strips import ReadInto, Rows, Strips, native, rows_per_strip
from heritage3d.image.tiff import Page


def fits(header: Header) -> bool:
    """Whether the samples are plain 8 or 16-bit grey or RGB, interleaved, upright and opaque."""
    page: Page = header.detail
    return (
        page.compression == 1
        and not page.planar
        and page.number(266, 1) == 1  # FillOrder
        and header.samples == "unsigned"
        and header.bits in (8, 16)
        and header.orientation == 1
        and (page.photometric, page.samples) in ((1, 1), (2, 3))
        and len(page.bits) == page.samples
        and 338 not in page.tags
        and _whole(page)
    )


def _whole(page: Page) -> bool:
    """Whether every strip or tile has exactly the bytes that its size asks for."""
    offsets, counts = page.chunks
    width, height = page.size
    sample = page.samples * page.bits[0] // 8
    if len(counts) != len(offsets):
        return False
    if page.tiled:
        return all(count == page.number(322, 0) * page.number(323, 0) * sample for count in counts)
    rows = min(page.number(278, height) or height, height)
    last = height - (len(offsets) - 1) * rows
    return all(count == rows * width * sample for count in counts[:-1]) and counts[-1] >= last * width * sample


def open_rows(number: int, header: Header) -> Strips:
    """The rows of the file with this descriptor."""
    page: Page = header.detail
    rows = _tiles if page.tiled else _strips
    direct = not page.tiled and native(np.empty(0, _type(page))).dtype == _type(page)
    return Strips(
        page.samples,
        header.bits,
        lambda: rows(number, page),
        into=(lambda: _straight(number, page)) if direct else None,
    )


def _type(page: Page) -> np.dtype[np.generic]:
    return np.dtype(page.order + ("u2" if page.bits[0] == 16 else "u1"))


def _strips(number: int, page: Page) -> Rows:
    width, height = page.size
    row_bytes = width * page.samples * page.bits[0] // 8
    rows = min(page.number(278, height) or height, height)
    block = np.empty((min(rows_per_strip(row_bytes), height), width, page.samples), _type(page))
    held = 0  # rows already in the block
    for offset, count in _runs(page.chunks[0], rows, height, row_bytes):
        done = 0
        while done < count:
            take = min(len(block) - held, count - done)
            _fill(number, block[held : held + take], offset + done * row_bytes)
            held, done = held + take, done + take
            if held == len(block):
                yield native(block)
                held = 0
    if held:
        yield native(block[:held])


def _straight(number: int, page: Page) -> ReadInto:
    """Strips read to where they are needed, without a copy."""
    width, height = page.size
    row_bytes = width * page.samples * page.bits[0] // 8
    rows = min(page.number(278, height) or height, height)
    runs = iter(_runs(page.chunks[0], rows, height, row_bytes))
    offset = left = 0  # where the current run goes on, and how many of its rows are left

    def read(target: np.ndarray) -> None:
        nonlocal offset, left
        done = 0
        while done < len(target):
            if not left:
                offset, left = next(runs)
            take = min(left, len(target) - done)
            _fill(number, target[done : done + take], offset)
            offset, left, done = offset + take * row_bytes, left - take, done + take

    return read


def _runs(offsets: tuple[int, ...], rows: int, height: int, row_bytes: int) -> list[tuple[int, int]]:
    """Strips that follow each other in the file, joined: (offset, rows)."""
    runs: list[tuple[int, int]] = []
    for at, offset in enumerate(offsets):
        count = min(rows, height - at * rows)
        if runs and runs[-1][0] + runs[-1][1] * row_bytes == offset:
            runs[-1] = (runs[-1][0], runs[-1][1] + count)
        else:
            runs.append((offset, count))
    return runs


def _tiles(number: int, page: Page) -> Rows:
    width, height = page.size
    across, down = page.number(322, 0), page.number(323, 0)
    columns = -(-width // across)
    offsets = page.chunks[0]
    tile = np.empty((down, across, page.samples), _type(page))
    band = np.empty((down, width, page.samples), _type(page))
    step = rows_per_strip(band.nbytes // down)
    for line in range(-(-height // down)):
        for column in range(columns):
            _fill(number, tile, offsets[line * columns + column])
            left = column * across
            band[:, left : left + across] = tile[:, : width - left]
        rows = native(band[: height - line * down])
        for top in range(0, len(rows), step):
            yield rows[top : top + step]


def _fill(number: int, block: np.ndarray, offset: int) -> None:
    view = block.reshape(-1).view(np.uint8).data
    while view:
        count = os.preadv(number, [view], offset)
        if count == 0:
            raise truncated("its pixels are cut off")
        view, offset = view[count:], offset + count
