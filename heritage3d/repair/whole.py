"""A model as one surface: the faces of all primitives by places, so that seams and materials are no borders."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.mesh.places import welded
from heritage3d.repair import kernels


@dataclass
class Whole:
    """All faces of a model: ``rows`` (m, 3) of vertices, ``faces`` (m, 3) of places, ``owner`` (m,) of primitives.

    ``points`` are the places (n, 3). ``turned`` marks faces whose corners run against the model's own. The arrays
    of one ``Whole`` are never changed; acts make a new one.
    """

    model: Model
    rows: NDArray[np.uint32]
    faces: NDArray[np.int32]
    owner: NDArray[np.int32]
    points: NDArray[np.float64]
    turned: NDArray[np.bool_]
    _mate: NDArray[np.int32] | None = None
    _crowded: tuple[int, NDArray[np.bool_]] | None = None

    @classmethod
    def of(cls, model: Model) -> Whole:
        """The whole surface of a model."""
        positions, rows = model.surface()
        place = welded(positions)
        points = np.empty((int(place.max()) + 1, 3))
        points[place] = positions
        owner = np.repeat(np.arange(len(model.primitives), dtype=np.int32), [len(e.faces) for e in model.primitives])
        faces = place.astype(np.int32)[rows]
        return cls(model, rows, faces, owner, points, np.zeros(len(rows), bool))

    @property
    def mate(self) -> NDArray[np.int32]:
        """What lies beyond each half-edge (see ``kernels.mates``)."""
        if self._mate is None:
            self._mate, count, ends = kernels.mates(self.faces, self.points)
            self._crowded = count, ends
        return self._mate

    @property
    def crowded(self) -> tuple[int, NDArray[np.bool_]]:
        """How many edges have more than two faces, and the places (n,) at which those end."""
        if self._crowded is None:
            self._mate = None
        assert self.mate is not None
        assert self._crowded is not None
        return self._crowded

    def parted(self) -> None:
        """Part the faces that do not agree at their edge in which side they show."""
        kernels.cut(self.faces, self.mate, np.zeros(len(self.faces), bool))

    def without(self, gone: NDArray[np.bool_]) -> Whole:
        """The surface without some faces."""
        if not gone.any():
            return self
        kept = ~gone
        parts = (self.rows[kept], self.faces[kept], self.owner[kept])
        return replace(
            self, rows=parts[0], faces=parts[1], owner=parts[2], turned=self.turned[kept], _mate=None, _crowded=None
        )

    def turning(self, over: NDArray[np.bool_]) -> Whole:
        """The surface with some faces turned over."""
        if not over.any():
            return self
        rows, faces = self.rows.copy(), self.faces.copy()
        rows[over], faces[over] = rows[over][:, ::-1], faces[over][:, ::-1]
        return replace(self, rows=rows, faces=faces, turned=self.turned ^ over, _mate=None, _crowded=None)

    def primitives(self) -> tuple[list[Primitive], int]:
        """The surface as primitives again, those without a face left out; and the vertices that no face used."""
        made: list[Primitive] = []
        loose = 0
        start = 0
        stops = np.searchsorted(self.owner, np.arange(len(self.model.primitives) + 1))
        for number, entry in enumerate(self.model.primitives):
            chosen = slice(int(stops[number]), int(stops[number + 1]))
            rows, turned = self.rows[chosen], self.turned[chosen]
            faces = rows - np.uint32(start)
            start += len(entry.positions)
            if not len(faces):
                continue
            kept = replace(entry, faces=np.ascontiguousarray(faces))
            if turned.any():
                kept = _facing(kept, turned)
            kept = compacted(kept)
            loose += len(entry.positions) - len(kept.positions)
            made.append(kept)
        return made, loose


def _facing(entry: Primitive, turned: NDArray[np.bool_]) -> Primitive:
    """The primitive with the normals of the turned faces' vertices on the side that the faces now show."""
    if entry.normals is None:
        return entry
    touched = np.unique(entry.faces[turned])
    corners = entry.positions[entry.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros((len(entry.positions), 3))
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(entry.faces[:, corner], across[:, axis], len(total))
    against = (total[touched] * entry.normals[touched]).sum(axis=1) < 0
    normals = entry.normals.copy()
    normals[touched[against]] *= -1
    return replace(entry, normals=normals)
