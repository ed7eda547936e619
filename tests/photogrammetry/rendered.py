"""A dome on a floor, rendered with exact cameras: small enough that a test can wait for its depth maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heritage3d.photogrammetry.views import Scene, View

WIDTH, HEIGHT, FOCAL_PX = 168, 128, 230.0
RADIUS, SUNK = 1.0, 0.4  # a ball whose centre lies below the floor z = 0
CENTRE = np.array([0.0, 0.0, -SUNK])
_FROM, _ELEVATION_DEG = 6.0, 58.0


def scene(folder: Path, count: int = 7) -> Scene:
    """``count`` photographs in a ring around the dome, written to ``folder``, with 400 true points."""
    views = [_view(folder, k, 2 * np.pi * k / count) for k in range(count)]
    for view in views:
        Image.fromarray(_picture(view)).save(view.path)
    rng = np.random.default_rng(5)
    points = _on_surface(rng.uniform(-1.3, 1.3, (400, 2)))
    everyone = np.arange(count, dtype=np.int32)
    return Scene(tuple(views), points, tuple(everyone for _ in points), 0.3, True)


def distance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points are from the dome and its floor."""
    to_ball = np.abs(np.linalg.norm(points - CENTRE, axis=1) - RADIUS)
    within = (points[:, :2] ** 2).sum(axis=1) < RADIUS**2 - SUNK**2
    return np.where(within, to_ball, np.minimum(np.abs(points[:, 2]), to_ball))


def true_depth(view: View) -> NDArray[np.float64]:
    """Depth along the camera's axis of every pixel."""
    return _hit(view)[1]


def _view(folder: Path, number: int, azimuth: float) -> View:
    up = np.radians(_ELEVATION_DEG)
    away = np.array([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    rotation = np.stack([right, np.cross(-away, right), -away])
    matrix = np.array([[FOCAL_PX, 0, (WIDTH - 1) / 2], [0, FOCAL_PX, (HEIGHT - 1) / 2], [0, 0, 1]])
    path = folder / f"{number}.png"
    return View(path.name, path, WIDTH, HEIGHT, matrix, rotation, -rotation @ (_FROM * away))


def _hit(view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.meshgrid(np.arange(view.width), np.arange(view.height))
    rays = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(view.matrix).T @ view.rotation
    start = view.centre
    depth = -start[2] / rays[..., 2]
    a, b = (rays**2).sum(-1), rays @ (start - CENTRE)
    root = b**2 - a * (((start - CENTRE) ** 2).sum() - RADIUS**2)
    ball = (-b - np.sqrt(np.maximum(root, 0))) / a
    depth = np.where((root > 0) & (ball < depth), ball, depth)
    return start + rays * depth[..., None], depth


def _picture(view: View) -> NDArray[np.uint8]:
    places, _depth = _hit(view)
    light = 0.5 + 0.28 * _noise(places * 9) + 0.3 * _noise(places * 21 + 7)
    grey = np.clip(np.rint(255 * light), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _noise(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth noise in space, about -1..1: random values at whole numbers, blended between."""
    values = np.random.default_rng(9).uniform(-1, 1, (32, 32, 32))
    low = np.floor(places).astype(int)
    part = places - low
    part = part * part * (3 - 2 * part)
    total = np.zeros(places.shape[:-1])
    for corner in np.ndindex(2, 2, 2):
        at = (low + corner) % 32
        share = np.prod(np.where(np.array(corner) == 1, part, 1 - part), axis=-1)
        total += share * values[at[..., 0], at[..., 1], at[..., 2]]
    return total


def _on_surface(places: NDArray[np.float64]) -> NDArray[np.float64]:
    rise = np.sqrt(np.maximum(RADIUS**2 - (places**2).sum(axis=1), 0)) - SUNK
    return np.column_stack([places, np.maximum(rise, 0)])
