"""Colour of masters with a profile, from the file through ``heritage3d tile`` to the pixels of the tiles.

    python -m tests.benchmarks.colour [--write]

The reference is computed here, in double precision: matrix and tone curve for RGB and grey, the definition
for CIELab, and LittleCMS in floating point for CMYK. Three figures for each master: the colour conversion
alone, the tiles, and the best that JPEG of that quality can do (the reference itself, encoded). Then the
brightness of each level of a pyramid beside libvips.
"""

from __future__ import annotations

import functools
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from heritage3d.image.encode import encode
from heritage3d.image.strips import gather
from heritage3d.image.vips import pyvips
from heritage3d.stages.tile import tile
from heritage3d.tiling.pyramid import Piece, cut
from tests.image import jp2, pictures
from tests.image.outcomes import put
from tests.image.pictures import Array, delta_e_2000, lab

WIDTH, HEIGHT, TILE = 1024, 768, 256
PAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "pages" / "pelerinage"
REAL = next(iter(sorted(PAGES.rglob("*.jpg"))), PAGES / "none")
STEPS = np.linspace(0, 1, 4096)
CURVES: dict[str, Callable[[Array], Array]] = {
    "sRGB": pictures.srgb_to_linear,
    "2.2": lambda value: value**2.19921875,
    "L*": pictures.l_star_to_linear,
}
SPACES = {
    "sRGB": (pictures.SRGB, "sRGB"),
    "Display P3": (pictures.DISPLAY_P3, "sRGB"),
    "Adobe RGB": (pictures.ADOBE_RGB, "2.2"),
    "eciRGB v2": (pictures.ECI_RGB, "L*"),
}


@dataclass(frozen=True)
class Case:
    """A master on the disk and what it shows: ``wanted`` is (HEIGHT, WIDTH, 3), sRGB in 0..1, not rounded."""

    name: str
    path: Path
    wanted: Array


@functools.cache
def page() -> Array:
    """A page inside sRGB: (HEIGHT, WIDTH, 3) linear light; a real one where the test data is there."""
    if not REAL.is_file():
        return drawn()
    with Image.open(REAL) as picture:
        part = np.asarray(picture.convert("RGB").crop((300, 400, 300 + 2 * WIDTH, 400 + 2 * HEIGHT)), np.float64)
    half = part.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3)) / 255  # what its JPEG did is gone
    return pictures.srgb_to_linear(half)


def drawn() -> Array:
    """Parchment with shading, ink, coloured patches and the noise of a sensor."""
    chance = np.random.default_rng(11)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    value = np.array([0.78, 0.70, 0.55]) * (0.85 + 0.15 * np.sin(x / 300) * np.cos(y / 200))[..., None]
    value[(y % 48 < 10) & (x % 64 < 40) & (x < 700)] *= 0.25
    for row in range(6):
        for column in range(4):
            colour = chance.uniform(0.08, 0.92, 3)
            value[60 + 110 * row : 150 + 110 * row, 720 + 75 * column : 785 + 75 * column] = colour
    value += chance.normal(0, 0.008, (HEIGHT, WIDTH, 1))
    return pictures.srgb_to_linear(value.clip(0.02, 0.98))


def cases(folder: Path) -> Iterator[Case]:
    """Every kind of master that the issue names."""
    xyz = page() @ pictures.SRGB.T
    for bits in (8, 16):
        for space in SPACES:
            yield _rgb(folder, xyz, space, bits, "TIFF")
        yield _rgb(folder, xyz, "Adobe RGB", bits, "JP2")
        yield _lab(folder, xyz, bits)
        for curve in ("2.2", "L*"):
            yield _grey(folder, xyz, curve, bits)
        yield _cmyk(folder, bits)


def _top(bits: int) -> tuple[int, type[np.unsignedinteger]]:
    return (1 << bits) - 1, np.uint8 if bits == 8 else np.uint16


def _encoded(linear: Array, curve: str) -> Array:
    return np.interp(linear, CURVES[curve](STEPS), STEPS)


