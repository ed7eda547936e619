"""A surface that answers: which of your triangles is nearest to this point, and how far is it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import in_portions
from heritage3d.deviation import joining, tree, triangles
from heritage3d.deviation.triangles import Compiled
from heritage3d.errors import MeshEmpty, MeshIndexOutOfRange, MeshNotFinite

Points = NDArray[np.float64]  # (n, 3)

# What float64 may err in a distance, as a share of the coordinates. Differences of points are taken before
# they are squared, so it is a few times 2**-52.
ROUNDING = 1e-12
# The same for a bound from below, where the choice of the place within a triangle counts too.
_BELOW = 1e-9
_MOST = 1e15  # squares of squares stay far from the end of float64
_PORTION = 1 << 14
_ROWS = 1 << 18


@dataclass(frozen=True)
class Nearest:
    """For each point: the nearest triangle, the distance to it, and the weights of its corners at the nearest place
    of the surface, (n, 3)."""

    triangle: NDArray[np.int64]
    distance: NDArray[np.float64]
    weights: Points


class Surface:
    """Triangles with a tree of boxes. Faces without an area are no part of the surface; neither are loose vertices.

    ``centre`` is subtracted from all coordinates, so that no precision is lost far from the origin; surfaces that
    are compared need the same one. ``radius`` is the greatest coordinate then. ``faces`` (m, 3) name the first
    vertex of each place (texture seams double them); ``kept`` says which of the faces given they are. Raises
    MeshEmpty where no face has an area, MeshNotFinite, MeshIndexOutOfRange.
    """

    def __init__(self, positions: Points, faces: NDArray[Any], centre: Points | None = None) -> None:
        if not len(faces):
            raise MeshEmpty(file="")
        if int(faces.max()) >= len(positions) or int(faces.min()) < 0:
            raise MeshIndexOutOfRange(file="", index=int(faces.max()), vertices=len(positions))
        used = np.zeros(len(positions), bool)
        used[faces.reshape(-1)] = True
        low, high = _box(positions, used)
        self.centre: Points = (low + high) / 2 if centre is None else centre
        self.positions = np.ascontiguousarray(positions - self.centre, np.float64)
        # Loose vertices may be anything, also no numbers: they are welded with nothing that counts. (+ 0.0: -0 is 0.)
        self.faces = np.ascontiguousarray(joining.welded((self.positions + 0.0).view(np.uint64))[faces], np.int32)
        area = np.empty(len(self.faces))
        in_portions(lambda start, stop: joining.areas(self.positions, self.faces, start, stop, area), len(area), _ROWS)
        self.kept = np.nonzero(area > 0)[0].astype(np.int32)
        if len(self.kept) < len(area):
            self.faces, area = np.ascontiguousarray(self.faces[self.kept]), area[self.kept]
        self.areas: NDArray[np.float64] = area
        if not len(self.faces):
            raise MeshEmpty(file="")
        self.radius = float(np.abs(np.stack([low, high]) - self.centre).max())
        self._tree: Tree | None = None
        # What samples of this surface meet of others (sampling.meeting), for as long as those are there.
        self.met: WeakKeyDictionary[Surface, dict[int, Any]] = WeakKeyDictionary()

    @property
    def tree(self) -> Tree:
        """What the compiled searches work on, built at the first question."""
        if self._tree is None:
            self._tree = _tree(self.positions, self.faces)
        return self._tree

    def rest(self) -> None:
        """Let go of the tree, as large as the surface itself; the next question builds it anew."""
        self._tree = None

    @property
    def diagonal(self) -> float:
        """The diagonal of the box around the surface."""
        points = self.tree.points
        return float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))

    @property
    def neighbours(self) -> NDArray[np.int64]:
        """For each face the face beyond the edge opposite to each corner, (m, 3); -1 at a border."""
        own, order = self.tree.neighbours, self.tree.order.astype(np.int64)
        result = np.empty(own.shape, np.int64)
        result[order] = np.where(own >= 0, order[own], -1)
        return result

    def nearest(self, points: Points) -> Nearest:
        """The nearest triangle for each point, and the distance to it; float64 throughout.

        Where triangles are thinner than float64 can tell, the distance may be a little too long, never too short.
        Points that follow one another are answered faster where they lie near to one another.
        """
        places = np.ascontiguousarray(points, np.float64)
        triangle, distance = np.empty(len(places), np.int64), np.empty(len(places))
        weights = np.empty((len(places), 3))
        mine = self.tree
        in_portions(
            lambda start, stop: tree.nearest_of(mine.compiled, places, start, stop, triangle, distance, weights),
            len(places),
            _PORTION,
        )
        return Nearest(mine.order[triangle].astype(np.int64), distance, weights)

    def same_as(self, other: Surface) -> bool:
        """Whether another surface has the very same triangles, in any order and named in any way."""
        if len(self.faces) != len(other.faces):
            return False
        return bool(np.array_equal(_told_apart(self), _told_apart(other)))

    def close_to(self, points: Points, reach: float) -> NDArray[np.bool_]:
        """Which of some points (n, 3) lie nearer than ``reach``; quick where most of them do not."""
        places, close = np.ascontiguousarray(points, np.float64), np.empty(len(points), np.bool_)
        mine = self.tree.compiled
        in_portions(lambda start, stop: tree.close_to(mine, places, start, stop, reach, close), len(places), _PORTION)
        return close

    def part(self, rows: NDArray[np.integer]) -> Surface:
        """The surface of some of its faces, with the same vertices and centre."""
        other = copy.copy(self)
        other.faces, other.areas, other.kept = np.ascontiguousarray(self.faces[rows]), self.areas[rows], self.kept[rows]
        other.met = WeakKeyDictionary()
        other._tree = None  # noqa: SLF001  it is one of us
        return other

    def clear(self, point: NDArray[np.float64]) -> float:
        """A distance within which there surely is no point of the surface, as great as can be proved; all triangles
        are asked, in float64."""
        found = triangles.clear(self.tree.points, self.tree.triangles, *(float(value) for value in point))
        return max(0.0, float(found) - _BELOW * max(self.radius, float(np.abs(point).max())))

    def corners(self, triangle: NDArray[np.int64]) -> NDArray[np.float64]:
        """The corners of some triangles, (n, 3, 3)."""
        return self.positions[self.faces[triangle]]


@dataclass(frozen=True)
class Tree:
    """A surface in the order of its tree: vertices in use only, and triangles along a curve through space.

    ``order`` gives for each triangle here the face of the surface.
    """

    boxes: NDArray[np.float32]
    starts: NDArray[np.int64]
    points: Points
    triangles: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    order: NDArray[np.uint32]

    @property
    def compiled(self) -> Compiled:
        """As the compiled searches take it."""
        return self.boxes, self.starts, self.points, self.triangles, self.neighbours


def _tree(positions: Points, faces: NDArray[np.int32]) -> Tree:
    keys = np.empty(len(faces), np.uint64)
    low, high = positions[faces[:, 0]].min(axis=0), positions[faces[:, 0]].max(axis=0)
    scale = ((1 << tree.BITS) - 1) / max(float((high - low).max()), 1e-300)
    in_portions(lambda start, stop: tree.curve(positions, faces, low, scale, start, stop, keys), len(faces), _ROWS)
    order = tree.sorted_order(keys)
    points, ordered = joining.renumbered(positions, faces, order)
    boxes, starts = tree.packed(points, ordered)
    return Tree(boxes, starts, points, ordered, joining.neighbours(ordered, len(points)), order)


def _told_apart(surface: Surface) -> NDArray[Any]:
    """The bytes of all triangles, corners and triangles in the order of their bytes."""
    corners = np.ascontiguousarray(surface.positions[surface.faces] + 0.0).view("V24")[..., 0]
    corners = np.ascontiguousarray(np.sort(corners, axis=1))
    return np.sort(corners.view("V72")[..., 0])


def _box(positions: Points, used: NDArray[np.bool_]) -> tuple[Points, Points]:
    """The corners of the box around the vertices in use. Raises MeshNotFinite."""
    box = positions if used.all() else positions[used]
    low, high = box.min(axis=0), box.max(axis=0)
    if not (np.abs(low) < _MOST).all() or not (np.abs(high) < _MOST).all():
        raise MeshNotFinite(file="", count=int(np.count_nonzero(~(np.abs(box) < _MOST).all(axis=1))))
    return low, high


def distances(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of k points each (n, k, 3) to n triangles (n, 3, 3), as (n, k) float64; never NaN for finite points.

    Each is the distance to a point that lies in the triangle: where rounding chooses that point badly
    (thin triangles), the distance is a little longer than true, never shorter by more than ``ROUNDING`` times
    the greatest coordinate.
    """
    return np.asarray(
        triangles.distances(np.ascontiguousarray(points, np.float64), np.ascontiguousarray(corners, np.float64))
    )
