"""Masters that we make: TIFF in strips, lossless, written while the rows arrive (TIFF 6.0, BigTIFF above 4 GB)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from heritage3d.image.vips import pyvips

_STRIP_BYTES = 1 << 20
_BIG_FROM = 3_900_000_000


def write_tiff(
    path: Path,
    rows: Iterable[np.ndarray],
    *,
    width: int,
    height: int,
    channels: Literal[1, 3] | int,
    depth: Literal[8, 16] | int,
    ppi: float | None = None,
    compression: Literal["none", "deflate"] = "deflate",
) -> None:
    """Write sRGB (or grey with the curve of sRGB) samples as one TIFF with its profile.

    ``rows`` yields arrays (any number of rows, width, channels) uint8 or uint16, top to bottom; they are
    copied before the next is asked for. The same pixels give the same bytes. Raises OSError, and ValueError
    when the rows are not ``height``.
    """
    import tifffile

    sample = np.dtype(np.uint8 if depth == 8 else np.uint16)
    row_bytes = width * channels * sample.itemsize
    step = min(height, max(1, _STRIP_BYTES // row_bytes))
    density = Fraction(ppi).limit_denominator(1000) if ppi else Fraction(1)
    with tifffile.TiffWriter(path, bigtiff=row_bytes * height > _BIG_FROM) as writer:
        writer.write(
            map(_packed if compression == "deflate" else _plain, _in_strips(rows, step, height)),
            shape=(height, width, channels) if channels > 1 else (height, width),
            dtype=sample,
            photometric="rgb" if channels == 3 else "minisblack",
            rowsperstrip=step,
            compression="deflate" if compression == "deflate" else None,
            predictor=2 if compression == "deflate" else None,
            resolution=(density, density),
            resolutionunit="INCH" if ppi else "NONE",
            iccprofile=pyvips.Image.profile_load("srgb") if channels == 3 else None,
            software="heritage3d",
            metadata=None,
        )


def _in_strips(rows: Iterable[np.ndarray], step: int, height: int) -> Iterator[np.ndarray]:
    """The same rows in arrays of ``step`` rows, the last one shorter."""
    strip: np.ndarray | None = None
    held = done = 0
    for block in itertools.chain(rows):
        while len(block):
            if strip is None:
                strip = np.empty((min(step, height - done), *block.shape[1:]), block.dtype)
                if not len(strip):
                    raise ValueError("more rows than the picture has")
            take = min(len(strip) - held, len(block))
            strip[held : held + take] = block[:take]
            block, held = block[take:], held + take
            if held == len(strip):
                yield strip
                done, held, strip = done + held, 0, None
    if done != height:
        raise ValueError("fewer rows than the picture has")


def _plain(strip: np.ndarray) -> bytes:
    return strip.tobytes()


def _packed(strip: np.ndarray) -> bytes:
    """Horizontal differences (TIFF 6.0, section 14), deflated fast: the second level gains little here."""
    import imagecodecs

    return bytes(imagecodecs.deflate_encode(imagecodecs.delta_encode(strip, axis=1).tobytes(), level=1))
