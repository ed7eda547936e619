"""Masters, opened with care: any image becomes strips of sRGB rows, or one clear refusal.

The format is judged by content, the header against the limits, and only then is a decoder touched. Three
ways lead to the rows: plain TIFF samples straight from the file, libvips for everything that it decodes,
and imagecodecs for what it does not. What would be a guess is refused (ImageUnsupported).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from heritage3d.errors import CaptureUnreadable, ImageError, ImageTruncated
from heritage3d.image import profile as icc
from heritage3d.image.header import Fault, Header, read_header
from heritage3d.image.strips import ReadInto, Rows, Strips


@dataclass(frozen=True)
class Master:
    """An open master: its size as people see it, and its rows in sRGB, which can be read once.

    ``profile`` names the colours that the file has, or says what was assumed.
    """

    file: Path
    header: Header
    width: int
    height: int
    profile: str
    content: Strips

    @property
    def format(self) -> str:
        """How the file holds it, in words for the evidence."""
        return f"{self.header.format}, {self.header.compression}, {self.header.bits} bit"

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return self.content.channels

    @property
    def depth(self) -> int:
        """Bits of a sample, 8 or 16."""
        return self.content.depth

    def strips(self) -> Rows:
        """Arrays (rows, width, channels) uint8 or uint16, top to bottom; each is valid until the next.

        Raises ImageTruncated, ImageError, ImageUnsupported, ImageProfileBroken and CaptureUnreadable.
        """
        with _told(self.file):
            yield from self.content.rows()

    def read_into(self, target: np.ndarray) -> None:
        """Fill (rows, width, channels) with the next rows; instead of ``strips``, and with the same errors."""
        with _told(self.file):
            self._read(target)

    @cached_property
    def _read(self) -> ReadInto:
        return self.content.reader(self.height)


@contextmanager
def open_master(path: Path) -> Iterator[Master]:
    """An image file of any format that we read.

    Raises the errors of the H3D-31x block, before or while the rows are read.
    """
    from heritage3d.image import colour

    header = read_header(path)
    try:
        number = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise CaptureUnreadable(file=path, detail=error.strerror or "input/output error") from error
    try:
        with _told(path):
            content = _open(number, header)
            width, height = header.upright
            master = Master(path, header, width, height, colour.assumed(header), content)
        try:
            yield master
        finally:
            content.close()
    finally:
        os.close(number)


def describe(path: Path) -> dict[str, Any]:
    """The technical metadata of an image, from its header alone.

    width and height in pixels after orientation, format, compression, bits per sample, bands, colour,
    alpha, orientation (1 to 8), icc (name of the profile or None), ppi (or None). Raises as open_master.
    """
    header = read_header(path)
    width, height = header.upright
    return {
        "format": header.format,
        "compression": header.compression,
        "width": width,
        "height": height,
        "bits": header.bits,
        "bands": header.bands,
        "samples": header.samples,
        "colour": header.colour,
        "alpha": header.alpha,
        "orientation": header.orientation,
        "icc": (icc.name(header.icc) or "unnamed") if header.icc else None,
        "ppi": header.ppi,
    }


def _open(number: int, header: Header) -> Strips:
    from heritage3d.image import colour, old_jpeg, raw, through_imagecodecs, through_vips, uncompressed
    from heritage3d.image.vips import pyvips

    if header.format == "camera raw":
        return raw.open_rows(number, header)
    if header.format == "JPEG 2000":
        return through_imagecodecs.open_jpeg2000(number, header)
    if header.format == "TIFF" and header.detail.compression == _OLD_JPEG:
        return old_jpeg.open_rows(number, header)
    if header.format == "TIFF" and uncompressed.fits(header) and not colour.needs_conversion(header):
        return uncompressed.open_rows(number, header)
    if header.format == "TIFF" and (not through_vips.fits(header) or len(header.detail.extras) > header.alpha):
        return through_imagecodecs.open_tiff(number, header)
    try:
        return through_vips.open_rows(number, header)
    except pyvips.Error:
        if header.format != "TIFF":  # what libtiff leaves out
            raise
        return through_imagecodecs.open_tiff(number, header)


_OLD_JPEG = 6


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the decoders say into our errors."""
    from heritage3d.image.vips import pyvips

    try:
        yield
    except Fault as fault:
        raise fault.error(file=path, **fault.fields) from None
    except pyvips.Error as error:
        raise _from_vips(path, error.detail or error.message) from None
    except OSError as error:
        raise CaptureUnreadable(file=path, detail=error.strerror or "input/output error") from error


_CUT_OFF = ("premature end", "truncated", "unexpected end", "end of file", "not enough data", "read error")


def _from_vips(path: Path, text: str) -> ImageError:
    line = " ".join(text.split())[:160]
    if any(sign in line.lower() for sign in _CUT_OFF):
        return ImageTruncated(file=path, detail=line)
    return ImageError(file=path, detail=line)
