"""JPEG 2000 and HTJ2K: what the boxes around the codestream say, and decoding (ISO/IEC 15444-1 annex I)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from heritage3d.errors import ImageColoursUnclear
from heritage3d.image import codestream
from heritage3d.image.codestream import Codestream
from heritage3d.image.header import Fault, Header, Read, damaged, sensible_ppi, truncated, unsupported

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_MAX_BOXES = 10_000


def parse(read: Read, size: int) -> Header:
    """The header of a JP2 or JPH file, or of a JPX that says it can be read as one. Raises header.Fault."""
    if read(0, 12) != _SIGNATURE:
        return _bare(codestream.parse(read, 0, size))
    boxes: dict[bytes, bytes] = {}
    colours: list[bytes] = []
    stream: Codestream | None = None
    for name, at, end in _boxes(read, 12, size):
        if name == b"ftyp":
            brands = read(at, min(end - at, 4096))
            if not {b"jp2 ", b"jph "} & {brands[place : place + 4] for place in (0, *range(8, len(brands), 4))}:
                raise unsupported(f"it is JPEG 2000 of the brand {brands[:4].decode('latin-1')!r}")
        elif name == b"jp2h":
            for inner, start, stop in _boxes(read, at, end):
                body = read(start, min(stop - start, 16 << 20))
                colours += [body] if inner == b"colr" else []
                boxes.setdefault(inner, body)
                if inner == b"res ":
                    boxes |= {deep: read(a, min(b - a, 64)) for deep, a, b in _boxes(read, start, stop)}
        elif name == b"jp2c":
            stream = codestream.parse(read, at, end)
            break
    if stream is None:
        raise truncated("its codestream is missing")
    return _header(stream, boxes, _best_colour(colours))


def _bare(stream: Codestream) -> Header:
    """A codestream without a file around it: its colours are clear only where the coder mixed them."""
    if stream.profile & 0x3FFF not in (0, 1, 2):  # cinema is X'Y'Z', broadcast mostly Y'CbCr, Part 2 anything
        raise Fault(ImageColoursUnclear, detail=f"a bare codestream of the profile {stream.profile & 0x3FFF:#x}")
    count = len(stream.bits)
    if count != 1 and not (count == 3 and stream.mixed):
        raise Fault(ImageColoursUnclear, detail=f"a bare codestream of {count} components")
    return _header(stream, {}, None)


def _boxes(read: Read, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the contents of each box."""
    for _count in range(_MAX_BOXES):
        if at + 8 > end:
            return
        length, name = struct.unpack(">I4s", read(at, 8).ljust(8, b"\0"))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", read(at + 8, 8).ljust(8, b"\0"))[0], 16
        stop = end if length == 0 else at + length
        if stop < at + head:
            raise damaged("a box is shorter than its own header")
        if stop > end:
            raise truncated(f"{stop - end} bytes are missing at its end")
        yield name, at + head, stop
        at = stop
    raise damaged("it has too many boxes")


def _best_colour(colours: list[bytes]) -> bytes | None:
    """The colour box to follow: the first that is enumerated or an ICC profile (methods 1 to 3)."""
    return next((body for body in colours if body[:1] in (b"\x01", b"\x02", b"\x03")), None)


def _header(stream: Codestream, boxes: dict[bytes, bytes], colour: bytes | None) -> Header:
    ihdr = boxes.get(b"ihdr", b"")
    if len(ihdr) >= 14:
        height, width, count = struct.unpack(">IIH", ihdr[:10])
        if (width, height, count) != (stream.width, stream.height, len(stream.bits)):
            raise damaged("its header and its codestream state different sizes")
        if ihdr[10] != 255 and any((ihdr[10] & 0x7F) + 1 != bits for bits in stream.bits):
            raise damaged("its header and its codestream state different depths")
    palette = boxes.get(b"pclr")
    bands = palette[2] if palette and len(palette) > 2 else len(stream.bits)
    icc, model = None, {1: "grey", 2: "grey"}.get(bands, "RGB")
    if colour is not None and colour[:1] in (b"\x02", b"\x03"):
        icc = colour[3:]
        model = {b"GRAY": "grey", b"RGB ": "RGB", b"CMYK": "CMYK"}.get(icc[16:20], "?")
    elif colour is not None:
        number = int.from_bytes(colour[3:7], "big")
        model = {12: "CMYK", 16: "RGB", 17: "grey", 18: "YCbCr"}.get(number, f"colour space {number}")
    opacity = _opacity(boxes.get(b"cdef", b""))
    bits = max(stream.bits) if not palette else (palette[3] & 0x7F) + 1
    return Header(
        format="JPEG 2000",
        width=stream.width,
        height=stream.height,
        bits=bits,
        bands=bands,
        colour=model,
        samples="signed" if stream.signed else "unsigned",
        alpha=opacity > 0,
        premultiplied=opacity == 2,
        icc=icc,
        ppi=_ppi(boxes.get(b"resc") or boxes.get(b"resd") or b""),
        compression="HTJ2K" if stream.high_throughput else "JPEG 2000",
        detail=replace(stream, palette=palette is not None),
    )


