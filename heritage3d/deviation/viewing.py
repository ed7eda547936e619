"""From where a model is shown: four sides, or two of a flat one; and what is seen from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation import raster
from heritage3d.deviation.surface import Points, Surface

Array = NDArray[np.float64]

_FLAT = 0.3  # thickness by length of what is shown from two sides only
_ABOVE = np.radians(14.0)
FINER = 2  # pixels seen for each one shown, in both directions


@dataclass(frozen=True)
class View:
    """A parallel projection. The rows of ``axes`` (3, 3) point to the right, upwards and to the eye; ``middle`` (2) is
    in the middle of the picture, ``scale`` are pixels a unit."""

    name: str
    axes: Array
    middle: Array
    scale: float

    def place(self, point: Points, width: int, height: int) -> tuple[float, float]:
        """Where a point is in a picture of that size: column and row."""
        x, y = self.axes[:2] @ point - self.middle
        return width / 2 + x * self.scale, height / 2 - y * self.scale


@dataclass(frozen=True)
class Seen:
    """What a view shows, at ``FINER`` pixels for one: which triangle (of the surface's tree, -1: none) and where."""

    view: View
    owner: NDArray[np.int32]
    depth: Array

    @property
    def points(self) -> Points:
        """The places seen, row by row, (n, 3)."""
        height, width = self.owner.shape
        row, column = np.nonzero(self.owner >= 0)
        scale = self.view.scale * FINER
        right = (column + 0.5 - width / 2) / scale + self.view.middle[0]
        up = -(row + 0.5 - height / 2) / scale + self.view.middle[1]
        return np.column_stack([right, up, self.depth[row, column]]) @ self.view.axes

    def shows(self, point: Points) -> bool:
        """Whether a point of the surface, or close to it, is not hidden behind another part."""
        height, width = self.owner.shape
        column, row = (int(value * FINER) for value in self.view.place(point, width // FINER, height // FINER))
        if not (1 <= column < width - 1 and 1 <= row < height - 1):
            return False
        near = self.depth[row - 1 : row + 2, column - 1 : column + 2]
        return bool(self.view.axes[2] @ point >= near.min() - 4 / self.view.scale)


def look(surface: Surface, view: View, width: int, height: int) -> Seen:
    """What is seen of a surface in a picture of that size."""
    owner = np.empty((height * FINER, width * FINER), np.int32)
    depth = np.empty(owner.shape)
    tree = surface.tree
    raster.seen(tree.points, tree.triangles, view.axes, view.middle, view.scale * FINER, depth, owner)
    return Seen(view, owner, depth)


def around(surface: Surface, width: int, height: int) -> tuple[list[View], int]:
    """The views of a model that stands on +Y, and in how many columns they fit into a room of that size: front, right,
    back and left in two columns; of a flat one both faces, side by side or one below the other."""
    points = surface.tree.points
    extent = points.max(axis=0) - points.min(axis=0)
    thin = int(np.argmin(extent))
    if extent[thin] < _FLAT * np.sort(extent)[1]:
        toward = np.eye(3)[thin]
        up = np.eye(3)[1] if thin != 1 else np.array([0.0, 0.0, -1.0])
        axes = [_axes(toward * side, up) for side in (1, -1)]
        names = ["side_one", "side_two"]
        beside = _fitted(names, axes, points, width // 2, height)
        below = _fitted(names, axes, points, width, height // 2)
        return (below, 1) if below[0].scale > beside[0].scale else (beside, 2)
    angles = np.radians([0, 90, 180, 270])
    ways = [np.array([np.sin(a) * np.cos(_ABOVE), np.sin(_ABOVE), np.cos(a) * np.cos(_ABOVE)]) for a in angles]
    axes = [_axes(way, np.array([0.0, 1.0, 0.0])) for way in ways]
    return _fitted(["front", "right", "back", "left"], axes, points, width // 2, height // 2), 2


def near(surface: Surface, point: Points, radius: float, width: int, height: int) -> View:
    """A close view of a place, upright on the surface around it; ``radius`` is what is seen to each side."""
    corners = surface.positions[surface.faces]
    close = np.linalg.norm(corners.mean(axis=1) - point, axis=1) < radius / 2
    if not close.any():
        close[surface.nearest(point[None]).triangle] = True
    part = corners[close]
    toward = np.cross(part[:, 1] - part[:, 0], part[:, 2] - part[:, 0]).sum(axis=0)
    length = float(np.linalg.norm(toward))
    toward = toward / length if length > 0 else np.array([0.0, 0.0, 1.0])
    up = np.array([0.0, 1.0, 0.0]) if abs(toward[1]) < 0.95 else np.array([0.0, 0.0, -np.sign(toward[1])])
    axes = _axes(toward, up)
    return View("close", axes, axes[:2] @ point, min(width, height) / 2 / radius)


def _axes(toward: Array, up: Array) -> Array:
    toward = toward / np.linalg.norm(toward)
    right = np.cross(up, toward)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(toward, right), toward])


def _fitted(names: list[str], axes: list[Array], points: Points, width: int, height: int) -> list[View]:
    """All views at the greatest scale that shows the whole from each."""
    flat = [points @ axis[:2].T for axis in axes]
    lows, highs = [part.min(axis=0) for part in flat], [part.max(axis=0) for part in flat]
    extent = np.max([high - low for low, high in zip(lows, highs, strict=True)], axis=0)
    scale = float(0.86 * min(width / max(extent[0], 1e-300), height / max(extent[1], 1e-300)))
    return [
        View(name, axis, (low + high) / 2, scale)
        for name, axis, low, high in zip(names, axes, lows, highs, strict=True)
    ]
