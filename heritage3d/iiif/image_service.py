"""The IIIF Image API 3.0 at level 0: every address of a static service, its info.json, and its check.

A static service answers only what lies on the disk, so the set of addresses is closed and known from
three numbers: width, height, tile size. Section numbers refer to https://iiif.io/api/image/3.0/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

#: Levels go on below one tile until a side of this many pixels, so that a thumbnail exists.
THUMBNAIL = 200
#: The widths that Universal Viewer asks for, whatever thumbnail the manifest names: ``full/90,`` in its list of pages,
#: ``full/200,`` in its gallery.
ICONS = (90, 200)
#: Where a manifest names no thumbnail, Clover takes the level nearest to this width whose sides are not below the
#: second number, and asks for it by its width alone.
CARD, CARD_LEAST = 200, 64
#: No JPEG has a longer side (libjpeg, jmorecfg.h).
_JPEG_SIDE = 65_500

# full/max must exist at level 0 (compliance document, 3.1 and 3.2). For a scan of 600 megapixels it would
# be a file of 75 MB that no browser shows (Safari and Chrome stop at 16 megapixels or 16,384 pixels of a
# canvas, WebP at 16,383), and it would double the work. So `max` is bounded, as section 5.3 allows:
# maxWidth and maxHeight state the largest level within these limits, and full/max is that level.
# The tiles still reach full resolution. Normal page scans (up to 4096 x 4096) are not bounded at all.
MAX_AREA = 4096 * 4096
MAX_SIDE = 16383


@dataclass(frozen=True)
class Address:
    """One file of a service: region (in pixels of the full image), size, and path below the service."""

    x: int
    y: int
    w: int
    h: int
    width: int
    height: int
    path: str


@dataclass(frozen=True)
class ImageService:
    """A static image service. ``format`` is that of the tiles; whole images exist as JPEG as well."""

    width: int
    height: int
    tile: int = 512
    format: Literal["jpg", "webp"] = "jpg"

    @cached_property
    def scale_factors(self) -> tuple[int, ...]:
        """1, 2, 4 ... until the image is no larger than a thumbnail."""
        longest, scales = max(self.width, self.height), [1]
        while -(-longest // scales[-1]) > THUMBNAIL:
            scales.append(2 * scales[-1])
        return tuple(scales)

    def size_at(self, scale: int) -> tuple[int, int]:
        """Width and height of a level, rounded up (section 9, as every client computes them)."""
        return -(-self.width // scale), -(-self.height // scale)

    @cached_property
    def whole(self) -> tuple[int, ...]:
        """The scale factors at which the full region exists as one file, largest image first."""
        return tuple(scale for scale in self.scale_factors if _fits(*self.size_at(scale)))

    @property
    def bounded(self) -> bool:
        """Whether full/max is smaller than the image."""
        return self.whole[0] > 1

    def tiles_at(self, scale: int) -> Iterator[Address]:
        """The tiles of a level, row by row."""
        span = self.tile * scale
        for y in range(0, self.height, span):
            for x in range(0, self.width, span):
                yield self._tile(scale, x, y, min(span, self.width - x), min(span, self.height - y))

    def _tile(self, scale: int, x: int, y: int, w: int, h: int) -> Address:
        width, height = -(-w // scale), -(-h // scale)
        return Address(
            x, y, w, h, width, height, f"{self._region(x, y, w, h)}/{width},{height}/0/default.{self.format}"
        )

    def _region(self, x: int, y: int, w: int, h: int) -> str:
        # A tile that is the whole image is asked for as `full` (canonical form, section 4.7).
        return "full" if (w, h) == (self.width, self.height) else f"{x},{y},{w},{h}"

    def paths(self, scale: int, x: int, y: int, w: int, h: int) -> tuple[str, ...]:
        """Under which addresses this region at this scale is published: tiles one, whole images several."""
        if (w, h) != (self.width, self.height):
            return (self._tile(scale, x, y, w, h).path,)
        width, height = self.size_at(scale)
        names = [f"full/{width},{height}"]
        if scale == self.whole[0]:
            names.append("full/max")
        formats = dict.fromkeys((self.format, "jpg"))  # level 0 promises JPEG whatever the tiles are
        paths = [f"{name}/0/default.{form}" for name in names for form in formats]
        if scale == self.card and width not in ICONS:
            paths.append(f"full/{width},/0/default.jpg")
        return tuple(paths)

    @cached_property
    def icons(self) -> tuple[tuple[int, int, int], ...]:
        """Scale to make it from, width and height of each of ICONS; without those that are longer than any JPEG.

        They enlarge what is narrower. A server would refuse that, but viewers ask, and show a broken picture.
        """
        found = (self._icon(width) for width in ICONS)
        return tuple(icon for icon in found if icon[2] <= _JPEG_SIDE)

    def _icon(self, wanted: int) -> tuple[int, int, int]:
        scales = [scale for scale in self.whole if self.size_at(scale)[0] >= wanted]
        scale = scales[-1] if scales else self.whole[0]
        width, height = self.size_at(scale)
        if width != wanted:  # the level of that width is what info.json lists
            height = max(1, round(self.height * wanted / self.width))
        return scale, wanted, height

    @cached_property
    def card(self) -> int | None:
        """The scale of the level that Clover asks for by its width alone; None where it takes ``full/max``."""
        scales = [scale for scale in reversed(self.whole) if min(self.size_at(scale)) >= CARD_LEAST]
        return min(scales, key=lambda scale: abs(self.size_at(scale)[0] - CARD), default=None)

    def addresses(self) -> Iterator[Address]:
        """Every address that a viewer computes from info.json or from a manifest, each once."""
        corners: set[str] = set()  # a tile of one pixel has the same address at several scales
        for scale in self.scale_factors:
            if scale in self.whole and max(self.size_at(scale)) <= self.tile:
                continue
            for tile in self.tiles_at(scale):
                if tile.path not in corners:
                    yield tile
                if (tile.width, tile.height) == (1, 1):
                    corners.add(tile.path)
        for scale in self.whole:
            width, height = self.size_at(scale)
            for path in self.paths(scale, 0, 0, self.width, self.height):
                yield Address(0, 0, self.width, self.height, width, height, path)
        for _, width, height in self.icons:
            yield Address(0, 0, self.width, self.height, width, height, f"full/{width},/0/default.jpg")

    def info(self, identifier: str) -> dict[str, Any]:
        """info.json (section 5)."""
        document: dict[str, Any] = {
            "@context": "http://iiif.io/api/image/3/context.json",
            "id": identifier,
            "type": "ImageService3",
            "protocol": "http://iiif.io/api/image",
            "profile": "level0",
            "width": self.width,
            "height": self.height,
        }
        if self.bounded:
            # Tiles must stay within the bounds too: they may be wider than `max` of a tall scroll.
            document["maxWidth"], document["maxHeight"] = (max(side, self.tile) for side in self.size_at(self.whole[0]))
        # Smallest first: OpenSeadragon sorts by width only, and thin scans have levels of equal width.
        document["sizes"] = [
            dict(zip(("width", "height"), self.size_at(scale), strict=True)) for scale in reversed(self.whole)
        ]
        document["tiles"] = [{"width": self.tile, "height": self.tile, "scaleFactors": list(self.scale_factors)}]
        if self.format == "webp":
            document["preferredFormats"] = ["webp"]
            document["extraFormats"] = ["webp"]
        return document


def _fits(width: int, height: int) -> bool:
    return width * height <= MAX_AREA and max(width, height) <= MAX_SIDE
