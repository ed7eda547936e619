"""A shot of a colour target: 24 patches in the usual order, a scale of greys, a centimetre rule, slanted edges."""

from __future__ import annotations

import cv2
import numpy as np

from . import noise
from .picture import Pixels, surface
from .writing import glyph

# nominal sRGB values of the usual 24 patches, row by row from dark skin to black
PATCHES = (
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
)  # fmt: skip
GREYS = 11


def target(rng: np.random.Generator, size_px: tuple[int, int], px: float) -> Pixels:
    """The shot, uint8 sRGB of (width, height) ``size_px``, at ``px`` pixels per millimetre."""
    width, height = size_px
    shot = surface((118, 118, 116), np.ones((height, width), np.float32))
    _patches(shot, 12.0, 14.0, px)
    _greys(shot, 12.0, 122.0, px)
    _rule(shot, 12.0, 146.0, px)
    _slanted_square(shot, 76.0, 187.0, px)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = 1 - 0.012 * (x**2 + y**2) + 0.004 * x
    light += 0.006 * noise.grain(rng, height, width, 0.6)
    for channel in range(3):
        shot[..., channel] = np.clip(np.round(shot[..., channel] * light), 0, 255)
    return shot


def _box(
    shot: Pixels, left_mm: float, top_mm: float, wide_mm: float, high_mm: float, colour: tuple[int, ...], px: float
) -> None:
    y0, y1, x0, x1 = (round(value * px) for value in (top_mm, top_mm + high_mm, left_mm, left_mm + wide_mm))
    shot[y0:y1, x0:x1] = colour


def _patches(shot: Pixels, left: float, top: float, px: float) -> None:
    _box(shot, left, top, 128.0, 96.0, (24, 24, 24), px)
    for number, colour in enumerate(PATCHES):
        row, place = divmod(number, 6)
        _box(shot, left + 5 + place * 20.0, top + 8 + row * 21.0, 18.0, 18.0, colour, px)


def _greys(shot: Pixels, left: float, top: float, px: float) -> None:
    for step in range(GREYS):
        value = round(250 - step * 23)
        _box(shot, left + step * 128.0 / GREYS, top, 128.0 / GREYS, 16.0, (value, value, value), px)


def _rule(shot: Pixels, left: float, top: float, px: float) -> None:
    _box(shot, left, top, 128.0, 18.0, (238, 238, 236), px)
    for mm in range(121):
        long = 8.0 if mm % 10 == 0 else 6.0 if mm % 5 == 0 else 4.0
        _box(shot, left + 4 + mm - 0.1, top, 0.2, long, (20, 20, 20), px)
        if mm % 10 == 0:
            for place, digit in enumerate(str(mm // 10)):
                sign = glyph(digit, int(6 * px), "print")
                y, x = int((top + 9) * px), int((left + 4 + mm - 2.6 + 2.6 * place) * px)
                area = shot[y : y + sign.shape[0], x : x + sign.shape[1]]
                area[sign > 0.5] = (20, 20, 20)


def _slanted_square(shot: Pixels, middle_x: float, middle_y: float, px: float) -> None:
    """A dark square on white, turned by 5 degrees, for ISO 12233 slanted-edge measurements."""
    _box(shot, middle_x - 22, middle_y - 17, 44.0, 34.0, (236, 236, 234), px)
    corners = cv2.boxPoints(((middle_x * px, middle_y * px), (20 * px, 20 * px), 5.0))
    cv2.fillPoly(shot, [np.round(corners * 256).astype(np.int32)], (40, 40, 40), cv2.LINE_AA, 8)
