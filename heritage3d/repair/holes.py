"""Holes in a surface: found, closed by as little as closes them, and marked as invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Primitive
from heritage3d.repair import filling_kernels, kernels, piece_kernels
from heritage3d.repair.painting import Painter
from heritage3d.repair.piece_kernels import AREA
from heritage3d.repair.pieces import Pieces
from heritage3d.repair.whole import Whole

#: A hole with more edges is left: the best triangulation costs their third power.
MOST_EDGES = 600
_MOST_INSIDE = 100_000


@dataclass(frozen=True)
class Filling:
    """What closes the holes: one primitive (None: nothing to close) with its colours, and the counts."""

    primitive: Primitive | None
    holes: int
    area: float
    left: int


def filled(whole: Whole, parts: Pieces, longest: float, name: str) -> tuple[Filling, dict[str, Any] | None]:
    """Close the holes whose border is at most ``longest`` long, in the unit of the points; and their material.

    A border is a hole only where its length, squared, is less than the area of its piece: otherwise it is the rim
    of a scrap. Left alone and counted are borders of that length with more than MOST_EDGES edges, or that run into
    edges of more than two faces or between faces that do not agree. ``name`` is the file's, for errors of textures.
    """
    if longest <= 0 or not (whole.mate == kernels.BORDER).any():
        return Filling(None, 0, 0.0, 0), None
    rings, left = _rings(whole, parts, longest)
    if not rings:
        return Filling(None, 0, 0.0, left), None
    painter = Painter(whole.model, name)
    parts_made: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]] = []
    for ring in rings:
        made = _closed(whole, ring, painter)
        if made is not None:
            parts_made.append(made)
    if not parts_made:
        return Filling(None, 0, 0.0, left), None
    positions = np.concatenate([points for points, _, _ in parts_made])
    starts = np.cumsum([0, *(len(points) for points, _, _ in parts_made)])
    faces = np.concatenate([made[2] + start for made, start in zip(parts_made, starts[:-1], strict=True)])
    corners = positions[faces]
    area = float(np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum())
    colours = np.clip(np.concatenate([values for _, values, _ in parts_made]), 0, 1).astype(np.float32)
    primitive = Primitive(
        positions=positions,
        faces=np.ascontiguousarray(faces, np.uint32),
        colours=colours if painter.coloured else None,
        material=len(whole.model.materials),
        invented=True,
    )
    return Filling(primitive, len(parts_made), area / 2, left), painter.material()


def _rings(whole: Whole, parts: Pieces, longest: float) -> tuple[list[NDArray[np.int64]], int]:
    """The holes as half-edges in the order of their border, and how many of that length cannot be closed."""
    loop, start, clean = piece_kernels.borders(whole.mate)
    if not len(clean):
        return [], 0
    tail = whole.points[whole.faces.reshape(-1)[loop]]
    head = whole.points[np.roll(whole.faces, -1, axis=1).reshape(-1)[loop]]
    long = np.add.reduceat(np.linalg.norm(head - tail, axis=1), start[:-1])
    area = parts.told[parts.label[loop[start[:-1]] // 3], AREA]
    small = (long <= longest) & (long**2 < area)
    rings: list[NDArray[np.int64]] = []
    left = int((small & ~clean).sum())
    for number in np.flatnonzero(small & clean):
        for ring in _simple(whole, loop[start[number] : start[number + 1]].astype(np.int64)):
            if len(ring) > MOST_EDGES:
                left += 1
            elif len(ring) >= 3:
                rings.append(ring)
    return rings, left


def _simple(whole: Whole, loop: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """A border that comes to one place more than once, as borders that do not."""
    places = whole.faces.reshape(-1)[loop]
    if len(np.unique(places)) == len(places):
        return [loop]
    found: list[NDArray[np.int64]] = []
    path: list[int] = []
    at: dict[int, int] = {}
    for half, place in zip(loop.tolist(), places.tolist(), strict=True):
        if place in at:
            back = at[place]
            found.append(np.array(path[back:], np.int64))
            for gone in path[back:]:
                at.pop(int(whole.faces.reshape(-1)[gone]), None)
            del path[back:]
        at[place] = len(path)
        path.append(half)
    found.append(np.array(path, np.int64))
    return found


def _closed(
    whole: Whole, ring: NDArray[np.int64], painter: Painter
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]] | None:
    """Points, colours and faces over one hole; None where they have no area (a crack between equal borders)."""
    ring = ring[::-1]  # the filling runs against its border
    face, corner = ring // 3, ring % 3
    # Against the border, an edge begins where the half-edge ends.
    places = whole.faces[face, (corner + 1) % 3]
    rows = whole.rows[face, (corner + 1) % 3]
    points = whole.points[places]
    corners = whole.points[whole.faces[face]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    beside = normal / np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    coarse = filling_kernels.triangulated(points, beside)
    most = min(_MOST_INSIDE, len(ring) ** 2 // 4 if len(ring) > 4 else 0)
    colours = painter.colours(whole.owner[face], rows)
    made, values, faces = filling_kernels.refined(points, colours, coarse, most)
    flat = kernels.flat(made, faces.astype(np.uint32))
    return None if flat.all() else (made, values, np.ascontiguousarray(faces[~flat]))
