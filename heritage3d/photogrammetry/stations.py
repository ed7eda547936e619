"""Where each photograph was taken and through which lens; points seen from several places become points in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_GATE_PX = 3.0  # a sighting that misses by more is another thing
_MAX_PAIRS = 60
_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Station:
    """One registered photograph at its full size, with its lens as it is (``camera`` is a pycolmap.Camera).

    Pixels have the centre of the first at (0, 0).
    """

    name: str
    width: int
    height: int
    camera: Any
    rotation: Vector
    translation: Vector

    @property
    def centre(self) -> Vector:
        """Where the camera stood, (3,)."""
        return np.asarray(-self.rotation.T @ self.translation)

    @property
    def focal_px(self) -> float:
        """Mean focal length in pixels."""
        return float(self.camera.mean_focal_length())

    def heading(self, pixels: NDArray[Any]) -> Vector:
        """Directions (n, 2) on the plane at distance 1 before the camera, of pixels (n, 2)."""
        shifted = np.ascontiguousarray(np.reshape(pixels, (-1, 2)), np.float64) + 0.5
        return np.asarray(self.camera.cam_from_img(shifted), np.float64)

    def pixels(self, points: NDArray[Any]) -> Vector:
        """Pixels (n, 2) of points (n, 3) in space; NaN behind the camera."""
        inside = np.reshape(points, (-1, 3)) @ self.rotation.T + self.translation
        found = np.full((len(inside), 2), np.nan)
        before = inside[:, 2] > 1e-9
        if before.any():
            found[before] = np.asarray(self.camera.img_from_cam(np.ascontiguousarray(inside[before]))) - 0.5
        return found


def stations_of(model: Any) -> list[Station]:
    """The registered photographs of a pycolmap.Reconstruction, by name."""
    found = []
    for number in model.reg_image_ids():
        image = model.images[number]
        camera = model.cameras[image.camera_id]
        pose = image.cam_from_world()
        matrix = np.asarray(pose.matrix(), np.float64)
        found.append(Station(image.name, camera.width, camera.height, camera, matrix[:, :3], matrix[:, 3]))
    return sorted(found, key=lambda station: station.name)


@dataclass(frozen=True)
class Fix:
    """A point in space: ``at`` (3,), its ``covariance`` (3, 3) from what its sightings miss by, ``residual_px`` (rms)
    and the indices of the sightings that agree."""

    at: Vector
    covariance: Vector
    residual_px: float
    used: tuple[int, ...]


def triangulate(sightings: Sequence[tuple[Station, NDArray[Any]]], gate_px: float = _GATE_PX) -> Fix | None:
    """The point that the most sightings (station, pixel) agree on; None where fewer than two do.

    Each pair of sightings, the widest first, proposes a point; the best is refined by Gauss and Newton over the
    pixels of those that agree (Hartley and Zisserman, Multiple View Geometry, 12).
    """
    if len(sightings) < 2:
        return None
    rays = [station.heading(np.asarray(pixel))[0] for station, pixel in sightings]
    stations = [station for station, _pixel in sightings]
    best: tuple[int, ...] = ()
    start = np.zeros(3)
    for one, other in _widest(stations, rays):
        point = _linear([stations[one], stations[other]], [rays[one], rays[other]])
        misses = _misses(point, stations, rays)
        agreeing = tuple(int(at) for at in np.flatnonzero(misses < gate_px))
        if len(agreeing) > len(best):
            best, start = agreeing, point
    if len(best) < 2:
        return None
    return _refined(start, [stations[at] for at in best], [rays[at] for at in best], best)


def _widest(stations: Sequence[Station], rays: Sequence[Vector]) -> list[tuple[int, int]]:
    world = np.array([s.rotation.T @ np.array([*ray, 1.0]) for s, ray in zip(stations, rays, strict=True)])
    world /= np.linalg.norm(world, axis=1, keepdims=True)
    angles = np.arccos(np.clip(world @ world.T, -1, 1))
    one, other = np.triu_indices(len(stations), 1)
    wide = np.minimum(angles[one, other], np.pi / 3)
    order = np.argsort(-np.round(wide, 6), kind="stable")[:_MAX_PAIRS]
    return [(int(one[at]), int(other[at])) for at in order if wide[at] > np.radians(1)]


def _linear(stations: Sequence[Station], rays: Sequence[Vector]) -> Vector:
    rows = []
    for station, (x, y) in zip(stations, rays, strict=True):
        pose = np.column_stack([station.rotation, station.translation])
        rows += [x * pose[2] - pose[0], y * pose[2] - pose[1]]
    point = np.linalg.svd(np.array(rows))[2][-1]
    return np.asarray(point[:3] / (point[3] if abs(point[3]) > 1e-12 else 1e-12))


def _misses(point: Vector, stations: Sequence[Station], rays: Sequence[Vector]) -> Vector:
    found = []
    for station, ray in zip(stations, rays, strict=True):
        inside = station.rotation @ point + station.translation
        off = np.inf if inside[2] <= 1e-9 else float(np.hypot(*(inside[:2] / inside[2] - ray))) * station.focal_px
        found.append(off)
    return np.array(found)


def _refined(point: Vector, stations: Sequence[Station], rays: Sequence[Vector], used: tuple[int, ...]) -> Fix:
    normal, squares = np.zeros((3, 3)), 0.0
    for _round in range(_ROUNDS):
        normal, pull, squares = np.zeros((3, 3)), np.zeros(3), 0.0
        for station, ray in zip(stations, rays, strict=True):
            x, y, z = station.rotation @ point + station.translation
            slope = station.focal_px / z * (np.array([[1, 0, -x / z], [0, 1, -y / z]]) @ station.rotation)
            off = station.focal_px * (ray - np.array([x / z, y / z]))
            normal += slope.T @ slope
            pull += slope.T @ off
            squares += float(off @ off)
        step = np.linalg.lstsq(normal, pull, rcond=None)[0]
        point = point + step
        if np.linalg.norm(step) < 1e-12 * (1 + np.linalg.norm(point)):
            break
    freedom = max(2 * len(used) - 3, 1)
    variance = max(squares / freedom, 0.05**2)  # no corner is found better than a twentieth of a pixel
    covariance = np.asarray(variance * np.linalg.pinv(normal), np.float64)
    return Fix(point, covariance, float(np.sqrt(squares / (2 * len(used)))), used)
