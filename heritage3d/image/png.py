"""The header of a PNG, and whether its chunks run to the end (W3C PNG, third edition)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from heritage3d.image.exif import read_exif
from heritage3d.image.header import Header, Read, damaged, sensible_ppi, truncated, unsupported

_COLOURS = {0: ("grey", 1), 2: ("RGB", 3), 3: ("palette", 1), 4: ("grey", 2), 6: ("RGB", 4)}
_MAX_PROFILE = 16 << 20


def parse(read: Read, size: int) -> Header:
    """The header of a PNG file. Raises header.Fault."""
    first = read(8, 25)
    if len(first) < 25:
        raise truncated("its header is cut off")
    if first[4:8] != b"IHDR" or first[:4] != b"\0\0\0\x0d":
        raise damaged("its first chunk is not IHDR")
    width, height = int.from_bytes(first[8:12], "big"), int.from_bytes(first[12:16], "big")
    bits, colour_type = first[16], first[17]
    if colour_type not in _COLOURS:
        raise damaged(f"its colour type is {colour_type}")
    colour, bands = _COLOURS[colour_type]
    orientation, ppi, icc, transparent = 1, None, None, False
    for name, at, length in _chunks(read, size):
        if name == b"iCCP" and length < _MAX_PROFILE:
            icc = _profile(read(at, length))
        elif name == b"eXIf" and length < 1 << 20:
            orientation, _ppi = read_exif(read(at, length))
        elif name == b"pHYs" and length == 9:
            ppi = _density(read(at, 9))
        elif name == b"tRNS":
            transparent = True
        elif name == b"acTL":
            raise unsupported("it is an animated PNG")
    return Header(
        format="PNG",
        width=width,
        height=height,
        bits=bits,
        bands=bands,
        colour=colour,
        orientation=orientation,
        alpha=transparent or colour_type in (4, 6),
        icc=icc,
        ppi=ppi,
        compression="deflate",
    )


def _chunks(read: Read, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of each chunk between IHDR and IEND."""
    at = 33
    for _count in range(1_000_000):
        head = read(at, 8)
        if len(head) < 8:
            raise truncated("its last chunk is missing")
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if at + 12 + length > size:
            raise truncated("a chunk is cut off")
        if name == b"IEND":
            return
        yield name, at + 8, length
        at += 12 + length
    raise damaged("it has more than a million chunks")


def _density(body: bytes) -> float | None:
    if body[8] != 1:  # not per metre
        return None
    return sensible_ppi(int.from_bytes(body[:4], "big") * 0.0254, int.from_bytes(body[4:8], "big") * 0.0254)


def _profile(body: bytes) -> bytes | None:
    _name, _zero, rest = body.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(rest[1:], _MAX_PROFILE) or None
    except zlib.error:
        return None
