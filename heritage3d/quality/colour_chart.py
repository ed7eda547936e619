"""A picture for people: every patch split into reference and measured, with its difference, tone curve and tints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from heritage3d.image.lab import encoded, light_of
from heritage3d.quality.figures import compared
from heritage3d.quality.reference import COLUMNS, GREYS, Reference
from heritage3d.quality.targets import Target

_WIDTH, _HEIGHT, _EDGE = 1600, 1000, 48
_CELL, _STEP_X, _STEP_Y = 148, 164, 192
_TOP = 150
_PANEL = 470
_PAPER, _PALE, _INK, _FAINT = (57, 57, 57), (74, 74, 74), (242, 242, 240), (168, 168, 166)
_GOOD, _FAIR, _BAD = (134, 199, 145), (233, 190, 96), (240, 128, 112)
_GOOD_TO, _FAIR_TO = 2.0, 5.0  # of CIEDE2000: not seen side by side; seen at once
_MOST = 4

Point = tuple[float, float]
Place = tuple[int, int]
Colour = tuple[int, int, int]


def draw_chart(pixels: np.ndarray, targets: Sequence[Target]) -> np.ndarray:
    """The colour chart of the targets found in ``pixels``: one page each, at most four; (h, 1600, 3) uint8 sRGB."""
    frame = _frame(pixels, targets)
    pages = [_page(frame, target, number, len(targets)) for number, target in enumerate(targets[:_MOST], start=1)]
    return np.vstack(pages) if pages else np.full((1, _WIDTH, 3), _PAPER, np.uint8)


def _page(frame: np.ndarray, target: Target, number: int, count: int) -> np.ndarray:
    known, seen, different = compared(target)
    page = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
    _heading(page, target, known, different, f"{number} / {count}" if count > 1 else "")
    for place, (colour, right) in enumerate(zip(target.rgb, known.light, strict=True)):
        row, column = divmod(place, COLUMNS)
        _patch(page, _EDGE + column * _STEP_X, _TOP + row * _STEP_Y, right, colour, float(different[place]))
    _legend(page, _EDGE, _HEIGHT - 40)
    left, side, square = _WIDTH - _EDGE - _PANEL, (_PANEL - 24) // 2, _PANEL + 34
    _into(page, frame, left, _TOP, side, _HEIGHT - _EDGE - _TOP - square - 24)
    high = _HEIGHT - _EDGE - _TOP - square - 24
    _tones(page, (left + side + 24, _TOP - 10), (side, high + 10), known.reachable[GREYS, 0], seen[GREYS, 0])
    _tints(page, (left, _HEIGHT - _EDGE - square), (_PANEL, square), known.reachable, seen)
    return page


def _heading(page: np.ndarray, target: Target, known: Reference, different: np.ndarray, which: str) -> None:
    name = f"ColorChecker {target.model.capitalize()}"
    edition = {"after-2014": "≥ 2014-11", "before-2014": "< 2014-11"}[known.edition]
    _text(page, name, (_EDGE, 72), 40, _INK, 600)
    _text(
        page, "   ".join(part for part in (edition, f"{target.turn_deg:.1f}°", which) if part), (_EDGE, 112), 26, _FAINT
    )
    figures = (("Ø", different.mean()), ("90 %", np.percentile(different, 90)), ("max", different.max()))
    x = _WIDTH - _EDGE - _PANEL
    _text(page, "ΔE₀₀", (x, 112), 26, _FAINT)
    for place, (label, value) in enumerate(figures):
        at = x + 92 + place * 132
        _text(page, label, (at, 112), 26, _FAINT)
        _text(page, f"{value:.1f}", (at, 72), 46, _severity(float(value)), 600)


def _patch(page: np.ndarray, x: int, y: int, right: np.ndarray, seen: np.ndarray, different: float) -> None:
    known, measured = _code(right), _code(seen)
    cv2.rectangle(page, (x - 3, y - 3), (x + _CELL + 2, y + _CELL + 2), (0, 0, 0), -1)
    cv2.rectangle(page, (x, y), (x + _CELL // 2 - 1, y + _CELL - 1), known, -1)
    cv2.rectangle(page, (x + _CELL // 2, y), (x + _CELL - 1, y + _CELL - 1), measured, -1)
    _text(page, f"{different:.1f}", (x, y + _CELL + 31), 27, _INK, 500)
    full = _CELL - 62
    length = round(full * min(1.0, different / 10))
    cv2.rectangle(page, (x + 62, y + _CELL + 16), (x + 62 + full, y + _CELL + 26), _PALE, -1)
    cv2.rectangle(page, (x + 62, y + _CELL + 16), (x + 62 + max(2, length), y + _CELL + 26), _severity(different), -1)


def _legend(page: np.ndarray, x: int, y: int) -> None:
    _swatch(page, x, y, _INK, _FAINT)
    _text(page, "标准 reference", (x + 44, y), 24, _FAINT)
    _swatch(page, x + 290, y, _FAINT, _INK)
    _text(page, "实测 measured", (x + 334, y), 24, _FAINT)
    for place, (colour, label) in enumerate(((_GOOD, "≤ 2"), (_FAIR, "≤ 5"), (_BAD, "> 5"))):
        at = x + 580 + place * 120
        cv2.rectangle(page, (at, y - 15), (at + 34, y - 5), colour, -1)
        _text(page, label, (at + 46, y), 24, _FAINT)


def _swatch(page: np.ndarray, x: int, y: int, left: Colour, right: Colour) -> None:
    cv2.rectangle(page, (x, y - 24), (x + 28, y + 4), (0, 0, 0), -1)
    cv2.rectangle(page, (x + 2, y - 22), (x + 13, y + 2), left if left == _INK else _PALE, -1)
    cv2.rectangle(page, (x + 15, y - 22), (x + 26, y + 2), right if right == _INK else _PALE, -1)


def _tones(
    page: np.ndarray, corner: tuple[int, int], size: tuple[int, int], known: np.ndarray, seen: np.ndarray
) -> None:
    """L* of the greys, measured against true; the band is 3 L* wide on each side."""
    box = _axes(page, corner, size, "L*")

    def at(x: float, y: float) -> Point:
        return box[0] + box[2] * x / 100, box[1] + box[3] * (1 - y / 100)

    for value in (25, 50, 75):
        _line(page, at(value, 0), at(value, 100), _PALE, 1)
        _line(page, at(0, value), at(100, value), _PALE, 1)
    band = np.array([at(0, 0), at(3, 0), at(100, 97), at(100, 100), at(97, 100), at(0, 3)])
    cv2.fillPoly(page, [np.round(band).astype(np.int32)], (88, 88, 88), cv2.LINE_AA)
    points = [at(float(x), float(y)) for x, y in sorted(zip(known, seen, strict=True))]
    for one, other in pairwise(points):
        _line(page, one, other, _INK, 2)
    for point, x, y in zip(points, sorted(known), sorted(seen), strict=True):
        _dot(page, point, 9, _severity(abs(float(x - y))))


def _tints(
    page: np.ndarray, corner: tuple[int, int], size: tuple[int, int], known: np.ndarray, seen: np.ndarray
) -> None:
    """The a*b* plane: a line from the reference of each patch to what was measured, which is the dot."""
    box = _axes(page, corner, size, "a* b*")
    scale = min(box[2], box[3]) / 184

    def at(tint: np.ndarray) -> Point:
        return box[0] + box[2] / 2 + float(tint[0]) * scale, box[1] + box[3] / 2 - float(tint[1]) * scale

    for chroma in (25, 50, 75):
        middle = (round((box[0] + box[2] / 2) * 16), round((box[1] + box[3] / 2) * 16))
        cv2.circle(page, middle, round(chroma * scale * 16), _PALE, 1, cv2.LINE_AA, 4)
    _line(page, (box[0], box[1] + box[3] / 2), (box[0] + box[2], box[1] + box[3] / 2), _PALE, 1)
    _line(page, (box[0] + box[2] / 2, box[1]), (box[0] + box[2] / 2, box[1] + box[3]), _PALE, 1)
    for right, colour in zip(known, seen, strict=True):
        _line(page, at(right[1:]), at(colour[1:]), _INK, 2)
        _dot(page, at(colour[1:]), 7, _code(light_of(np.array([max(45.0, right[0]), *right[1:]]))))


def _axes(page: np.ndarray, corner: Place, size: Place, label: str) -> tuple[int, int, int, int]:
    (x, y), (wide, high) = corner, size
    _text(page, label, (x, y + 20), 24, _FAINT)
    cv2.rectangle(page, (x, y + 34), (x + wide - 1, y + high - 1), (66, 66, 66), -1)
    return x + 10, y + 44, wide - 20, high - 54


def _frame(pixels: np.ndarray, targets: Sequence[Target]) -> np.ndarray:
    """The frame made small, every target outlined and numbered, its first patch marked."""
    step = max(1, max(pixels.shape[:2]) // 1000)
    small = np.ascontiguousarray(pixels[::step, ::step])
    small = (small >> 8).astype(np.uint8) if small.dtype == np.uint16 else small
    small = np.repeat(small, 3, axis=2) if small.shape[2] == 1 else small.copy()
    thick = max(2, max(small.shape[:2]) // 160)
    for number, target in enumerate(targets, start=1):
        outline = np.round(target.corners / step * 16).astype(np.int32)
        cv2.polylines(small, [outline], True, (0, 0, 0), 2 * thick, cv2.LINE_AA, 4)
        cv2.polylines(small, [outline], True, (255, 255, 255), thick, cv2.LINE_AA, 4)
        first = np.round(target.centres[0] / step).astype(int)
        cv2.circle(small, (int(first[0]), int(first[1])), 2 * thick, (255, 255, 255), -1, cv2.LINE_AA)
        if len(targets) > 1:
            middle = target.corners.mean(axis=0) / step
            _text(small, str(number), (int(middle[0]) - 20, int(middle[1]) + 24), 72, (255, 255, 255), 700)
    return small


def _into(page: np.ndarray, picture: np.ndarray, x: int, y: int, wide: int, high: int) -> None:
    scale = min(wide / picture.shape[1], high / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    page[y : y + size[1], x : x + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _severity(different: float) -> Colour:
    return _GOOD if different <= _GOOD_TO else _FAIR if different <= _FAIR_TO else _BAD


def _code(light: np.ndarray) -> Colour:
    red, green, blue = np.round(encoded(light) * 255).astype(int).tolist()
    return red, green, blue


def _line(page: np.ndarray, one: Point, other: Point, colour: Colour, thick: int) -> None:
    ends = [(round(x * 16), round(y * 16)) for x, y in (one, other)]
    cv2.line(page, ends[0], ends[1], colour, thick, cv2.LINE_AA, 4)


def _dot(page: np.ndarray, point: Point, radius: int, colour: Colour) -> None:
    middle = (round(point[0] * 16), round(point[1] * 16))
    cv2.circle(page, middle, radius * 16 + 24, (30, 30, 30), -1, cv2.LINE_AA, 4)
    cv2.circle(page, middle, radius * 16, colour, -1, cv2.LINE_AA, 4)


def _text(page: np.ndarray, text: str, at: tuple[int, int], size: int, colour: Colour, weight: int = 400) -> None:
    """Text in the typeface that OpenCV 5 carries (Latin and Chinese)."""
    cv2.putText(page, text, at, colour, cv2.FontFace("sans"), size, weight)
