"""A surface is moved until its photographs agree on it: the cure for strokes that windows of matching softened.

Photometric refinement of a mesh (after Pons, Keriven and Faugeras, IJCV 72, 2007, and Vu et al., PAMI 34, 2012), here a
number for each vertex: how far along its normal it must go so that all photographs that see it show the same there.
One step of Gauss and Newton for all vertices at once, with moves that bend as little as the photographs allow; no
window averages over a stroke. Every photograph is first brought, place by place, to the brightness of what all of them
together show, so that light that stands still while an object turns does no harm.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import refining_kernels as kernels
from heritage3d.photogrammetry import sight, sight_kernels
from heritage3d.photogrammetry.depth import scaled
from heritage3d.photogrammetry.pixels import grey_of, reduced
from heritage3d.photogrammetry.surface import Surface, vertex_normals
from heritage3d.photogrammetry.views import View

_LEAST_COSINE = 0.6  # 53 degrees: at a lower angle a pixel covers too much
_NOISE_PX = 2.0  # of the surface, which hides nothing
_CONTRAST = 20.0  # grey values that count as 1
_SENSOR = 0.05  # noise of a photograph, of that
_STIFF = 370.0  # for vertices a pixel apart
_LEAST_WEIGHT = 0.8  # of all photographs at a vertex: less and it only follows its neighbours
_LOOSE = 0.5  # how strongly vertices that nobody judges stay where they are
_MOST_PX = 0.5  # of a move in one round
_ROUNDS_OF_GRADIENTS = 60
_AROUND_PX = 20.0  # within which a photograph is brought to the brightness of the others
_SHADE = np.float32(0.5)  # so that the noise of black pixels is not lit up
_HELD_BYTES = 1 << 30  # of photographs in memory

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Refined:
    """``moved_px``: usual way of a vertex, and the way that 95 of 100 stay below, in pixels of the photographs;
    ``apart_before`` and ``apart_after``: how far the photographs differ at a place, in grey values (root mean square);
    ``judged``: share of the vertices that at least two photographs judged."""

    surface: Surface
    moved_px: tuple[float, float]
    apart_before: float
    apart_after: float
    judged: float


def refine(surface: Surface, views: Sequence[View], *, longest: int = 0, rounds: int = 3) -> Refined:
    """The surface with its vertices moved along their normals; its faces, marks and colours stay.

    ``longest``: photographs are reduced to so many pixels on their longer side first (0: as they are). The same bytes
    for the same input. Raises MaskUnfit and what reading pictures raises.
    """
    small = [_reduced(view, longest) for view in views]
    held = max(2, _HELD_BYTES // max(view.width * view.height for view in small))
    read = functools.lru_cache(held)(lambda index: reduced(grey_of(small[index].path), longest or 1 << 30))
    pixel = sight.pixel_of(surface, small)
    start, ends = _neighbours(surface.faces, len(surface.vertices))
    edge = float(np.median(np.linalg.norm(_along(surface), axis=1))) / pixel
    stiff = float(np.clip(_STIFF / max(edge, 1e-3) ** 4, 10, 1e5))
    points, common = surface.vertices.copy(), None
    way, apart = np.zeros(len(points)), []
    for turn in range(rounds + 1):
        normals = vertex_normals(points, surface.faces).astype(np.float64)
        sums = _asked(points, surface.faces, normals, small, read, pixel, common)
        common, own, wish, apart_now, judged = _judged(sums)
        apart.append(apart_now)
        if turn == 0:
            continue  # the first look only tells what all photographs together show
        move = np.zeros(len(points))
        kernels.smoothest(own, wish, start, ends, stiff, _ROUNDS_OF_GRADIENTS, move)
        move = np.clip(move, -_MOST_PX, _MOST_PX)
        way += move
        points += normals * (move * pixel)[:, None]
    moved = np.abs(way)
    return Refined(
        replace(surface, vertices=points, normals=vertex_normals(points, surface.faces)),
        (float(np.median(moved)), float(np.percentile(moved, 95))),
        apart[min(1, rounds)] * _CONTRAST,
        apart[-1] * _CONTRAST,
        judged,
    )


def _asked(
    points: NDArray[np.float64],
    faces: NDArray[np.int64],
    normals: NDArray[np.float64],
    views: Sequence[View],
    read: functools._lru_cache_wrapper[NDArray[np.uint8]],
    pixel: float,
    common: Floats | None,
) -> Floats:
    """What all photographs say of each vertex, (n, SUMS); ``common`` (n,): what they showed together a round
    ago, -1 where too few did."""
    sums = np.zeros((len(points), kernels.SUMS), np.float32)
    for index, view in enumerate(views):
        places, inverse, nearest, owner = sight.buffers(view, points, faces)
        picture = read(index).astype(np.float32) / np.float32(_CONTRAST)
        if common is not None:
            picture = _matched(picture, places, inverse, faces, owner, common)
        camera = view.matrix @ np.column_stack([view.rotation, view.translation])
        told = np.array([pixel, _LEAST_COSINE, view.matrix[0, 0], _NOISE_PX])
        kernels.asked(points, normals, camera, view.centre, told, picture, nearest, places, inverse, sums)
    return sums


def _judged(sums: Floats) -> tuple[Floats, NDArray[np.float64], NDArray[np.float64], float, float]:
    """From the sums: what all show together (n,; -1: unknown), the weight and the wish of each vertex for its move, how
    far the photographs are apart, and the share of vertices that are judged."""
    known = sums[:, 0] > _LEAST_WEIGHT
    weight = np.where(known, sums[:, 0], 1).astype(np.float64)
    mean, slope = sums[:, 1] / weight, sums[:, 2] / weight
    spread = np.maximum(sums[:, 3] / weight - mean**2, 0)
    trust = np.where(known, 1 / (spread + _SENSOR**2), 0)
    own = np.maximum(sums[:, 5] - weight * slope**2, 0) * trust
    wish = -(sums[:, 4] - weight * mean * slope) * trust
    apart = float(np.sqrt((spread * weight)[known].sum() / max(weight[known].sum(), 1e-9)))
    return (
        np.where(known, mean, -1).astype(np.float32),
        own + np.where(known, 1e-4, _LOOSE),
        wish,
        apart,
        float(known.mean()),
    )


def _matched(
    picture: Floats,
    places: NDArray[np.float64],
    inverse: NDArray[np.float64],
    faces: NDArray[np.int64],
    owner: NDArray[np.int32],
    common: Floats,
) -> Floats:
    """A photograph lit, around each of its pixels, as all of them together show it."""
    import cv2

    drawn = np.zeros((*owner.shape, 2))
    known = common > 0
    values = np.stack([np.where(known, common, 0), known], axis=1).astype(np.float64)
    sight_kernels.painted(owner, places, inverse, faces, values, drawn)
    shown = drawn[..., 1] > 0.999
    there = shown.astype(np.float32)

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values * there, (0, 0), _AROUND_PX) / share, np.float32)

    share = np.maximum(np.asarray(cv2.GaussianBlur(there, (0, 0), _AROUND_PX), np.float32), np.float32(1e-3))
    wanted = drawn[..., 0].astype(np.float32)
    lit = (mean(wanted) + _SHADE) / (mean(picture) + _SHADE)
    return np.where(shown, picture * lit, picture).astype(np.float32)


def _reduced(view: View, longest: int) -> View:
    factor = longest / max(view.width, view.height) if longest else 1.0
    if factor >= 1:
        return view
    wide, high = max(1, round(view.width * factor)), max(1, round(view.height * factor))
    matrix = scaled(view.matrix, wide / view.width, high / view.height)
    return View(view.name, view.path, wide, high, matrix, view.rotation, view.translation)


def _along(surface: Surface) -> NDArray[np.float64]:
    return np.asarray(surface.vertices[surface.faces[:, 0]] - surface.vertices[surface.faces[:, 1]])


def _neighbours(faces: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which vertices an edge joins with each: rows of ``ends`` from ``start[i]`` to ``start[i + 1]``."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([ends[:, 0] * count + ends[:, 1], ends[:, 1] * count + ends[:, 0]])
    key = np.unique(both)
    return np.searchsorted(key // count, np.arange(count + 1)), key % count
