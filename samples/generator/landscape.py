"""A landscape in ink: ranges of hills with mist between them, trees, a hut, boats. Lengths in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from . import noise
from .noise import Field


@dataclass(frozen=True)
class Range:
    """A range of hills. ``base`` and the peaks (place, half width, height) are shares of the picture's height
    and width; ``ink`` is its darkness; ``mist`` the share of the height over which its foot fades."""

    base: float
    peaks: Sequence[tuple[float, float, float]]
    ink: float
    mist: float
    rough: float
    trees: int = 0


RANGES = (
    Range(0.50, ((0.08, 0.05, 0.14), (0.20, 0.07, 0.20), (0.58, 0.09, 0.16), (0.70, 0.05, 0.12)), 0.22, 0.20, 0.10),
    Range(0.60, ((0.33, 0.05, 0.34), (0.40, 0.04, 0.26), (0.88, 0.06, 0.30), (0.80, 0.04, 0.18)), 0.38, 0.26, 0.16),
    Range(0.74, ((0.27, 0.035, 0.52), (0.225, 0.03, 0.34), (0.46, 0.04, 0.30), (0.94, 0.04, 0.46)), 0.62, 0.34, 0.20, 5),
    Range(0.88, ((0.36, 0.05, 0.28), (0.18, 0.04, 0.20), (0.52, 0.05, 0.13), (0.985, 0.035, 0.40)), 0.78, 0.30, 0.20, 9),
    Range(1.06, ((0.04, 0.10, 0.23), (0.29, 0.09, 0.17), (0.645, 0.07, 0.21), (0.91, 0.10, 0.20)), 0.95, 0.24, 0.16, 11),
)  # fmt: skip


@dataclass
class Painting:
    """Coverages 0..1 of black ink, of a warm wash (ochre) and of a cool one (indigo), float32 of equal size."""

    ink: Field
    ochre: Field
    indigo: Field


def paint(rng: np.random.Generator, height: int, width: int) -> Painting:
    """Paint the whole landscape."""
    work = Painting(*(np.zeros((height, width), np.float32) for _ in range(3)))
    work.ink += _sky_wash(rng, height, width)
    for number, hills in enumerate(RANGES):
        top = _skyline(rng, hills, height, width)
        _wash(rng, work, hills, top)
        _folds(rng, work.ink, hills, top)
        _dots(rng, work.ink, hills, top)
        if number == 2:
            _waterfall(rng, work.ink, top, 0.262)
        _trees(rng, work.ink, hills, top)
        if number == 3:
            _hut(work.ink, top, 0.508, 0.020)
    _hut(work.ink, top, 0.655, 0.028)
    _hut(work.ink, top, 0.628, 0.023)
    for place, level, long in ((0.60, 0.80, 0.030), (0.74, 0.70, 0.018), (0.77, 0.715, 0.016)):
        _boat(work.ink, place * width, level * height, long * width)
    _ripples(rng, work.ink)
    _birds(rng, work.ink, 0.66, 0.25)
    np.clip(work.ink, 0, 1, out=work.ink)
    return work


def _sky_wash(rng: np.random.Generator, height: int, width: int) -> Field:
    return 0.05 * noise.smooth_step(-0.5, 2.5, noise.clouds(rng, height, width, (height / 3, height), 4))


def _skyline(rng: np.random.Generator, hills: Range, height: int, width: int) -> Field:
    """y of the upper border in each column; below the picture where there is no land."""
    x = np.arange(width) / width
    rise = np.zeros(width)
    for place, half_width, high in hills.peaks:
        steep = np.abs((x - place) / (1.25 * half_width))
        rise = np.maximum(
            rise, (high + 0.05) * np.exp(-(steep**2.0)) * (1 + 0.12 * noise.ridge(rng, width, width / 60, 4))
        )
    rise += hills.rough * noise.ridge(rng, width, width / 28, 7, 0.55) * np.minimum(rise, 0.25)
    return ((hills.base + 0.05 - rise) * height).astype(np.float32)


def _wash(rng: np.random.Generator, work: Painting, hills: Range, top: Field) -> None:
    """Lay the hill's wash, darkest at its outline; it hides what lies behind and fades towards its foot."""
    height, width = work.ink.shape
    y = np.arange(height, dtype=np.float32)[:, None]
    ragged = top[None, :] + 2.0 * noise.clouds(rng, height, width, 14, 3)
    under = y - ragged
    inside = noise.smooth_step(-1.0, 2.0, under)
    foot = _above_mist(hills, y / height + 0.04 * noise.clouds(rng, height, width, (60, 240), 4))
    solid = inside * foot
    depth = np.clip(under / (0.22 * height), 0, None)
    rocky = noise.smooth_step(-1.2, 1.6, noise.clouds(rng, height, width, (70, 40), 5, 0.62))
    tone = hills.ink * (0.42 * np.exp(-3.5 * depth) + 0.25 * rocky * np.exp(-1.2 * depth) + 0.06)
    outline = (
        hills.ink
        * 0.5
        * np.exp(-((under / 2.2) ** 2))
        * noise.smooth_step(-0.8, 0.8, noise.clouds(rng, height, width, 50, 3))
    )
    for layer in (work.ink, work.ochre, work.indigo):
        layer *= 1 - 0.94 * solid
    work.ink += solid * np.maximum(tone, outline)
    warm = noise.smooth_step(-0.3, 1.5, noise.clouds(rng, height, width, (120, 200), 3))
    work.ochre += 0.42 * solid * warm * np.exp(-0.8 * depth) * hills.ink
    work.indigo += 0.5 * solid * (1 - warm) * (0.35 + 0.65 * np.exp(-2.5 * depth)) * (1.1 - 0.7 * hills.ink)


