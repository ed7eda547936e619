"""The long scroll: a handscroll on silk, photographed in four overlapping parts with the truth of their places."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from . import landscape, noise
from .noise import Field
from .picture import Colour, Pixels, cover_with, lay, surface, write_jpeg
from .writing import INK, Hand, column, stamp

PPI = 200
PART_WIDTH_PX, PART_HEIGHT_PX = 3500, 2400
PARTS, OVERLAP = 4, 0.15
BED_MM = 12.0
HEIGHT_MM = 280.0
BORDER_MM = 15.0
# Composed for this sample; every sign is written alike in old and in simplified script.
TITLE = "山水清音"
POEM = (
    "春江夜雨草初生", "古木寒山一路明", "舟入白沙秋水外", "人行深竹晚霞清",
    "空林落日松杉冷", "高石流泉日夕平", "坐看青山心自定", "同舟南北共天成",
)  # fmt: skip
COLOPHON = ("甲辰三月既望同友人游西山", "泉石清冷松柏幽深坐久忘言", "因作此卷以存山水之意")
SIGNATURE = "竹石居士 并书"
# what the scroll is joined from, right to left: name, width in mm
SECTIONS = (("mount", 60.0), ("title", 235.0), ("band", 42.0), ("painting", 800.0), ("band", 42.0), ("colophon", 285.0))
SILK: Colour = (201, 172, 128)
PAPER: Colour = (222, 204, 168)
BROCADE: Colour = (104, 122, 124)


@dataclass(frozen=True)
class Placement:
    """How a part was taken: pixel (x, y) of the part shows the pixel of the whole that ``whole_from_part`` gives.

    ``whole_from_part`` is a 2 x 3 matrix on pixel centres at integers; ``gain`` multiplies the sRGB values.
    """

    file: str
    whole_from_part: list[list[float]]
    rotation_deg: float
    gain: float


def make(folder: Path, seed: int, scale: float) -> None:
    """Write four JPEG parts, the right one first, and ``pages.csv``."""
    (folder / "parts").mkdir(parents=True)
    whole = picture(seed, scale)
    rows = ["file,label@zh-Hans,label@en,side"]
    for number, placement in enumerate(placements(seed, scale), start=1):
        rng = noise.source(seed, "long-scroll", placement.file)
        pixels = _taken(rng, whole, placement, scale)
        write_jpeg(folder / "parts" / placement.file, pixels, PPI * scale, "srgb", 90)
        rows.append(f"{placement.file},第{'一二三四'[number - 1]}段,Part {number},recto")
    (folder / "pages.csv").write_text("\n".join(rows) + "\n", "utf-8", newline="\n")


def write_truth(folder: Path, seed: int, scale: float) -> None:
    """Write ``placements.json``: the size of the whole in pixels and the exact place and gain of every part."""
    folder.mkdir(parents=True)
    width, height = _whole_size(scale)
    truth = {"whole_px": [width, height], "parts": [asdict(part) for part in placements(seed, scale)]}
    (folder / "placements.json").write_text(json.dumps(truth, indent=1) + "\n", "utf-8", newline="\n")


def placements(seed: int, scale: float) -> list[Placement]:
    """The four parts from right to left: overlapping by 15 %, turned by about 0.1 degree, unevenly exposed."""
    rng = noise.source(seed, "long-scroll", "placements")
    width, height = int(PART_WIDTH_PX * scale), int(PART_HEIGHT_PX * scale)
    whole_width, whole_height = _whole_size(scale)
    taken = []
    for number in range(PARTS):
        turn = float(np.round(rng.normal(0, 0.1), 4))
        gain = float(np.round(1 + rng.uniform(-0.035, 0.035), 4))
        left = whole_width - width - number * width * (1 - OVERLAP) + rng.uniform(-4, 4) * scale
        top = (whole_height - height) / 2 + rng.uniform(-8, 8) * scale
        spin = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
        spin[:, 2] += (left, top)
        taken.append(Placement(f"part-{number + 1}.jpg", np.round(spin, 6).tolist(), turn, gain))
    return taken


def _whole_size(scale: float) -> tuple[int, int]:
    width = PART_WIDTH_PX * (PARTS - (PARTS - 1) * OVERLAP)
    return int(width * scale) + 1, int(PART_HEIGHT_PX * scale)


def _taken(rng: np.random.Generator, whole: Pixels, placement: Placement, scale: float) -> Pixels:
    size = (int(PART_WIDTH_PX * scale), int(PART_HEIGHT_PX * scale))
    matrix = np.array(placement.whole_from_part)
    part = cv2.warpAffine(
        whole, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    sensor = noise.grain(rng, size[1], size[0])
    part = cv2.addWeighted(part, placement.gain, np.zeros_like(part), 0, 0)
    return cv2.add(part, cv2.merge([sensor] * 3), dtype=cv2.CV_8U)


def picture(seed: int, scale: float) -> Pixels:
    """The whole scroll on its dark bed, uint8 sRGB, about 12,400 x 2,400 px at scale 1."""
    rng = noise.source(seed, "long-scroll")
    width, height = _whole_size(scale)
    px = PPI / 25.4 * scale
    whole = surface((44, 45, 48), 1 + 0.05 * noise.grain(rng, height, width, 0.7))
    strip = _strip(rng, width - int(2 * BED_MM * px), int(HEIGHT_MM * px), px)
    top = (height - strip.shape[0]) // 2
    left = int(BED_MM * px)
    opacity = _edges(rng, strip.shape[0], strip.shape[1], px)
    shadow = cv2.GaussianBlur(cv2.resize(opacity, None, fx=0.125, fy=0.125), (0, 0), 0.25 * px)
    lay(whole, 0.75 * cv2.resize(shadow, opacity.shape[::-1]), (8, 8, 10), left + int(0.8 * px), top + int(px))
    cover_with(whole[top : top + strip.shape[0], left : left + strip.shape[1]], strip, opacity)
    return whole


def _edges(rng: np.random.Generator, height: int, width: int, px: float) -> Field:
    """Opacity of the strip: its long borders waver by a few tenths of a millimetre."""
    upper = (0.5 + 0.15 * noise.ridge(rng, width, 60 * px, 6)) * px
    lower = height - (0.5 + 0.15 * noise.ridge(rng, width, 60 * px, 6)) * px
    opacity = np.ones((height, width), np.float32)
    rim = int(2 * px)
    y = np.arange(rim, dtype=np.float32)[:, None]
    opacity[:rim] = np.clip(y - upper[None, :] + 0.5, 0, 1)
    opacity[height - rim :] = np.clip(lower[None, :] - (height - rim) - y + 0.5, 0, 1)
    return opacity


def _strip(rng: np.random.Generator, width: int, height: int, px: float) -> Pixels:
    """The mounted scroll: a brocade border with the sections let in from right to left."""
    strip = _brocade(rng, height, width, px)
    border = int(BORDER_MM * px)
    right = width
    for name, width_mm in SECTIONS:
        wide = int(width_mm * px)
        section = strip[border : height - border, max(right - wide, 0) : right]
        if name == "title":
            section[:] = _title(rng, *section.shape[:2], px)
        elif name == "painting":
            section[:] = _painting(rng, *section.shape[:2], px)
        elif name == "colophon":
            section[:] = _colophon(rng, *section.shape[:2], px)
        elif name == "band":
            section[:] = surface((186, 172, 132), _cloth(rng, *section.shape[:2], px, 1.5))
        for edge in (right - wide, right):  # the seam of the paste-up
            lay(
                strip[border : height - border],
                np.full((height, max(int(0.35 * px), 1)), 0.4, np.float32),
                (60, 50, 40),
                edge,
            )
        right -= wide
    creases = np.clip(noise.ridge(rng, width, 2.2 * px, 4, 0.8) - 1.9, 0, 1)[None, :]
    worn = noise.smooth_step(-0.5, 1.0, noise.clouds(rng, height // 4, width // 4, 10 * px, 3))
    lay(strip, 0.10 * creases * cv2.resize(worn, (width, height)), (70, 54, 36))
    return strip


def _cloth(rng: np.random.Generator, height: int, width: int, px: float, strength: float = 1.0) -> Field:
    """Light on silk: every thread of warp and weft has its own tone along which it varies; slow ageing."""
    coarse = (max(height // 8, 2), max(width // 8, 2))
    warp_varies, weft_varies, age = (
        cv2.resize(noise.clouds(rng, *coarse, cell, octaves), (width, height))
        for cell, octaves in (((3 * px, 1.0 * px), 2), ((1.0 * px, 3 * px), 2), (8 * px, 4))
    )
    warp = rng.standard_normal((1, width), dtype=np.float32) * (0.9 + 0.4 * warp_varies)
    weft = rng.standard_normal((height, 1), dtype=np.float32) * (0.9 + 0.4 * weft_varies)
    light = warp + weft
    light *= 0.011 * strength
    light += 1 + 0.035 * age
    light += 0.02 * noise.grain(rng, height, width, 0.5)
    return light


def _brocade(rng: np.random.Generator, height: int, width: int, px: float) -> Pixels:
    """Blue-grey silk with a woven pattern of lozenges and small flowers."""
    light = _cloth(rng, height, width, px, 1.5)
    y, x = np.arange(height, dtype=np.float32)[:, None] / px, np.arange(width, dtype=np.float32)[None, :] / px
    lozenge = np.cos(np.pi * (x + y) / 5.0) * np.cos(np.pi * (x - y) / 5.0)
    return surface(BROCADE, light + 0.10 * (np.abs(lozenge) < 0.12) + 0.13 * (np.abs(lozenge) > 0.93))


def _stained(rng: np.random.Generator, pixels: Pixels, px: float) -> None:
    height, width = pixels.shape[:2]
    stains = noise.smooth_step(0.9, 2.6, noise.clouds(rng, height // 4, width // 4, 12 * px, 5, 0.6))
    lay(pixels, 0.14 * cv2.resize(stains, (width, height)), (140, 98, 58))


def _title(rng: np.random.Generator, height: int, width: int, px: float) -> Pixels:
    pixels = surface(PAPER, _cloth(rng, height, width, px, 0.6))
    flecks = noise.smooth_step(2.1, 2.5, noise.clouds(rng, height, width, 1.2 * px, 2))
    cover_with(pixels, (214.0, 178.0, 92.0), 0.8 * flecks)  # gold flecks
    pitch = width * 0.215
    hand = Hand("running", int(pitch * 1.25), pitch, 0.015, strength=0.97)
    for index, char in enumerate(TITLE):
        column(pixels, rng, char, hand, width * 0.87 - index * pitch, (height - hand.size_px) / 2)
    small = Hand("running", int(11 * px), 13 * px, 0.03)
    column(pixels, rng, "竹石居士书", small, width * 0.075, height * 0.36)
    stamp(pixels, rng, "竹石居士", int(13 * px), int(width * 0.047), int(height * 0.68), carved="white")
    stamp(pixels, rng, "清音", int(15 * px), int(width * 0.93), int(height * 0.08))
    _stained(rng, pixels, px)
    return pixels


def _painting(rng: np.random.Generator, height: int, width: int, px: float) -> Pixels:
    pixels = surface(SILK, _cloth(rng, height, width, px))
    art = landscape.paint(rng, height // 2, width // 2)
    for layer, colour, strength in (
        (art.ochre, (172, 112, 62), 1.0),
        (art.indigo, (66, 94, 104), 1.0),
        (art.ink, INK, 0.96),
    ):
        lay(pixels, strength * np.clip(cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1), colour)
    column(pixels, rng, "春山夜雨", Hand("running", int(9 * px), 10.5 * px, 0.03), width * 0.735, height * 0.09)
    column(pixels, rng, "竹石", Hand("running", int(7 * px), 8 * px, 0.03), width * 0.722, height * 0.13)
    stamp(pixels, rng, "竹石", int(9 * px), int(width * 0.7165), int(height * 0.23))
    stamp(pixels, rng, "西山清光", int(15 * px), int(width * 0.012), int(height * 0.36), carved="white")
    stamp(pixels, rng, "山水之友", int(17 * px), int(width * 0.965), int(height * 0.06))
    stamp(pixels, rng, "福", int(12 * px), int(width * 0.972), int(height * 0.18), carved="white")
    _stained(rng, pixels, px)
    return pixels


def _colophon(rng: np.random.Generator, height: int, width: int, px: float) -> Pixels:
    pixels = surface(PAPER, _cloth(rng, height, width, px, 0.5))
    pitch_x = width / 13.6
    hand = Hand("running", int(21 * px), 23.5 * px, 0.03)
    x = width - pitch_x
    for line in POEM:
        column(pixels, rng, line, hand, x, height * 0.07)
        x -= pitch_x
    small = Hand("running", int(15 * px), 16.8 * px, 0.03)
    for line in COLOPHON:
        column(pixels, rng, line, small, x, height * 0.10)
        x -= pitch_x * 0.8
    end = column(pixels, rng, SIGNATURE, small, x, height * 0.34)
    stamp(pixels, rng, "竹石居士", int(13 * px), int(x - 6.5 * px), int(end + 3 * px), carved="white")
    stamp(pixels, rng, "清心", int(13 * px), int(x - 6.5 * px), int(end + 20 * px))
    _stained(rng, pixels, px)
    return pixels
