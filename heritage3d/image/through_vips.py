"""Rows by libvips: JPEG, PNG, WebP and the TIFFs that libtiff decodes, as a stream."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from heritage3d.image.colour import to_srgb, upright
from heritage3d.image.fed import WORTHWHILE, Fed
from heritage3d.image.handed import Handed
from heritage3d.image.header import Header, unsupported
from heritage3d.image.strips import ROOM, Strips
from heritage3d.image.tiff import Page
from heritage3d.image.vips import pyvips

_LOADERS = {
    "TIFF": "tiffload_source",
    "JPEG": "jpegload_source",
    "PNG": "pngload_source",
    "WebP": "webpload_source",
}
# Their decoders read from the first byte to the last.
_STREAMED = {"JPEG", "PNG"}
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}


def fits(header: Header) -> bool:
    """Whether libvips reads this TIFF, and reads it right: tests/image/test_suites.py judges that."""
    page: Page = header.detail
    # libvips 8.18 mixes up the lines of two planes (grey with opacity), so no planes at all; it opens no CIELab.
    plain = header.samples == "unsigned" and header.bits in (1, 2, 4, 8, 16) and not page.planar
    return plain and page.compression in _COMPRESSIONS and header.colour != "Lab"


def open_rows(number: int, header: Header) -> Strips:
    """The rows of the file with this descriptor. Raises header.Fault, pyvips.Error.

    libtiff leaves variants out, and says so before the first row or not at all: that of a TIFF is decoded here.
    """
    if header.format in _STREAMED and os.fstat(number).st_size >= WORTHWHILE and hasattr(os, "sendfile"):
        fed = Fed(number)
        try:
            strips = _opened(fed.source, header)
        except BaseException:
            fed.close()
            raise
        return strips.closing(fed.close)
    os.lseek(number, 0, os.SEEK_SET)
    return _opened(pyvips.Source.new_from_descriptor(number), header)


def _opened(source: Any, header: Header) -> Strips:
    options: dict[str, Any] = {"access": "sequential", "fail_on": "warning"}
    if header.format == "TIFF":
        options["page"] = header.page
    image = pyvips.Operation.call(_LOADERS[header.format], source, **options)
    if (image.width, image.height) != (header.width, header.height):
        raise unsupported(f"its decoder finds {image.width} x {image.height} pixels, its header says otherwise")
    # libvips divides the colours of a TIFF by the opacity while it loads.
    strips = open_image(image, replace(header, premultiplied=False))
    if header.format == "TIFF":
        strips.begin()
    return strips


def open_image(image: Any, header: Header) -> Strips:
    """The rows of a vips image that holds the stored pixels, in sRGB and upright."""
    image = upright(to_srgb(image, header), header.orientation, ROOM)
    if image.format not in ("uchar", "ushort") or image.bands not in (1, 3):
        raise unsupported(f"it decodes to {image.bands} channels of {image.format}")
    stream = Handed(image)
    depth = 8 * stream.dtype.itemsize
    return Strips(image.bands, depth, stream.rows, lambda: stream.read_into, begin=stream.begin, close=stream.close)
