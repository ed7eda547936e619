"""JPEG 2000 and HTJ2K: header, completeness and decoding (ISO/IEC 15444-1 annexes A and I, 15444-15).

OpenJPEG decodes a cut codestream without a word, so the tile parts are walked before any pixel is made.
"""

from __future__ import annotations

import collections
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from heritage3d.image.header import Header, Read, damaged, sensible_ppi, truncated, unsupported

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_MAX_BOXES = 10_000
_MAX_TILE_PARTS = 4_000_000
_START_OF_TILE_PART, _CAPABILITIES = 0xFF90, 0xFF50


@dataclass(frozen=True)
class Codestream:
    """The size marker: reference grid, components, and whether the blocks are high-throughput."""

    at: int
    width: int
    height: int
    bits: tuple[int, ...]
    signed: bool
    subsampled: bool
    tiles: int
    high_throughput: bool


def parse(read: Read, size: int) -> Header:
    """The header of a JP2 or JPH file, or of a JPX that says it can be read as one. Raises header.Fault."""
    if read(0, 12) != _SIGNATURE:
        raise unsupported("it is a bare codestream, which does not say what its colours are")
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
            stream = _codestream(read, at, end)
            break
    if stream is None:
        raise truncated("its codestream is missing")
    return _header(stream, boxes, _best_colour(colours))


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


def _codestream(read: Read, at: int, end: int) -> Codestream:
    head = read(at, 8)
    if head[:4] != b"\xff\x4f\xff\x51" or len(head) < 8:
        raise damaged("its codestream does not begin with its size")
    length = struct.unpack(">H", head[4:6])[0]
    body = read(at + 6, length - 2)
    if len(body) < length - 2 or length < 41:
        raise truncated("its codestream is cut off")
    _rsiz, x1, y1, x0, y0, tw, th, tx, ty, count = struct.unpack_from(">HIIIIIIIIH", body)
    parts = [body[36 + 3 * each : 39 + 3 * each] for each in range(count)]
    if count < 1 or len(parts[-1]) < 3 or x1 <= x0 or y1 <= y0 or tw < 1 or th < 1 or tx > x0 or ty > y0:
        raise damaged("the size in its codestream is impossible")
    tiles = -(-(x1 - tx) // tw) * -(-(y1 - ty) // th)
    stream = Codestream(
        at=at,
        width=x1 - x0,
        height=y1 - y0,
        bits=tuple((part[0] & 0x7F) + 1 for part in parts),
        signed=any(part[0] & 0x80 for part in parts),
        subsampled=any(part[1] != 1 or part[2] != 1 for part in parts),
        tiles=tiles,
        high_throughput=False,
    )
    return replace(stream, high_throughput=_walk(read, at + 4 + length, end, tiles))


def _walk(read: Read, at: int, end: int, tiles: int) -> bool:
    """Follow the markers to the end of the codestream; tell whether a CAP marker announces Part 15."""
    high_throughput = False
    parts: collections.Counter[int] = collections.Counter()
    promised: dict[int, int] = {}
    for _count in range(_MAX_TILE_PARTS):
        marker = read(at, 12)
        if marker[:2] == b"\xff\xd9":
            break
        if at + 12 > end or len(marker) < 12:
            raise truncated("its codestream has no end")
        name, length = struct.unpack(">HH", marker[:4])
        if name == _START_OF_TILE_PART:
            tile, part_length, _index, count = struct.unpack(">HIBB", marker[4:12])
            parts[tile] += 1
            promised[tile] = count or promised.get(tile, 0)
            if part_length == 0:  # it runs to the end
                if read(end - 2, 2) != b"\xff\xd9":
                    raise truncated("its codestream has no end")
                break
            if part_length < 14 or at + part_length > end:
                raise truncated("a tile part is cut off")
            at += part_length
            continue
        if not 0xFF4F < name <= 0xFFFF or parts:
            raise damaged("its codestream is not a list of markers")
        if name == _CAPABILITIES:
            high_throughput = bool(struct.unpack(">I", marker[4:8])[0] >> (32 - 15) & 1)
        at += 2 + length
    if len(parts) < tiles:
        raise truncated(f"{tiles - len(parts)} of its {tiles} tiles are missing")
    if any(count and parts[tile] != count for tile, count in promised.items()):
        raise damaged("it has not as many tile parts as it says")
    return high_throughput


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
        detail=stream,
    )


def _opacity(definitions: bytes) -> int:
    """0 where no channel is opacity, 1 where the last is, 2 where the colours are multiplied with it."""
    entries = list(struct.iter_unpack(">HHH", definitions[2 : 2 + 6 * (len(definitions[2:]) // 6)]))
    straight = all(goal in (0, channel + 1) for channel, kind, goal in entries if kind == 0)
    opaque = [(channel, kind) for channel, kind, _goal in entries if kind in (1, 2)]
    if any(kind > 2 for _channel, kind, _goal in entries) or not straight or len(opaque) > 1:
        raise unsupported("its channels have an unusual meaning")
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


def decode(data: bytes, header: Header) -> np.ndarray:
    """All pixels: (height, width, bands), uint8 or uint16, full range. Raises header.Fault."""
    import imagecodecs

    stream: Codestream = header.detail
    if stream.signed or stream.subsampled or len(set(stream.bits)) != 1 or header.bits > 16:
        raise unsupported("its components are signed, subsampled or of different depths")
    if header.colour not in ("grey", "RGB", "CMYK"):
        raise unsupported(f"its colours are {header.colour}")
    if header.bands != {"grey": 1, "RGB": 3, "CMYK": 4}[header.colour] + header.alpha:
        raise unsupported(f"it has {header.bands} channels of {header.colour} and does not say what for")
    try:
        pixels = imagecodecs.jpeg2k_decode(data, numthreads=1)
    except (imagecodecs.Jpeg2kError, ValueError, RuntimeError, MemoryError) as error:
        raise damaged(str(error).split("\n")[0][:120] or "the decoder gave up") from None
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
    if pixels.shape != (header.height, header.width, header.bands):
        raise damaged("its decoded size is not that of its header")
    return full_range(pixels, header.bits)


def full_range(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Samples of ``bits`` spread over the whole range of uint8 or uint16, rounded to nearest."""
    if bits in (8, 16):
        return pixels.astype(np.uint8 if bits == 8 else np.uint16, copy=False)
    top, room = (1 << bits) - 1, 255 if bits < 8 else 65535
    table = (np.arange(top + 1, dtype=np.uint32) * room * 2 + top) // (2 * top)
    spread: np.ndarray = table.astype(np.uint8 if bits < 8 else np.uint16)[np.minimum(pixels, top)]
    return spread
