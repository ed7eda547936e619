"""The codestream of JPEG 2000 and HTJ2K: its size, its completeness, and its tiles one by one.

(ISO/IEC 15444-1 annex A, 15444-15.) OpenJPEG decodes a cut codestream without a word, so the tile parts are
walked before any pixel is made. A tile depends on no other, so each can stand as a codestream of its own:
a tiled scan of any size is decoded in the memory of one row of tiles.
"""

from __future__ import annotations

import collections
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from heritage3d.image.header import Read, damaged, truncated

_MAX_TILE_PARTS = 4_000_000
_START_OF_TILE_PART, _CAPABILITIES, _CODING_STYLE = 0xFF90, 0xFF50, 0xFF52
_PACKED_HEADERS = 0xFF60
_DROPPED = (0xFF51, 0xFF55, 0xFF57, 0xFF63, 0xFF64)  # SIZ is written anew; TLM, PLM, CRG, COM do not fit one tile


class Grid(NamedTuple):
    """The reference grid (A.5.1): the picture's corners, the size of a tile, where the first tile begins."""

    x1: int
    y1: int
    x0: int
    y0: int
    tile_width: int
    tile_height: int
    tile_x: int
    tile_y: int

    @property
    def columns(self) -> int:
        """Tiles beside each other."""
        return -(-(self.x1 - self.tile_x) // self.tile_width)

    @property
    def lines(self) -> int:
        """Rows of tiles."""
        return -(-(self.y1 - self.tile_y) // self.tile_height)

    def tile(self, column: int, line: int) -> Grid:
        """The same grid with one of its tiles for a picture."""
        left, up = self.tile_x + column * self.tile_width, self.tile_y + line * self.tile_height
        x1, y1 = min(self.x1, left + self.tile_width), min(self.y1, up + self.tile_height)
        return Grid(x1, y1, max(self.x0, left), max(self.y0, up), self.tile_width, self.tile_height, left, up)


@dataclass(frozen=True)
class Codestream:
    """What the main header says. ``at`` and ``end`` are places in the file."""

    at: int
    end: int
    grid: Grid
    bits: tuple[int, ...]
    signed: bool
    subsampled: bool
    profile: int
    components: bytes = field(repr=False)  # of the size marker, as it is
    high_throughput: bool = False
    mixed: bool = False  # three components were turned into brightness and colour differences: they are RGB
    palette: bool = False
    separable: bool = True  # each tile carries its own packet headers

    @property
    def width(self) -> int:
        """Pixels of the picture."""
        return self.grid.x1 - self.grid.x0

    @property
    def height(self) -> int:
        """Pixels of the picture."""
        return self.grid.y1 - self.grid.y0

    @property
    def tiles(self) -> int:
        """All tiles."""
        return self.grid.columns * self.grid.lines


def parse(read: Read, at: int, end: int) -> Codestream:
    """The main header of a codestream whose tile parts are all there. Raises header.Fault."""
    head = read(at, 8)
    if head[:4] != b"\xff\x4f\xff\x51" or len(head) < 8:
        raise damaged("its codestream does not begin with its size")
    length = struct.unpack(">H", head[4:6])[0]
    body = read(at + 6, length - 2)
    if len(body) < length - 2 or length < 41:
        raise truncated("its codestream is cut off")
    profile, *numbers, count = struct.unpack_from(">HIIIIIIIIH", body)
    grid = Grid(*numbers)
    parts = [body[36 + 3 * each : 39 + 3 * each] for each in range(count)]
    possible = grid.x1 > grid.x0 >= grid.tile_x and grid.y1 > grid.y0 >= grid.tile_y
    if count < 1 or len(parts[-1]) < 3 or not possible or grid.tile_width < 1 or grid.tile_height < 1:
        raise damaged("the size in its codestream is impossible")
    stream = Codestream(
        at=at,
        end=end,
        grid=grid,
        bits=tuple((part[0] & 0x7F) + 1 for part in parts),
        signed=any(part[0] & 0x80 for part in parts),
        subsampled=any(part[1] != 1 or part[2] != 1 for part in parts),
        profile=profile,
        components=body[34 : 36 + 3 * count],
    )
    for name, place, _length in main_header(read, stream):
        if name == _CAPABILITIES:
            stream = replace(stream, high_throughput=bool(read(place + 5, 1)[0] & 2))  # bit 15 of Pcap from the top
        elif name == _CODING_STYLE:
            stream = replace(stream, mixed=read(place + 8, 1) == b"\1")
        elif name == _PACKED_HEADERS:
            stream = replace(stream, separable=False)
    _count_parts(read, stream)
    return stream


def main_header(read: Read, stream: Codestream) -> Iterator[tuple[int, int, int]]:
    """Marker, place and whole length of each segment before the first tile part."""
    at = stream.at + 2
    while True:
        start = read(at, 4)
        if len(start) < 4 or at + 4 > stream.end:
            raise truncated("its codestream has no end")
        name, length = struct.unpack(">HH", start)
        if name == _START_OF_TILE_PART:
            return
        if name <= 0xFF4F or length < 2:
            raise damaged("its codestream is not a list of markers")
        yield name, at, 2 + length
        at += 2 + length


def tile_parts(read: Read, stream: Codestream) -> Iterator[tuple[int, int, int, int]]:
    """Tile, place, length and promised number of its parts, of every tile part up to the end."""
    at = stream.at + 2 + sum(length for _name, _at, length in main_header(read, stream))
    for _count in range(_MAX_TILE_PARTS):
        marker = read(at, 12)
        if marker[:2] == b"\xff\xd9":
            return
        if at + 12 > stream.end or len(marker) < 12:
            raise truncated("its codestream has no end")
        name, tile, length, _index, count = struct.unpack(">H2xHIBB", marker)
        if name != _START_OF_TILE_PART:
            raise damaged("its codestream is not a list of markers")
        last = length == 0  # it runs to the end
        if last and read(stream.end - 2, 2) != b"\xff\xd9":
            raise truncated("its codestream has no end")
        length = stream.end - 2 - at if last else length
        if length < 14 or at + length > stream.end:
            raise truncated("a tile part is cut off")
        yield tile, at, length, count
        at += length
        if last:
            return
    raise damaged("it has too many tile parts")


def _count_parts(read: Read, stream: Codestream) -> None:
    parts: collections.Counter[int] = collections.Counter()
    promised: dict[int, int] = {}
    for tile, _at, _length, count in tile_parts(read, stream):
        parts[tile] += 1
        promised[tile] = count or promised.get(tile, 0)
    if len(parts) < stream.tiles:
        raise truncated(f"{stream.tiles - len(parts)} of its {stream.tiles} tiles are missing")
    if any(count and parts[tile] != count for tile, count in promised.items()):
        raise damaged("it has not as many tile parts as it says")
    if max(parts) >= stream.tiles:
        raise damaged("it has tiles beyond its size")


class Tiles:
    """The tiles of a codestream, each as a codestream of its own."""

    def __init__(self, read: Read, stream: Codestream) -> None:
        self._read, self._stream = read, stream
        kept = (segment for segment in main_header(read, stream) if segment[0] not in _DROPPED)
        self._head = b"".join(read(at, length) for _name, at, length in kept)
        self._parts: dict[int, list[tuple[int, int]]] = collections.defaultdict(list)
        for tile, at, length, _count in tile_parts(read, stream):
            self._parts[tile].append((at, length))

    def alone(self, column: int, line: int) -> bytes:
        """The codestream of one tile; its place on the reference grid stays, and with it every coefficient."""
        size = struct.pack(">H8I", self._stream.profile, *self._stream.grid.tile(column, line))
        size += self._stream.components
        content = [b"\xff\x4f\xff\x51", struct.pack(">H", len(size) + 2), size, self._head]
        for at, length in self._parts[line * self._stream.grid.columns + column]:
            part = self._read(at, length)
            content += [part[:4], b"\0\0", struct.pack(">I", length), part[10:]]
        return b"".join([*content, b"\xff\xd9"])
