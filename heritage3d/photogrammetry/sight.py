"""Who sees what: for each face of a surface the photographs that show it best, and the colours they give it.

Occlusion is judged with a depth buffer for each photograph; a corner counts as seen only where nothing nearer lies
within a few pixels, so that the colour of an edge does not bleed onto what is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MaskUnfit
from heritage3d.photogrammetry import sight_kernels as kernels
from heritage3d.photogrammetry.pixels import colour_of, grey_of
from heritage3d.photogrammetry.surface import Surface
from heritage3d.photogrammetry.views import View

KEPT = 8  # photographs that a face remembers
_STRICT = (0.2, 2.0, 2.0)  # least cosine (78 degrees), reach and noise in pixels (see the kernel)
# What nobody sees by these rules takes its colour from who nearly does; that is never preferred, and counts as unseen.
_LOOSE, _HARDLY = (0.05, 1.0, 4.0), 1e-6
_BLUR_PX = 1.5  # of photographs before colours are compared: cameras err by a fraction of a pixel
_DOUBT = 14.0  # grey values from the middle one within which nobody is doubted
_SPREADS = 3.0

Floats = NDArray[np.float32]


@dataclass
class Sight:
    """For each face (m) its best ``KEPT`` photographs, best first: ``views`` (m, k) int16 (-1: none), ``quality``
    (m, k) pixels a square world unit, ``colours`` (m, k, 3) uint8 as the photographs show the middle of the face.
    ``seen`` (m,) bool: a photograph shows the whole face, at no grazing angle; others nearly do at best."""

    views: NDArray[np.int16]
    quality: Floats
    colours: NDArray[np.uint8]
    seen: NDArray[np.bool_]


def pixel_of(surface: Surface, views: Sequence[View]) -> float:
    """What a pixel of the photographs usually covers on the surface, world units."""
    sample = surface.vertices[:: max(1, len(surface.vertices) // 2000)]
    sizes = []
    for view in views:
        depth = (sample @ view.rotation.T + view.translation)[:, 2]
        sizes.append(float(np.median(depth)) / float(view.matrix[0, 0]))
    return max(float(np.median(sizes)), 1e-12)


def projected(view: View, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels (n, 2) of world points and their inverse depths (n,), 0 behind the camera."""
    there = points @ view.rotation.T + view.translation
    depth = there[:, 2]
    ahead = depth > 1e-9
    inverse = np.where(ahead, 1 / np.where(ahead, depth, 1), 0)
    flat = there @ view.matrix.T
    return np.ascontiguousarray(flat[:, :2] * inverse[:, None]), inverse


def buffers(
    view: View, points: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Floats, NDArray[np.int32]]:
    """Places and inverse depths of the points, the greatest inverse depth over each pixel, and the face there."""
    places, inverse = projected(view, points)
    nearest = np.zeros((view.height, view.width), np.float32)
    owner = np.full((view.height, view.width), -1, np.int32)
    kernels.drawn(places, inverse, faces, nearest, owner)
    return places, inverse, nearest, owner


def picture_of(view: View) -> NDArray[np.uint8]:
    """The photograph (h, w, 3) uint8 sRGB. Raises MaskUnfit where it is not of the view's size."""
    picture = colour_of(view.path)
    if picture.shape[:2] != (view.height, view.width):
        found = f"{picture.shape[1]} x {picture.shape[0]}"
        raise MaskUnfit(file=view.name, detail=f"{found} for {view.width} x {view.height}")
    return picture


def mask_of(view: View) -> NDArray[np.uint8]:
    """Where the object may be, (h, w), 255 everywhere without a mask. Raises MaskUnfit."""
    if view.mask is None:
        return np.full((view.height, view.width), 255, np.uint8)
    mask = grey_of(view.mask)
    if mask.shape != (view.height, view.width):
        raise MaskUnfit(file=view.name, detail=f"{mask.shape[1]} x {mask.shape[0]} for {view.width} x {view.height}")
    return mask


def blurred(picture: NDArray[np.uint8], sigma: float = _BLUR_PX) -> NDArray[np.uint8]:
    """The picture as seen a little out of focus."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def sight(surface: Surface, views: Sequence[View], taking: Sequence[int]) -> Sight:
    """What the photographs ``taking`` (indices of ``views``) see of a surface. Raises what reading pictures raises."""
    count = len(surface.faces)
    corners = surface.vertices[surface.faces]
    middles = corners.mean(axis=1)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-300)
    found = Sight(
        np.full((count, KEPT), -1, np.int16),
        np.zeros((count, KEPT), np.float32),
        np.zeros((count, KEPT, 3), np.uint8),
        np.zeros(count, bool),
    )
    quality, nearly = np.zeros(count, np.float32), np.zeros(count, np.float32)
    colour = np.zeros((count, 3), np.float32)
    for index in taking:
        view = views[index]
        places, inverse, nearest, _owner = buffers(view, surface.vertices, surface.faces)
        ways = view.centre - middles
        facing = (normals * ways).sum(axis=1) / np.maximum(np.linalg.norm(ways, axis=1), 1e-300)
        mask = mask_of(view)
        for rule, out in ((_STRICT, quality), (_LOOSE, nearly)):
            told = np.array([view.matrix[0, 0], *rule])
            kernels.seen(places, inverse, surface.faces, facing, nearest, mask, told, out)
        found.seen |= quality > 0
        at, _depth = projected(view, middles)
        kernels.looked_up(blurred(picture_of(view)), at, colour)
        told_colour = np.clip(np.rint(colour), 0, 255).astype(np.uint8)
        entered = np.where(quality > 0, quality, nearly * np.float32(_HARDLY))
        kernels.keep_best(index, entered, told_colour, found.views, found.quality, found.colours)
    return found


def without_doubtful(found: Sight, gains: Floats) -> Sight:
    """The same without photographs that show something else at a place: a hand, a reflection, a wrong outline.

    ``gains`` (views, 3) bring the photographs to one exposure. Judged where at least four see a face: who is
    farther from the middle one than three usual spreads, and than 14 grey values, is forgotten.
    """
    known = found.views >= 0
    balanced = found.colours * gains[np.maximum(found.views, 0)]
    grey = np.where(known, balanced.mean(axis=2), np.nan).astype(np.float32)
    enough = known.sum(axis=1) >= 4
    judged = grey[enough]
    middle = np.nanmedian(judged, axis=1, keepdims=True)
    off = np.abs(judged - middle)
    spread = 1.4826 * np.nanmedian(off, axis=1, keepdims=True)
    wrong = np.zeros_like(known)
    wrong[enough] = np.where(np.isnan(off), 0, off) > np.maximum(_SPREADS * spread, _DOUBT)
    order = np.argsort(wrong | np.logical_not(known), axis=1, kind="stable")
    views = np.take_along_axis(np.where(wrong, np.int16(-1), found.views), order, axis=1)
    quality = np.take_along_axis(np.where(wrong, np.float32(0), found.quality), order, axis=1)
    return Sight(views, quality, np.take_along_axis(found.colours, order[..., None], axis=1), found.seen)
