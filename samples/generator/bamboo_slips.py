"""The bamboo slips: six narrow scans of written slips, and the bundle that cords hold together as a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from . import bundle, noise, remarks
from .noise import Field
from .picture import Colour, Pixels, cover_with, lay, surface, write_jpeg, write_tiff
from .writing import Hand, column, glyph

PPI = 600
PX_PER_MM = PPI / 25.4
SLIP_WIDTH_MM, SLIP_LENGTH_MM = 10.5, 231.0
SCAN_WIDTH_MM, SCAN_LENGTH_MM = 24.0, 250.0
CORDS_MM = (38.0, 115.0, 193.0)  # from the upper end
CORD_CLEAR_MM = 3.7
BROKEN_SLIP, BROKEN_LENGTH_MM = 5, 204.0
TEXTURE_PX = 2048
NUMERALS = "一二三四五六"

# Composed for this sample; every sign is written alike in old and in simplified script.
TEXTS = (
    "元年正月甲子朔 水部丞告 堤上土木皆完 春水未至 人安其居",
    "二月丁卯 雨三日不止 河水及渡口 使卒二十人守之 以竹石固其岸",
    "三月辛未大雨 夜半水定 取粟十二石 米六石 分食守者",
    "四月己巳 日出而作 修井一 深二丈四尺 用石百二十",
    "五月丙午 山中伐木 得良材三十有六 以舟下之 至北津",
    "六月壬申朔 工成 丞令史共校之 皆合",
)


@dataclass(frozen=True)
class Slip:
    """One slip: its written face and its bare back, upright, without surroundings; its length in mm."""

    face: Pixels
    back: Pixels
    length_mm: float


def make(folder: Path, seed: int, scale: float) -> None:
    """Write six TIFF scans (600 ppi, Display P3) to ``pages`` and the bundle as OBJ, MTL and JPEG to ``mesh``."""
    (folder / "pages").mkdir(parents=True)
    (folder / "mesh").mkdir()
    rows = ["file,label@zh-Hans,label@en,side"]
    slips = []
    for number, text in enumerate(TEXTS, start=1):
        rng = noise.source(seed, "bamboo-slips", str(number))
        slip = _slip(rng, text, BROKEN_LENGTH_MM if number - 1 == BROKEN_SLIP else SLIP_LENGTH_MM, scale)
        slips.append(slip)
        name = f"slip-{number:02}.tif"
        write_tiff(folder / "pages" / name, _scan(rng, slip, number, scale), PPI * scale, "p3")
        rows.append(f"{name},简{NUMERALS[number - 1]},Slip {number},recto")
    (folder / "pages.csv").write_text("\n".join(rows) + "\n", "utf-8", newline="\n")
    remarks.write(folder / "annotations.csv", remarks.SLIPS)
    rng = noise.source(seed, "bamboo-slips", "bundle")
    pictures = [(slip.face, slip.back) for slip in slips]
    side_px = max(int(TEXTURE_PX * scale), 256)
    write_jpeg(folder / "mesh" / "bundle.jpg", bundle.texture(rng, pictures, side_px), 300, quality=88)
    shape = bundle.Shape(SLIP_WIDTH_MM, [slip.length_mm for slip in slips], SLIP_LENGTH_MM, CORDS_MM)
    bundle.write(folder / "mesh" / "bundle.obj", rng, shape, scale, "bundle.jpg")


def _slip(rng: np.random.Generator, text: str, length_mm: float, scale: float) -> Slip:
    px = PX_PER_MM * scale
    height, width = int(length_mm * px), int(SLIP_WIDTH_MM * px)
    tone = rng.normal(1, 0.05)
    face = _bamboo(rng, height, width, px, (168 * tone, 126 * tone, 74 * tone))
    back = _bamboo(rng, height, width, px, (150 * tone, 116 * tone, 72 * tone))
    for cord_mm in CORDS_MM:
        if cord_mm < length_mm:
            _cord_trace(rng, face, cord_mm * px, px)
            _cord_trace(rng, back, cord_mm * px, px)
    size_px = int(7.4 * px)
    signs = len(text.replace(" ", "")) + text.count(" ") / 2
    pitch_px = min((height - 32 * px) / signs, 9.0 * px)
    hand = Hand("brush", size_px, pitch_px, 0.02, stretch=1.45, colour=(30, 24, 20), strength=0.94, wetness=0.8)
    _write(face, rng, text, hand, px)
    worn = noise.smooth_step(1.6, 2.6, noise.clouds(rng, height, width, (9 * px, 1.2 * px), 4, 0.6))
    cover_with(face, (146.0, 108.0, 66.0), 0.75 * worn)
    return Slip(face, back, length_mm)


def _write(face: Pixels, rng: np.random.Generator, text: str, hand: Hand, px: float) -> None:
    """Write down the slip; as scribes did, leave the places of the cords free."""
    y = 8 * px
    for char in text:
        middle = y + hand.size_px / 2
        for cord_mm in CORDS_MM:
            if char != " " and abs(middle - cord_mm * px) < CORD_CLEAR_MM * px:
                y = cord_mm * px + CORD_CLEAR_MM * px - hand.size_px / 2
        y = column(face, rng, char, hand, face.shape[1] / 2, y)


def _bamboo(rng: np.random.Generator, height: int, width: int, px: float, colour: Colour) -> Pixels:
    """Grain along the slip, a joint of the cane, stains of the ground."""
    light = 1 + 0.06 * noise.clouds(rng, height, width, (30 * px, 1.6 * px), 5, 0.7)
    light += 0.05 * noise.clouds(rng, height, width, (16 * px, 5 * px), 3)
    light += 0.025 * noise.grain(rng, height, width, 0.6)
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    light *= 1.03 - 0.13 * across**4
    joint = rng.uniform(0.25, 0.75) * height
    y = np.arange(height, dtype=np.float32)[:, None] - joint - 0.6 * px * across**2
    light -= 0.16 * np.exp(-((y / (0.5 * px)) ** 2)) - 0.07 * np.exp(-(((y - 1.4 * px) / (1.2 * px)) ** 2))
    pixels = surface(colour, light)
    pores = noise.smooth_step(1.3, 2.4, noise.clouds(rng, height, width, (7 * px, 0.5 * px), 2))
    lay(pixels, 0.45 * pores, (96, 66, 38))
    ground = noise.smooth_step(0.3, 2.0, noise.clouds(rng, height, width, (26 * px, 8 * px), 5, 0.6))
    lay(pixels, 0.5 * ground, (112, 76, 46))
    return pixels


def _cord_trace(rng: np.random.Generator, pixels: Pixels, middle_px: float, px: float) -> None:
    """The pale band that a cord kept clean, with its dark borders and a few threads left."""
    height, width = int(4 * px), pixels.shape[1]
    y = (np.arange(height, dtype=np.float32)[:, None] - height / 2) / px
    y = y + 0.12 * noise.clouds(rng, height, width, 2 * px, 3)
    band = np.exp(-((y / 0.75) ** 4))
    rims = np.exp(-(((np.abs(y) - 0.95) / 0.22) ** 2))
    top = int(middle_px - height / 2)
    cover_with(pixels[top : top + height], (186.0, 150.0, 100.0), 0.42 * band)
    lay(pixels, (0.5 * rims).astype(np.float32), (70, 46, 28), 0, top)


def _outline(rng: np.random.Generator, slip: Slip, px: float) -> Field:
    """Opacity 0..1 of the slip in its rectangle: wavering long edges, a cut or broken lower end."""
    height, width = slip.face.shape[:2]
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    left = 0.35 * px + 0.12 * px * noise.ridge(rng, height, 30 * px)[:, None]
    right = width - 0.35 * px + 0.12 * px * noise.ridge(rng, height, 30 * px)[:, None]
    upper = 0.3 * px + 0.1 * px * noise.ridge(rng, width, 4 * px)[None, :]
    ragged = slip.length_mm < SLIP_LENGTH_MM
    lower = (
        height
        - (6.0 if ragged else 0.4) * px
        + (2.4 if ragged else 0.1) * px * noise.ridge(rng, width, 2 * px)[None, :]
    )
    inside = np.minimum(np.minimum(x - left, right - x), np.minimum(y - upper, lower - y))
    for cord_mm in CORDS_MM:  # the notch that holds the cord
        notch = np.hypot(x - right, (y - cord_mm * px) * 0.8) - 0.9 * px
        inside = np.minimum(inside, notch)
    return np.clip(inside / max(0.06 * px, 1) + 0.5, 0, 1).astype(np.float32)


def _scan(rng: np.random.Generator, slip: Slip, number: int, scale: float) -> Pixels:
    """The slip on a dark bed with a millimetre rule on the left and its number below."""
    px = PX_PER_MM * scale
    height, width = int(SCAN_LENGTH_MM * px), int(SCAN_WIDTH_MM * px)
    bed = surface(
        (46, 47, 50),
        1 + 0.05 * noise.grain(rng, height, width, 0.7) + 0.03 * noise.clouds(rng, height, width, 20 * px, 2),
    )
    opacity = _outline(rng, slip, px)
    left, top = int(9.0 * px + rng.normal(0, 0.3 * px)), int(8 * px)
    shadow = np.zeros((height, width), np.float32)
    shadow[top : top + opacity.shape[0], left : left + opacity.shape[1]] = opacity
    soft = cv2.GaussianBlur(cv2.resize(shadow, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), (0, 0), 0.12 * px)
    moved = np.roll(cv2.resize(soft, (width, height)), (int(0.5 * px), int(0.5 * px)), (0, 1))
    lay(bed, 0.7 * moved, (8, 8, 10))
    cover_with(bed[top : top + opacity.shape[0], left : left + opacity.shape[1]], slip.face, opacity)
    _rule(bed, px)
    mark = glyph(NUMERALS[number - 1], int(4.5 * px), "print")
    cover_with(
        bed[-mark.shape[0] - int(px) :][: mark.shape[0], left + int(3 * px) :][:, : mark.shape[1]],
        (214, 214, 208),
        mark,
    )
    return bed


def _rule(pixels: Pixels, px: float) -> None:
    """A white rule of 231 mm with millimetre marks along the left border, zero at the slip's upper end."""
    top, wide = int(8 * px), int(5 * px)
    pixels[top - int(px) : top + int(231 * px) + int(px), int(px) : int(px) + wide] = (226, 226, 222)
    for mm in range(232):
        length = 3.4 if mm % 10 == 0 else 2.4 if mm % 5 == 0 else 1.5
        y, thick = top + round(mm * px), max(round(0.18 * px), 1)
        pixels[y : y + thick, int(px) + wide - int(length * px) : int(px) + wide] = (28, 28, 28)
