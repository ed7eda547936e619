"""A model as one working mesh: places, wedges and attributes; and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Model, Primitive, unit
from heritage3d.simplification.rounds import Working

# Where more than this share of the places would be fixed by normals alone, the surface is shaded flat.
_FLAT = 0.3
# So many faces tell the scale of a texture well enough.
_ENOUGH = 100_000


@dataclass(frozen=True)
class Bundle:
    """All primitives of a model as one mesh, its centre at 0 and the longest side of its box 1.

    ``place`` says for each vertex of the model at which row of ``points`` it is, ``wedge`` at which row of
    ``attributes``: vertices of one primitive with one place and the same attributes are one wedge. Columns are
    texture places (times ``lengths``, one a set: the length on the surface of one unit of texture), normals, colours.
    """

    model: Model
    points: NDArray[np.float64]
    faces: NDArray[np.int64]  # rows of vertices of the whole model
    place: NDArray[np.int32]
    wedge: NDArray[np.int32]
    attributes: NDArray[np.float32]
    owner: NDArray[np.int32]  # of each wedge, the primitive
    lengths: tuple[float, ...]
    centre: NDArray[np.float64]
    scale: float
    shaded: bool

    def working(self, fixed: NDArray[np.bool_] | None = None) -> Working:
        """A fresh mesh to take edges out of."""
        return Working(
            self.points.copy(),
            self.place[self.faces],
            self.wedge[self.faces],
            self.attributes.copy(),
            np.zeros(len(self.points), np.bool_) if fixed is None else fixed,
            bool(self.lengths),
        )

    def model_of(self, mesh: Working) -> Model:
        """What is left of the model."""
        primitives = []
        of_face = self.owner[mesh.face_wedges[:, 0]] if len(self.owner) else np.zeros(0, np.int32)
        positions = np.empty((len(mesh.attributes), 3))
        positions[mesh.face_wedges] = mesh.points[mesh.face_places]
        positions = positions * self.scale + self.centre
        for index, entry in enumerate(self.model.primitives):
            faces = mesh.face_wedges[of_face == index]
            if len(faces):
                primitives.append(self._primitive(entry, positions, faces, mesh.attributes))
        return replace(self.model, primitives=tuple(primitives))

    def _primitive(
        self,
        entry: Primitive,
        positions: NDArray[np.float64],
        faces: NDArray[np.int32],
        attributes: NDArray[np.float32],
    ) -> Primitive:
        rows, inverse = np.unique(faces, return_inverse=True)
        values = attributes[rows]
        at = 2 * len(self.lengths)
        uvs = tuple(
            np.ascontiguousarray(values[:, 2 * k : 2 * k + 2] / np.float32(self.lengths[k]))
            for k in range(len(entry.uvs))
        )
        normals = unit(values[:, at : at + 3]) if entry.normals is not None and self.shaded else None
        colours = np.clip(values[:, -4:], 0, 1) if entry.colours is not None else None
        made = Primitive(
            positions[rows], inverse.reshape(-1, 3).astype(np.uint32), normals, uvs, colours, entry.material
        )
        return replace(made, invented=entry.invented)


def bundle(model: Model) -> Bundle:
    """Put a model together. Faces with two corners at one place are left out."""
    positions, faces = model.surface()
    low, high = model.bounds()
    centre, scale = (low + high) / 2, max(float((high - low).max()), 1e-300)
    place, order = _places(positions)
    first = np.empty(int(place.max(initial=-1)) + 1, np.int64)
    first[place[order[::-1]]] = order[::-1]
    lengths = tuple(
        _length(model, index) for index in range(max((len(entry.uvs) for entry in model.primitives), default=0))
    )
    owner = np.repeat(
        np.arange(len(model.primitives), dtype=np.int32), [len(entry.positions) for entry in model.primitives]
    )
    at = place[faces]
    rows = faces[(at[:, 0] != at[:, 1]) & (at[:, 1] != at[:, 2]) & (at[:, 2] != at[:, 0])].astype(np.int64)
    shaded = any(entry.normals is not None for entry in model.primitives)
    while True:
        columns = _columns(model, [value / scale for value in lengths], shaded)
        wedge, rows_of_wedges = _wedges(place, order, owner, columns)
        if not shaded or not _flat(place, wedge, _wedges(place, order, owner, columns[:, : 2 * len(lengths)])[0]):
            break
        shaded = False
    return Bundle(
        model,
        np.ascontiguousarray((positions[first] - centre) / scale),
        rows,
        place,
        wedge,
        np.ascontiguousarray(columns[rows_of_wedges]),
        owner[rows_of_wedges],
        tuple(value / scale for value in lengths),
        centre,
        scale,
        shaded,
    )


def _places(positions: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The place of each vertex, numbered along a curve that fills space (Morton, 1966), so that neighbours lie
    together in memory; and the vertices in the order of their places."""
    low = positions.min(axis=0)
    side = max(float((positions.max(axis=0) - low).max()), 1e-300)
    cells = ((positions - low) / side * (2**21 - 1)).astype(np.uint64)
    code = _spaced(cells[:, 0]) | _spaced(cells[:, 1]) << np.uint64(1) | _spaced(cells[:, 2]) << np.uint64(2)
    order = np.argsort(code)
    # The sort leaves vertices of one cell in any order, and there may be several places in it.
    same = code[order][1:] == code[order][:-1]
    crowded = np.zeros(len(order), np.bool_)
    crowded[1:] |= same
    crowded[:-1] |= same
    some = order[crowded]
    order[crowded] = some[np.lexsort((some, *positions[some].T, code[some]))]
    new = np.ones(len(order), np.bool_)
    new[1:] = np.any(positions[order[1:]] != positions[order[:-1]], axis=1)
    place = np.empty(len(order), np.int32)
    place[order] = np.cumsum(new, dtype=np.int32) - np.int32(1)
    return place, order


