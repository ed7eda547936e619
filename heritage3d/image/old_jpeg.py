"""Old-style JPEG in TIFF (TIFF 6.0 section 22, withdrawn 1995): what scanners of the nineties wrote.

Every maker read the section another way, so the parts are put together as one ordinary JPEG: the stream as
it lies in the file where it is whole, else the tables (from the stream's beginning, or from the tags) and the
strips behind them. What does not come out as such a stream is refused.
"""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from fractions import Fraction

import numpy as np

from heritage3d.image.header import Header, Read, damaged, truncated, unsupported
from heritage3d.image.strips import Rows, Strips
from heritage3d.image.through_imagecodecs import converted
from heritage3d.image.tiff import Page
from heritage3d.image.vips import pyvips

_MAX_PIXELS = 100_000_000  # those scanners knew no larger ones
_MAX_BYTES = 256 << 20
_NO_HEADROOM = (0, 255, 128, 255, 128, 255)


def open_rows(number: int, header: Header) -> Strips:
    """The rows of the file with this descriptor. Raises header.Fault."""
    page: Page = header.detail
    if page.photometric not in (1, 6) or page.samples != {1: 1, 6: 3}[page.photometric] or header.bits != 8:
        raise unsupported(f"it is old-style JPEG of {page.samples} channels of {header.colour}")
    if header.width * header.height > _MAX_PIXELS:
        raise unsupported("it is old-style JPEG of an impossible size")
    size = os.fstat(number).st_size
    stream = assemble(lambda at, length: os.pread(number, length, at), size, page)

    def rows() -> Rows:
        yield _colours(_decode(stream, page), page)

    return converted(rows, replace(header, colour="grey" if page.samples == 1 else "RGB"))


def assemble(read: Read, size: int, page: Page) -> bytes:
    """One ordinary JPEG stream. Raises header.Fault."""
    at, length = page.number(513, 0), page.number(514, 0)
    if at and length:
        if at + length > size:
            raise truncated("its JPEG stream is cut off")
        given = read(at, min(length, _MAX_BYTES))
        markers = _markers(given)
        if 0xC0 not in markers:
            raise unsupported("its old-style JPEG stream has no frame")
        if 0xDA in markers:
            end = markers[0xDA] + 2 + struct.unpack_from(">H", given, markers[0xDA] + 2)[0]
            # Some makers leave the spectral range empty; a baseline scan has only one.
            return given[: end - 3] + b"\0\x3f\0" + given[end:].removesuffix(b"\xff\xd9") + b"\xff\xd9"
        tables = given[2:].removesuffix(b"\xff\xd9")
    else:
        tables = _tables(read, page) + _frame(page)
    return b"\xff\xd8" + tables + _scan(read, size, page) + b"\xff\xd9"


def _markers(stream: bytes) -> dict[int, int]:
    """The markers before the first sample and their places. Raises header.Fault."""
    if stream[:2] != b"\xff\xd8":
        raise damaged("its JPEG stream has no beginning")
    found, at = {}, 2
    while at + 4 <= len(stream) and stream[at] == 0xFF:
        found[stream[at + 1]] = at
        if stream[at + 1] in (0xDA, 0xD9):
            break
        at += 2 + struct.unpack_from(">H", stream, at + 2)[0]
    return found


def _tables(read: Read, page: Page) -> bytes:
    """Quantisation and Huffman tables, where the tags say that they lie."""
    content = b""
    for number, at in enumerate(_places(page, 519)):
        content += b"\xff\xdb" + struct.pack(">HB", 67, number) + read(at, 64)
    for kind, tag in ((0x00, 520), (0x10, 521)):
        for number, at in enumerate(_places(page, tag)):
            counts = read(at, 16)
            values = read(at + 16, sum(counts))
            content += b"\xff\xc4" + struct.pack(">HB", 19 + len(values), kind | number) + counts + values
    return content


def _places(page: Page, tag: int) -> tuple[int, ...]:
    places = page.tags.get(tag, ())
    if len(places) < page.samples or page.samples > 4:
        raise unsupported("its old-style JPEG tables are missing")
    return tuple(int(at) for at in places[: page.samples])


def _frame(page: Page) -> bytes:
    width, height = (page.number(322, 0), page.number(323, 0)) if page.tiled else page.size
    across, down = _sampling(page)
    parts = b"".join(
        bytes((number + 1, (across << 4 | down) if number == 0 else 0x11, number)) for number in range(page.samples)
    )
    return b"\xff\xc0" + struct.pack(">HBHHB", 8 + 3 * page.samples, 8, height, width, page.samples) + parts


