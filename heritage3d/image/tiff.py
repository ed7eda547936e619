"""The header of a TIFF or BigTIFF: its pages, and whether all their bytes are there (TIFF 6.0, Adobe 1992).

Written for hostile files: every count is checked before anything of that size is read, and a chain of
pages that bites its tail ends.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from heritage3d.errors import ImageColoursUnclear, ImageManyPages
from heritage3d.image.header import Fault, Header, Read, damaged, sensible_ppi, truncated, unsupported

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MAX_PAGES = 64  # a master has one page; a pyramid of a 4-gigapixel scan has ten
_MAX_ENTRIES = 4096
_MAX_VALUE_BYTES = 64 << 20
_SENSOR = (32803, 34892)  # PhotometricInterpretation: colour filter array, linear raw

COMPRESSIONS = {
    1: "none", 2: "CCITT RLE", 3: "CCITT G3", 4: "CCITT G4", 5: "LZW", 6: "old-style JPEG", 7: "JPEG", 8: "deflate",
    32771: "CCITT RLEW", 32773: "PackBits", 32946: "deflate", 34676: "SGILog", 34677: "SGILog24", 34712: "JPEG 2000",
    34925: "LZMA", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL",
}  # fmt: skip
COLOURS = {
    0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab", 10: "Lab",
    32803: "colour filter array", 32844: "LogL", 32845: "LogLuv", 34892: "linear raw",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One image file directory: the tags that matter, and where its pixels lie."""

    index: int
    order: str
    tags: dict[int, tuple[Any, ...]] = field(repr=False)

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag, or the default."""
        value = self.tags.get(tag, (default,))
        return int(value[0]) if value and isinstance(value[0], int) else default

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.number(256, 0), self.number(257, 0)

    @property
    def tiled(self) -> bool:
        """Tiles, not strips."""
        return 322 in self.tags

    @property
    def planar(self) -> bool:
        """One plane for each channel."""
        return self.number(284, 1) == 2

    @property
    def compression(self) -> int:
        """Tag Compression."""
        return self.number(259, 1)

    @property
    def photometric(self) -> int:
        """Tag PhotometricInterpretation, -1 where it is missing."""
        return self.number(262, -1)

    @property
    def bits(self) -> tuple[int, ...]:
        """Bits of a sample, one for each channel."""
        return tuple(int(value) for value in self.tags.get(258, (1,)))

    @property
    def samples(self) -> int:
        """Channels of a pixel."""
        return self.number(277, 1)

    @property
    def extras(self) -> tuple[int, ...]:
        """What the channels beyond the colours are: 0 unspecified, 1 and 2 opacity (tag ExtraSamples)."""
        return tuple(int(value) for value in self.tags.get(338, ()) if isinstance(value, int))

    @property
    def chunks(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Offsets and byte counts of the strips or tiles."""
        # Early writers put the places of tiles into the tags of strips; libtiff accepts that too.
        offsets, counts = (324, 325) if self.tiled and 324 in self.tags else (273, 279)
        return self.tags.get(offsets, ()), self.tags.get(counts, ())


def parse(read: Read, size: int) -> Header:
    """The header of the page that is the picture. Raises header.Fault."""
    page = _picture(pages(read, size))
    width, height = page.size
    _check_chunks(page, size)
    formats = set(page.tags.get(339, (1,)))
    colour = COLOURS.get(page.photometric, f"photometric {page.photometric}")
    _check_extras(page, colour)
    names: dict[int, Literal["unsigned", "signed", "float"]] = {1: "unsigned", 2: "signed", 3: "float", 4: "unsigned"}
    if len(formats) != 1 or not formats <= set(names):
        raise unsupported(f"its sample format is {sorted(formats)}")
    if len(set(page.bits)) != 1:
        raise unsupported(f"its channels have {', '.join(map(str, page.bits))} bits")
    icc = page.tags.get(34675)
    orientation = page.number(274, 1)
    return Header(
        format="TIFF",
        width=width,
        height=height,
        bits=page.bits[0],
        bands=page.samples,
        colour=colour,
        samples=names[formats.pop()],
        orientation=orientation if 1 <= orientation <= 8 else 1,
        alpha=page.number(338, 0) in (1, 2),
        premultiplied=page.number(338, 0) == 1,
        icc=icc[0] if icc else None,
        ppi=resolution(page),
        compression=COMPRESSIONS.get(page.compression, str(page.compression)),
        page=page.index,
        detail=page,
    )


def is_raw(read: Read, size: int) -> bool:
    """Whether this TIFF is a camera raw file: a DNG, or a page anywhere in it that is samples of a sensor."""
    try:
        return any(50706 in page.tags or page.photometric in _SENSOR for page in pages(read, size, deep=True))
    except Fault:
        return False  # whatever is wrong with it, ``parse`` will say


def _check_extras(page: Page, colour: str) -> None:
    """Channels beyond the colours must be told: infrared of a scanner and masks are left out, opacity comes first."""
    spare = page.samples - {"grey": 1, "palette": 1, "CMYK": 4}.get(colour, 3)
    if spare > 0 and (len(page.extras) < spare or any(kind in (1, 2) for kind in page.extras[1:])):
        raise Fault(ImageColoursUnclear, detail=f"it has {page.samples} channels of {colour}")


