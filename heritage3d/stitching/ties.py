"""Tie points: the same spot in two parts, found in full pixels to a few hundredths of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.stitching import plane
from heritage3d.stitching.part import Part

PATCH = 96  # side of a patch, px
_BLUR = 1.5  # px; grain of sensors and JPEG blocks below this say nothing
_RIM = 5  # px
DETAIL = 0.5  # grey levels per px in the weakest direction: below this a patch is blank
_ALIKE = 0.5  # least correlation of a patch with its counterpart
_STRAIGHT_PX = 0.1  # a patch that is turned by less is compared as it is: interpolation would move it a little
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-5)


@dataclass(frozen=True)
class Patches:
    """Patches of the first part that lie in the overlap: their centres (n, 2), and how much detail they hold."""

    centres: np.ndarray
    detail: np.ndarray

    @property
    def blank(self) -> bool:
        """Whether next to none of them holds a detail that can be found again."""
        return int((self.detail > DETAIL).sum()) < 6


@dataclass(frozen=True)
class Ties:
    """Pairs of places (n, 2) in the first and in the second part, and how alike their surroundings are (0 to 1)."""

    first: np.ndarray
    second: np.ndarray
    alike: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def chosen(self, which: np.ndarray) -> Ties:
        """Some of them."""
        return Ties(self.first[which], self.second[which], self.alike[which])


def patches(first: Part, second: Part, place: np.ndarray, count: int) -> Patches:
    """Up to ``count`` patches spread over the overlap, those with the most detail where there are more."""
    polygon = plane.shared(first.corners, plane.applied(place, second.corners))
    if not len(polygon):
        return Patches(np.empty((0, 2)), np.empty(0))
    margin = PATCH // 2 + _RIM + 1
    low, high = polygon.min(axis=0) + margin + 1, polygon.max(axis=0) - margin - 1
    spans = np.maximum(high - low, 0)
    step = max(np.sqrt(plane.area(polygon) / (2 * count)), PATCH / 2)
    steps = np.maximum(np.ceil(spans / step).astype(int), (spans > PATCH / 2).astype(int))
    xs = np.linspace(low[0], high[0], steps[0] + 1) if steps[0] else np.array([(low[0] + high[0]) / 2])
    ys = np.linspace(low[1], high[1], steps[1] + 1) if steps[1] else np.array([(low[1] + high[1]) / 2])
    grid = np.rint(np.array([(x, y) for y in ys for x in xs]))
    contour = polygon.astype(np.float32)
    inside = [cv2.pointPolygonTest(contour, (float(x), float(y)), True) >= margin for x, y in grid]
    grid = grid[inside]
    detail = np.array([_detail(first.window(int(x) - PATCH // 2, int(y) - PATCH // 2, PATCH, PATCH)) for x, y in grid])
    kept = np.sort(np.argsort(-detail, kind="stable")[:count])
    return Patches(grid[kept].reshape(-1, 2), detail[kept])


def _detail(patch: np.ndarray) -> float:
    """Root of the smaller eigenvalue of the structure tensor, per px: what a straight line alone has is zero."""
    smooth = cv2.GaussianBlur(patch, (0, 0), _BLUR)
    dx, dy = smooth[1:-1, 2:] - smooth[1:-1, :-2], smooth[2:, 1:-1] - smooth[:-2, 1:-1]
    xx, yy, xy = float((dx * dx).mean()) / 4, float((dy * dy).mean()) / 4, float((dx * dy).mean()) / 4
    return float(np.sqrt(max((xx + yy) / 2 - np.hypot((xx - yy) / 2, xy), 0.0)))


def alike(first: Part, second: Part, place: np.ndarray, centres: np.ndarray, search: int) -> np.ndarray:
    """For each patch the best correlation (0 to 1) within ``search`` px of its place; -1 outside the second part."""
    return np.array([_found(first, second, place, centre, search)[0] for centre in centres])


def ties(first: Part, second: Part, place: np.ndarray, centres: np.ndarray, search: int) -> Ties:
    """The patches found again within ``search`` px of where ``place`` (second to first) expects them.

    The offset is refined by maximising the enhanced correlation coefficient (Evangelidis and Psarakis 2008),
    which gain and offset of the brightness do not change.
    """
    found = []
    for centre in centres:
        likeness, offset, template, window, to_second = _found(first, second, place, centre, search)
        if likeness < _ALIKE:
            continue
        refined = _refined(template, window, offset)
        if refined is None:
            continue
        score, exact = refined
        if score >= _ALIKE and np.abs(exact - offset).max() < 2:
            spot = plane.applied(to_second, (exact + PATCH // 2)[None])[0]
            found.append((*centre, *spot, score))
    table = np.array(found).reshape(-1, 5)
    return Ties(table[:, 0:2], table[:, 2:4], table[:, 4])


_Found = tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _found(first: Part, second: Part, place: np.ndarray, centre: np.ndarray, search: int) -> _Found:
    """Correlation, offset in the window (px), patch of the first part, window of the second and its map to there."""
    x, y = int(centre[0]) - PATCH // 2, int(centre[1]) - PATCH // 2
    template = _smooth(first.window(x - _RIM, y - _RIM, PATCH + 2 * _RIM, PATCH + 2 * _RIM))
    side = PATCH + 2 * search
    to_second = np.linalg.inv(place) @ plane.shift(x - search, y - search)
    if np.abs(to_second[:2, :2] - np.eye(2)).max() * PATCH / 2 < _STRAIGHT_PX:
        to_second = plane.shift(*np.rint(plane.applied(to_second, np.full((1, 2), side / 2))[0] - side / 2))
    window = _seen(second, to_second, side)
    if window is None:
        return -1.0, np.zeros(2), template, template, to_second
    scores = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
    _low, likeness, _where, best = cv2.minMaxLoc(scores)
    return float(likeness), np.array(best, float), template, window, to_second


def _refined(template: np.ndarray, window: np.ndarray, offset: np.ndarray) -> tuple[float, np.ndarray] | None:
    warp = np.array([[1, 0, offset[0]], [0, 1, offset[1]]], np.float32)
    try:
        score, warp = cv2.findTransformECC(template, window, warp, cv2.MOTION_TRANSLATION, _CRITERIA, None, 1)
    except cv2.error:  # it does not converge: the patch is no tie point
        return None
    return float(score), warp[:, 2].astype(float)


def _seen(second: Part, to_second: np.ndarray, side: int) -> np.ndarray | None:
    """A square window as the second part shows it, smoothed; None where that part does not reach."""
    to_rim = to_second @ plane.shift(-_RIM, -_RIM)
    full = side + 2 * _RIM
    corners = plane.applied(to_rim, np.array([(0, 0), (full, 0), (full, full), (0, full)], float))
    low, high = np.floor(corners.min(axis=0)).astype(int) - 3, np.ceil(corners.max(axis=0)).astype(int) + 3
    width, height = second.size
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), width), min(int(high[1]), height)
    x, y = corners.mean(axis=0)
    if right - left < PATCH or bottom - top < PATCH or not (0 <= x < width and 0 <= y < height):
        return None
    source = second.window(left, top, right - left, bottom - top)
    matrix = (plane.shift(-left, -top) @ to_rim)[:2]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return _smooth(cv2.warpAffine(source, matrix, (full, full), flags=flags, borderMode=cv2.BORDER_REFLECT_101))


def _smooth(window: np.ndarray) -> np.ndarray:
    """Without grain, and without the rim, where the smoothing would see only one half of what it needs."""
    smooth = cv2.GaussianBlur(window, (0, 0), _BLUR)
    return np.ascontiguousarray(smooth[_RIM:-_RIM, _RIM:-_RIM])
