"""The world of an alignment set upright, centred and to scale; how the cameras cover the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.stations import Station, Vector

BANDS = {"low": (-90.0, 25.0), "middle": (25.0, 55.0), "high": (55.0, 90.0)}  # degrees above the horizon
_WIDE_DEG = 45.0  # neighbours in a ring that stand farther apart leave a gap


@dataclass(frozen=True)
class Placing:
    """New coordinates are ``factor`` * ``rotation`` @ (old - ``origin``); +Y points up."""

    factor: float
    rotation: Vector
    origin: Vector

    def points(self, points: NDArray[Any]) -> Vector:
        """Points (n, 3) in the new world."""
        return np.asarray(self.factor * (np.reshape(points, (-1, 3)) - self.origin) @ self.rotation.T)

    def station(self, station: Station) -> Station:
        """The same camera in the new world."""
        rotation = station.rotation @ self.rotation.T
        translation = self.factor * (station.translation + station.rotation @ self.origin)
        return replace(station, rotation=rotation, translation=translation)


def placing(stations: Sequence[Station], points: NDArray[Any], factor: float) -> Placing:
    """Upright as the cameras were held, the origin amid the points.

    Cameras are mostly held level, so their horizontal axes lie in the plane of the ground.
    """
    rights = np.array([station.rotation[0] for station in stations])
    ups = np.array([-station.rotation[1] for station in stations])
    _left, strengths, axes = np.linalg.svd(rights, full_matrices=True)
    spread = np.zeros(3)
    spread[: len(strengths)] = strengths
    up = axes[2] if spread[1] > 0.15 * spread[0] else ups.mean(0)
    up = up / np.linalg.norm(up)
    up = up if float(ups.mean(0) @ up) >= 0 else -up
    right = stations[0].rotation[0] - (stations[0].rotation[0] @ up) * up
    if np.linalg.norm(right) < 1e-6:
        right = np.cross(up, [1.0, 0.0, 0.0] if abs(up[0]) < 0.9 else [0.0, 1.0, 0.0])
    right = right / np.linalg.norm(right)
    origin = np.median(points, axis=0) if len(points) else np.mean([s.centre for s in stations], axis=0)
    return Placing(factor, np.stack([right, up, np.cross(right, up)]), np.asarray(origin, float))


@dataclass(frozen=True)
class Gap:
    """Nobody photographed from there: the two photographs on both sides, and how far they stand apart.

    ``band``: low, middle, high; ``degrees`` 360 where the whole band is empty (then there are no photographs).
    """

    band: str
    degrees: float
    after: str = ""
    before: str = ""


@dataclass(frozen=True)
class Coverage:
    """``directions``: azimuth and elevation of each camera in degrees, seen from what all of them look at."""

    directions: dict[str, tuple[float, float]]
    gaps: tuple[Gap, ...]


def coverage(stations: Sequence[Station]) -> Coverage:
    """Where the cameras of an upright world stood around what they look at, and where none stood."""
    aim = _aim(stations)
    directions: dict[str, tuple[float, float]] = {}
    for station in stations:
        x, y, z = station.centre - aim
        azimuth = float(np.degrees(np.arctan2(x, z))) % 360
        directions[station.name] = (round(azimuth, 1), round(float(np.degrees(np.arctan2(y, np.hypot(x, z)))), 1))
    gaps: list[Gap] = []
    for band, (low, high) in BANDS.items():
        inside = sorted((azimuth, name) for name, (azimuth, up) in directions.items() if low <= up < high)
        if not inside:
            gaps += [Gap(band, 360.0)] if band != "high" else []
        elif band != "high":  # from above, a few photographs see all
            turned = [*inside[1:], (inside[0][0] + 360, inside[0][1])]
            pairs = zip(inside, turned, strict=True)
            gaps += [
                Gap(band, round(to - at, 1), after, before)
                for (at, after), (to, before) in pairs
                if to - at > _WIDE_DEG
            ]
    return Coverage(directions, tuple(gaps))


def _aim(stations: Sequence[Station]) -> Vector:
    """The point nearest to all lines of sight."""
    normal, pull = np.zeros((3, 3)), np.zeros(3)
    for station in stations:
        away = np.eye(3) - np.outer(station.rotation[2], station.rotation[2])
        normal += away
        pull += away @ station.centre
    return np.asarray(np.linalg.lstsq(normal, pull, rcond=None)[0])
