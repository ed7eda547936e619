"""From the coordinates of a scan to those of its derivatives: metres, +Y up, the origin on the base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Model
from heritage3d.mesh.lengths import MM_PER, Unit

Axis = Literal["y", "z"]
UnitSource = Literal["stated", "format", "none"]


@dataclass(frozen=True)
class Place:
    """Where a derivative stands: the 4x4 matrix from the master's coordinates to the file's, in metres.

    ``unit`` is None where nobody knows it: the model is then made one metre large, so that it can be
    looked at, and nothing is said in millimetres.
    """

    matrix: NDArray[np.float64]
    unit: Unit | None
    source: UnitSource

    @property
    def known(self) -> bool:
        """Whether the scale is known."""
        return self.unit is not None


def place(model: Model, unit: Unit | None, up: Axis) -> Place:
    """The place of a model: the unit given, else that of the format, else unknown; base centre at the origin.

    ``up`` is the axis that points up in the scan; formats do not say it, but for glTF (y).
    """
    source: UnitSource = "none"
    if unit is not None:
        source = "stated"
    elif model.unit == "m":
        unit, source = "m", "format"
    low, high = model.bounds()
    extent = max(float((high - low).max()), 1e-12)
    scale = MM_PER[unit] / 1000 if unit else 1.0 / extent
    matrix = np.eye(4)
    if up == "z":  # a quarter turn about x brings +Z to +Y
        matrix[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    corners = np.stack([low, high]) @ matrix[:3, :3].T
    least, most = corners.min(axis=0), corners.max(axis=0)
    base = np.array([(least[0] + most[0]) / 2, least[1], (least[2] + most[2]) / 2])
    matrix[:3, :3] *= scale
    matrix[:3, 3] = -base * scale
    return Place(matrix, unit, source)
