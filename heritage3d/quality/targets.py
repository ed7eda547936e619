"""Colour targets in a shot: found in any rotation, and their patches measured from full-resolution pixels.

The search runs on a reduced picture: even squares (squares.py) that stand in a grid, then the place and turn in that
grid at which the 24 colours agree with the ColorChecker, however exposed or tinted. Nothing is learned, nothing is
downloaded. What is found is then placed on the pixels of the full picture (patches.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from heritage3d.image.lab import encoded
from heritage3d.quality import patches
from heritage3d.quality.reference import COLUMNS, ROWS, reference
from heritage3d.quality.squares import FEWEST, Grid, Squares, even_squares, grids

Model = Literal["classic", "passport"]

#: The picture is searched at about so many pixels; then at fewer, for noisy pictures.
_SEARCHED = (2_400_000, 500_000)
_SMALLEST = 32  # pixels along a side, after reduction
_AGREES = 0.90  # correlation of the 24 code values with the reference, mean of the channels
_AGREES_HUE = 0.75  # the same of the two colour differences, so that a scale of greys is no ColorChecker
_AGREES_GREY = 0.95  # for pictures without colour
_GREY = np.array([0.2126, 0.7152, 0.0722])
_CELLS = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)), axis=-1).reshape(-1, 2).astype(np.float64)


@dataclass(frozen=True)
class Target:
    """One ColorChecker in a frame.

    ``corners`` (4, 2) float64: the outer corners of the patches in pixels (x, y; whole numbers are pixel centres),
    beginning at dark skin, then bluish green, black, white. ``centres`` (24, 2): of the patches, in the order of the
    reference table. ``rgb`` (24, 3) float64: robust mean of each patch in linear light, 0 to 1. ``lab_sd`` (24,):
    standard deviation of L* of the pixels of each patch. ``patch_px``: side of a patch. ``pitch_px``: along the rows,
    across the rows. ``model``: by its proportions. ``turn_deg``: of the rows, counter-clockwise, 0 to 360.
    ``confidence``: 0 to 1, agreement of the colours. ``clipped``: patches with clipped pixels. ``grid`` (3, 3) maps
    (column, row) of the patches to pixels. ``mirrored``: the picture shows the target as a mirror would.
    """

    model: Model
    corners: np.ndarray
    centres: np.ndarray
    rgb: np.ndarray
    lab_sd: np.ndarray
    patch_px: float
    pitch_px: tuple[float, float]
    turn_deg: float
    confidence: float
    clipped: int = 0
    grid: np.ndarray = field(default_factory=lambda: np.eye(3))
    fill: float = 0.876
    mirrored: bool = False
    beside: np.ndarray = field(default_factory=lambda: np.empty((0, 4, 2)))


def find_targets(pixels: np.ndarray) -> list[Target]:
    """Every ColorChecker 24 in ``pixels``, (h, w, 1 or 3) uint8 or uint16 sRGB; largest first; none: []."""
    done: set[int] = set()
    for area in _SEARCHED:
        factor = max(1, round(float(np.sqrt(pixels.shape[0] * pixels.shape[1] / area))))
        if factor in done or min(pixels.shape[:2]) < _SMALLEST * factor:
            continue
        done.add(factor)
        picture = reduced(pixels, factor)
        squares = even_squares(picture)
        seen = _seen(picture, squares)
        if seen:
            beside = _beside(squares, [place for place, _agreement in seen]) * factor + (factor - 1) / 2
            targets = [_measured(pixels, _enlarged(place, factor), like, beside) for place, like in seen]
            return sorted(targets, key=lambda target: -target.patch_px)
    return []


def reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    """``pixels`` as (h, w, 3) uint8, each ``factor`` x ``factor`` block one pixel."""
    height, width = (side // factor * factor for side in pixels.shape[:2])
    small = pixels[:height, :width]
    if factor > 1:
        small = cv2.resize(small, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    small = small.reshape(height // factor, width // factor, -1)
    if small.dtype == np.uint16:
        small = (small >> 8).astype(np.uint8)
    coloured = small if small.shape[2] == 3 else np.repeat(small, 3, axis=2)
    return np.ascontiguousarray(coloured)


def _enlarged(place: np.ndarray, factor: int) -> np.ndarray:
    shift = (factor - 1) / 2
    return np.asarray(np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1.0]]) @ place)


def _seen(picture: np.ndarray, squares: Squares) -> list[tuple[np.ndarray, float]]:
    """Grid and agreement of each target in a reduced picture; no two overlap."""
    found: list[tuple[np.ndarray, float]] = []
    for grid in grids(squares):
        best = _best_place(picture, grid)
        if best is None:
            continue
        middle = at(best[0], np.array([[2.5, 1.5]]))
        if not any(_within(place, middle)[0] for place, _agreement in found):
            found.append(best)
    return found


def _beside(squares: Squares, places: list[np.ndarray]) -> np.ndarray:
    """Corners of the slanted squares outside the targets, largest first."""
    free = np.abs(squares.angles) > 1
    for place in places:
        free &= ~_within(place, squares.centres)
    order = np.argsort(-squares.sides[free])
    return np.asarray(squares.corners[free][order])


def _within(place: np.ndarray, points: np.ndarray) -> np.ndarray:
    column, row = at(np.linalg.inv(place), points).T
    return np.asarray((column > -0.5) & (column < COLUMNS - 0.5) & (row > -0.5) & (row < ROWS - 0.5))


def _best_place(picture: np.ndarray, grid: Grid) -> tuple[np.ndarray, float] | None:
    """The window of 6 x 4 places, in any of its eight positions, whose colours agree best with the reference."""
    low, high = grid.cells.min(axis=0).astype(int), grid.cells.max(axis=0).astype(int)
    step = at(grid.place, np.array([low, low + np.array([1, 0])], np.float64))
    box = max(1, int(0.4 * np.hypot(*(step[1] - step[0]))))
    turns = np.array([turn for window in _windows(grid.cells, low, high) for turn in _positions(*window)])
    if not len(turns):
        return None
    points = at(grid.place, at(turns, _CELLS).reshape(-1, 2)).reshape(-1, len(_CELLS), 2)
    agreement = _agreement(cv2.blur(picture, (box, box)), points)
    best = int(np.argmax(agreement))
    return (grid.place @ turns[best], float(agreement[best])) if agreement[best] > 0 else None


def _windows(cells: np.ndarray, low: np.ndarray, high: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Left and top of every window that holds enough squares, and whether it is wider than high."""
    column, row = cells.T
    for upright in (True, False):
        wide, tall = (COLUMNS, ROWS) if upright else (ROWS, COLUMNS)
        for left in range(min(low[0], high[0] - wide + 1), max(low[0], high[0] - wide + 1) + 1):
            within = (column >= left) & (column < left + wide)
            for top in range(min(low[1], high[1] - tall + 1), max(low[1], high[1] - tall + 1) + 1):
                if (within & (row >= top) & (row < top + tall)).sum() >= FEWEST:
                    yield left, top, upright


