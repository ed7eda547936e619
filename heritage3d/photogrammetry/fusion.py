"""Depth maps become one cloud of points: what at least three photographs agree on, averaged and told once.

After the fusion of COLMAP (Schönberger et al., ECCV 2016) and the consistency check of Merrell et al. (ICCV 2007):
a pixel is believed where the maps of other views, looked up where it would be seen, lead back to it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import fusion_kernels as kernels
from heritage3d.photogrammetry.depth import between_views
from heritage3d.photogrammetry.views import View

MIN_VIEWS = 3
MOST_PX = 1.0  # between a pixel and where another map leads back to
DEPTH_PIXELS = 4.0  # and along the ray, in pixels' worth of size at that depth

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Map:
    """One depth map: ``inverse`` depths (h, w) float32, 0 = none, ``colour`` (h, w, 3) uint8 sRGB, and the
    calibration at this size."""

    inverse: Floats
    colour: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    view: View

    @functools.cached_property
    def normals(self) -> Floats:
        """Unit normals (h, w, 3) in world coordinates; 0 where there are none."""
        normals = np.zeros((*self.inverse.shape, 3), np.float32)
        kernels.slopes(self.inverse, _lens(self.matrix), normals)
        return np.asarray(normals @ self.view.rotation.astype(np.float32))


class Maps(Protocol):
    """Depth maps by index, read when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Map: ...


@dataclass(frozen=True)
class Cloud:
    """Points (n, 3) float64 in world coordinates with unit ``normals`` (n, 3) float32 towards the cameras.

    ``colours`` (n, 3) uint8; ``views`` (n,) uint8: how many photographs agree; ``spread`` (n,) float32: standard
    deviation of what they say, along the ray; ``footprint`` (n,) float32: size of a pixel there. World units.
    """

    points: NDArray[np.float64]
    normals: Floats
    colours: NDArray[np.uint8]
    views: NDArray[np.uint8]
    spread: Floats
    footprint: Floats


def fuse(maps: Maps, beside: Sequence[Sequence[int]], min_views: int = MIN_VIEWS) -> Cloud:
    """One cloud from all maps; ``beside``: for each view those that may confirm it. The order of views decides."""
    taken = [np.zeros(maps[i].inverse.shape, np.uint8) for i in range(len(maps))]
    parts = [_of_one(i, maps, beside[i], taken, min_views) for i in range(len(maps))]
    return Cloud(*(np.concatenate([getattr(part, name) for part in parts]) for name in Cloud.__dataclass_fields__))


def _lens(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]])


def _pose(here: Map, there: Map) -> NDArray[np.float64]:
    pose = np.zeros((2, 4, 3))
    pose[0, :3], pose[0, 3] = between_views(here.view, here.matrix, there.view, there.matrix)
    pose[1, :3], pose[1, 3] = between_views(there.view, there.matrix, here.view, here.matrix)
    return pose


def _of_one(index: int, maps: Maps, others: Sequence[int], taken: list[NDArray[np.uint8]], min_views: int) -> Cloud:
    here = maps[index]
    limits = np.array([MOST_PX, DEPTH_PIXELS / here.matrix[0, 0]])
    sums = np.zeros((*here.inverse.shape, 9), np.float32)
    sums[..., 2:5], sums[..., 5:8], sums[..., 8] = here.normals, here.colour, 1
    for other in others:
        there = maps[other]
        args = (there.inverse, there.normals, there.colour, _pose(here, there), limits, sums)
        kernels.agree(here.inverse, taken[index], *args)
    accepted = (sums[..., 8] >= min_views) & (taken[index] == 0) & (here.inverse > 0)
    accepted &= (sums[..., 2:5] ** 2).sum(axis=-1) > 0.25
    chosen = accepted.astype(np.uint8)
    for other in others:
        kernels.take(here.inverse, chosen, maps[other].inverse, _pose(here, maps[other]), limits, taken[other])
    return _points(here, accepted, sums)


def _points(here: Map, accepted: NDArray[np.bool_], sums: Floats) -> Cloud:
    y, x = np.nonzero(accepted)
    said = sums[accepted].astype(np.float64)
    count = said[:, 8]
    mean = said[:, 0] / count
    w = here.inverse[accepted] + mean
    depth = 1 / w
    ray = np.linalg.solve(here.matrix, np.stack([x, y, np.ones_like(x)]).astype(np.float64)).T
    points = (ray * depth[:, None] - here.view.translation) @ here.view.rotation
    normals = said[:, 2:5] / np.maximum(np.linalg.norm(said[:, 2:5], axis=1, keepdims=True), 1e-9)
    spread = np.sqrt(np.maximum(said[:, 1] / count - mean**2, 0)) * depth**2
    return Cloud(
        points,
        normals.astype(np.float32),
        np.clip(np.rint(said[:, 5:8] / count[:, None]), 0, 255).astype(np.uint8),
        np.minimum(count, 255).astype(np.uint8),
        spread.astype(np.float32),
        (depth / here.matrix[0, 0]).astype(np.float32),
    )