def _spaced(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """21 bits with two zeros before each."""
    values = (values | values << np.uint64(32)) & np.uint64(0x1F00000000FFFF)
    values = (values | values << np.uint64(16)) & np.uint64(0x1F0000FF0000FF)
    values = (values | values << np.uint64(8)) & np.uint64(0x100F00F00F00F00F)
    values = (values | values << np.uint64(4)) & np.uint64(0x10C30C30C30C30C3)
    return (values | values << np.uint64(2)) & np.uint64(0x1249249249249249)


def _wedges(
    place: NDArray[np.int32], order: NDArray[np.int64], owner: NDArray[np.int32], columns: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The wedge of each vertex and one vertex of each wedge; ``order`` has the vertices by their places."""
    order = order.copy()
    same = place[order[1:]] == place[order[:-1]]
    crowded = np.zeros(len(order), np.bool_)
    crowded[1:] |= same
    crowded[:-1] |= same
    # Only vertices that share a place can be one wedge; most places have one vertex.
    some = order[crowded]
    keys = np.column_stack([place[some], owner[some], (columns[some] + np.float32(0)).view(np.int32)])
    by_key = np.lexsort((some, *keys.T[::-1]))
    order[crowded] = some[by_key]
    new = np.ones(len(order), np.bool_)
    at = np.flatnonzero(crowded)
    differs = np.any(keys[by_key][1:] != keys[by_key][:-1], axis=1)
    new[at[1:]] = differs
    wedge = np.empty(len(order), np.int32)
    wedge[order] = np.cumsum(new, dtype=np.int32) - np.int32(1)
    return wedge, order[new]


def _flat(place: NDArray[np.int32], wedge: NDArray[np.int32], without: NDArray[np.int32]) -> bool:
    """Whether normals alone make seams at most places, as they do where every face has its own."""
    more, less = _wedges_of_places(place, wedge), _wedges_of_places(place, without)
    return bool((more > less).mean() > _FLAT)


def _wedges_of_places(place: NDArray[np.int32], wedge: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many wedges there are at each place."""
    at = np.empty(int(wedge.max(initial=-1)) + 1, np.int32)
    at[wedge] = place
    return np.bincount(at, minlength=int(place.max(initial=-1)) + 1)


def _columns(model: Model, lengths: list[float], shaded: bool) -> NDArray[np.float32]:
    parts = []
    coloured = any(entry.colours is not None for entry in model.primitives)
    for entry in model.primitives:
        count = len(entry.positions)
        values = []
        for index, length in enumerate(lengths):
            values.append(
                entry.uvs[index] * np.float32(length) if index < len(entry.uvs) else np.zeros((count, 2), np.float32)
            )
        if shaded:
            values.append(np.zeros((count, 3), np.float32) if entry.normals is None else entry.normals)
        if coloured:
            values.append(np.zeros((count, 4), np.float32) if entry.colours is None else entry.colours)
        parts.append(np.concatenate(values, axis=1) if values else np.zeros((count, 0), np.float32))
    return np.ascontiguousarray(np.concatenate(parts), np.float32)


def _length(model: Model, index: int) -> float:
    """The length on the surface of one unit of texture, from the areas of both; the model's size where it has none."""
    low, high = model.bounds()
    surface = texture = 0.0
    for entry in model.primitives:
        if index < len(entry.uvs):
            some = entry.faces[:: 1 + len(entry.faces) // _ENOUGH]
            corners, places = entry.positions[some], entry.uvs[index][some].astype(np.float64)
            surface += float(
                np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
            )
            one, two = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
            texture += float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())
    side = float((high - low).max())
    return float(np.sqrt(surface / texture)) if texture > 1e-12 and surface > 0 else max(side, 1e-300)
