"""A pyramidal TIFF for image servers (IIPImage, Cantaloupe, any reader of libtiff), made of the tiles of one pass.

One page a level, each half as large and marked as a reduced copy (tag NewSubfileType), the largest first:
the order that every image server reads. The tiles are the very tiles of the static service, padded to full
size at the edges as TIFF asks. BigTIFF above 4 GB. The same tiles give the same bytes on any threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from heritage3d.image.encode import FULL_CHROMA_FROM, encode
from heritage3d.image.vips import pyvips
from heritage3d.tiling.level import Piece
from heritage3d.tiling.waiting import Waiting

Compression = Literal["jpeg", "deflate"]
_BIG_FROM = 3_900_000_000
_REDUCED = 1


class PyramidWriter:
    """Takes the pieces of ``pyramid.cut`` from many threads; ``write`` makes the file.

    ``channels`` is 1 or 3, ``scales`` the number of levels, ``tile`` a multiple of 16, ``ppi`` that of the
    master or None. Samples are 8-bit sRGB, or grey with its curve.
    """

    def __init__(
        self,
        width: int,
        height: int,
        channels: int,
        *,
        tile: int,
        scales: int,
        compression: Compression,
        quality: int,
        ppi: float | None,
    ) -> None:
        self.width, self.height, self.channels, self.tile, self.scales = width, height, channels, tile, scales
        self.compression, self.quality, self.ppi = compression, quality, ppi
        self._waiting: Waiting[tuple[int, int, int]] = Waiting()

    def receive(self, piece: Piece) -> None:
        """Encode a tile and keep it until its page is written. Raises OSError."""
        pixels = _padded(piece.pixels, self.tile)
        body = _deflated(pixels) if self.compression == "deflate" else encode(pixels, "jpg", self.quality)
        span = self.tile * piece.scale
        self._waiting.add((piece.scale, piece.y // span, piece.x // span), body)

    @property
    def tiles(self) -> int:
        """How many tiles have arrived."""
        return len(self._waiting)

    @property
    def big(self) -> bool:
        """Whether the file needs to be a BigTIFF."""
        return self._waiting.bytes > _BIG_FROM

    def size_at(self, scale: int) -> tuple[int, int]:
        """Width and height of a level, rounded up."""
        return -(-self.width // scale), -(-self.height // scale)

    def write(self, path: Path) -> None:
        """Write the file when every piece has arrived. Raises OSError, and KeyError where a tile is missing."""
        import tifffile

        with tifffile.TiffWriter(path, bigtiff=self.big) as writer:
            for step in range(self.scales):
                width, height = self.size_at(1 << step)
                writer.write(
                    self._page(1 << step),
                    shape=(height, width, self.channels) if self.channels > 1 else (height, width),
                    dtype=np.uint8,
                    tile=(self.tile, self.tile),
                    subfiletype=_REDUCED if step else 0,
                    software="heritage3d",
                    metadata=None,
                    **self._resolution(1 << step),
                    **self._coding(),
                )

    def _page(self, scale: int) -> Iterator[bytes]:
        width, height = self.size_at(scale)
        for line in range(-(-height // self.tile)):
            for column in range(-(-width // self.tile)):
                yield self._waiting.take((scale, line, column))

    def _coding(self) -> dict[str, Any]:
        colour = {"iccprofile": pyvips.Image.profile_load("srgb")} if self.channels == 3 else {}
        if self.compression == "deflate":
            return {**colour, "photometric": self._photometric("rgb"), "compression": "deflate", "predictor": 2}
        if self.channels == 3:
            chroma = (1, 1) if self.quality >= FULL_CHROMA_FROM else (2, 2)
            return {**colour, "photometric": "ycbcr", "compression": "jpeg", "subsampling": chroma}
        return {"photometric": "minisblack", "compression": "jpeg"}

    def _photometric(self, colour: str) -> str:
        return colour if self.channels == 3 else "minisblack"

    def _resolution(self, scale: int) -> dict[str, Any]:
        if not self.ppi:
            return {"resolution": (1, 1), "resolutionunit": "NONE"}
        density = Fraction(self.ppi / scale).limit_denominator(1000)
        return {"resolution": (density, density), "resolutionunit": "INCH"}

    def close(self) -> None:
        """Give the scratch space back."""
        self._waiting.close()


def _padded(pixels: np.ndarray, tile: int) -> np.ndarray:
    """The same pixels with the last row and column repeated up to the size of a tile."""
    rows, columns = pixels.shape[:2]
    if (rows, columns) == (tile, tile):
        return pixels
    return np.pad(pixels, ((0, tile - rows), (0, tile - columns), (0, 0)), mode="edge")


def _deflated(pixels: np.ndarray) -> bytes:
    """Horizontal differences (TIFF 6.0, section 14), deflated."""
    import imagecodecs

    samples: Any = imagecodecs.delta_encode(np.ascontiguousarray(pixels), axis=1)
    return bytes(imagecodecs.deflate_encode(samples, level=6))
