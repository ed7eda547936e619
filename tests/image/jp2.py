"""JPEG 2000 files as we need them for tests: a codestream in the boxes that we choose (ISO/IEC 15444-1, annex I)."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np

from tests.image.pictures import Array


def codestream(pixels: Array, *, mct: bool = True, **options: Any) -> bytes:
    """Lossless, without a file around it."""
    samples = np.ascontiguousarray(pixels if pixels.shape[2] > 1 else pixels[:, :, 0])
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, codecformat="j2k", reversible=True, mct=mct, **options))


def boxed(stream: bytes, pixels: Array, icc: bytes | None = None) -> bytes:
    """A JP2 file of that codestream, with the profile or as sRGB or grey."""
    height, width, bands = pixels.shape
    ihdr = struct.pack(">IIHBBBB", height, width, bands, pixels.dtype.itemsize * 8 - 1, 7, 0, 0)
    colr = b"\x02\0\0" + icc if icc else struct.pack(">BBBI", 1, 0, 0, 17 if bands == 1 else 16)
    head = _box(b"ihdr", ihdr) + _box(b"colr", colr)
    start = _box(b"jP  ", b"\r\n\x87\n") + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + _box(b"jp2h", head) + _box(b"jp2c", stream)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def tiled(pixels: Array, side: int) -> bytes:
    """A codestream of square tiles (``side`` a multiple of 128), put together from one of each tile.

    With one wavelet level and blocks of 64 every tile begins where a block begins, so that the samples are
    coded as in a picture of their own.
    """
    height, width, _bands = pixels.shape
    parts, head, start = [], b"", b""
    for top in range(0, height, side):
        for left in range(0, width, side):
            stream = codestream(pixels[top : top + side, left : left + side], resolutions=2)
            at = stream.index(b"\xff\x90\0\x0a")
            length = int.from_bytes(stream[4:6], "big")
            assert head in (b"", stream[4 + length : at]), "the last tiles are too small for the same coding"
            start, size, head = stream[:4], stream[4 : 4 + length], stream[4 + length : at]
            parts.append(stream[at : at + 4] + struct.pack(">H", len(parts)) + stream[at + 6 : -2])
    size = size[:4] + struct.pack(">8I", width, height, 0, 0, side, side, 0, 0) + size[36:]
    return start + size + head + b"".join(parts) + b"\xff\xd9"
