"""The gutter of a double page: a crease that runs from edge to edge, with the shade of the binding beside it.

A ruled line, a column of text or a fold is not enough: the first two end at the margins, the last casts no
broad shade. Where any sign is missing the double page is left whole.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.correction.overview import Image

_BANDS = 32
_CENTRE = (0.38, 0.62)  # of the width: where a gutter is looked for
_TILT = 0.12  # columns a row: 7 degrees
_ENOUGH = 0.025  # of the brightness beside it: how dark the crease is at least
_CAP = 0.12  # a stroke of ink counts no more than this
_WANDER = 0.008  # of the width: how far the crease may lie from its line
_LANDSCAPE = 1.05  # width to height of two pages side by side


@dataclass(frozen=True)
class Gutter:
    """The line x = ``offset`` + ``slope`` * y in pixels of the overview, and the signs that it is the gutter.

    ``depth`` is how dark the crease is (share of the brightness beside it), ``course`` the share of the height
    along which it shows, ``shade`` how much darker the page grows towards it, ``rival`` the strength of the
    next best line against this one.
    """

    offset: float
    slope: float
    depth: float
    course: float
    shade: float
    rival: float

    @property
    def sure(self) -> bool:
        """Whether every sign of a gutter is there."""
        return self.depth >= _ENOUGH and self.course >= 0.85 and self.shade >= 0.03 and self.rival <= 0.75

    def x(self, y: float) -> float:
        """Where it crosses a row."""
        return self.offset + self.slope * y


def find_gutter(grey: Image, mask: Image) -> Gutter | None:
    """The best line for a gutter within ``mask``; ask it whether it is ``sure``. None where no line could be one.

    ``grey`` is (height, width) float32 in 0..255.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 4 * _BANDS or len(columns) < 200:
        return None
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    width, height = right - left, bottom - top
    if width < _LANDSCAPE * height:
        return None
    edges = np.linspace(top, bottom, _BANDS + 1).round().astype(int)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    # The median of a band of rows forgets strokes and keeps what is upright.
    bands = np.stack([np.median(grey[a:b, left:right], axis=0) for a, b in itertools.pairwise(edges)])
    bands = cv2.GaussianBlur(bands.astype(np.float32), (0, 0), sigmaX=max(0.8, 0.0012 * width), sigmaY=0.01)
    crease = _crease(bands, width)
    found = _best_line(np.minimum(crease, _CAP), middles, width)
    if found is None:
        return None
    offset, slope, rival = found
    offset, slope, course, depth = _refined(crease, middles, offset, slope, width)
    return Gutter(left + offset, slope, depth, course, _shade(bands, middles, offset, slope, width), rival)


def _crease(bands: Image, width: int) -> Image:
    """How much darker each place is than both of its sides, as a share of their brightness."""
    near, far = max(3, round(0.012 * width)), max(6, round(0.035 * width))
    sums = np.cumsum(np.pad(bands, ((0, 0), (far + 1, far)), mode="edge"), axis=1)
    span = far - near
    size = bands.shape[1]
    # sums[i] ends at column i - far - 1 of the band
    left = (sums[:, far - near + 1 :][:, :size] - sums[:, 1:][:, :size]) / span
    right = (sums[:, 2 * far :][:, :size] - sums[:, far + near :][:, :size]) / span
    beside = np.minimum(left, right)
    return np.asarray(np.maximum((beside - bands) / (beside + 8), 0))


def _best_line(crease: Image, middles: Image, width: int) -> tuple[float, float, float] | None:
    first, last = round(_CENTRE[0] * width), round(_CENTRE[1] * width)
    centre = (middles[0] + middles[-1]) / 2
    slopes = np.linspace(-_TILT, _TILT, 97)
    starts = np.arange(first, last)
    soft = cv2.blur(crease, (max(3, round(_WANDER * width) | 1), 1))
    scores = np.zeros((len(slopes), len(starts)))
    for at, slope in enumerate(slopes):
        for band, middle in enumerate(middles):
            x = np.clip(np.rint(starts + slope * (middle - centre)).astype(int), 0, crease.shape[1] - 1)
            scores[at] += soft[band, x]
    best = np.unravel_index(scores.argmax(), scores.shape)
    top = float(scores[best])
    if top <= 0:
        return None
    profile = scores.max(axis=0)
    away = np.abs(np.arange(len(profile)) - best[1]) > 0.025 * width
    rival = float(profile[away].max() / top) if away.any() else 0.0
    slope = float(slopes[best[0]])
    return float(starts[best[1]] - slope * centre), slope, rival


def _refined(
    crease: Image, middles: Image, offset: float, slope: float, width: int
) -> tuple[float, float, float, float]:
    """Offset and slope through the darkest place of each band near the line; course and depth along it."""
    reach = max(2, round(_WANDER * width))
    places, depths = [], []
    for band, middle in enumerate(middles):
        at = round(offset + slope * middle)
        low = max(at - reach, 0)
        piece = crease[band, low : at + reach + 1]
        if not len(piece):
            places.append(float(at))
            depths.append(0.0)
            continue
        places.append(float(low + piece.argmax()))
        depths.append(float(piece.max()))
    held, depth = np.array(places), np.array(depths)
    weight = np.minimum(depth, 2 * _ENOUGH) + 1e-6
    for _ in range(4):
        fitted = np.polyfit(middles, held, 1, w=np.sqrt(weight))
        away = np.abs(held - np.polyval(fitted, middles))
        weight = (np.minimum(depth, 2 * _ENOUGH) + 1e-6) * np.clip(1 - (away / (reach + 1)) ** 2, 0.01, 1)
    shown = (depth >= _ENOUGH) & (away <= reach)
    ends = min(shown[:3].mean(), shown[-3:].mean())
    course = float(shown.mean()) if ends > 0.3 else float(min(shown.mean(), 0.5))
    return float(fitted[1]), float(fitted[0]), course, float(np.median(depth))


def _shade(bands: Image, middles: Image, offset: float, slope: float, width: int) -> float:
    """By how much the page next to the crease is darker than farther out, on the darker side (share)."""
    near = (round(0.006 * width), round(0.018 * width))
    far = (round(0.06 * width), round(0.10 * width))
    falls = []
    for side in (-1, 1):
        values = []
        for band, middle in enumerate(middles):
            at = offset + slope * middle
            close = _mean(bands[band], at, side, *near)
            distant = _mean(bands[band], at, side, *far)
            values.append(1 - close / max(distant, 1.0))
        falls.append(float(np.median(values)))
    return max(falls)


def _mean(line: Image, at: float, side: int, near: int, far: int) -> float:
    ends = sorted((round(at + side * near), round(at + side * far)))
    piece = line[max(ends[0], 0) : max(ends[1] + 1, 1)]
    return float(np.percentile(piece, 75)) if len(piece) else float(line.mean())