def _above_mist(hills: Range, level: Field) -> Field:
    """1 where a range shows, 0 where its foot is lost in mist; ``level`` is y as a share of the height."""
    return 1 - noise.smooth_step(hills.base - hills.mist, hills.base, level)


def _folds(rng: np.random.Generator, ink: Field, hills: Range, top: Field) -> None:
    """Long texture strokes ("hemp fibres") that run down from the ridges."""
    height, width = ink.shape
    layer = np.zeros((height, width), np.uint8)
    columns = np.nonzero(top < hills.base * height)[0]
    smooth = cv2.GaussianBlur(top[None, :], (0, 0), width / 220)[0]
    slope = np.gradient(smooth)
    count, steps = len(columns) * 2, 14
    x = rng.choice(columns, count)
    room = hills.base * height - top[x]
    y = top[x] + room * rng.random(count) ** 1.6 * 0.75
    long = rng.uniform(0.03, 0.10, count) * height * (0.5 + hills.ink)
    lean = np.clip(0.25 / (slope[x] + np.where(slope[x] >= 0, 0.15, -0.15)), -0.9, 0.9)
    t = np.linspace(0, 1, steps)
    across = x[:, None] + (lean * long)[:, None] * t**1.3 + np.cumsum(rng.normal(0, 0.7, (count, steps)), axis=1)
    paths = np.stack([across, y[:, None] + long[:, None] * t], -1)
    strengths = np.clip(rng.normal(70, 30, count) * (1 - (y - top[x]) / np.maximum(room, 1) * 0.7), 8, 150)
    widths = np.where(rng.random(count) < 0.25, 2, 1)
    for path, strength, wide in zip((paths * 8).astype(np.int32), strengths, widths, strict=True):
        cv2.polylines(layer, [path], False, int(strength), int(wide), cv2.LINE_AA, 3)
    y = np.arange(height, dtype=np.float32)[:, None]
    foot, below = _above_mist(hills, y / height), y > top[None, :]
    ink += cv2.GaussianBlur(layer, (0, 0), 0.7).astype(np.float32) / 255 * hills.ink * foot * below * (1 - ink)


def _dots(rng: np.random.Generator, ink: Field, hills: Range, top: Field) -> None:
    """Moss and far trees: dots along the ridges."""
    height, width = ink.shape
    layer = np.zeros((height, width), np.uint8)
    columns = np.nonzero(top < hills.base * height)[0]
    groves = noise.ridge(rng, width, width / 90, 3)
    for _ in range(int(len(columns) * 0.9)):
        x = int(rng.choice(columns))
        if groves[x] < rng.normal(0.4, 0.4):
            continue
        y = top[x] + abs(rng.normal(0, 0.035)) * height
        size = (int(8 * rng.uniform(1.5, 4.2) * (0.5 + hills.ink)), int(8 * rng.uniform(1.0, 2.2) * (0.5 + hills.ink)))
        strength = int(rng.uniform(60, 190))
        cv2.ellipse(layer, (int(x * 8), int(y * 8)), size, rng.uniform(-20, 20), 0, 360, strength, -1, cv2.LINE_AA, 3)
    foot = _above_mist(hills, np.arange(height, dtype=np.float32)[:, None] / height)
    ink += cv2.GaussianBlur(layer, (0, 0), 0.9).astype(np.float32) / 255 * hills.ink * foot * (1 - ink)


