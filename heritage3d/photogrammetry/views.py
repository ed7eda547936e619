"""Cameras that stand somewhere and what they saw: what alignment gives and densifying, texturing and scale take.

World coordinates are metres where the scale is known, else those of the alignment; right-handed. A camera looks along
+Z, +X is right and +Y down in its picture (the convention of OpenCV and COLMAP). Pixels are counted so that the centre
of the first is (0, 0), as OpenCV does; COLMAP has it at (0.5, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class View:
    """One photograph without distortion, as a pinhole camera saw it.

    ``matrix`` (3, 3) float64 is the camera's calibration in pixels of the picture at ``path`` (width x height);
    ``rotation`` (3, 3) and ``translation`` (3,) take world coordinates to camera coordinates. ``mask``, where there is
    one, is a grey picture of the same size in which 0 does not belong to the object.
    """

    name: str
    path: Path
    width: int
    height: int
    matrix: NDArray[np.float64]
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    mask: Path | None = None

    @property
    def centre(self) -> NDArray[np.float64]:
        """Where the camera stands, (3,), world coordinates."""
        return np.asarray(-self.rotation.T @ self.translation)


@dataclass(frozen=True)
class Scene:
    """Aligned views with their sparse points.

    ``points`` (n, 3) world; ``seen_by`` for each point the indices of the views that saw it. ``reprojection_px``: mean
    error of the points in the photographs at their full size. ``scale_known``: world coordinates are metres.
    """

    views: tuple[View, ...]
    points: NDArray[np.float64]
    seen_by: tuple[NDArray[np.int32], ...]
    reprojection_px: float
    scale_known: bool = False
    left_out: dict[str, str] = field(default_factory=dict)  # photograph -> why it takes no part