def _rgb(folder: Path, xyz: Array, space: str, bits: int, form: str) -> Case:
    (colorants, curve), (top, dtype) = SPACES[space], _top(bits)
    samples = np.round(_encoded((xyz @ np.linalg.inv(colorants).T).clip(0, 1), curve) * top).astype(dtype)
    icc = pictures.matrix_profile(colorants, CURVES[curve](STEPS), space)
    path = folder / f"{space} {bits}.{form}"
    if form == "JP2":
        path.write_bytes(jp2.boxed(jp2.codestream(samples), samples, icc))
    else:
        tifffile.imwrite(path, samples, photometric="rgb", iccprofile=icc)
    wanted = pictures.xyz_to_srgb(CURVES[curve](samples / top) @ colorants.T)
    return Case(f"{space}, {bits} bit, {form}", path, wanted)


def _grey(folder: Path, xyz: Array, curve: str, bits: int) -> Case:
    top, dtype = _top(bits)
    samples = np.round(_encoded(xyz[..., 1].clip(0, 1), curve) * top).astype(dtype)
    path = folder / f"grey {curve} {bits}.tif"
    icc = pictures.grey_profile(CURVES[curve](STEPS), f"grey {curve}")
    tifffile.imwrite(path, samples, photometric="minisblack", iccprofile=icc)
    wanted = pictures.linear_to_srgb(CURVES[curve](samples / top))[..., None].repeat(3, axis=2)
    return Case(f"grey, curve {curve}, {bits} bit, TIFF", path, wanted)


def _lab(folder: Path, xyz: Array, bits: int) -> Case:
    values = pictures.xyz_to_lab(xyz)
    top, dtype = _top(bits)
    step = 1 if bits == 8 else 256
    stored = np.concatenate([values[..., :1] / 100 * top, values[..., 1:] * step], axis=2).round()
    path = folder / f"lab {bits}.tif"
    tifffile.imwrite(path, stored.astype(np.int32).astype(dtype), photometric="cielab")
    exact = np.concatenate([stored[..., :1] / top * 100, stored[..., 1:] / step], axis=2)
    return Case(f"CIELab, {bits} bit, TIFF", path, pictures.xyz_to_srgb(pictures.lab_to_xyz(exact)))


def _cmyk(folder: Path, bits: int) -> Case:
    """Inks for the page (roughly separated), through the general press profile that libvips carries."""
    top, dtype = _top(bits)
    profile = pyvips.Image.profile_load("cmyk")
    ink = 1 - _encoded(page(), "sRGB")
    black = ink.min(axis=2, keepdims=True) * 0.6
    inks = np.concatenate([(ink - black) * 0.9, black], axis=2).clip(0, 1)
    samples = np.round(inks * top).astype(dtype)
    path = folder / f"cmyk {bits}.tif"
    tifffile.imwrite(path, samples, photometric="separated", iccprofile=profile)
    wanted = imagecodecs.cms_transform(
        (samples / top * 100).astype(np.float64),  # LittleCMS: floating-point inks are percent
        profile,
        imagecodecs.cms_profile("srgb"),
        colorspace="cmyk",
        outcolorspace="rgb",
        outdtype="float64",
        intent=1,
        flags=0x2000 | 0x0040,  # black point compensation, no optimisation of the pipeline
    )
    return Case(f"CMYK, {bits} bit, TIFF", path, wanted.clip(0, 1))


def tiles_of(path: Path, quality: int) -> Array:
    """The full resolution of the tile tree of a master, in 0..1."""
    with tempfile.TemporaryDirectory() as place:
        tile(path, Path(place), quality=quality, size=TILE)
        seen = np.empty((HEIGHT, WIDTH, 3))
        for top, left in _corners():
            file = Path(place) / f"{left},{top},{TILE},{TILE}" / f"{TILE},{TILE}" / "0" / "default.jpg"
            seen[top : top + TILE, left : left + TILE] = np.asarray(Image.open(file).convert("RGB")) / 255
        return seen


def best_of(wanted: Array, quality: int, *, grey: bool) -> Array:
    """The reference, rounded to 8 bits and encoded as the tiles are."""
    exact = np.round(wanted * 255).astype(np.uint8)
    exact = exact[:, :, :1] if grey else exact
    seen = np.empty((HEIGHT, WIDTH, 3))
    for top, left in _corners():
        content = encode(np.ascontiguousarray(exact[top : top + TILE, left : left + TILE]), "jpg", quality)
        seen[top : top + TILE, left : left + TILE] = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) / 255
    return seen


def _corners() -> list[tuple[int, int]]:
    return [(top, left) for top in range(0, HEIGHT, TILE) for left in range(0, WIDTH, TILE)]


