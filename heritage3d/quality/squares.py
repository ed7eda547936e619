"""Even patches with square outlines in a reduced picture, and the grids in which they stand."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

#: A pixel is even when its neighbours differ by less than this (of 255); one of them parts any chart from its frame.
_STEPS = (6, 14, 32)
_SMALLEST = 6.0  # side of a patch in pixels of the reduced picture
_LARGEST = 0.3  # of the shorter side of the picture
FEWEST = 9  # squares that make a grid


@dataclass(frozen=True)
class Squares:
    """``centres`` (n, 2) in x, y; ``sides`` (n,) in px; ``angles`` (n,) -45 to 45 degrees; ``corners`` (n, 4, 2)."""

    centres: np.ndarray
    sides: np.ndarray
    angles: np.ndarray
    corners: np.ndarray


def even_squares(picture: np.ndarray) -> Squares:
    """Squares in ``picture`` (h, w, 3) uint8 that are even inside and bounded by an edge; each is named once."""
    smooth = cv2.medianBlur(picture, 3)
    edge = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge = cv2.max(cv2.max(edge[..., 0], edge[..., 1]), edge[..., 2])
    largest = (_LARGEST * min(picture.shape[:2])) ** 2
    found: list[tuple[float, np.ndarray]] = []
    for step in _STEPS:
        found += _squares(edge < step, largest)
    return _once(found)


def _squares(even: np.ndarray, largest: float) -> list[tuple[float, np.ndarray]]:
    _count, labels, stats, _centres = cv2.connectedComponentsWithStats(even.astype(np.uint8), connectivity=4)
    area, wide, high = stats[:, cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    # A square turned by 45 degrees fills half of its upright box and is as wide as high.
    candidates = (area >= _SMALLEST**2 / 2) & (area <= largest) & (area >= 0.42 * wide * high)
    candidates &= (wide <= 2.2 * high) & (high <= 2.2 * wide)
    candidates[0] = False
    found = []
    for number in np.flatnonzero(candidates):
        x, y, w, h = stats[number, :4]
        inside = (labels[y : y + h, x : x + w] == number).astype(np.uint8)
        outlines, _tree = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        box = cv2.minAreaRect(max(outlines, key=cv2.contourArea) + np.array([x, y], np.int32))
        # The outline runs through pixel centres, and the edge takes one pixel on each side.
        long, short = max(box[1]) + 1, min(box[1]) + 1
        if short < 0.55 * long or area[number] < 0.8 * long * short or short + 2 < _SMALLEST:
            continue
        grown = (box[0], (box[1][0] + 3, box[1][1] + 3), box[2])
        found.append((float(area[number] / (long * short)), cv2.boxPoints(grown).astype(np.float64)))
    return found


def _once(found: list[tuple[float, np.ndarray]]) -> Squares:
    """The same patch found at several steps counts once: the one that fills its box best."""
    if not found:
        return Squares(np.empty((0, 2)), np.empty(0), np.empty(0), np.empty((0, 4, 2)))
    found.sort(key=lambda entry: -entry[0])
    corners = np.array([entry[1] for entry in found])
    centres = corners.mean(axis=1)
    across = corners[:, 1] - corners[:, 0]
    sides = np.sqrt(np.hypot(*across.T) * np.hypot(*(corners[:, 2] - corners[:, 1]).T))
    tree = cKDTree(centres)
    kept, gone = [], np.zeros(len(found), bool)
    for number in range(len(found)):
        if gone[number]:
            continue
        kept.append(number)
        gone[tree.query_ball_point(centres[number], 0.35 * sides[number])] = True
    angles = (np.degrees(np.arctan2(across[:, 1], across[:, 0])) + 45) % 90 - 45
    return Squares(centres[kept], sides[kept], angles[kept], corners[kept])


@dataclass(frozen=True)
class Grid:
    """``place`` (3, 3) maps whole numbers (column, row) to pixels; ``cells`` (n, 2) are those where a square stands."""

    place: np.ndarray
    cells: np.ndarray


def grids(squares: Squares) -> list[Grid]:
    """Regular grids of at least nine squares, larger ones first."""
    if len(squares.sides) < FEWEST:
        return []
    near = cKDTree(squares.centres).query_ball_point(squares.centres, 1.75 * squares.sides)
    used = np.zeros(len(squares.sides), bool)
    found = []
    for root in np.argsort(-squares.sides):
        if used[root]:
            continue
        cells = _grown(squares, near, int(root), used)
        if len(cells) >= FEWEST and (grid := _fitted(squares, cells)) is not None:
            found.append(grid)
    return sorted(found, key=lambda grid: -len(grid.cells))


def _grown(squares: Squares, near: np.ndarray, root: int, used: np.ndarray) -> dict[int, tuple[int, int]]:
    """Column and row of every square that can be reached from ``root`` in steps of one pitch along the axes."""
    turn = np.radians(squares.angles[root])
    along = np.array([np.cos(turn), np.sin(turn)])
    axes = {(1, 0): along, (0, 1): np.array([-along[1], along[0]])}
    cells = {root: (0, 0)}
    used[root] = True
    waiting = deque([root])
    while waiting:
        here = waiting.popleft()
        for there in near[here]:
            if used[there] or not 0.62 < squares.sides[there] / squares.sides[here] < 1.6:
                continue
            way = squares.centres[there] - squares.centres[here]
            length = float(np.hypot(*way))
            if not 0.95 < length / max(squares.sides[here], squares.sides[there]) < 1.6:
                continue
            step = max(axes, key=lambda name: abs(float(axes[name] @ way)))
            cosine = float(axes[step] @ way) / length
            if abs(cosine) < 0.93:
                continue
            sign = 1 if cosine > 0 else -1
            cells[there] = (cells[here][0] + sign * step[0], cells[here][1] + sign * step[1])
            used[there] = True
            waiting.append(there)
    return cells


def _fitted(squares: Squares, cells: dict[int, tuple[int, int]]) -> Grid | None:
    members = np.array(list(cells))
    places = np.array(list(cells.values()), np.float64)
    if min(np.ptp(places, axis=0)) < 1:
        return None
    reach = 0.15 * float(np.median(squares.sides[members]))
    place, kept = cv2.findHomography(places, squares.centres[members], cv2.RANSAC, reach)
    if place is None or kept.sum() < FEWEST:
        return None
    return Grid(place, places[kept.ravel() > 0])
