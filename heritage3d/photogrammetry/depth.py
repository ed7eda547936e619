"""Depth maps: how far each pixel of a photograph is, found by comparing it with photographs beside it.

PatchMatch over planes (Bleyer, Rhemann and Rother, BMVC 2011; Schönberger et al., ECCV 2016; Xu and Tao, CVPR 2019):
from coarse to fine, each pixel keeps the plane along which its window looks most like the same place in the
sources that see it best. A second round, when all maps exist, lets the maps of the sources vote as well.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import depth_kernels as kernels
from heritage3d.photogrammetry.depth_following import Following
from heritage3d.photogrammetry.views import Scene, View

SOURCES = 14  # photographs that one is compared with at the end, at most
FEW = 6  # and while the search is still coarse
PICKS = 3  # of them a pixel trusts those that see it best
COARSEST_PX = 300  # about the longer side of the picture at which the search begins
_STEP = 2  # pixels between the samples of a window
_REACHES_PX = (8.0, 3.0, 1.0, 0.4)  # of the random trials, sweep by sweep
_EVERYONE = 2  # in so many sweeps every source is asked
_FAR_NEIGHBOUR = 5.0
_WIDE, _NARROW = (-1.0, -0.5, 0.0, 0.5, 1.0), (-0.5, 0.0, 0.5)  # moves in pixels
# Moves, standard deviation of the windows in pixels, little smoothing, sources. Small windows and many sources at the
# end: the windows keep narrow strokes, the sources take the noise away.
_ROUNDS = ((_WIDE, 1.7, False, FEW), (_NARROW, 1.7, False, FEW))
_LAST = (*_ROUNDS, (_NARROW, 1.3, False, SOURCES), (_NARROW, 0.8, True, SOURCES), (_NARROW, 0.8, True, SOURCES))

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """A view at some size: its grey values 0..1 (h, w) float32, where the object may be, and its calibration."""

    grey: Floats
    mask: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    view: View

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of all that matching takes from it."""
        digest = hashlib.sha256(repr(self.grey.shape).encode())
        for part in (self.grey, self.mask, self.matrix, self.view.rotation, self.view.translation):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()


@dataclass
class Planes:
    """What matching found: ``planes`` (h, w, 3) float32 holds the inverse depth and its change with x and y;
    ``costs`` (h, w) is 0 for perfect likeness, 2 for none; ``chosen`` (h, w, picks) which sources were trusted."""

    planes: Floats
    costs: Floats
    chosen: NDArray[np.uint8]


# --- which photographs -----------------------------------------------------------------------------------------


def sources_of(scene: Scene, most: int = SOURCES) -> list[list[int]]:
    """For each view the views to compare it with, best first: many points shared, seen under 5 to 30 degrees."""
    count = len(scene.views)
    centres = np.array([view.centre for view in scene.views])
    score = np.zeros((count, count))
    for point, seen in zip(scene.points, scene.seen_by, strict=True):
        ways = point - centres[seen]
        ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
        angle = np.degrees(np.arccos(np.clip(ways @ ways.T, -1, 1)))
        good = np.where((angle >= 5) & (angle <= 30), 1.0, np.where((angle >= 2) & (angle <= 45), 0.3, 0.01))
        score[np.ix_(seen, seen)] += good
    np.fill_diagonal(score, 0)
    order = np.argsort(-score, axis=1, kind="stable")[:, :most]
    return [[int(j) for j in order[i] if score[i, j] >= 5] for i in range(count)]


def depth_range(scene: Scene, index: int) -> tuple[float, float]:
    """Nearest and farthest depth that a view's sparse points allow, with a margin of a tenth; (0, 0): no points."""
    if not scene.seen_by:
        return 0.0, 0.0
    owner = np.repeat(np.arange(len(scene.seen_by)), [len(who) for who in scene.seen_by])
    seen = owner[np.concatenate(scene.seen_by) == index]
    view = scene.views[index]
    depths = scene.points[seen] @ view.rotation[2] + view.translation[2]
    depths = depths[depths > 0]
    if len(depths) < 8:
        return 0.0, 0.0
    low, high = np.percentile(depths, [1, 99])
    margin = 0.1 * low
    return float(max(low - margin, low / 2)), float(high + max(margin, 0.25 * (high - low)))


# --- sizes -----------------------------------------------------------------------------------------------------