def _opacity(definitions: bytes) -> int:
    """0 where no channel is opacity, 1 where the last is, 2 where the colours are multiplied with it."""
    entries = list(struct.iter_unpack(">HHH", definitions[2 : 2 + 6 * (len(definitions[2:]) // 6)]))
    straight = all(goal in (0, channel + 1) for channel, kind, goal in entries if kind == 0)
    opaque = [(channel, kind) for channel, kind, _goal in entries if kind in (1, 2)]
    if any(kind > 2 for _channel, kind, _goal in entries) or not straight or len(opaque) > 1:
        raise Fault(ImageColoursUnclear, detail="its channels have an unusual meaning")
    if opaque and opaque[0][0] != len(entries) - 1:
        raise unsupported("its opacity is not the last channel")
    return opaque[0][1] if opaque else 0


def _ppi(body: bytes) -> float | None:
    if len(body) < 10:
        return None
    down, down_below, across, across_below, down_power, across_power = struct.unpack(">HHHHbb", body[:10])
    if not down_below or not across_below:
        return None
    per_metre = (across / across_below * 10.0**across_power, down / down_below * 10.0**down_power)
    return sensible_ppi(per_metre[0] * 0.0254, per_metre[1] * 0.0254)


def check_variant(header: Header) -> None:
    """Refuse what would be a guess. Raises header.Fault."""
    stream: Codestream = header.detail
    if stream.signed or stream.subsampled or len(set(stream.bits)) != 1 or header.bits > 16:
        raise unsupported("its components are signed, subsampled or of different depths")
    if header.colour not in ("grey", "RGB", "CMYK"):
        raise unsupported(f"its colours are {header.colour}")
    if header.bands != {"grey": 1, "RGB": 3, "CMYK": 4}[header.colour] + header.alpha:
        raise Fault(ImageColoursUnclear, detail=f"{header.bands} channels of {header.colour}")
    if stream.palette and header.icc:
        raise unsupported("it has a palette and a colour profile")


def decode(read: Read, header: Header) -> np.ndarray:
    """All pixels: (height, width, bands), uint8 or uint16, full range. Raises header.Fault."""
    stream: Codestream = header.detail
    # Given the whole file, imagecodecs would convert the colours through its profile, and colour.py once more.
    start = 0 if stream.palette else stream.at
    return _decode(read(start, stream.end - start), (header.height, header.width, header.bands), header.bits)


def tile_decoder(read: Read, header: Header) -> Callable[[int, int], np.ndarray]:
    """What gives the pixels of the tile in a column and line of tiles, as ``decode`` gives all."""
    stream: Codestream = header.detail
    tiles = codestream.Tiles(read, stream)

    def tile(column: int, line: int) -> np.ndarray:
        part = stream.grid.tile(column, line)
        shape = (part.y1 - part.y0, part.x1 - part.x0, header.bands)
        return _decode(tiles.alone(column, line), shape, header.bits)

    return tile


def _decode(data: bytes, shape: tuple[int, int, int], bits: int) -> np.ndarray:
    import imagecodecs

    try:
        pixels = imagecodecs.jpeg2k_decode(data, numthreads=1)
    except (imagecodecs.Jpeg2kError, ValueError, RuntimeError, MemoryError) as error:
        raise damaged(str(error).split("\n")[0][:120] or "the decoder gave up") from None
    pixels = pixels.reshape((*shape[:2], -1)) if pixels.size == np.prod(shape) else pixels
    if pixels.shape != shape:
        raise damaged("its decoded size is not that of its header")
    return full_range(pixels, bits)


def full_range(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Samples of ``bits`` spread over the whole range of uint8 or uint16, rounded to nearest."""
    if bits in (8, 16):
        return pixels.astype(np.uint8 if bits == 8 else np.uint16, copy=False)
    top, room = (1 << bits) - 1, 255 if bits < 8 else 65535
    table = (np.arange(top + 1, dtype=np.uint32) * room * 2 + top) // (2 * top)
    spread: np.ndarray = table.astype(np.uint8 if bits < 8 else np.uint16)[np.minimum(pixels, top)]
    return spread
