"""Large masters for benchmarks: parchment with fibres, ink and sensor noise, made of our own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from heritage3d.image.vips import pyvips
from heritage3d.image.write_tiff import write_tiff

_PATCH = 2048

_LZW: dict[str, object] = {"compression": "lzw", "predictor": "horizontal"}
_TILES: dict[str, object] = {"tile": True, "tile_width": 256, "tile_height": 256}

#: How a master may be stored: name -> options of libvips' tiffsave, or None for our own uncompressed strips.
ENCODINGS: dict[str, dict[str, object] | None] = {
    "strips": None,
    "tiles": _TILES,
    "strips, LZW": _LZW,
    "tiles, LZW": _LZW | _TILES,
    "JPEG": {},
}


def parchment(width: int, height: int, seed: int = 1) -> Iterator[np.ndarray]:
    """Bands (up to 2048 rows, width, 3) uint8 of a written page; bounded memory at any size."""
    rng = np.random.default_rng(seed)
    patches = _patches(rng)
    columns = -(-width // _PATCH)
    for top in range(0, height, _PATCH):
        kinds, tones = rng.integers(0, len(patches), columns), rng.integers(-6, 7, columns)
        rows = min(_PATCH, height - top)
        parts = [cv2.add(patches[kind][:rows], (int(tone),) * 4) for kind, tone in zip(kinds, tones, strict=True)]
        yield np.ascontiguousarray(np.concatenate(parts, axis=1)[:, :width])


def _patches(rng: np.random.Generator) -> list[np.ndarray]:
    cloud = cv2.resize(rng.normal(0, 6, (33, 33)).astype(np.float32), (_PATCH, _PATCH), interpolation=cv2.INTER_CUBIC)
    fibres, ink = np.zeros((2, _PATCH, _PATCH), np.float32)
    for length, count, canvas in ((60, 1500, fibres), (90, 700, ink)):
        for _ in range(count):
            x, y = (int(value) for value in rng.integers(0, _PATCH, 2))
            angle, reach = rng.uniform(0, np.pi), rng.integers(length // 5, length)
            end = (int(x + reach * np.cos(angle)), int(y + reach * np.sin(angle)))
            thick = 1 if canvas is fibres else int(rng.integers(3, 14))
            cv2.line(canvas, (x, y), end, float(rng.uniform(-8, 8)) if canvas is fibres else 1.0, thick, cv2.LINE_AA)
    ink = cv2.GaussianBlur(ink, (0, 0), 1.2)[:, :, None]
    tone = cloud + cv2.GaussianBlur(fibres, (0, 0), 0.7)
    page = np.stack([224 + tone, 208 + 1.05 * tone, 178 + 1.1 * tone], axis=2)
    page = page * (1 - ink) + ink * np.array([48, 40, 36], np.float32)
    noise = rng.normal(0, 1.6, page.shape)
    turned = (page, page[::-1], page[:, ::-1], page[::-1, ::-1])
    return [np.clip(np.round(picture + noise), 0, 255).astype(np.uint8) for picture in turned]


def make(folder: Path, name: str, width: int, height: int, encoding: str) -> Path:
    """A master of this size and encoding below ``folder``; one that is there already is taken."""
    strips = folder / f"{name}, strips.tif"
    if not strips.exists():
        write_tiff(
            strips, parchment(width, height), width=width, height=height, channels=3, depth=8, compression="none"
        )
    options = ENCODINGS[encoding]
    if options is None:
        return strips
    path = folder / f"{name}, {encoding}.{'jpg' if encoding == 'JPEG' else 'tif'}"
    if not path.exists():
        image = pyvips.Image.new_from_file(str(strips), access="sequential")
        if encoding == "JPEG":
            image.jpegsave(str(path), Q=90)
        else:
            image.tiffsave(str(path), bigtiff=width * height > 1_000_000_000, **options)
    return path


def make_shared_strips(path: Path, width: int, height: int) -> Path:
    """A BigTIFF of any size that takes little disk: its strips all lie in the same few places."""
    import struct

    rows = 64
    band = np.concatenate([part[:rows] for part in parchment(width, 4 * _PATCH)])  # four strips, 64 rows each
    offsets = [16 + strip % 4 * rows * width * 3 for strip in range(-(-height // rows))]
    counts = [min(rows, height - strip * rows) * width * 3 for strip in range(len(offsets))]
    body = band.tobytes()
    at = 16 + len(body)
    entries = [
        (256, 4, 1, struct.pack("<Q", width)),
        (257, 4, 1, struct.pack("<Q", height)),
        (258, 3, 3, struct.pack("<4H", 8, 8, 8, 0)),
        (259, 3, 1, struct.pack("<Q", 1)),
        (262, 3, 1, struct.pack("<Q", 2)),
        (273, 16, len(offsets), struct.pack("<Q", at)),
        (277, 3, 1, struct.pack("<Q", 3)),
        (278, 4, 1, struct.pack("<Q", rows)),
        (279, 16, len(counts), struct.pack("<Q", at + 8 * len(offsets))),
        (284, 3, 1, struct.pack("<Q", 1)),
    ]
    directory = struct.pack("<Q", len(entries))
    directory += b"".join(struct.pack("<HHQ", tag, kind, count) + value for tag, kind, count, value in entries)
    with path.open("wb") as stream:
        stream.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, at + 16 * len(offsets)))
        stream.write(body)
        stream.write(struct.pack(f"<{len(offsets)}Q", *offsets) + struct.pack(f"<{len(counts)}Q", *counts))
        stream.write(directory + struct.pack("<Q", 0))
    return path
