"""What a scanner leaves and no derivative should carry on: duplicate and degenerate faces, loose vertices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty
from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.mesh.places import welded


def repaired(model: Model, name: str) -> tuple[Model, dict[str, int]]:
    """The model without faces that have no area or lie there twice, and how many of each were left out.

    The surface as a set of points stays the same. ``name`` is the file's, for MeshEmpty where nothing is left.
    """
    counts = {"degenerate": 0, "duplicate": 0, "loose_vertices": 0}
    primitives = []
    for primitive in model.primitives:
        flat = _flat(primitive)
        counts["degenerate"] += int(flat.sum())
        faces = primitive.faces[~flat]
        twice = _twice(primitive.positions, faces)
        counts["duplicate"] += int(twice.sum())
        faces = faces[~twice]
        if len(faces):
            kept = compacted(replace(primitive, faces=faces))
            counts["loose_vertices"] += len(primitive.positions) - len(kept.positions)
            primitives.append(kept)
    if not primitives:
        raise MeshEmpty(file=name)
    return replace(model, primitives=tuple(primitives)), counts


def _flat(primitive: Primitive) -> NDArray[np.bool_]:
    corners = primitive.positions[primitive.faces]
    # float32 is what will be stored: what has no area there has none in any derivative.
    corners = (corners - corners[:, :1]).astype(np.float32).astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1], corners[:, 2]), axis=1)
    return np.asarray(area == 0)


def _twice(positions: NDArray[np.float64], faces: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Faces that repeat an earlier one: the same three places in the same turn."""
    if not len(faces):
        return np.zeros(0, bool)
    place = welded(positions)[faces]
    first = np.argmin(place, axis=1)
    turned = place[np.arange(len(place))[:, None], (first[:, None] + np.arange(3)) % 3]
    key = turned[:, 0] * len(positions) + turned[:, 1]
    order = np.lexsort((turned[:, 2], key))
    same = (key[order][1:] == key[order][:-1]) & (turned[order, 2][1:] == turned[order, 2][:-1])
    twice = np.zeros(len(faces), bool)
    twice[order[1:][same]] = True
    return twice