def difference(seen: Array, wanted: Array) -> Array:
    """CIEDE2000 at every pixel."""
    return np.asarray(delta_e_2000(lab(np.broadcast_to(seen, wanted.shape)), lab(wanted)))


def levels(pixels: Array) -> dict[int, float]:
    """The mean of each level of our pyramid, before it is encoded, in 8-bit grey levels."""
    means: dict[int, float] = {}

    def receive(piece: Piece) -> None:
        if piece.whole:
            means[piece.scale] = float(piece.pixels.mean())

    side = len(pixels)
    count = side.bit_length() - 4
    whole = frozenset(1 << step for step in range(count))
    read = gather(pictures.strips(pixels), side)
    cut(read, receive, width=side, height=side, channels=1, depth=8, tile=64, scales=count, whole=whole)
    return means


def levels_of_libvips(pixels: Array) -> dict[int, float]:
    """The same of libvips' dzsave (PNG tiles, so that no JPEG is in it)."""
    side = len(pixels)
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels), side, side, 1, "uchar")
    sums: dict[int, list[Array]] = {}
    with tempfile.TemporaryDirectory() as place:
        image.dzsave(f"{place}/v", layout="dz", suffix=".png", tile_size=64, overlap=0)
        top = side.bit_length() - 1
        for level in range(4, top + 1):
            for file in Path(f"{place}/v_files/{level}").iterdir():
                sums.setdefault(1 << (top - level), []).append(np.asarray(Image.open(file), np.float64).ravel())
    return {scale: float(np.concatenate(parts).mean()) for scale, parts in sums.items()}


HEADS = {
    "en": (
        "master",
        "conversion",
        "rounding",
        "tiles, quality 85",
        "JPEG",
        "areas",
        "tiles, quality 95",
        "JPEG",
        "areas",
    ),
    "zh": ("原图", "转换", "舍入", "瓦片，质量 85", "JPEG", "区域", "瓦片，质量 95", "JPEG", "区域"),
}


def main() -> None:
    """Print both tables; with --write put the first into the guide."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for case in cases(Path(place)):
            cells = [_figures(difference(pictures.read(case.path), case.wanted))]
            cells.append(_figures(difference(np.round(case.wanted * 255) / 255, case.wanted)))
            for quality in (85, 95):
                seen = tiles_of(case.path, quality)
                best = best_of(case.wanted, quality, grey=case.name.startswith("grey"))
                cells += [_figures(difference(seen, case.wanted)), _figures(difference(best, case.wanted))]
                cells.append(_figures(difference(_areas(seen), _areas(case.wanted))))
            rows.append((case.name, *cells))
    print(_table("en", rows))
    if "--write" in sys.argv:
        assert REAL.is_file(), "the guide shows the figures of the real page"
        for language in HEADS:
            put("formats.md", language, "colour", _table(language, rows))
    print(f"\nCIEDE2000, mean / 95th percentile, on {'a real page' if REAL.is_file() else 'a drawn page'}.")
    print("'conversion' is before the tiles are encoded, 'rounding' the reference in 8 bits, 'areas' 8 x 8 pixels.\n")
    print("| scale | ours | libvips dzsave |\n|---|---|---|")
    pixels = pictures.noise(2048, 2048, 1)
    exact, ours, theirs = float(pixels.mean()), levels(pixels), levels_of_libvips(pixels)
    for scale in sorted(ours):
        print(f"| 1/{scale} | {ours[scale] - exact:+.4f} | {theirs[scale] - exact:+.4f} |")
    print("\nBrightness of a level less that of the master, in 8-bit grey levels (2048 x 2048 pixels of noise).")


def _table(language: str, rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(HEADS[language]) + " |", "|" + "---|" * len(HEADS[language])]
    for name, *cells in rows:
        told = name.replace("grey, curve", "灰度，曲线").replace(" bit", " 位").replace(", ", "，")
        lines.append("| " + " | ".join((told if language == "zh" else name, *cells)) + " |")
    return "\n".join(lines)


def _areas(seen: Array) -> Array:
    return seen.reshape(HEIGHT // 8, 8, WIDTH // 8, 8, 3).mean(axis=(1, 3))


def _figures(values: Array) -> str:
    return f"{values.mean():.3f} / {np.percentile(values, 95):.3f}"


if __name__ == "__main__":
    main()
