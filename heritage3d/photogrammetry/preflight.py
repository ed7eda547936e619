"""A minute before the hours: do the photographs connect, how well do they cover the object, where is one missing?

Everything is done with small pictures, so it warns and never forbids: detail that only the full photographs show may
still connect what is said to be apart here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import Heritage3dError, PhotogrammetryError, PhotographsApart
from heritage3d.photogrammetry import placing, solving
from heritage3d.photogrammetry.features import Features, extract
from heritage3d.photogrammetry.photographs import Photograph, PhotoSet
from heritage3d.photogrammetry.pixels import Grey, grey_of
from heritage3d.photogrammetry.placing import Coverage
from heritage3d.photogrammetry.solving import MIN_INLIERS, Shot
from heritage3d.photogrammetry.stations import stations_of

SIDE = 800
_FEATURES = (500, 1500)  # fewest and most of a photograph
_PAIR_BUDGET = 60_000  # features of all photographs together: matching grows with the square


@dataclass(frozen=True)
class Preflight:
    """What small pictures say of a set.

    ``groups``: photographs that connect, the largest group first; one that connects with none is a group of its own.
    ``placed``: how many of the largest group found their place; ``coverage`` None where no place could be found.
    """

    photographs: int
    left_out: dict[str, Heritage3dError]
    doubtful: dict[str, Heritage3dError]
    groups: tuple[tuple[str, ...], ...]
    placed: int
    coverage: Coverage | None

    @property
    def verdict(self) -> str:
        """pass: go on; warn: it will be worth less than it could be; fail: shoot more first."""
        if not self.coverage or len(self.groups[0]) < max(3, 0.5 * self.photographs):
            return "fail"
        return "warn" if len(self.groups) > 1 or self.coverage.gaps or self.left_out else "pass"


def preflight(found: PhotoSet, *, threads: int = 1) -> Preflight:
    """Judge a set by its small pictures. Raises PhotogrammetryError where a library fails, never for a bad set."""
    photos = found.photographs
    shots = small_shots(photos, threads=threads)
    total = len(photos) + len(found.left_out)
    try:
        solved = solving.solve(shots, solving.likely_pairs(shots), threads=threads)
    except PhotographsApart:
        alone = tuple((photo.name,) for photo in photos)
        return Preflight(total, found.left_out, found.doubtful, alone, 0, None)
    groups = connected(solved.inliers, [photo.name for photo in photos])
    stations = stations_of(solved.model)
    upright = placing.placing(stations, _points(solved.model), 1.0)
    covered = placing.coverage([upright.station(station) for station in stations])
    return Preflight(total, found.left_out, found.doubtful, groups, len(stations), covered)


def small_shots(
    photos: Sequence[Photograph], masks: Callable[[str], Grey | None] | None = None, *, threads: int = 1
) -> list[Shot]:
    """Shots with few, coarse features of pictures of 800 px."""
    most = min(max(_PAIR_BUDGET // max(len(photos), 1), _FEATURES[0]), _FEATURES[1])
    shots = []
    for photo in photos:
        features = extract(grey_of(photo.path), SIDE, most, fine=False, threads=threads)
        shots.append(shot_of(photo, features.inside(masks(photo.name) if masks else None)))
    return shots


def shot_of(photo: Photograph, features: Features) -> Shot:
    """What alignment needs of a photograph."""
    return Shot(photo.name, photo.width, photo.height, photo.camera, photo.lens.focal_share, features)


def connected(inliers: dict[tuple[int, int], int], names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of photographs that matches join, the largest first, each in the order given."""
    root = list(range(len(names)))

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for (one, other), count in sorted(inliers.items()):
        if count >= MIN_INLIERS:
            root[max(top(one), top(other))] = min(top(one), top(other))
    groups: dict[int, list[str]] = {}
    for at, name in enumerate(names):
        groups.setdefault(top(at), []).append(name)
    return tuple(tuple(group) for group in sorted(groups.values(), key=lambda group: -len(group)))


def require_overlap(inliers: dict[tuple[int, int], int], count: int) -> None:
    """Stop early where no two small pictures share anything. Raises PhotographsApart."""
    if not any(found >= MIN_INLIERS for found in inliers.values()):
        raise PhotographsApart(file="", count=count)


def _points(model: Any) -> NDArray[np.float64]:
    points = model.points3D
    if not points:
        raise PhotogrammetryError(file="", detail="no point was found in space")
    return np.array([points[number].xyz for number in sorted(points)], float)
