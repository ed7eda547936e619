"""A closed triangle mesh of a plate: an outline filled with a grid, a front, a back and a rough wall between."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Field

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """A map of the plate from above: pixel (column, row) lies at mm (left + column / px_per_mm, top - row / px_per_mm)."""

    left_mm: float
    top_mm: float
    width: int
    height: int
    px_per_mm: float

    def pixels(self, points_mm: Points) -> Points:
        """Pixel coordinates (n, 2) of points (n, 2) in mm."""
        return (points_mm - (self.left_mm, self.top_mm)) * (self.px_per_mm, -self.px_per_mm)

    def sample(self, field: Field, points_mm: Points) -> NDArray[np.float32]:
        """Bilinear values of a map at points (n, 2) in mm; the last axis stays."""
        place = self.pixels(points_mm).astype(np.float32)
        rows = -(-len(place) // 8192)  # cv2.remap takes no side longer than 32,767
        padded = np.zeros((rows * 8192, 2), np.float32)
        padded[: len(place)] = place
        grid = padded.reshape(rows, 8192, 2)
        values = cv2.remap(field, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return values.reshape(rows * 8192, *field.shape[2:])[: len(place)]

    def inside_mm(self, outline_mm: Points) -> Field:
        """Signed distance to a closed outline in mm, positive inside."""
        mask = np.zeros((self.height, self.width), np.uint8)
        cv2.fillPoly(mask, [np.round(self.pixels(outline_mm) * 16).astype(np.int32)], 255, shift=4)
        inner = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        outer = cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return cv2.GaussianBlur(inner - outer, (0, 0), 1.5) / self.px_per_mm


@dataclass(frozen=True)
class Grid:
    """The filled outline: ``points_mm`` (n, 2), ``triangles`` (m, 3) counter-clockwise, ``rim``: its border in order."""

    points_mm: Points
    triangles: NDArray[np.int64]
    rim: NDArray[np.int64]


def fill(raster: Raster, inside_mm: Field, height_mm: Field, step_mm: float) -> Grid:
    """Fill an outline with square cells of ``step_mm`` whose outermost points lie on the outline.

    Each cell is halved along the diagonal that bends less in ``height_mm``, so that cuts keep clean edges.
    """
    xs = np.arange(raster.left_mm, raster.left_mm + raster.width / raster.px_per_mm, step_mm)
    ys = np.arange(raster.top_mm - raster.height / raster.px_per_mm, raster.top_mm, step_mm)
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    distance = raster.sample(inside_mm, points)
    kept = (distance > 0.35 * step_mm).reshape(len(ys), len(xs))
    cells = kept[:-1, :-1] & kept[1:, :-1] & kept[:-1, 1:] & kept[1:, 1:]
    # an opening leaves no two cells that touch at a corner only
    cells = cv2.morphologyEx(cells.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(cells, connectivity=4)
    row, column = np.nonzero(labels == 1 + np.argmax(sizes[1:, cv2.CC_STAT_AREA]))
    corner = row * len(xs) + column
    a, b, c, d = corner, corner + 1, corner + len(xs) + 1, corner + len(xs)
    z = raster.sample(height_mm, points)
    flip = (np.abs(z[b] - z[d]) < np.abs(z[a] - z[c]))[:, None]
    first = np.where(flip, np.stack([a, b, d], 1), np.stack([a, b, c], 1))
    second = np.where(flip, np.stack([b, c, d], 1), np.stack([a, c, d], 1))
    used, triangles = np.unique(np.concatenate([first, second]), return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    points, rim = points[used], _rim(triangles)
    points[rim] = _on_outline(raster, inside_mm, points[rim], step_mm)
    return Grid(points, triangles, rim)


def _rim(triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    key = np.sort(edges, axis=1)
    _, first, count = np.unique(key, axis=0, return_index=True, return_counts=True)
    border = edges[first[count == 1]]
    following = dict(border.tolist())
    if len(following) != len(border):
        raise ValueError("the outline is too thin for this step")
    start = border[0, 0]
    order = [int(start)]
    while (point := following[order[-1]]) != start:
        order.append(point)
    if len(order) != len(border):
        raise ValueError("the outline has a hole")
    return np.array(order)


def _on_outline(raster: Raster, inside_mm: Field, points: Points, step_mm: float) -> Points:
    for _ in range(4):
        nudge = np.array([[step_mm / 2, 0], [0, step_mm / 2]])
        slope = np.stack(
            [raster.sample(inside_mm, points + n) - raster.sample(inside_mm, points - n) for n in nudge], 1
        )
        slope /= np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-6)
        points = points - slope * raster.sample(inside_mm, points)[:, None]
    return points


def close(grid: Grid, front_z: NDArray, back_z: NDArray, wall: list[Points]) -> tuple[Points, NDArray[np.int32]]:
    """Vertices (n, 3) and triangles (m, 3) of front, back and wall; ``wall``: rings (rim, 3) from front to back.

    The order is: front points, back points, then the rings one after another.
    """
    count, rim = len(grid.points_mm), grid.rim
    front = np.column_stack([grid.points_mm, front_z])
    back = np.column_stack([grid.points_mm, back_z])
    rings = [rim, *(2 * count + index * len(rim) + np.arange(len(rim)) for index in range(len(wall))), count + rim]
    faces = [grid.triangles, grid.triangles[:, ::-1] + count]
    for upper, lower in itertools.pairwise(rings):
        ahead_upper, ahead_lower = np.roll(upper, -1), np.roll(lower, -1)
        faces += [np.stack([upper, lower, ahead_upper], 1), np.stack([ahead_upper, lower, ahead_lower], 1)]
    return np.concatenate([front, back, *wall]), np.concatenate(faces).astype(np.int32)