def _trees(rng: np.random.Generator, ink: Field, hills: Range, top: Field) -> None:
    """Groups of trees on the nearer ground: pines with level boughs, round-leaved ones, bare ones."""
    height, width = ink.shape
    ground = (hills.base - 0.5 * hills.mist) * height  # below it a tree would stand on mist
    columns = np.nonzero((top < ground) & (top > 0.42 * height))[0]
    layer = np.zeros((height, width), np.uint8)
    for _ in range(hills.trees):
        middle = int(rng.choice(columns))
        style = rng.choice([0, 0, 1, 1, 2])
        for _ in range(int(rng.integers(2, 6))):
            x = int(np.clip(middle + rng.normal(0, 0.008 * width), 0, width - 1))
            if top[x] < ground:
                _tree(rng, layer, x, top[x] + 0.02 * height, rng.uniform(0.08, 0.17) * height * hills.base, int(style))
    ink += cv2.GaussianBlur(layer, (0, 0), 0.6).astype(np.float32) / 255 * 0.95 * (1 - ink)


def _tree(rng: np.random.Generator, layer: NDArray[np.uint8], x: float, y: float, high: float, style: int) -> None:
    t = np.linspace(0, 1, 8)
    trunk = np.stack([x + np.cumsum(rng.normal(0, 0.028 * high, 8)), y - high * t], 1)
    for start in range(7):
        thick = max(round((1 - start / 8) * high / 26), 1)
        cv2.polylines(layer, [(trunk[start : start + 2] * 8).astype(np.int32)], False, 190, thick, cv2.LINE_AA, 3)
    for level in range(3, 8):
        for side in (-1, 1):
            long = high * rng.uniform(0.14, 0.30) * (1.25 - level / 8)
            tip = trunk[level] + (side * long, -long * rng.uniform(0.0, 0.5))
            bough = np.stack([trunk[level], (trunk[level] + tip) / 2 + (0, -0.1 * long), tip])
            cv2.polylines(layer, [(bough * 8).astype(np.int32)], False, 170, 1, cv2.LINE_AA, 3)
            if style == 2:
                continue
            for _ in range(9 if style == 0 else 14):
                at = trunk[level] + (tip - trunk[level]) * rng.random() ** 0.6 + rng.normal(0, 0.03 * high, 2)
                size = (rng.uniform(3.2, 5.0), 1.2) if style == 0 else (rng.uniform(1.6, 3.0), rng.uniform(1.4, 2.2))
                axes = tuple(int(8 * side_px * high / 150 + 4) for side_px in size)
                cv2.ellipse(
                    layer,
                    (int(at[0] * 8), int(at[1] * 8)),
                    axes,
                    0,
                    0,
                    360,
                    int(rng.uniform(90, 210)),
                    -1,
                    cv2.LINE_AA,
                    3,
                )


def _waterfall(rng: np.random.Generator, ink: Field, top: Field, place: float) -> None:
    height, width = ink.shape
    x0, y0 = int(place * width), int(top[int(place * width)] + 0.10 * height)
    long = int(0.34 * height)
    t = np.linspace(0, 1, 40)
    path = np.stack([x0 + np.cumsum(rng.normal(0, 0.35, 40)) + 5 * np.round(t * 3), y0 + long * t], 1)
    fall = np.zeros(ink.shape, np.uint8)
    cv2.polylines(fall, [(path * 8).astype(np.int32)], False, 255, 7, cv2.LINE_AA, 3)
    ink *= 1 - 0.9 * cv2.GaussianBlur(fall, (0, 0), 1.2).astype(np.float32) / 255


