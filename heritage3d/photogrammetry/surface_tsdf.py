"""A surface that invents nothing: signed distances along the lines of sight, averaged over all photographs.

Truncated signed distance field (Curless and Levoy, SIGGRAPH 1996): what the points hide from a camera stays
undecided, what lies before them is empty, and the surface lies between. Where no photograph saw anything, the mesh
is open. It keeps more of the noise than Poisson's surface does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.errors import SurfaceImpossible
from heritage3d.photogrammetry import surface_trimming as trimming
from heritage3d.photogrammetry.depth import scaled
from heritage3d.photogrammetry.fusion import Cloud
from heritage3d.photogrammetry.sight import projected
from heritage3d.photogrammetry.surface import LEAST_POINTS, Surface, coloured, without_specks
from heritage3d.photogrammetry.views import View
from heritage3d.photogrammetry.voxels import Grid, isosurface

_TRUNCATED = 3.0  # voxels
_NEAR_PX = 6.0  # pixels' worth of depth within which points of a pixel are of one surface
_LEAST_VIEWS = 2  # who must tell of a place
_FACING = 0.15  # cosine below which a camera says nothing of a point


@compiled
def _square(x: float, y: float, height: int, width: int) -> Any:
    """First and last row and column (the last ones exclusive) of the three by three pixels around a place."""
    column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
    return max(row - 1, 0), min(row + 2, height), max(column - 1, 0), min(column + 2, width)


@compiled
def _splatted(places: Any, inverse: Any, facing: Any, nearest: Any) -> None:
    """Points as squares of three pixels, the nearest one counts; those that look away only hide what is behind."""
    height, width = nearest.shape
    for at in range(len(places)):
        if inverse[at] <= 0:
            continue
        top, bottom, left, right = _square(places[at, 0], places[at, 1], height, width)
        value = np.float32(inverse[at])
        for row in range(top, bottom):
            for column in range(left, right):
                if value > abs(nearest[row, column]):
                    nearest[row, column] = value if facing[at] else -value


@compiled
def _averaged(places: Any, inverse: Any, nearest: Any, near: float, sums: Any, weights: Any) -> None:
    """What the points near the nearest one of each pixel say, weighted by how close to its centre they fall."""
    height, width = nearest.shape
    for at in range(len(places)):
        if inverse[at] <= 0:
            continue
        top, bottom, left, right = _square(places[at, 0], places[at, 1], height, width)
        for row in range(top, bottom):
            for column in range(left, right):
                if nearest[row, column] * (1 - near) > inverse[at]:
                    continue
                off = (places[at, 0] - column) ** 2 + (places[at, 1] - row) ** 2
                weight = np.float32(np.exp(-2 * off))
                sums[row, column] += weight * np.float32(inverse[at])
                weights[row, column] += weight


@compiled
def _measured(places: Any, inverse: Any, nearest: Any, voxel: float, sums: Any, weights: Any) -> None:
    """Add the signed distance of each place along its line of sight, in voxels, positive before the surface."""
    height, width = nearest.shape
    for at in range(len(places)):
        if inverse[at] <= 0:
            continue
        x, y = int(np.floor(places[at, 0] + 0.5)), int(np.floor(places[at, 1] + 0.5))
        if x < 0 or y < 0 or x >= width or y >= height or nearest[y, x] <= 0:
            continue
        distance = (1 / nearest[y, x] - 1 / inverse[at]) / voxel
        if distance < -_TRUNCATED:
            continue
        sums[at] += np.float32(min(distance, _TRUNCATED))
        weights[at] += np.float32(1)


def tsdf(cloud: Cloud, views: Sequence[View], voxel_px: float = 1.0) -> Surface:
    """The zero of the averaged signed distances to a cloud, seen from the cameras that it comes from.

    ``voxel_px``: side of a voxel in pixels' worth. The same for the same input. Raises SurfaceImpossible.
    """
    if len(cloud.points) < LEAST_POINTS:
        raise SurfaceImpossible(detail=f"only {len(cloud.points)} points that three photographs agree on")
    voxel = voxel_px * float(np.median(cloud.footprint))
    low = cloud.points.min(axis=0) - 4 * voxel
    grid = Grid.around(cloud.points, low, voxel)
    places = grid.places()
    sums, weights = np.zeros(len(places), np.float32), np.zeros(len(places), np.float32)
    for view in views:
        nearest, small = _depths(cloud, view)
        if nearest is not None:
            at, inverse = projected(small, places)
            _measured(at, inverse, nearest, voxel, sums, weights)
    values = np.where(weights >= _LEAST_VIEWS, sums / np.maximum(weights, 1), np.nan).astype(np.float32)
    vertices, faces = isosurface(grid, values)
    if not len(faces):
        raise SurfaceImpossible(detail="the lines of sight enclose no surface")
    distance, confidence, density = trimming.evidence(vertices, cloud)
    faces = faces[(distance[faces] <= trimming.NEAR_FOOTPRINTS).all(axis=1)]
    if not len(faces):
        raise SurfaceImpossible(detail="the surface nowhere comes near the points")
    none = np.zeros((len(vertices), 3))
    plain = none.astype(np.float32), none.astype(np.uint8)
    whole = Surface(vertices, faces, *plain, confidence, density, np.zeros(len(faces), bool))
    return coloured(without_specks(whole), cloud)


def _depths(cloud: Cloud, view: View) -> tuple[NDArray[np.float32] | None, View]:
    """The inverse depths that a camera would measure of the cloud, at the size at which it was matched, and that
    camera; None where all points lie behind it."""
    depth = (cloud.points @ view.rotation.T + view.translation)[:, 2]
    ahead = depth > 0
    if not ahead.any():
        return None, view
    factor = float(np.median(depth[ahead] / cloud.footprint[ahead])) / float(view.matrix[0, 0])
    factor = min(max(factor, 0.05), 1.0)
    wide, high = max(round(view.width * factor), 8), max(round(view.height * factor), 8)
    matrix = scaled(view.matrix, wide / view.width, high / view.height)
    ways = view.centre - cloud.points
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-300)
    facing = (ways * cloud.normals).sum(axis=1) > _FACING
    small = View(view.name, view.path, wide, high, matrix, view.rotation, view.translation)
    places, inverse = projected(small, cloud.points)
    nearest = np.zeros((high, wide), np.float32)
    _splatted(places, inverse, facing, nearest)
    sums, weights = np.zeros((high, wide), np.float32), np.zeros((high, wide), np.float32)
    _averaged(places, np.where(facing, inverse, 0), nearest, _NEAR_PX / float(matrix[0, 0]), sums, weights)
    return np.where(nearest > 0, sums / np.maximum(weights, np.float32(1e-9)), nearest).astype(np.float32), small
