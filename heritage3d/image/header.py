"""What an image file says of itself, read from its first bytes and never from its pixels.

Nothing heavy is imported here: ``ingest`` and ``info`` call it for every file of a night.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from heritage3d.errors import (
    CaptureUnreadable,
    ImageEmpty,
    ImageError,
    ImageFormatRefused,
    ImageFormatUnknown,
    ImageTooLarge,
    ImageTruncated,
    ImageUnsupported,
)
from heritage3d.pipeline import limits

ImageFormat = Literal["TIFF", "JPEG", "PNG", "WebP", "JPEG 2000", "camera raw"]

#: ``read(offset, length)`` returns the bytes there, fewer at the end of the file.
Read = Callable[[int, int], bytes]

# Recognised only so that the refusal can name them (and never reach a loader that nobody fuzzes).
_STRANGERS: tuple[tuple[bytes, int, str], ...] = (
    (b"GIF8", 0, "GIF"),
    (b"BM", 0, "BMP"),
    (b"8BPS", 0, "Photoshop PSD"),
    (b"%PDF", 0, "PDF"),
    (b"%!PS", 0, "PostScript"),
    (b"ftyphei", 4, "HEIC"),
    (b"ftyphevc", 4, "HEIC"),
    (b"ftypmif1", 4, "HEIF"),
    (b"ftypmsf1", 4, "HEIF"),
    (b"ftypavi", 4, "AVIF"),
    (b"ftyp", 4, "a film"),
    (b"moov", 4, "a film"),
    (b"mdat", 4, "a film"),
    (b"AVI ", 8, "a film"),
    (b"FLV\x01", 0, "a film"),
    (b"\0\0\x01\xba", 0, "a film"),
    (b"\x1aE\xdf\xa3", 0, "a film"),
    (b"FOVb", 0, "Sigma X3F raw"),
    (b"\0MRM", 0, "Minolta raw"),
    (b"\xff\x0a", 0, "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", 0, "JPEG XL"),
    (b"II\xbc\x01", 0, "JPEG XR"),
    (b"v/1\x01", 0, "OpenEXR"),
    (b"SIMPLE  =", 0, "FITS"),
    (b"#?RADIANCE", 0, "Radiance HDR"),
    (b"AT&TFORM", 0, "DjVu"),
    (b"DICM", 128, "DICOM"),
    (b"/* XPM", 0, "XPM"),
    (b"<svg", 0, "SVG"),
    (b"<?xml", 0, "XML"),
    (b"PK\x03\x04", 0, "ZIP"),
    *((b"P%d" % number, 0, "Netpbm") for number in range(1, 8)),
)
_RAWS: tuple[tuple[bytes, int], ...] = (
    (b"ftypcrx ", 4),  # Canon CR3
    (b"FUJIFILMCCD-RAW", 0),
    (b"IIU\0", 0),  # Panasonic RW2
    (b"IIRO", 0),  # Olympus ORF
    (b"IIRS", 0),
    (b"MMOR", 0),
    (b"II*\0\x10\0\0\0CR", 0),  # Canon CR2
)


@dataclass(frozen=True)
class Header:
    """The technical metadata of one image.

    ``width`` and ``height`` are those of the stored pixels; ``upright`` gives them as people see the
    picture, after the orientation. ``bits`` is per sample, ``bands`` counts every stored channel.
    ``colour`` is the model that the file declares: grey, RGB, palette, CMYK, Lab, YCbCr, or what else
    the file calls it. ``ppi`` is None where the file does not say, or says something absurd.
    """

    format: ImageFormat
    width: int
    height: int
    bits: int
    bands: int
    colour: str
    samples: Literal["unsigned", "signed", "float"] = "unsigned"
    orientation: int = 1
    alpha: bool = False
    premultiplied: bool = False  # the colours are already multiplied with the opacity
    icc: bytes | None = None
    ppi: float | None = None
    compression: str = ""
    page: int = 0
    detail: Any = None  # what only the reader of that format needs

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as people see the picture (EXIF 2.32, tag Orientation)."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def sniff(head: bytes) -> ImageFormat | None:
    """The image format whose magic bytes these are (at least 16), or None.

    Many raw files begin as a TIFF; ``is_raw`` tells them apart.
    """
    if any(head[at : at + len(magic)] == magic for magic, at in _RAWS):
        return "camera raw"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:12] == b"\0\0\0\x0cjP  \r\n\x87\n" or head[:4] == b"\xff\x4f\xff\x51":
        return "JPEG 2000"
    return None


def read_header(path: Path) -> Header:
    """The header of an image, judged by its content and checked against the limits.

    Raises ImageEmpty, ImageFormatUnknown, ImageUnsupported, ImageTooLarge, ImageTruncated, ImageRawRefused,
    ImageTooSlow, ImageError and CaptureUnreadable.
    """
    try:
        with path.open("rb") as stream:
            header = _parse(stream.fileno(), *_reader(stream.fileno()))
    except OSError as error:
        raise CaptureUnreadable(file=path, detail=error.strerror or "input/output error") from error
    except Fault as fault:
        raise fault.error(file=path, **fault.fields) from None
    if header.width < 1 or header.height < 1:
        raise ImageError(file=path, detail=f"its header says {header.width} x {header.height} pixels")
    if header.width * header.height > limits.MAX_PIXELS:
        pixels = header.width * header.height
        raise ImageTooLarge(file=path, pixels=pixels, limit=limits.MAX_PIXELS)
    return header


def is_raw(path: Path) -> bool:
    """Whether this is a camera raw file, those that begin as a TIFF included. Raises OSError."""
    from heritage3d.image import tiff

    with path.open("rb") as stream:
        read, size = _reader(stream.fileno())
        kind = sniff(read(0, 64))
        return kind == "camera raw" or (kind == "TIFF" and tiff.is_raw(read, size))


def _reader(number: int) -> tuple[Read, int]:
    size = os.fstat(number).st_size
    return (lambda offset, length: os.pread(number, length, offset) if offset < size else b""), size


class Fault(Exception):
    """Raised by the parsers, which do not know the path; ``read_header`` turns it into the person's error."""

    def __init__(self, error: type[ImageError], **fields: Any) -> None:
        super().__init__(error.__name__, fields)
        self.error, self.fields = error, fields