def resized(picture: Picture, width: int, height: int) -> Picture:
    """The picture at a smaller size, each pixel the mean of what it covers."""
    import cv2

    tall, wide = picture.grey.shape
    if (width, height) == (wide, tall):
        return picture
    grey = cv2.resize(picture.grey, (width, height), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(picture.mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return Picture(
        np.asarray(grey, np.float32), mask, scaled(picture.matrix, width / wide, height / tall), picture.view
    )


def scaled(matrix: NDArray[np.float64], across: float, along: float) -> NDArray[np.float64]:
    """The calibration of a picture resized by these factors; pixel centres are at whole numbers."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    return np.asarray(np.linalg.inv(half) @ np.diag([across, along, 1.0]) @ half @ matrix)


def halved(picture: Picture, times: int) -> Picture:
    """The picture with its sides halved some times."""
    height, width = picture.grey.shape
    return resized(picture, max(round(width / 2**times), 1), max(round(height / 2**times), 1))


def depth_of(planes: Floats) -> Floats:
    """Depth along the camera's axis (h, w), 0 where there is none."""
    w = planes[..., 0]
    return np.where(w > 0, 1 / np.where(w > 0, w, 1), 0).astype(np.float32)


# --- matching --------------------------------------------------------------------------------------------------


def match(picture: Picture, others: Sequence[Picture], between: tuple[float, float]) -> tuple[Floats, Floats]:
    """Inverse depth (h, w) and cost (h, w) of every pixel: 0 perfectly like its sources, 2 not seen by any."""
    levels = max(round(float(np.log2(max(picture.grey.shape) / COARSEST_PX))), 0)
    found: Planes | None = None
    for level in range(levels, -1, -1):
        here, beside = halved(picture, level), [halved(other, level) for other in others[: None if level == 0 else FEW]]
        if found is None:
            found = _random(here, between, min(len(others), FEW))
            _sweeps(here, beside[:FEW], found, between)
        else:
            found = _enlarged(found, here.grey.shape)
        if level == levels and levels > 0:
            continue
        lenses = [_between(here, other) for other in beside]
        unit = _pixels_per_inverse_depth(here, beside[:FEW], (1 / between[0] + 1 / between[1]) / 2)
        following = Following(here.grey, here.mask, [other.grey for other in beside], lenses, unit)
        for moves, sd, gently, count in _LAST if level == 0 else _ROUNDS:
            found.planes[..., 0], costs = following.follow(found.planes[..., 0], moves, sd, gently, count)
            found.costs = found.costs if gently else costs  # small windows are never very like
        found.planes[..., 1:] = 0
    assert found is not None
    return np.ascontiguousarray(found.planes[..., 0]), found.costs


def _random(picture: Picture, between: tuple[float, float], count: int) -> Planes:
    height, width = picture.grey.shape
    near, far = 1 / between[1], 1 / between[0]
    rng = np.random.default_rng(20)
    planes = np.zeros((height, width, 3), np.float32)
    planes[..., 0] = near + (far - near) * rng.random((height, width), np.float32)
    picks = min(PICKS, count)
    return Planes(planes, np.full((height, width), 9, np.float32), np.zeros((height, width, picks), np.uint8))


def _enlarged(found: Planes, shape: tuple[int, ...]) -> Planes:
    """The planes continued to the pixels of a larger picture."""
    tall, wide = found.costs.shape
    height, width = shape[:2]
    if (tall, wide) == (height, width):
        return Planes(found.planes.copy(), found.costs.copy(), found.chosen.copy())
    y = (np.arange(height) + 0.5) * (tall / height) - 0.5
    x = (np.arange(width) + 0.5) * (wide / width) - 0.5
    iy, ix = np.clip(np.rint(y), 0, tall - 1).astype(int), np.clip(np.rint(x), 0, wide - 1).astype(int)
    planes = found.planes[iy[:, None], ix]
    planes[..., 0] += (
        planes[..., 1] * (x - ix).astype(np.float32) + planes[..., 2] * (y - iy).astype(np.float32)[:, None]
    )
    planes[..., 1] *= np.float32(wide / width)
    planes[..., 2] *= np.float32(tall / height)
    return Planes(planes, found.costs[iy[:, None], ix], found.chosen[iy[:, None], ix])


def _sweeps(here: Picture, beside: list[Picture], found: Planes, between: tuple[float, float]) -> None:
    pad = kernels.RADIUS * _STEP
    padded = np.pad(here.grey, pad, mode="edge")
    sources = _sources(here, beside, _STEP)
    near, far = 1 / between[1], 1 / between[0]
    unit = _pixels_per_inverse_depth(here, beside, (near + far) / 2)
    for turn, reach in enumerate(_REACHES_PX):
        limits = np.array([near, far, unit, reach, _FAR_NEIGHBOUR])
        first, everyone = turn == 0, turn < _EVERYONE
        kernels.sweep(
            padded, here.mask, found.planes, found.costs, found.chosen, sources, limits, turn, first, everyone
        )


def between_views(
    here: View, matrix: NDArray[np.float64], there: View, other: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``turn`` and ``shift``: pixel p with inverse depth w of ``here`` is seen at turn p + shift w in ``there``.

    The third component of that is depth there / depth here.
    """
    rotation = there.rotation @ here.rotation.T
    translation = there.translation - rotation @ here.translation
    return other @ rotation @ np.linalg.inv(matrix), other @ translation


def _between(here: Picture, there: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return between_views(here.view, here.matrix, there.view, there.matrix)


def _sources(here: Picture, beside: list[Picture], step: int) -> tuple[object, ...]:
    most = max(other.grey.size for other in beside)
    greys = np.zeros((len(beside), most), np.float32)
    size = np.zeros((len(beside), 3), np.int64)
    turn, shift = np.zeros((len(beside), 3, 3)), np.zeros((len(beside), 3))
    for s, other in enumerate(beside):
        height, width = other.grey.shape
        greys[s, : other.grey.size] = other.grey.reshape(-1)
        size[s] = width, height, width
        turn[s], shift[s] = _between(here, other)
    return greys, size, turn, shift, step


def _pixels_per_inverse_depth(here: Picture, beside: list[Picture], w: float) -> float:
    """How many pixels a place moves in a typical source for one unit of inverse depth."""
    height, width = here.grey.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
    moved = []
    for other in beside:
        turn, shift = _between(here, other)
        seen, near = turn @ middle + shift * w, turn @ middle + shift * w * 1.001
        moved.append(np.linalg.norm(near[:2] / near[2] - seen[:2] / seen[2]) / (w * 0.001))
    return float(np.median(moved))