def pages(read: Read, size: int, *, deep: bool = False) -> list[Page]:
    """The pages of the main chain, in order, with ``deep`` their sub-pages too. Raises header.Fault."""
    head = read(0, 16)
    order = "<" if head[:2] == b"II" else ">"
    (magic,) = struct.unpack_from(order + "H", head.ljust(16, b"\0"), 2)
    big = magic == 43
    if len(head) < (16 if big else 8):
        raise truncated("it holds only a few bytes")
    if big and head[4:8] != struct.pack(order + "HH", 8, 0):
        raise damaged("its BigTIFF header is wrong")
    (first,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
    found: list[Page] = []
    seen: set[int] = set()
    waiting = [first]  # the last is next
    while waiting:
        offset = waiting.pop()
        if offset == 0:
            continue
        if offset in seen:
            raise damaged("its list of pages runs in a circle")
        if len(found) >= _MAX_PAGES:
            raise unsupported(f"it holds more than {_MAX_PAGES} pages")
        if offset >= size:
            raise truncated("its list of pages lies beyond the end of the file")
        seen.add(offset)
        tags, following = directory(read, size, offset, order, big)
        found.append(Page(len(found), order, tags))
        waiting.append(following)
        if deep:
            waiting += [place for place in reversed(tags.get(330, ())) if isinstance(place, int)]
    if not found:
        raise damaged("it holds no page")
    return found


def directory(read: Read, size: int, offset: int, order: str, big: bool) -> tuple[dict[int, tuple[Any, ...]], int]:
    """The tags of one directory and the offset of the next. Raises header.Fault."""
    width, letter, entry_bytes, inline = (8, "Q", 20, 8) if big else (2, "H", 12, 4)
    raw = read(offset, width)
    if len(raw) < width:
        raise truncated("a page is cut off")
    (count,) = struct.unpack(order + letter, raw)
    if not 0 < count <= _MAX_ENTRIES:
        raise damaged(f"a page claims {count} tags")
    table = read(offset + width, count * entry_bytes + inline)
    if len(table) < count * entry_bytes:
        raise truncated("the tags of a page are cut off")
    tags: dict[int, tuple[Any, ...]] = {}
    for at in range(0, count * entry_bytes, entry_bytes):
        tag, kind, number = struct.unpack_from(order + ("HHQ" if big else "HHI"), table, at)
        if kind not in _SIZES or tag in tags:
            continue
        length = _SIZES[kind] * number
        place = table[at + entry_bytes - inline : at + entry_bytes]
        if length > inline:
            (where,) = struct.unpack(order + ("Q" if big else "I"), place)
            if length > _MAX_VALUE_BYTES or where + length > size:
                raise truncated(f"the value of tag {tag} lies beyond the end of the file")
            place = read(where, length)
        tags[tag] = _values(place[:length], kind, number, order)
    tail = table[count * entry_bytes :]
    return tags, struct.unpack(order + ("Q" if big else "I"), tail)[0] if len(tail) == inline else 0


def _values(raw: bytes, kind: int, number: int, order: str) -> tuple[Any, ...]:
    if kind in (1, 2, 6, 7):
        return tuple(raw) if number <= 16 and kind == 1 else (raw,)
    if kind in (5, 10):
        parts = struct.unpack(f"{order}{2 * number}{'I' if kind == 5 else 'i'}", raw)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return tuple(Fraction(above, below) if below else Fraction(0) for above, below in pairs)
    return struct.unpack(f"{order}{number}{_LETTERS[kind]}", raw)


def _picture(found: list[Page]) -> Page:
    """The page that is the picture: full resolution, not a thumbnail, a mask or a level of a pyramid."""
    full = [page for page in found if not page.number(254, 0) & 0b101 and page.number(255, 1) != 2]
    full = full or found
    best = max(full, key=lambda page: page.size[0] * page.size[1])
    rivals = [page for page in full if page is not best and not _smaller_copy(page, best)]
    if rivals:
        raise Fault(ImageManyPages, pages=len(rivals) + 1)
    return best


def _smaller_copy(page: Page, best: Page) -> bool:
    """A thumbnail or a pyramid level whose writer did not mark it as one."""
    width, height = page.size
    across, down = best.size
    if 2 * max(width, height) > 1.05 * max(across, down):
        return False
    return abs(width * down - height * across) <= 1.5 * max(across, down)


def _check_chunks(page: Page, size: int) -> None:
    width, height = page.size
    offsets, counts = page.chunks
    if page.compression == 6:
        return  # refused by its name later; its strips lie anywhere
    if not offsets:
        raise damaged("it says nowhere where its pixels lie")
    if len(offsets) != max(1, _expected(page, width, height)):
        raise damaged(f"it has {len(offsets)} strips or tiles where {_expected(page, width, height)} are needed")
    if counts and len(counts) == len(offsets):
        end = max(at + length for at, length in zip(offsets, counts, strict=True))
    else:
        end = max(offsets)
    if end > size:
        raise truncated(f"{end - size} bytes are missing at its end")


def _expected(page: Page, width: int, height: int) -> int:
    if page.tiled:
        across, down = page.number(322, 0), page.number(323, 0)
        if across < 1 or down < 1:
            raise damaged("its tiles have no size")
        count = -(-width // across) * -(-height // down)
    else:
        rows = page.number(278, height) or height
        count = -(-height // min(rows, max(height, 1))) if height else 0
    return count * (page.samples if page.planar else 1)


def resolution(page: Page) -> float | None:
    """Pixels per inch, or None (tags XResolution, YResolution, ResolutionUnit)."""
    x, y = page.tags.get(282), page.tags.get(283)
    unit = page.number(296, 2)
    if not x or not y or unit not in (2, 3) or not all(isinstance(value, Fraction) for value in (x[0], y[0])):
        return None
    factor = 2.54 if unit == 3 else 1.0
    return sensible_ppi(float(x[0]) * factor, float(y[0]) * factor)
