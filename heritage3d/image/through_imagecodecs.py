"""Rows by imagecodecs: JPEG 2000, and the TIFFs that libvips leaves out, one segment at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from heritage3d.errors import ImageValuesUnclear
from heritage3d.image import jpeg2000
from heritage3d.image.codestream import Codestream
from heritage3d.image.colour import lab_to_srgb, needs_conversion
from heritage3d.image.header import Fault, Header, Read, damaged, truncated, unsupported
from heritage3d.image.strips import MAX_WHOLE_PIXELS, Rows, Strips
from heritage3d.image.through_vips import open_image
from heritage3d.image.tiff import Page
from heritage3d.image.vips import pyvips


def open_jpeg2000(number: int, header: Header) -> Strips:
    """The rows of a JPEG 2000 file: tile by tile, or in one piece where it has no tiles. Raises header.Fault."""
    jpeg2000.check_variant(header)
    stream: Codestream = header.detail

    def read(at: int, length: int) -> bytes:
        return os.pread(number, length, at)

    if stream.tiles > 1 and stream.separable and not stream.palette:
        return converted(lambda: _rows_of_tiles(read, header), header)
    if header.width * header.height > MAX_WHOLE_PIXELS:
        megapixels = MAX_WHOLE_PIXELS // 1_000_000
        raise unsupported(f"JPEG 2000 without tiles is not read above {megapixels} megapixels")
    return converted(lambda: iter([jpeg2000.decode(read, header)]), header)


def _rows_of_tiles(read: Read, header: Header) -> Rows:
    """One row of tiles after the other: (rows, width, bands), full range."""
    grid = header.detail.grid
    decode = jpeg2000.tile_decoder(read, header)
    for line in range(grid.lines):
        part = grid.tile(0, line)
        block = np.empty((part.y1 - part.y0, header.width, header.bands), np.uint8 if header.bits <= 8 else np.uint16)
        for column in range(grid.columns):
            part = grid.tile(column, line)
            block[:, part.x0 - grid.x0 : part.x1 - grid.x0] = decode(column, line)
        yield block


_COLOURS = {"grey": 1, "RGB": 3, "palette": 3, "CMYK": 4, "Lab": 3}
_SPACES = {
    "grey": ("b-w", "grey16"),
    "RGB": ("srgb", "rgb16"),
    "palette": ("srgb", "rgb16"),
    "CMYK": ("cmyk", "cmyk"),
}
#: Converting colours costs a start-up each time; blocks of so many bytes pay for it.
_BLOCK_BYTES = 16 << 20


def converted(blocks: Callable[[], Rows], header: Header) -> Strips:
    """Blocks of stored samples (whole rows, full range) as sRGB; turned pictures need all of them at once."""
    if header.colour not in _SPACES:
        raise unsupported(f"its colours are {header.colour}")
    channels = 1 if header.colour == "grey" else 3
    depth = 8 if header.bits <= 8 and header.colour != "palette" else 16
    whole = header.orientation > 2
    if whole and header.width * header.height > MAX_WHOLE_PIXELS:
        megapixels = MAX_WHOLE_PIXELS // 1_000_000
        raise unsupported(f"above {megapixels} megapixels this kind of file is not read when it must be turned")
    if (
        header.orientation == 1
        and not header.alpha
        and header.colour in ("grey", "RGB")
        and not needs_conversion(header)
    ):
        return Strips(channels, depth, blocks)

    def rows() -> Rows:
        for block in _joined(blocks(), 1 << 62 if whole else _BLOCK_BYTES):
            height, width, bands = block.shape
            deep = block.dtype == np.uint16
            samples = np.ascontiguousarray(block)
            image = pyvips.Image.new_from_memory(samples, width, height, bands, "ushort" if deep else "uchar")
            image = image.copy(interpretation=_SPACES[header.colour][deep])
            with contextlib.closing(open_image(image, replace(header, bits=16 if deep else 8))) as strips:
                yield from strips.rows()

    return Strips(channels, depth, rows)


def _joined(blocks: Rows, most: int) -> Rows:
    held: list[np.ndarray] = []
    for block in blocks:
        held.append(block.copy())
        if sum(part.nbytes for part in held) >= most:
            yield np.concatenate(held) if len(held) > 1 else held[0]
            held = []
    if held:
        yield np.concatenate(held) if len(held) > 1 else held[0]


def open_tiff(number: int, header: Header) -> Strips:
    """The rows of a TIFF that libvips does not decode. Raises header.Fault."""
    page: Page = header.detail
    _check_variant(page, header)
    colours = _COLOURS[header.colour]

    def rows() -> Rows:
        for block in _segments(number, page):
            samples = _upside_up(_full_range(block, header), page)
            samples = lab_to_srgb(samples) if header.colour == "Lab" else samples
            yield _looked_up(samples[:, :, : colours + header.alpha], page, header)

    lab = header.colour == "Lab"
    return converted(rows, replace(header, colour="RGB", icc=None) if lab else header)


def _check_variant(page: Page, header: Header) -> None:
    if page.compression not in (1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34712, 34925, 50000, 50001, 50002):
        raise unsupported(f"its compression is {header.compression}")
    if page.photometric not in (0, 1, 2, 3, 5, 8) or (page.photometric == 8 and header.bits not in (8, 16)):
        raise unsupported(f"its colours are {header.colour}, compressed as {header.compression}")
    if header.samples == "signed":
        raise Fault(ImageValuesUnclear, detail="they are signed")
    if header.colour == "CMYK" and page.number(332, 1) != 1:
        raise unsupported("its inks are not cyan, magenta, yellow and black")
    wanted = 1 if header.colour == "palette" else _COLOURS[header.colour]
    if header.colour == "Lab" and header.alpha:
        raise unsupported("it is CIELab with opacity")
    if page.samples < wanted:
        raise damaged(f"it has {page.samples} channels of {header.colour}")


def _segments(number: int, page: Page) -> Rows:
    """Blocks of whole rows (rows, width, samples), as the codec leaves them."""
    with os.fdopen(os.dup(number), "rb") as stream:
        stream.seek(0)
        yield from _lines(_Decoder(stream, page), page)


def _lines(decoder: _Decoder, page: Page) -> Rows:
    width, height = page.size
    across, down = (page.number(322, 0), page.number(323, 0)) if page.tiled else (width, page.number(278, height))
    down = down if page.tiled else min(down or height, height)
    columns, lines = -(-width // across), -(-height // down)
    planes = page.samples if page.planar else 1
    for line in range(lines):
        rows = min(down, height - line * down)
        block: np.ndarray | None = None
        for plane in range(planes):
            for column in range(columns):
                part = decoder.segment((plane * lines + line) * columns + column)
                if block is None:
                    block = np.empty((rows, width, page.samples), part.dtype)
                target = block[:, column * across : (column + 1) * across]
                target = target[:, :, plane : plane + 1] if planes > 1 else target
                fits = part.shape[0] >= rows and part.shape[1] >= target.shape[1]
                if not fits or part.shape[2] != target.shape[2]:
                    raise truncated("a strip or tile has too few pixels")
                target[:] = part[:rows, : target.shape[1]]
        assert block is not None
        yield block


class _Decoder:
    """tifffile as a decoder of single strips and tiles; it reads nothing by itself but the tags."""

    def __init__(self, stream: BinaryIO, page: Page) -> None:
        import tifffile

        self.number = stream.fileno()
        self.offsets, self.counts = page.chunks
        if len(self.counts) != len(self.offsets):
            raise unsupported("it does not say how long its strips are")
        try:
            self.page = tifffile.TiffFile(stream, name="master.tif").pages[page.index].aspage()
            self.tables = self.page.jpegtables
        except Exception as error:  # noqa: BLE001  a parser of hostile input raises anything
            raise damaged(_first_line(error)) from None

    def segment(self, index: int) -> np.ndarray:
        """Strip or tile number ``index``: (rows, columns, samples)."""
        raw = os.pread(self.number, self.counts[index], self.offsets[index])
        if len(raw) < self.counts[index]:
            raise truncated("its pixels are cut off")
        try:
            part = self.page.decode(raw, index, jpegtables=self.tables)[0]
        except Exception as error:  # noqa: BLE001  each codec has errors of its own
            raise damaged(_first_line(error)) from None
        if part is None or part.ndim != 4:
            raise truncated("a strip or tile is empty")
        return np.asarray(part[0])


def _first_line(error: Exception) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:120].rstrip(".")


def _full_range(block: np.ndarray, header: Header) -> np.ndarray:
    if header.colour == "palette":
        return block
    if header.samples == "float":
        if not np.isfinite(block).all() or block.min() < 0 or block.max() > 1:
            raise Fault(ImageValuesUnclear, detail="they are not between 0 and 1")
        return (block.astype(np.float64) * 65535 + 0.5).astype(np.uint16)
    if header.bits > 16:
        return np.round(block * (65535 / ((1 << header.bits) - 1))).astype(np.uint16)
    return jpeg2000.full_range(block, header.bits)


def _upside_up(block: np.ndarray, page: Page) -> np.ndarray:
    """Grey with white at the top, whatever the file calls white."""
    if page.photometric != 0:
        return block
    inverted = block.copy()
    inverted[:, :, 0] = np.iinfo(block.dtype).max - block[:, :, 0]
    return inverted


def _looked_up(pixels: np.ndarray, page: Page, header: Header) -> np.ndarray:
    """Palette indices as colours: (rows, columns, 3) uint16."""
    if header.colour != "palette":
        return pixels
    table = np.asarray(page.tags.get(320, ()), np.uint16)
    if header.bits > 16 or len(table) != 3 << header.bits or header.bands != 1:
        raise unsupported("its palette does not fit its depth")
    return np.ascontiguousarray(table.reshape(3, -1).T[pixels[:, :, 0]])
