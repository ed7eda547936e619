"""What a textured surface looks like from a camera, and how like a photograph that is.

A photograph that was left out of the texture is drawn again from where it was taken and compared ("virtual
rephotography": Waechter et al., ACM TOG 2017): likeness that needs no scan to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import sight, sight_kernels
from heritage3d.photogrammetry.surface import Surface, face_normals, vertex_normals
from heritage3d.photogrammetry.texturing import Textured
from heritage3d.photogrammetry.views import View

_WINDOW = 7
_CONTRAST = 4.0  # grey values: windows with less show only the noise of the sensor
_PAPER = 255
_LAMP = np.array([-0.45, -0.75, -0.6])  # in the camera's picture: from the upper left, before the object
_AMBIENT = 0.3

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Likeness:
    """How like a photograph its rendering is, over the pixels that the seen surface covers.

    ``psnr`` in dB; ``ncc``: mean over windows of 7 x 7 pixels of their normalised cross-correlation, where the
    photograph has a contrast above the noise of a sensor (a standard deviation of 4 grey values); ``ncc_everywhere``:
    over all windows; ``covered``: share of the photograph (inside its mask) that the surface covers.
    """

    psnr: float
    ncc: float
    ncc_everywhere: float
    covered: float


def drawn(textured: Textured, view: View) -> tuple[Picture, NDArray[np.bool_]]:
    """The textured surface from a camera, (h, w, 3) sRGB, and which pixels show the front of a face that a photograph
    saw: where the surface has a hole, its inside shows through, which no photograph can be like."""
    surface, corners = textured.surface, textured.corners
    positions = surface.vertices[corners.vertex]
    places, inverse, _nearest, owner = sight.buffers(view, positions, corners.faces)
    uvs = np.zeros((*owner.shape, 2))
    sight_kernels.painted(owner, places, inverse, corners.faces, textured.uvs, uvs)
    shown = owner >= 0
    colours = np.zeros((int(shown.sum()), 3), np.float32)
    high, wide = textured.texture.shape[:2]
    at = np.ascontiguousarray(uvs[shown] * [wide, high] - 0.5)
    sight_kernels.looked_up(textured.texture, at, colours)
    picture = np.full((*owner.shape, 3), _PAPER, np.uint8)
    picture[shown] = np.clip(np.rint(colours), 0, 255)
    counted = shown.copy()
    ways = view.centre - surface.vertices[surface.faces[:, 0]]
    front = (face_normals(surface.vertices, surface.faces) * ways).sum(axis=1) > 0
    counted[shown] = (textured.seen & front)[owner[shown]]
    return picture, counted


def shaded(surface: Surface, view: View) -> Picture:
    """The bare surface from a camera, lit from the upper left; what was invented is tinted."""
    places, inverse, _nearest, owner = sight.buffers(view, surface.vertices, surface.faces)
    normals = vertex_normals(surface.vertices, surface.faces).astype(np.float64) @ view.rotation.T
    found = np.zeros((*owner.shape, 3))
    sight_kernels.painted(owner, places, inverse, surface.faces, np.ascontiguousarray(normals), found)
    shown = owner >= 0
    normal = found[shown]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    normal *= np.where(normal[:, 2:] > 0, -1.0, 1.0)  # what is seen from behind shows its back
    light = _AMBIENT + (1 - _AMBIENT) * np.maximum(normal @ (_LAMP / np.linalg.norm(_LAMP)), 0)
    tint = np.where(surface.invented[owner[shown]][:, None], [235, 150, 120], [225, 225, 222])
    picture = np.full((*owner.shape, 3), _PAPER, np.uint8)
    picture[shown] = np.clip(np.rint(tint * light[:, None]), 0, 255)
    return picture


def likeness(photograph: Picture, rendering: Picture, counted: NDArray[np.bool_], mask: Picture) -> Likeness:
    """How like they are where ``counted``; NaN-free: without a pixel in common all figures are 0."""
    import cv2

    where = counted & (mask > 0)
    if not where.any():
        return Likeness(0.0, 0.0, 0.0, 0.0)
    off = photograph[where].astype(np.float64) - rendering[where]
    psnr = 10 * np.log10(255**2 / max(float((off**2).mean()), 1e-9))
    one, other = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64) for picture in (photograph, rendering))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.blur(values, (_WINDOW, _WINDOW)))

    whole = cv2.erode(where.astype(np.uint8), np.ones((_WINDOW, _WINDOW), np.uint8)) > 0
    spread = np.maximum(mean(one * one) - mean(one) ** 2, 0)
    others = np.maximum(mean(other * other) - mean(other) ** 2, 0)
    both = mean(one * other) - mean(one) * mean(other)
    score = both / np.sqrt(np.maximum(spread * others, 1e-6))
    told = whole & (spread >= _CONTRAST**2)
    return Likeness(
        round(float(psnr), 2),
        round(float(score[told].mean()), 4) if told.any() else 0.0,
        round(float(score[whole].mean()), 4) if whole.any() else 0.0,
        round(float(where.sum() / max(int((mask > 0).sum()), 1)), 4),
    )
