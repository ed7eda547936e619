"""Rounds of edge collapses on a working mesh, on as many threads as there are, with one result."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import in_portions
from heritage3d.simplification import carrying, collapsing, quadrics, stars

_CHUNK = 8192
_HELD = 256  # rows of a chunk where samples ride along: they are much more work
# Each round takes no more than this share of the edges that places propose, the cheapest ones.
_SHARE = 0.5

# What collapses write to; stars and kinds are found anew or stay.
_CHANGED = ("points", "face_places", "face_wedges", "attributes", "sums", "refused", "cost", "choice", "dirty")


@dataclass
class Riders:
    """Samples of the original that ride on a working mesh, and the original itself (see carrying.py).

    ``samples`` (n, 3), ``allowed`` squared distances (n,), ``home`` the face of the original of each sample,
    ``texture`` (n, 2) or (0, 2). Distances are those of the working mesh. ``head`` and ``after``: the lists on each
    face.
    """

    samples: NDArray[np.float64]
    allowed: NDArray[np.float64]
    home: NDArray[np.int32]
    texture: NDArray[np.float64]
    drift: float
    old_points: NDArray[np.float64]
    old_faces: NDArray[np.int32]
    old_neighbours: NDArray[np.int32]
    head: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    after: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def mount(self, triangles: int) -> None:
        """Let every sample ride on the face that it comes from."""
        order = np.argsort(self.home, kind="stable").astype(np.int32)
        homes = self.home[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = homes[1:] != homes[:-1]
        self.head = np.full(triangles, -1, np.int32)
        self.after = np.full(len(order), -1, np.int32)
        self.head[homes[first]] = order[first]
        self.after[order[:-1][~first[1:]]] = order[1:][~first[1:]]


_NONE = Riders(
    samples=np.zeros((0, 3)),
    allowed=np.zeros(0),
    home=np.zeros(0, np.int32),
    texture=np.zeros((0, 2)),
    drift=0.0,
    old_points=np.zeros((0, 3)),
    old_faces=np.zeros((0, 3), np.int32),
    old_neighbours=np.zeros((0, 3), np.int32),
)


@dataclass
class Working:
    """A mesh that edges are taken out of: places (n, 3) float64, faces as places and as wedges (m, 3) int32,
    attributes of wedges (w, k) float32, of which the first two are places in a texture where it is ``textured``.
    ``fixed`` places do not move."""

    points: NDArray[np.float64]
    face_places: NDArray[np.int32]
    face_wedges: NDArray[np.int32]
    attributes: NDArray[np.float32]
    fixed: NDArray[np.bool_]
    textured: bool = False
    hold: float = quadrics.HOLD
    sums: NDArray[np.float64] = field(init=False)
    start: NDArray[np.int32] = field(init=False)
    corners: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.points)
        self.kind = np.full(count, stars.FIXED, np.int8)
        self.refused = np.zeros(count, np.uint64)
        self.cost = np.full(count, np.inf, np.float32)
        self.choice = np.full(count, -1, np.int8)
        self.dirty = np.ones(count, np.uint8)
        self.worst = np.full(count, -1, np.int32)
        self.sums = np.zeros((count, 10))
        quadrics.face_quadrics(self.points, self.face_places, self.hold, self.sums)
        self.start, self.corners, self.ahead, self.behind = stars.stars(self.face_places, count)
        in_portions(
            lambda first, last: stars.classify(
                first, last, self.face_wedges, self.start, self.corners, self.ahead, self.behind, self.fixed, self.kind
            ),
            count,
            _CHUNK,
        )
        lines = np.flatnonzero(self.kind != stars.FREE).astype(np.int32)
        quadrics.wall_quadrics(
            lines, self.points, self.face_wedges, self.start, self.corners, self.ahead, self.behind, quadrics.WALL,
            self.sums,
        )  # fmt: skip
        self.propose(np.flatnonzero(np.diff(self.start)).astype(np.int32))

    def copy(self) -> Working:
        """The same mesh, to be changed apart from this one."""
        other = copy.copy(self)
        for name in _CHANGED:
            setattr(other, name, getattr(self, name).copy())
        return other

    @property
    def triangles(self) -> int:
        """The faces that are left."""
        return len(self.face_places)

    def refresh(self) -> NDArray[np.int32]:
        """Drop the faces that are gone, find the stars anew, and say who has to propose anew.

        Kinds stay: what is collapsed keeps lines lines, and never makes one out of faces that had none.
        """
        here = self.face_places[:, 0] >= 0
        self.face_places, self.face_wedges = self.face_places[here], self.face_wedges[here]
        self.start, self.corners, self.ahead, self.behind = stars.stars(self.face_places, len(self.points))
        rows = np.flatnonzero(self.dirty)
        self.refused[rows[self.dirty[rows] == 1]] = 0
        self.dirty[rows] = 0
        self.cost[rows] = np.inf
        return rows[self.start[rows + 1] > self.start[rows]].astype(np.int32)

    def propose(self, rows: NDArray[Any]) -> None:
        """Let places propose their cheapest edge."""
        spread(
            rows,
            lambda part: quadrics.propose(
                part, self.points, self.sums, self.kind, self.face_wedges, self.start, self.corners, self.ahead,
                self.behind, self.refused, self.cost, self.choice,
            ),
        )  # fmt: skip

    def order(self, share: float = _SHARE) -> NDArray[np.int32]:
        """The places with a proposal, the cheapest ones first; so many of them as the share says."""
        rows = np.flatnonzero(np.isfinite(self.cost)).astype(np.int32)
        # Floats above zero sort as their bits do; the first 16 of them are sorted in linear time.
        key = (self.cost[rows].view(np.uint32) >> np.uint32(15)).astype(np.uint16)
        return rows[np.argsort(key, kind="stable")[: max(64, int(share * len(rows)))]]

    def chosen(self, order: NDArray[np.int32], most: int) -> NDArray[np.int32]:
        """Edges that do not touch one another, by the place that proposes them."""
        taken = np.zeros(len(self.points), np.uint8)
        picked: NDArray[np.int32] = collapsing.chosen(
            order, most, self.choice, self.start, self.ahead, self.behind, taken
        )
        picked.sort()  # neighbours follow one another in memory
        return picked

    def collapse(self, rows: NDArray[np.int32], riders: Riders | None = None) -> NDArray[np.bool_]:
        """Collapse what was chosen, as far as it can be and the riders allow it; which of the rows are done."""
        done = np.zeros(len(rows), np.int8)
        held = _NONE if riders is None else riders

        def work(part: NDArray[Any]) -> None:
            here = slice(int(part[0]), int(part[-1]) + 1)
            carrying.collapse(
                rows[here], self.points, self.sums, self.kind, self.face_places, self.face_wedges, self.start,
                self.corners, self.ahead, self.behind, self.attributes, self.textured, self.choice, self.refused,
                self.dirty, done[here], riders is not None, held.samples, held.allowed, held.home, held.texture,
                float(held.drift) ** 2, held.head, held.after, held.old_points, held.old_faces, held.old_neighbours,
                self.worst,
            )  # fmt: skip

        spread(np.arange(len(rows)), work, _CHUNK if riders is None else _HELD)
        self.tried(rows[done == 0])
        if riders is not None:
            riders.head = riders.head[self.face_places[:, 0] >= 0]
        return np.asarray(done > 0)

    def tried(self, rows: NDArray[np.int32]) -> None:
        """These edges could not go: let their places propose another."""
        self.dirty[rows] = np.where(self.dirty[rows] == 0, 2, 1)


def spread(rows: NDArray[Any], work: Callable[[NDArray[Any]], None], size: int = 0) -> None:
    """Do the work for rows in chunks that do not depend on the number of threads."""
    in_portions(lambda start, stop: work(rows[start:stop]), len(rows), size or _CHUNK)


def to_number(mesh: Working, triangles: int, share: float = _SHARE) -> None:
    """Collapse the cheapest edges, round after round, until so many triangles are left or no edge can go."""
    while mesh.triangles > triangles:
        rows = mesh.chosen(mesh.order(share), -(-(mesh.triangles - triangles) // 2))
        if not len(rows):
            return
        mesh.collapse(rows)
        mesh.propose(mesh.refresh())