def truncated(detail: str) -> Fault:
    """The file ends too early."""
    return Fault(ImageTruncated, detail=detail)


def damaged(detail: str) -> Fault:
    """The header contradicts itself."""
    return Fault(ImageError, detail=detail)


def unsupported(detail: str) -> Fault:
    """A variant that we do not decode."""
    return Fault(ImageUnsupported, detail=detail)


def _parse(number: int, read: Read, size: int) -> Header:
    from heritage3d.image import jpeg, jpeg2000, png, raw, tiff, webp

    if size == 0:
        raise Fault(ImageEmpty)
    head = read(0, 160)
    parsers: dict[ImageFormat, Callable[[Read, int], Header]] = {
        "TIFF": tiff.parse,
        "JPEG": jpeg.parse,
        "PNG": png.parse,
        "WebP": webp.parse,
        "JPEG 2000": jpeg2000.parse,
    }
    kind = sniff(head)
    if kind is None:
        named = next((name for magic, at, name in _STRANGERS if head[at : at + len(magic)] == magic), None)
        if named:
            raise Fault(ImageFormatRefused, detail=f"it is {named}")
        raise Fault(ImageFormatUnknown, detail="its first bytes belong to no image")
    if kind == "camera raw" or (kind == "TIFF" and tiff.is_raw(read, size)):
        return raw.parse(number, read, size)
    return parsers[kind](read, size)


def sensible_ppi(x: float, y: float) -> float | None:
    """Pixels per inch where both axes agree within one part in a hundred and the value is possible."""
    if not (10 <= x <= 100_000) or abs(x - y) > 0.01 * x:
        return None
    return round(x, 2)