def _hut(ink: Field, top: Field, place: float, share: float) -> None:
    """A thatched hut on the ground at ``place``; ``share`` is the height of its roof as part of the picture's."""
    height, width = ink.shape
    x, size = place * width, share * height
    near = top[int(x - 0.012 * width) : int(x + 0.012 * width)]
    y = min(near.min() + 0.05 * height, 0.96 * height)
    roof = np.array([(-1.5, 0), (-0.9, -1.0), (0.9, -1.0), (1.5, 0)]) * size + (x, y - size)
    wall = np.array([(-1.0, 0), (-1.0, 1.1), (1.0, 1.1), (1.0, 0)]) * size + (x, y - size)
    layer = np.zeros(ink.shape, np.uint8)
    for part in (roof, wall):
        cv2.fillPoly(layer, [(part * 8).astype(np.int32)], 255, cv2.LINE_AA, 3)
    ink *= 1 - 0.85 * layer.astype(np.float32) / 255
    layer[:] = 0
    cv2.polylines(layer, [(roof * 8).astype(np.int32)], True, 190, 2, cv2.LINE_AA, 3)
    cv2.polylines(layer, [(wall * 8).astype(np.int32)], False, 170, 1, cv2.LINE_AA, 3)
    for part in np.linspace(-0.7, 0.7, 9):
        thatch = np.array([(part * 0.9, -0.95), (part * 1.7, -0.05)]) * size + (x, y - size)
        cv2.polylines(layer, [(thatch * 8).astype(np.int32)], False, 120, 1, cv2.LINE_AA, 3)
    ink += cv2.GaussianBlur(layer, (0, 0), 0.7).astype(np.float32) / 255 * (1 - ink)


def _boat(ink: Field, x: float, y: float, long: float) -> None:
    layer = np.zeros(ink.shape, np.uint8)
    t = np.linspace(-1, 1, 15)
    hull = np.stack([x + t * long / 2, y - long * 0.07 * t**2], 1)
    keel = np.stack([x + t[::-1] * long / 2.4, y + long * 0.06 * (1 - t[::-1] ** 4)], 1)
    cv2.fillPoly(layer, [(np.concatenate([hull, keel]) * 8).astype(np.int32)], 170, cv2.LINE_AA, 3)
    roof = np.stack([x - long * 0.08 + t * long * 0.17, y - long * 0.16 * np.sqrt(np.clip(1 - t**2, 0, 1))], 1)
    cv2.polylines(layer, [(roof * 8).astype(np.int32)], False, 200, 2, cv2.LINE_AA, 3)
    man = np.array([(x + long * 0.28, y), (x + long * 0.27, y - long * 0.13)])
    cv2.polylines(layer, [(man * 8).astype(np.int32)], False, 220, max(int(long / 30), 1), cv2.LINE_AA, 3)
    cv2.circle(
        layer, (int(man[1, 0] * 8), int((man[1, 1] - long * 0.02) * 8)), int(8 * long * 0.028), 220, -1, cv2.LINE_AA, 3
    )
    pole = np.array([(x + long * 0.30, y - long * 0.12), (x + long * 0.55, y + long * 0.05)])
    cv2.polylines(layer, [(pole * 8).astype(np.int32)], False, 170, 1, cv2.LINE_AA, 3)
    ink += layer.astype(np.float32) / 255 * (1 - ink) * 0.9


def _ripples(rng: np.random.Generator, ink: Field) -> None:
    height, width = ink.shape
    layer = np.zeros(ink.shape, np.uint8)
    for _ in range(260):
        x, y = rng.normal(0.66, 0.10) * width, rng.uniform(0.70, 0.97) * height
        long = rng.uniform(0.004, 0.02) * width
        t = np.linspace(0, 1, 12)
        wave = np.stack([x + long * t, y + 1.3 * np.sin(t * long / 5 + x)], 1)
        cv2.polylines(layer, [(wave * 8).astype(np.int32)], False, int(rng.uniform(40, 110)), 1, cv2.LINE_AA, 3)
    ink += layer.astype(np.float32) / 255 * 0.6 * np.clip(1 - 4 * ink, 0, 1)


def _birds(rng: np.random.Generator, ink: Field, place: float, level: float) -> None:
    height, width = ink.shape
    layer = np.zeros(ink.shape, np.uint8)
    for number in range(9):
        at = np.array([place * width + 30 * number, level * height + 9 * abs(number - 4)]) + rng.normal(0, 4, 2)
        span = rng.uniform(6, 9)
        wings = np.array([(-1, -0.35), (-0.45, -0.5), (0, 0), (0.45, -0.5), (1, -0.35)]) * span + at
        cv2.polylines(layer, [(wings * 8).astype(np.int32)], False, 170, 1, cv2.LINE_AA, 3)
    ink += layer.astype(np.float32) / 255 * 0.8
