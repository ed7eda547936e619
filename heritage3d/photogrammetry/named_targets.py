"""Targets without a code that a person points at in one photograph or more, found in all the others.

The place around the target is nearly flat: its plane, from sparse points near by, carries the picture of the target
into every other photograph, where it is looked for around the predicted pixel. Quadrant targets and other crossings
are placed by their saddle, any other spot by correlation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.pixels import Grey
from heritage3d.photogrammetry.scale_file import Spot
from heritage3d.photogrammetry.stations import Fix, Station, Vector, triangulate

_HALF = 20  # px: half the side of the picture of a target
_SEARCH = (28, 10)  # px around the prediction, first and second round
_ALIKE = 0.75  # correlation
_SADDLE_WINDOW = 6
_POINTED_PX = 6.0  # so far a person may point beside the crossing
_NEAR = 24  # sparse points that make the plane


@dataclass(frozen=True)
class _Patch:
    """The target as the photograph that names it shows it, and the plane that it lies on."""

    station: Station
    pixel: Vector
    saddle: bool
    picture: Grey
    normal: Vector


def find_target(
    spots: Sequence[Spot],
    stations: Sequence[Station],
    points: NDArray[np.float64],
    read: Callable[[str], Grey],
) -> Fix | None:
    """The place of a target in the alignment; None where it cannot be found in two photographs.

    ``points`` (n, 3) are the sparse points. ``read`` gives the grey picture of a photograph.
    """
    named = {_stem(station.name): station for station in stations}
    pointed = [(named[_stem(spot.photo)], spot) for spot in spots if _stem(spot.photo) in named]
    sightings: list[tuple[Station, NDArray[np.float64]]] = []
    for station, spot in pointed:
        pixel, _saddle = _crossing(read(station.name), np.array([spot.x, spot.y]))
        sightings.append((station, pixel))
    if not pointed:
        return None
    fix = triangulate(sightings)
    station, spot = pointed[0]
    plane = _plane(station, sightings[0][1], points)
    if plane is None:
        return fix
    place, normal = plane
    patch = _patch(station, np.array([spot.x, spot.y]), normal, read)
    place = fix.at if fix else place
    for reach in _SEARCH:
        looked = [(other, _look(patch, place, other, read, reach)) for other in stations]
        seen = [(other, spot_seen) for other, spot_seen in looked if spot_seen is not None]
        given = [entry for entry in sightings if entry[0] not in {other for other, _pixel in seen}]
        found = triangulate(seen + given, 2.0)
        if found is None:
            return fix
        fix, place = found, found.at
    return fix


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0].casefold() or name.casefold()


def _crossing(grey: Grey, pixel: Vector) -> tuple[Vector, bool]:
    """The crossing that was pointed at; the pixel itself where there is none near."""
    height, width = grey.shape
    margin = _SADDLE_WINDOW + 2
    if not (margin < pixel[0] < width - margin and margin < pixel[1] < height - margin):
        return pixel, False
    start = np.array(pixel, np.float32).reshape(1, 1, 2)
    end = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-3)
    moved = cv2.cornerSubPix(grey, start.copy(), (_SADDLE_WINDOW,) * 2, (-1, -1), end).reshape(2).astype(float)
    at = np.rint(moved).astype(int)
    if np.hypot(*(moved - pixel)) > _POINTED_PX or not _is_saddle(grey, at):
        return pixel, False
    return moved, True


def _is_saddle(grey: Grey, at: NDArray[np.int_]) -> bool:
    """Opposite quadrants are alike and neighbours are not: the grey value around it goes up and down twice."""
    turns = np.arange(32) * (2 * np.pi / 32)
    radius = float(_SADDLE_WINDOW)
    ring = np.stack([at[0] + radius * np.cos(turns), at[1] + radius * np.sin(turns)], -1).astype(np.float32)
    values = cv2.remap(grey, ring[None], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0].astype(float)
    waves = np.abs(np.fft.rfft(values - values.mean()))
    return bool(waves[2] > 2 * max(waves[1], waves[3], 1.0) and waves[2] / 16 > 10)


def _plane(station: Station, pixel: Vector, points: NDArray[np.float64]) -> tuple[Vector, Vector] | None:
    """Where the ray of the pixel meets the plane of the sparse points near it, and the plane's normal."""
    shown = station.pixels(points)
    away = np.hypot(*(shown - pixel).T)
    away[~np.isfinite(away)] = np.inf
    order = np.argsort(away, kind="stable")[:_NEAR]
    near = points[order[np.isfinite(away[order])]]
    if len(near) < 6:
        return None
    for _round in range(4):  # points on another surface before or behind fall out
        middle = np.median(near, axis=0)
        normal = np.linalg.svd(near - middle)[2][-1]
        off = np.abs((near - middle) @ normal)
        keep = off <= max(3 * float(np.median(off)), 1e-12)
        if keep.all() or keep.sum() < 6:
            break
        near = near[keep]
    ray = station.rotation.T @ np.array([*station.heading(pixel)[0], 1.0])
    slant = float(ray @ normal)
    if abs(slant) < 0.05 * float(np.linalg.norm(ray)):
        return None
    depth = float((middle - station.centre) @ normal) / slant
    return (station.centre + depth * ray, normal) if depth > 0 else None


