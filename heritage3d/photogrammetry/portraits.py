"""Pictures that people judge a reconstruction by: from four sides, and a photograph beside its rendering."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import rendering
from heritage3d.photogrammetry.surface import Surface
from heritage3d.photogrammetry.texturing import Textured
from heritage3d.photogrammetry.views import View

_WIDTH, _HEIGHT = 600, 520  # of one picture
_FINER = 2  # times as fine when drawn
_ELEVATIONS = (28.0, 28.0, 28.0, 60.0)
_FIELD = np.radians(24.0)
_QUALITY = 88
_PAIR_PX, _PAIR_MARGIN_PX = 1000, 24

Picture = NDArray[np.uint8]


def camera(surface: Surface, azimuth_deg: float, elevation_deg: float, width: int, height: int) -> View:
    """A camera that sees the whole of an upright surface (+Y up) from a side."""
    turn, rise = np.radians([azimuth_deg, elevation_deg])
    toward = np.array([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])
    right = np.cross([0.0, 1.0, 0.0], toward)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, -np.cross(toward, right), -toward])
    low, high = surface.vertices.min(axis=0), surface.vertices.max(axis=0)
    there = (surface.vertices - (low + high) / 2) @ rotation.T
    slope = np.tan(_FIELD / 2)
    # Each point asks for the distance at which it lies inside the margins; the farthest request is met.
    wanted = np.abs(there[:, :2]) / (0.94 * slope * np.array([1, height / width])) - there[:, 2:]
    away = float(wanted.max())
    focal = width / 2 / slope
    matrix = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    translation = rotation @ -((low + high) / 2) + [0, 0, away]
    return View("side", Path(), width, height, matrix, rotation, translation)


def four_sides(textured: Textured) -> bytes:
    """A JPEG: four views, three from low and one from high, a quarter turn apart; painted above, bare below."""
    columns = []
    for number, elevation in enumerate(_ELEVATIONS):
        view = camera(textured.surface, 90.0 * number, elevation, _WIDTH * _FINER, _HEIGHT * _FINER)
        painted, _counted = rendering.drawn(textured, view)
        both = [painted, rendering.shaded(textured.surface, view)]
        small = [cv2.resize(one, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA) for one in both]
        columns.append(np.concatenate(small))
    return _jpeg(np.concatenate(columns, axis=1))


def pair(photograph: Picture, rendered: Picture, counted: NDArray[np.bool_]) -> bytes:
    """A JPEG: the photograph, and beside it what was drawn from the same place, both cut to what was drawn."""
    rows, columns = np.flatnonzero(counted.any(axis=1)), np.flatnonzero(counted.any(axis=0))
    if len(rows):
        top, left = max(int(rows[0]) - _PAIR_MARGIN_PX, 0), max(int(columns[0]) - _PAIR_MARGIN_PX, 0)
        part = np.s_[top : int(rows[-1]) + _PAIR_MARGIN_PX, left : int(columns[-1]) + _PAIR_MARGIN_PX]
        photograph, rendered = photograph[part], rendered[part]
    factor = min(_PAIR_PX / max(photograph.shape[:2]), 1.0)
    size = (max(1, round(photograph.shape[1] * factor)), max(1, round(photograph.shape[0] * factor)))
    both = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (photograph, rendered)]
    gap = np.full((size[1], 12, 3), 255, np.uint8)
    return _jpeg(np.concatenate([both[0], gap, both[1]], axis=1))


def _jpeg(picture: Picture) -> bytes:
    from heritage3d.image.vips import pyvips

    image = pyvips.Image.new_from_array(np.ascontiguousarray(picture)).copy(interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=_QUALITY, keep="none", optimize_coding=True))
