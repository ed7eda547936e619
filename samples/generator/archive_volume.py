"""The archive volume: five leaves, recto and verso, of a dike builder's register, and a shot of a colour target."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from . import archive_pages, noise, remarks
from .archive_pages import PPI
from .colour_target import target
from .picture import Pixels, cover_with, lay, surface, write_jpeg
from .writing import Hand, column

SCAN_MM = (152.4, 211.7)  # 1800 x 2500 px at 300 ppi
COVER = (92, 96, 104)
PAPER = (226, 211, 178)
LEAVES = 5
PAGES = (
    ("1r", None),
    ("1v", archive_pages.inside_cover),
    ("2r", archive_pages.preface),
    ("2v", archive_pages.register(0)),
    ("3r", archive_pages.register(1)),
    ("3v", archive_pages.register(2)),
    ("4r", archive_pages.register(3)),
    ("4v", archive_pages.register(4)),
    ("5r", archive_pages.closing),
    ("5v", archive_pages.back_cover),
)
SECTIONS = (  # of the table of contents: Chinese and English, levels between slashes
    "封面,Cover",
    "题记,Shelf mark",
    "序,Preface",
    *("日记/二月,Diary/Second month",) * 2,
    *("日记/三月,Diary/Third month",) * 2,
    "日记/四月,Diary/Fourth month",
    "结算,Sum",
    "封底,Back cover",
)


def make(folder: Path, seed: int, scale: float) -> None:
    """Write ten JPEG pages, ``pages.csv``, ``annotations.csv`` and ``target/colour-target.jpg``, all at 300 ppi."""
    (folder / "pages").mkdir(parents=True)
    (folder / "target").mkdir()
    px = PPI / 25.4 * scale
    inks = [_ink(noise.source(seed, "archive-volume", label), label, px) for label, _ in PAGES]
    rows = ["file,label,side,section@zh-Hans,section@en"]
    for number, (label, _) in enumerate(PAGES):
        rng = noise.source(seed, "archive-volume", label, "scan")
        behind = inks[number + 1 if label.endswith("r") else number - 1]
        leaf = _leaf(rng, inks[number], behind, label, px)
        name = f"{number + 1:04}.jpg"
        write_jpeg(folder / "pages" / name, _scan(rng, leaf, label, px), PPI * scale, "srgb", 90)
        rows.append(f"{name},{label},{'recto' if label.endswith('r') else 'verso'},{SECTIONS[number]}")
    (folder / "pages.csv").write_text("\n".join(rows) + "\n", "utf-8", newline="\n")
    remarks.write(folder / "annotations.csv", remarks.VOLUME, scale)
    size = (int(SCAN_MM[0] * px), int(SCAN_MM[1] * px))
    shot = target(noise.source(seed, "archive-volume", "target"), size, px)
    write_jpeg(folder / "target" / "colour-target.jpg", shot, PPI * scale, "srgb", 95)


def _ink(rng: np.random.Generator, label: str, px: float) -> Pixels:
    page = archive_pages.blank(px)
    draw = dict(PAGES)[label]
    if draw:
        draw(page, rng, px)
    return page


def _leaf(rng: np.random.Generator, ink: Pixels, behind: Pixels, label: str, px: float) -> Pixels:
    """One side of a leaf: paper or cover, what shines through from behind, ink, stains, a worn outer edge."""
    height, width = ink.shape[:2]
    coarse = (height // 4, width // 4)
    slow = cv2.resize(noise.clouds(rng, *coarse, 12 * px, 5), (width, height))
    threads = cv2.GaussianBlur(noise.fibres(rng, height, width, 900, 4 * px), (0, 0), 0.6)
    laid = 0.012 * np.sin(np.arange(height, dtype=np.float32) * 2 * np.pi / (1.1 * px))[:, None]
    light = 1 + 0.022 * slow + 0.022 * noise.grain(rng, height, width, 0.9) + laid - 0.06 * threads
    cover = label == "1r"
    pixels = surface(COVER if cover else PAPER, light)
    if cover:
        _cover_title(rng, pixels, px)
    else:
        shade = cv2.GaussianBlur(cv2.cvtColor(behind, cv2.COLOR_RGB2GRAY)[:, ::-1], (0, 0), 0.12 * px)
        lay(pixels, 0.11 * (1 - shade.astype(np.float32) / 255), (90, 70, 50))
        for channel in range(3):
            pixels[..., channel] = cv2.multiply(pixels[..., channel], ink[..., channel], scale=1 / 255)
    _age(rng, pixels, label, px)
    return pixels


def _age(rng: np.random.Generator, pixels: Pixels, label: str, px: float) -> None:
    height, width = pixels.shape[:2]
    coarse = (height // 4, width // 4)
    y, x = np.mgrid[0 : coarse[0], 0 : coarse[1]].astype(np.float32)
    edge = np.minimum(np.minimum(x, coarse[1] - x), np.minimum(y, coarse[0] - y)) / (px / 4)
    rim = np.exp(-edge / 6) + 0.25 * np.exp(-edge / 25)
    lay(
        pixels,
        cv2.resize(0.26 * rim * (1 + 0.3 * noise.clouds(rng, *coarse, 10 * px / 4, 4)), (width, height)),
        (150, 112, 66),
    )
    damp = noise.clouds(rng, *coarse, 40 * px / 4, 5, 0.45) + 0.9 * (y / coarse[0] - 0.6)
    tide = np.exp(-(((damp - 1.5) / 0.07) ** 2)) + 0.35 * noise.smooth_step(1.4, 1.6, damp)
    lay(pixels, cv2.resize((0.3 * tide).astype(np.float32), (width, height)), (158, 118, 70))
    foxing = noise.smooth_step(2.9, 4.2, noise.clouds(rng, height // 2, width // 2, 1.0 * px, 3, 0.6))
    lay(pixels, 0.55 * cv2.resize(foxing, (width, height)), (146, 98, 52))
    gutter = (
        np.linspace(1, 0, width, dtype=np.float32)
        if label.endswith("v")
        else np.linspace(0, 1, width, dtype=np.float32)
    )
    lay(pixels, np.broadcast_to(0.5 * gutter**9, (height, width)), (60, 48, 36))


def _cover_title(rng: np.random.Generator, pixels: Pixels, px: float) -> None:
    """The pasted title slip, left above, and the stitched back, right."""
    height, width = int(142 * px), int(27 * px)
    slip = surface(
        (224, 208, 172),
        1 + 0.03 * noise.clouds(rng, height, width, 6 * px, 4) + 0.015 * noise.grain(rng, height, width),
    )
    frame = int(1.5 * px)
    cv2.rectangle(
        slip, (frame, frame), (width - frame, height - frame), (52, 48, 44), max(int(0.5 * px), 1), cv2.LINE_AA
    )
    hand = Hand("print-bold", int(11.5 * px), 12.6 * px, 0.0, strength=0.9, printed=True)
    end = column(slip, rng, archive_pages.TITLE, hand, width / 2, 5 * px)
    column(slip, rng, "第一冊", Hand("print", int(6 * px), 6.8 * px, 0.0, printed=True), width * 0.5, end + 1.5 * px)
    top, left = int(10 * px), int(9 * px)
    pixels[top : top + height, left : left + width] = slip
    thread = np.zeros(pixels.shape[:2], np.uint8)
    seam = pixels.shape[1] - int(11 * px)
    wide = max(int(0.8 * px), 1)
    cv2.line(thread, (seam, int(3 * px)), (seam, pixels.shape[0] - int(3 * px)), 255, wide, cv2.LINE_AA)
    for share in (0.07, 0.34, 0.66, 0.93):
        y = int(share * pixels.shape[0])
        cv2.line(thread, (seam, y), (pixels.shape[1], y), 255, wide, cv2.LINE_AA)
    lay(
        pixels,
        0.6 * cv2.GaussianBlur(thread, (0, 0), 0.5 * px).astype(np.float32) / 255,
        (20, 20, 24),
        int(0.4 * px),
        int(0.4 * px),
    )
    cover_with(pixels, (206.0, 200.0, 184.0), thread.astype(np.float32) / 255)


def _scan(rng: np.random.Generator, leaf: Pixels, label: str, px: float) -> Pixels:
    """The leaf on the dark bed, the edges of the leaves below it showing, turned by a fraction of a degree."""
    width, height = int(SCAN_MM[0] * px), int(SCAN_MM[1] * px)
    bed = surface((42, 43, 46), 1 + 0.05 * noise.grain(rng, height, width, 0.7))
    left, top = (width - leaf.shape[1]) // 2, (height - leaf.shape[0]) // 2
    outer = 1 if label.endswith("v") else -1  # the fore-edge: right on a verso, left on a recto
    below = LEAVES - int(label[0])
    page = bed.copy()
    for depth in range(below, -1, -1):
        shift_x, shift_y = round(outer * depth * 0.55 * px), round(depth * 0.3 * px)
        sheet = leaf if depth == 0 else np.full_like(leaf, (196 - 12 * (depth % 2), 180 - 12 * (depth % 2), 148))
        shadow = np.zeros((height, width), np.float32)
        shadow[top + shift_y : top + shift_y + leaf.shape[0], left + shift_x : left + shift_x + leaf.shape[1]] = 1
        small = cv2.GaussianBlur(cv2.resize(shadow, None, fx=0.25, fy=0.25), (0, 0), 0.15 * px)
        lay(page, 0.5 * cv2.resize(small, (width, height)), (14, 13, 12))
        page[top + shift_y : top + shift_y + leaf.shape[0], left + shift_x : left + shift_x + leaf.shape[1]] = sheet
    spin = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 0.25)), 1.0)
    return cv2.warpAffine(page, spin, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
