"""Smooth normals for surfaces that have none of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Floats, Model, Primitive, unit
from heritage3d.mesh.places import welded


def shaded(model: Model) -> Model:
    """The model with normals at every vertex; those that a primitive has are left alone."""
    if all(entry.normals is not None for entry in model.primitives):
        return model
    positions, faces = model.surface()
    normals = smooth(positions, faces)
    starts = np.cumsum([0, *(len(entry.positions) for entry in model.primitives)])
    made: list[Primitive] = []
    for entry, start, stop in zip(model.primitives, starts[:-1], starts[1:], strict=True):
        made.append(entry if entry.normals is not None else replace(entry, normals=normals[start:stop]))
    return replace(model, primitives=tuple(made))


def smooth(positions: NDArray[np.float64], faces: NDArray[np.uint32]) -> Floats:
    """Normals of vertices, (n, 3): face normals weighted by area, summed over all vertices of a place."""
    place = welded(positions)
    corners = positions[faces]
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros((int(place.max()) + 1, 3))
    for corner in range(3):
        at = place[faces[:, corner]]
        for axis in range(3):
            total[:, axis] += np.bincount(at, weighted[:, axis], len(total))
    return unit(total[place] / max(float(np.abs(total).max()), 1e-300))