def _positions(left: int, top: int, upright: bool) -> Iterator[np.ndarray]:
    """Maps from (column, row) of the chart to places in the grid: four turned and mirrored ways to lie in a window."""
    wide, tall = (COLUMNS, ROWS) if upright else (ROWS, COLUMNS)
    for x0, dx in ((left, 1), (left + wide - 1, -1)):
        for y0, dy in ((top, 1), (top + tall - 1, -1)):
            if upright:
                yield np.array([[dx, 0, x0], [0, dy, y0], [0, 0, 1.0]])
            else:
                yield np.array([[0, dx, x0], [dy, 0, y0], [0, 0, 1.0]])


def _agreement(smooth: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How well the colours at (n, 24) points agree with the reference, 0 (not) to 1, whatever exposure and tint."""
    limit = np.array(smooth.shape[1::-1]) - 1
    whole = ((points >= 0) & (points <= limit)).all(axis=(1, 2))
    x, y = np.moveaxis(np.clip(np.round(points), 0, limit).astype(int), -1, 0)
    seen, known = smooth[y, x] / 255.0, encoded(reference().light)
    like = _correlation(seen, known).mean(axis=-1)
    colourful = np.ptp(seen - seen[..., :1], axis=(1, 2)) >= 0.02
    level = np.where(colourful, like, _correlation(seen[..., :1], (known @ _GREY)[:, None])[..., 0])
    hue = np.where(colourful, _correlation(_hues(seen), _hues(known)).mean(axis=-1), 1)
    good = whole & (level > np.where(colourful, _AGREES, _AGREES_GREY)) & (hue > _AGREES_HUE)
    return np.where(good, level, 0.0)


def _hues(code: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(code, -1, 0)
    return np.stack([red - green, blue - (red + green) / 2], axis=-1)


def _correlation(seen: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Over the 24 patches, for each of (n, 24, k) against (24, k): (n, k)."""
    seen, known = seen - seen.mean(axis=1, keepdims=True), known - known.mean(axis=0)
    size = np.sqrt((seen**2).sum(axis=1) * (known**2).sum(axis=0))
    return np.asarray((seen * known).sum(axis=1) / np.maximum(size, 1e-9))


def at(place: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where a projective map (3, 3), or each of many, puts points (n, 2)."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ np.swapaxes(place, -1, -2)
    return np.asarray(mapped[..., :2] / mapped[..., 2:])


def _measured(pixels: np.ndarray, rough: np.ndarray, agreement: float, beside: np.ndarray) -> Target:
    grid, fill = patches.placed(pixels, rough)
    half = fill / 2
    outer = np.array([[-half, -half], [5 + half, -half], [5 + half, 3 + half], [-half, 3 + half]])
    rgb, sd, clipped = patches.values(pixels, grid, fill)
    middle = at(grid, np.array([[2.5, 1.5], [3.5, 1.5], [2.5, 2.5]]))
    along, across = middle[1] - middle[0], middle[2] - middle[0]
    return Target(
        model="classic" if fill > 0.85 else "passport",
        corners=at(grid, outer),
        centres=at(grid, _CELLS),
        rgb=rgb,
        lab_sd=sd,
        patch_px=fill * float(np.sqrt(np.hypot(*along) * np.hypot(*across))),
        pitch_px=(float(np.hypot(*along)), float(np.hypot(*across))),
        turn_deg=float(np.degrees(np.arctan2(-along[1], along[0]))) % 360.0,
        confidence=agreement,
        clipped=clipped,
        grid=grid,
        fill=fill,
        beside=beside,
        mirrored=bool(along[0] * across[1] - along[1] * across[0] < 0),
    )
