"""A surface that answers: which of your triangles is nearest to this point, and how far is it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty, MeshNotFinite
from heritage3d.mesh.open3d_loader import load_open3d

Points = NDArray[np.float64]  # (n, 3)

# Triangles thinner than this (squared sine) are measured by their edges alone, where no rounding can hurt:
# that is too much by half their width at most.
_THIN = 1e-10
# What float64 may err in a distance, as a share of the coordinates. Differences of points are taken before
# they are squared, so it is a few times 2**-52.
ROUNDING = 1e-12
# The same for a bound from below, where the choice of the place within a triangle counts too.
_BELOW = 1e-9
_BLOCK = 1 << 13
_MANY = 1 << 18
_MOST = 1e15  # float32 must hold the squares


@dataclass(frozen=True)
class Nearest:
    """For each point: a triangle of the surface and the distance to that triangle."""

    triangle: NDArray[np.int64]
    distance: NDArray[np.float64]


class Surface:
    """Triangles with a BVH. Faces without an area are no part of the surface; neither are loose vertices.

    ``centre`` is subtracted from all coordinates, so that float32 keeps its precision; surfaces that
    are compared need the same one. ``radius`` is the greatest coordinate then. Raises MeshEmpty where no
    face has an area, MeshNotFinite.
    """

    def __init__(self, positions: Points, faces: NDArray[Any], centre: Points | None = None) -> None:
        used = np.unique(faces)
        box = positions[used]
        bad = int(np.count_nonzero(~(np.abs(box) < _MOST).all(axis=1)))
        if bad:
            raise MeshNotFinite(file="", count=bad)
        if not len(used):
            raise MeshEmpty(file="")
        self.centre = (box.min(axis=0) + box.max(axis=0)) / 2 if centre is None else centre
        self.positions = np.ascontiguousarray(positions - self.centre, np.float64)
        faces = _welded(self.positions, faces)
        corners = self.positions[faces]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        sound = area > 0
        self.faces = np.ascontiguousarray(faces[sound], np.int64)
        self.areas = area[sound]
        if not len(self.faces):
            raise MeshEmpty(file="")
        self.radius = float(np.abs(self.positions[used]).max())
        self._scene: Any = None
        self._neighbours: NDArray[np.int64] | None = None
        self._fences: NDArray[np.float64] | None = None

    @property
    def diagonal(self) -> float:
        """The diagonal of the box around the surface."""
        box = self.positions[np.unique(self.faces)]
        return float(np.linalg.norm(box.max(axis=0) - box.min(axis=0)))

    @property
    def neighbours(self) -> NDArray[np.int64]:
        """For each face the face beyond the edge opposite to each corner, (m, 3); -1 at a border."""
        if self._neighbours is None:
            self._neighbours = _neighbours(self.faces)
        return self._neighbours

    @property
    def fences(self) -> NDArray[np.float64]:
        """For each edge (opposite to each corner) the unit normal, to the inside, of the plane that bisects
        the face and its neighbour there, (m, 3, 3); at a border it stands upright on the face."""
        if self._fences is None:
            inward = np.stack([self._inward(corner) for corner in range(3)], axis=1)
            face, edge = np.nonzero(self.neighbours >= 0)
            other = self.neighbours[face, edge]
            back = np.argmax(self.neighbours[other] == face[:, None], axis=1)
            fences = inward.copy()
            turned = inward[face, edge] - inward[other, back]
            length = np.linalg.norm(turned, axis=1)
            sound = (length > 1e-3) & (self.neighbours[other, back] == face)
            fences[face[sound], edge[sound]] = turned[sound] / length[sound, None]
            self._fences = fences
        return self._fences

    def _inward(self, corner: int) -> Points:
        """The unit vector in each face from the edge opposite to a corner towards it."""
        start = self.positions[self.faces[:, (corner + 1) % 3]]
        along = self.positions[self.faces[:, (corner + 2) % 3]] - start
        along = along / np.maximum(np.linalg.norm(along, axis=1), 1e-300)[:, None]
        vector = self.positions[self.faces[:, corner]] - start
        rest = vector - _dot(vector, along)[:, None] * along
        return np.asarray(rest / np.maximum(np.linalg.norm(rest, axis=1), 1e-300)[:, None])

    @property
    def scene(self) -> Any:
        """The BVH (an Open3D RaycastingScene), built at the first question."""
        if self._scene is None:
            library = load_open3d()
            self._scene = library.t.geometry.RaycastingScene()
            self._scene.add_triangles(
                library.core.Tensor(self.positions.astype(np.float32)),
                library.core.Tensor(self.faces.astype(np.uint32)),
            )
        return self._scene

    def nearest(self, points: Points) -> Nearest:
        """A nearest triangle for each point, and the distance to it.

        The search works in float32: now and then another triangle is a little nearer. The distance is that
        of float64 to the triangle found, so it may be too long for the surface, never too short.
        """
        if not len(points):
            return Nearest(np.empty(0, np.int64), np.empty(0))
        answer = self.scene.compute_closest_points(load_open3d().core.Tensor(points.astype(np.float32)))
        triangle = answer["primitive_ids"].numpy().astype(np.int64)
        # A point that the search leaves without an answer still gets a triangle: any bounds from above.
        triangle[triangle >= len(self.faces)] = 0
        return Nearest(triangle, distances(points[:, None], self.corners(triangle))[:, 0])

    def clear(self, point: NDArray[np.float64]) -> float:
        """A distance within which there surely is no point of the surface, as great as can be proved; all triangles
        are asked, in float64."""
        least = np.inf
        for at in range(0, len(self.faces), _MANY):
            corners = self.positions[self.faces[at : at + _MANY]]
            found = distances(np.broadcast_to(point, (len(corners), 1, 3)), corners)[:, 0]
            least = min(least, float((found - _width(corners)).min()))
        return max(0.0, least - _BELOW * max(self.radius, float(np.abs(point).max())))

    def corners(self, triangle: NDArray[np.int64]) -> NDArray[np.float64]:
        """The corners of some triangles, (n, 3, 3)."""
        return self.positions[self.faces[triangle]]


def _welded(positions: Points, faces: NDArray[Any]) -> NDArray[np.int64]:
    """The faces with vertices at one place made one (texture seams double them)."""
    rows = np.ascontiguousarray(positions + 0.0).view(np.dtype((np.void, 24))).reshape(-1)
    _, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    return np.asarray(first[inverse.reshape(-1)][faces], np.int64)


def _neighbours(faces: NDArray[np.int64]) -> NDArray[np.int64]:
    count = len(faces)
    ends = np.sort(np.stack([np.roll(faces, -1, axis=1), np.roll(faces, -2, axis=1)], axis=2).reshape(-1, 2), axis=1)
    key = ends[:, 0] * (int(faces.max(initial=0)) + 1) + ends[:, 1]
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    result = np.full(count * 3, -1, np.int64)
    result[order[:-1][same]] = order[1:][same] // 3
    result[order[1:][same]] = order[:-1][same] // 3
    return result.reshape(count, 3)


def _width(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """What ``distances`` may be too long for each triangle: nothing but for thin ones, a share of their width there."""
    sides = corners[:, [1, 2, 2]] - corners[:, [0, 0, 1]]
    length = np.sqrt((sides**2).sum(axis=2))
    double = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    thin = double < 1e-2 * length[:, 0] * length[:, 1]
    return np.where(thin, 2 * double / np.maximum(length.max(axis=1), 1e-300), 0.0)


def distances(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of k points each (n, k, 3) to n triangles (n, 3, 3), as (n, k) float64; never NaN for finite points.

    Each is the distance to a point that lies in the triangle: where rounding chooses that point badly
    (thin triangles), the distance is a little longer than true, never shorter by more than ``ROUNDING`` times
    the greatest coordinate.
    """
    result = np.empty(points.shape[:2])
    for at in range(0, len(points), _BLOCK):  # blocks whose intermediate columns stay in the cache
        block = slice(at, at + _BLOCK)
        result[block] = _distances(points[block], corners[block])
    return result