def _patch(station: Station, pixel: Vector, normal: Vector, read: Callable[[str], Grey]) -> _Patch:
    grey = read(station.name)
    place, saddle = _crossing(grey, pixel)
    side = 2 * _HALF + 1
    picture = cv2.getRectSubPix(grey, (side, side), (float(place[0]), float(place[1])))
    return _Patch(station, place, saddle, np.asarray(picture), normal)


def _look(
    patch: _Patch, place: Vector, other: Station, read: Callable[[str], Grey], reach: int
) -> NDArray[np.float64] | None:
    """The pixel of the target in another photograph, None where it does not show it."""
    if other is patch.station:
        return patch.pixel
    predicted = other.pixels(place)[0]
    if not np.isfinite(predicted).all() or not (0 < predicted[0] < other.width and 0 < predicted[1] < other.height):
        return None
    half = _HALF + reach
    steps = np.arange(-half, half + 1, dtype=float)
    across, down = np.meshgrid(steps, steps)
    asked = patch.pixel + np.stack([across, down], -1).reshape(-1, 2)
    # Each pixel of the patch goes out to the plane and from there into the other photograph.
    rays = np.column_stack([patch.station.heading(asked), np.ones(len(asked))]) @ patch.station.rotation
    depth = ((place - patch.station.centre) @ patch.normal) / (rays @ patch.normal)
    shown = other.pixels(patch.station.centre + depth[:, None] * rays)
    if (depth <= 0).any() or not np.isfinite(shown).all():
        return None
    side = 2 * half + 1
    carried = shown.reshape(side, side, 2).astype(np.float32)
    warped = cv2.remap(
        read(other.name), carried[..., 0], carried[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    alike = cv2.matchTemplate(warped, patch.picture, cv2.TM_CCOEFF_NORMED)
    _low, best, _at, peak = cv2.minMaxLoc(alike)
    if best < _ALIKE:
        return None
    found = np.array(peak, float) + _HALF
    if patch.saddle:
        moved, saddle = _crossing(warped, found)
        if not saddle or np.hypot(*(moved - found)) > 4:
            return None
        found = moved
    else:
        found += [_top(alike[peak[1], :], peak[0]), _top(alike[:, peak[0]], peak[1])]
    column, row = (np.full((1, 1), value, np.float32) for value in found)
    mapped = cv2.remap(carried, column, row, cv2.INTER_LINEAR)
    return np.asarray(mapped.reshape(2), float)


def _top(values: NDArray[np.float32], at: int) -> float:
    """Where between the samples the peak lies: the top of the parabola."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
