"""Fewer triangles: to an error that is kept everywhere, or to a number; texture places and colours go along."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive, compacted, unit
from heritage3d.mesh.places import welded
from heritage3d.simplification import meshopt_part

_ROUNDS = 6
# Above this share of the triangles a level saves too little to be worth a second geometry.
WORTHWHILE = 0.9
_NORMAL_WEIGHT = 0.05
_TEXTURE_WEIGHT = 1.0
_COLOUR_WEIGHT = 0.1


@dataclass(frozen=True)
class Bundle:
    """All primitives of a model as one mesh for the simplifier.

    Every vertex belongs to one primitive (``owner``); primitives that touch have vertices at the same
    places there, which the simplifier treats as a seam: no crack opens.
    """

    model: Model
    positions: NDArray[np.float32]
    faces: NDArray[np.uint32]
    attributes: NDArray[np.float32]
    weights: tuple[float, ...]
    owner: NDArray[np.int64]
    centre: NDArray[np.float64]


def bundle(model: Model) -> Bundle:
    """Put a model together for the simplifier, with weights that make errors of attributes comparable."""
    positions, faces = model.surface()
    low, high = model.bounds()
    centre = (low + high) / 2
    columns: list[NDArray[np.float32]] = []
    weights: list[float] = []
    if any(entry.normals is not None for entry in model.primitives):
        columns.append(_column(model, 3, lambda entry: entry.normals))
        weights += [_NORMAL_WEIGHT] * 3
    for index in range(max(len(entry.uvs) for entry in model.primitives)):
        columns.append(_column(model, 2, lambda entry, at=index: entry.uvs[at] if at < len(entry.uvs) else None))
        weights += [_texture_weight(model, index)] * 2
    if any(entry.colours is not None for entry in model.primitives):
        columns.append(_column(model, 4, lambda entry: entry.colours))
        weights += [_COLOUR_WEIGHT] * 4
    owner = np.repeat(np.arange(len(model.primitives)), [len(entry.positions) for entry in model.primitives])
    attributes = np.concatenate(columns, axis=1) if columns else np.zeros((len(positions), 0), np.float32)
    return Bundle(model, (positions - centre).astype(np.float32), faces, attributes, tuple(weights), owner, centre)


def _column(model: Model, width: int, get: object) -> NDArray[np.float32]:
    parts = []
    for entry in model.primitives:
        values = get(entry)  # type: ignore[operator]
        parts.append(np.zeros((len(entry.positions), width), np.float32) if values is None else values)
    return np.concatenate(parts)


def _texture_weight(model: Model, index: int) -> float:
    """So that a shift of the texture on the surface weighs as much as a shift of the surface itself.

    The simplifier works at an extent of 1: the weight is the length on the surface of one unit of texture.
    """
    low, high = model.bounds()
    surface = texture = 0.0
    for entry in model.primitives:
        if index < len(entry.uvs):
            corners, places = entry.positions[entry.faces], entry.uvs[index][entry.faces].astype(np.float64)
            surface += float(
                np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
            )
            one, two = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
            texture += float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())
    if texture <= 0:
        return 0.0
    return _TEXTURE_WEIGHT * min(10.0, float(np.sqrt(surface / texture)) / float((high - low).max()))


def _unbundled(source: Bundle, result: meshopt_part.Simplified) -> Model:
    primitives = []
    of_face = source.owner[result.faces[:, 0]]
    starts = np.cumsum([0, *(len(entry.positions) for entry in source.model.primitives)])
    for index, entry in enumerate(source.model.primitives):
        faces = result.faces[of_face == index]
        if not len(faces):
            continue
        rows = slice(int(starts[index]), int(starts[index + 1]))
        attributes, at = result.attributes[rows], 0
        any_normals = any(other.normals is not None for other in source.model.primitives)
        normals = unit(attributes[:, :3]) if entry.normals is not None else None
        at += 3 if any_normals else 0
        uvs = tuple(np.ascontiguousarray(attributes[:, at + 2 * k : at + 2 * k + 2]) for k in range(len(entry.uvs)))
        colours = np.clip(attributes[:, -4:], 0, 1) if entry.colours is not None else None
        primitives.append(
            compacted(
                Primitive(
                    positions=result.positions[rows].astype(np.float64) + source.centre,
                    faces=(faces - np.uint32(starts[index])).astype(np.uint32),
                    normals=normals,
                    uvs=uvs,
                    colours=colours,
                    material=entry.material,
                )
            )
        )
    return replace(source.model, primitives=tuple(primitives))


def to_number(model: Model, triangles: int) -> Model:
    """About ``triangles`` triangles (never fewer parts than the seams allow), whatever the error."""
    if triangles >= model.triangles:
        return model
    source = bundle(model)
    result = meshopt_part.simplify(
        source.positions, source.faces, source.attributes, list(source.weights), triangles=triangles, error=1e30
    )
    return _unbundled(source, result) if len(result.faces) else model


class ByError:
    """Simplifies a model to an error, round after round, and learns from what was measured.

    ``master`` is the surface of this very model, ``scale`` brings model units to its unit and that of
    ``limit``. The simplifier's own estimate is no bound, so what it does is measured, and the places where
    it went too far are locked for the next round: a few bad places do not cost triangles everywhere.
    ``share`` of the limit is what the estimate may spend.
    """

    def __init__(self, model: Model, master: Surface, scale: float, limit: float, share: float) -> None:
        self.source = bundle(model)
        self.master, self.scale, self.limit, self.share = master, scale, limit, share
        self.place = welded(self.source.positions.astype(np.float64))
        self.lock = np.zeros(len(self.source.positions), bool)
        self.rounds = 0

    def next(self) -> Model | None:
        """The model with fewer triangles, its sampled deviation below the limit; None where it saves too little.

        The samples are no proof: the caller certifies what it ships, and says with ``forbid`` where it fails.
        """
        for _ in range(_ROUNDS):
            result = meshopt_part.simplify(
                self.source.positions,
                self.source.faces,
                self.source.attributes,
                list(self.source.weights),
                triangles=0,
                error=self.limit * self.share / self.scale,
                lock=self.lock,
                options=meshopt_part.ERROR_ABSOLUTE,
            )
            if not len(result.faces) or len(result.faces) > WORTHWHILE * self.source.model.triangles:
                return None
            bad = _too_far(self.source, result, self.master, self.scale, self.limit)
            if not bad.any():
                return _unbundled(self.source, result)
            self._lock(bad)
        return None

    def forbid(self, points: NDArray[np.float64]) -> None:
        """Lock the master around these points (centred as ``master`` is)."""
        bad = np.zeros(len(self.source.positions), bool)
        bad[self.master.faces[self.master.nearest(points).triangle].reshape(-1)] = True
        self._lock(bad)

    def _lock(self, bad: NDArray[np.bool_]) -> None:
        # Stubborn places are locked in ever wider rings, so that the rounds come to an end.
        for _ in range(1 + self.rounds // 3):
            bad = _ring(bad, self.place, self.source.faces)
        self.lock |= bad
        self.rounds += 1


def _too_far(
    source: Bundle, result: meshopt_part.Simplified, master: Surface, scale: float, limit: float
) -> NDArray[np.bool_]:
    """The vertices of the source near which either surface is farther than ``limit`` from the other."""
    moved = (result.positions.astype(np.float64) + source.centre) * scale
    small = Surface(moved, result.faces, master.centre)
    bad = np.zeros(len(source.positions), bool)
    used = np.unique(master.faces)
    bad[used] = small.nearest(master.positions[used]).distance > limit
    points = np.concatenate([small.positions[np.unique(small.faces)], small.positions[small.faces].mean(axis=1)])
    near = master.nearest(points)
    bad[master.faces[near.triangle[near.distance > limit]].reshape(-1)] = True
    return bad


def _ring(bad: NDArray[np.bool_], place: NDArray[np.int64], faces: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """The bad vertices with their neighbours, at all vertices of the same places."""
    at_place = np.zeros(int(place.max()) + 1, bool)
    at_place[place[bad]] = True
    touched = at_place[place[faces]].any(axis=1)
    at_place[place[faces[touched]].reshape(-1)] = True
    return at_place[place]