def _distances(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place in the triangle is a + v ab + w ac: the foot of the perpendicular where that lies inside, else the
    best of the three edges (after Ericson, Real-Time Collision Detection, 5.1.5, written without branches)."""
    columns = np.ascontiguousarray(corners.reshape(-1, 9).T)
    a = columns[0:3]
    ab, ac = columns[3:6] - a, columns[6:9] - a
    aa, cc, mixed = _sum(ab, ab), _sum(ac, ac), _sum(ab, ac)
    normal = np.stack([ab[1] * ac[2] - ab[2] * ac[1], ab[2] * ac[0] - ab[0] * ac[2], ab[0] * ac[1] - ab[1] * ac[0]])
    area = _sum(normal, normal)
    flat = area > _THIN * aa * cc
    ee = np.maximum(aa + cc - 2 * mixed, 0.0)
    inverse, inverse_aa = _inverse(area, flat), _inverse(aa, aa > 0)
    inverse_cc, inverse_ee = _inverse(cc, cc > 0), _inverse(ee, ee > 0)
    result = np.empty(points.shape[:2])
    for column in range(points.shape[1]):
        ap = np.ascontiguousarray(points[:, column].T) - a
        along, across = _sum(ab, ap), _sum(ac, ap)
        # The squared distances to the edges, all less |ap|², are good enough to choose one.
        first, on_first = _edge(along, aa, inverse_aa)
        second, on_second = _edge(across, cc, inverse_cc)
        third, on_third = _edge(across - along - mixed + aa, ee, inverse_ee)
        third += aa - 2 * along
        before = second < first
        v, w = np.where(before, 0.0, on_first), np.where(before, on_second, 0.0)
        last = third < np.minimum(first, second)
        v, w = np.where(last, 1.0 - on_third, v), np.where(last, on_third, w)
        foot_v, foot_w = (cc * along - mixed * across) * inverse, (aa * across - mixed * along) * inverse
        inside = flat & (foot_v >= 0) & (foot_w >= 0) & (foot_v + foot_w <= 1)
        v, w = np.where(inside, foot_v, v), np.where(inside, foot_w, w)
        ap -= v * ab
        ap -= w * ac
        result[:, column] = np.sqrt(_sum(ap, ap))
    return result


def _inverse(values: NDArray[np.float64], sound: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.divide(1.0, values, out=np.zeros_like(values), where=sound)


def _sum(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = left[0] * right[0]
    product += left[1] * right[1]
    product += left[2] * right[2]
    return product


def _edge(
    along: NDArray[np.float64], length: NDArray[np.float64], inverse: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The squared distance to a segment from its start less |p|², and the place on it: p·e, |e|² and 1/|e|²."""
    place = np.minimum(np.maximum(along * inverse, 0.0), 1.0)
    return place * (place * length - 2 * along), place


def _dot(left: Points, right: Points) -> NDArray[np.float64]:
    return np.asarray(np.einsum("ij,ij->i", left, right))
