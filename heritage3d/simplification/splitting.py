"""New corners for a simplified surface: a face becomes three at a place, an edge and the faces beside it are halved."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.joining import welded
from heritage3d.gltf.model import Model, Primitive, unit

Reals = NDArray[np.float64]
Rows = NDArray[np.int64]

# A face may turn by less than this (cosine), and have no less area than this share of its longest side squared.
_TURN = 0.3
_THIN = 0.004


@dataclass
class Splitting:
    """A model whose faces are split; places, in units of the model, become corners with the attributes that the
    surface had there. What shares an edge stays joined: seams and borders between parts are split on both sides."""

    model: Model
    _gone: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        parts = self.model.primitives
        self.positions, faces = self.model.surface()
        self.faces = faces.astype(np.int64)
        self.owner = np.repeat(np.arange(len(parts)), [len(entry.faces) for entry in parts])
        self.place = welded(np.ascontiguousarray(self.positions + 0.0).view(np.uint64)).astype(np.int64)[self.faces]
        self._keys = self._edges(self.place, np.roll(self.place, -1, axis=1)).reshape(-1)
        self._order = np.argsort(self._keys, kind="stable")
        self._sorted = self._keys[self._order]
        self._corners: list[tuple[int, Rows, Reals, Reals]] = []  # primitive, parents, weights, position
        self._faces: list[tuple[int, int, int, int]] = []  # primitive, corners

    def _edges(self, one: Rows, two: Rows) -> Rows:
        return np.minimum(one, two) * len(self.positions) + np.maximum(one, two)

    def free(self, face: int) -> bool:
        """Whether a face is as it was."""
        return face not in self._gone

    def inside(self, face: int, weights: Reals, target: Reals) -> bool:
        """Put a corner at ``target`` into a face, with the attributes at ``weights``; False where it cannot be."""
        corners = self.positions[self.faces[face]]
        parts = [np.array([corners[side], corners[(side + 1) % 3], target]) for side in range(3)]
        if face in self._gone or not all(_sound(corners, part) for part in parts):
            return False
        vertex = self._corner(face, weights, target)
        for side in range(3):
            self._add(face, int(self.faces[face, side]), int(self.faces[face, (side + 1) % 3]), vertex)
        self._gone.add(face)
        return True

    def along(self, face: int, side: int, share: float, target: Reals) -> bool:
        """Put a corner at ``target`` into the edge from corner ``side`` of a face to the next, ``share`` along it;
        False where it cannot be."""
        key = self._keys[3 * face + side]
        first, last = np.searchsorted(self._sorted, [key, key + 1])
        halves = [(int(entry) // 3, int(entry) % 3) for entry in self._order[first:last]]
        start = self.place[face, side]
        for other, turn in halves:
            corners = self.positions[self.faces[other]]
            one, two, three = corners[turn], corners[(turn + 1) % 3], corners[(turn + 2) % 3]
            parts = (np.array([one, target, three]), np.array([target, two, three]))
            if other in self._gone or not all(_sound(corners, part) for part in parts):
                return False
        made: dict[tuple[int, int, int], int] = {}
        for other, turn in halves:
            one, two, three = (int(self.faces[other, (turn + step) % 3]) for step in range(3))
            weights = np.zeros(3)
            forward = share if self.place[other, turn] == start else 1 - share
            weights[turn], weights[(turn + 1) % 3] = 1 - forward, forward
            sides = (int(self.owner[other]), min(one, two), max(one, two))
            if sides not in made:
                made[sides] = self._corner(other, weights, target)
            self._add(other, one, made[sides], three)
            self._add(other, made[sides], two, three)
            self._gone.add(other)
        return True

    def _corner(self, face: int, weights: Reals, target: Reals) -> int:
        self._corners.append((int(self.owner[face]), self.faces[face], weights, target))
        return len(self.positions) + len(self._corners) - 1

    def _add(self, face: int, *corners: int) -> None:
        self._faces.append((int(self.owner[face]), *corners))  # type: ignore[arg-type]

    @property
    def gone(self) -> Rows:
        """The faces that were split, in rising order."""
        return np.array(sorted(self._gone), np.int64)

    def result(self) -> tuple[Model, Rows]:
        """The model with its new faces, the last ones of their primitives; and which faces of it are new."""
        stays = np.ones(len(self.faces), bool)
        stays[self.gone] = False
        starts = np.cumsum([0, *(len(entry.positions) for entry in self.model.primitives)])
        made: list[Primitive] = []
        new: list[Rows] = []
        count = 0
        for index, entry in enumerate(self.model.primitives):
            mine = [at for at, corner in enumerate(self._corners) if corner[0] == index]
            place = {len(self.positions) + at: len(entry.positions) + row for row, at in enumerate(mine)}
            added = [[place.get(v, v - int(starts[index])) for v in f[1:]] for f in self._faces if f[0] == index]
            old = entry.faces[stays[self.owner == index]]
            faces = np.concatenate([old, np.array(added, np.uint32).reshape(-1, 3)])
            made.append(replace(_longer(entry, [self._corners[at] for at in mine], int(starts[index])), faces=faces))
            new.append(np.arange(count + len(old), count + len(faces)))
            count += len(faces)
        return replace(self.model, primitives=tuple(made)), np.concatenate(new)


def _longer(entry: Primitive, corners: list[tuple[int, Rows, Reals, Reals]], start: int) -> Primitive:
    """A primitive with new corners: the attributes of their parents, mixed."""
    if not corners:
        return entry
    rows = np.array([parents - start for _, parents, _, _ in corners])
    weights = np.array([shares for _, _, shares, _ in corners])

    def mixed(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(np.einsum("nk,nkj->nj", weights, values[rows].astype(np.float64)), np.float32)

    return replace(
        entry,
        positions=np.concatenate([entry.positions, np.array([place for *_, place in corners])]),
        normals=None if entry.normals is None else np.concatenate([entry.normals, unit(mixed(entry.normals))]),
        uvs=tuple(np.concatenate([uv, mixed(uv)]) for uv in entry.uvs),
        colours=None if entry.colours is None else np.concatenate([entry.colours, mixed(entry.colours)]),
    )


def _sound(before: Reals, after: Reals) -> bool:
    """Whether a triangle looks the same way as the one that it is a part of, and is no needle."""
    old, new = _upright(before), _upright(after)
    size = math.sqrt(new @ new)
    longest = max(float(edge @ edge) for edge in after - after[[2, 0, 1]])
    return size > _THIN * longest and float(old @ new) > _TURN * size * math.sqrt(old @ old)


def _upright(corners: Reals) -> Reals:
    """The cross product of two edges (numpy's own takes ten times as long for one)."""
    ux, uy, uz = corners[1] - corners[0]
    vx, vy, vz = corners[2] - corners[0]
    return np.array([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