def _sampling(page: Page) -> tuple[int, int]:
    if page.samples == 1:
        return 1, 1
    values = page.tags.get(530, (2, 2))
    across, down = int(values[0]), int(values[-1])
    if across not in (1, 2, 4) or down not in (1, 2, 4):
        raise damaged("its colours are subsampled in an impossible way")
    return across, down


def _scan(read: Read, size: int, page: Page) -> bytes:
    """The samples of all strips, each begun anew, as the restart markers between them say."""
    offsets, counts = page.chunks
    if not offsets or len(offsets) != len(counts) or (page.tiled and len(offsets) > 1):
        raise unsupported("its old-style JPEG lies in tiles, or nowhere")
    if max(at + length for at, length in zip(offsets, counts, strict=True)) > size or sum(counts) > _MAX_BYTES:
        raise truncated("its pixels are cut off")
    strips = [read(at, length) for at, length in zip(offsets, counts, strict=True)]
    head = b"\xff\xda" + struct.pack(">HB", 6 + 2 * page.samples, page.samples)
    head += b"".join(bytes((number + 1, number << 4 | number)) for number in range(page.samples)) + b"\0\x3f\0"
    if strips[0][:2] == b"\xff\xda":
        length = 2 + int.from_bytes(strips[0][2:4], "big")
        head, strips[0] = strips[0][:length], strips[0][length:]
    if len(strips) == 1:
        return head + strips[0].removesuffix(b"\xff\xd9")
    across, down = _sampling(page)
    blocks = -(-page.size[0] // (8 * across)) * -(-page.number(278, page.size[1]) // (8 * down))
    marked = [strip + bytes((0xFF, 0xD0 + number % 8)) for number, strip in enumerate(strips[:-1])]
    return b"\xff\xdd\0\x04" + struct.pack(">H", blocks & 0xFFFF) + head + b"".join(marked) + strips[-1]


def _decode(stream: bytes, page: Page) -> np.ndarray:
    """Samples as they are stored, (height, width, samples) uint8. Raises header.Fault, pyvips.Error."""
    import imagecodecs

    width, height = page.size
    # libvips tells what is missing, and libjpeg-turbo gives the samples before they become colours.
    judged = pyvips.Image.jpegload_buffer(stream, fail_on="warning", access="sequential")
    if judged.width < width or judged.height < height or judged.bands != page.samples:
        raise damaged("its old-style JPEG stream has another size than its tags say")
    judged.avg()
    space = "ycbcr" if page.samples == 3 else "grayscale"
    try:
        found = imagecodecs.jpeg8_decode(stream, colorspace=space, outcolorspace=space)
    except (imagecodecs.Jpeg8Error, ValueError, RuntimeError) as error:
        raise damaged(str(error).split("\n")[0][:120]) from None
    return np.asarray(found).reshape(judged.height, judged.width, page.samples)[:height, :width]


def _colours(samples: np.ndarray, page: Page) -> np.ndarray:
    """RGB from brightness and colour differences, with the headroom that the file states (TIFF 6.0, section 21)."""
    if page.samples == 1:
        return samples
    shares = [
        float(value) for value in page.tags.get(529, (Fraction(299, 1000), Fraction(587, 1000), Fraction(57, 500)))
    ]
    ends = [float(value) for value in page.tags.get(532, _NO_HEADROOM)]
    if len(shares) != 3 or len(ends) != 6 or not shares[1] or any(ends[at] == ends[at + 1] for at in (0, 2, 4)):
        raise damaged("its colours are described in an impossible way")
    value = samples.astype(np.float32)
    light = (value[:, :, 0] - ends[0]) * (255 / (ends[1] - ends[0]))
    blue = (value[:, :, 1] - ends[2]) * (127 / (ends[3] - ends[2]))
    red = (value[:, :, 2] - ends[4]) * (127 / (ends[5] - ends[4]))
    r, b = light + red * (2 - 2 * shares[0]), light + blue * (2 - 2 * shares[2])
    g = (light - shares[0] * r - shares[2] * b) / shares[1]
    return np.clip(np.stack([r, g, b], axis=2) + 0.5, 0, 255).astype(np.uint8)
