"""A surface that answers: which of your triangles is nearest to this point, and how far is it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.mesh.open3d_loader import load_open3d

Points = NDArray[np.float64]  # (n, 3)

# The BVH works in float32. Rounding a coordinate moves a point by at most half a unit in the last place;
# query, corners and Embree's own arithmetic are each charged with it several times over.
_ROUNDINGS = 16 * 2.0**-24
# Triangles thinner than this (squared sine) are measured by their edges alone, where no rounding can hurt.
_THIN = 1e-12
# Squared distances carry a few roundings of float64; their roots this share of the coordinates.
ROUNDING = 1e-7
_BLOCK = 1 << 13


@dataclass(frozen=True)
class Nearest:
    """For each point: a triangle of the surface and the exact distance to that triangle."""

    triangle: NDArray[np.int64]
    distance: NDArray[np.float64]


class Surface:
    """Triangles with a BVH. Faces without an area are no part of the surface; neither are loose vertices.

    ``centre`` is subtracted from all coordinates, so that float32 keeps its precision; surfaces that
    are compared need the same one. ``blur`` is what the float32 search may err in distance.
    """

    def __init__(self, positions: Points, faces: NDArray[Any], centre: Points | None = None) -> None:
        used = np.unique(faces)
        box = positions[used]
        self.centre = (box.min(axis=0) + box.max(axis=0)) / 2 if centre is None else centre
        self.positions = np.ascontiguousarray(positions - self.centre, np.float64)
        faces = _welded(self.positions, faces)
        corners = self.positions[faces]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        sound = area > 0
        self.faces = np.ascontiguousarray(faces[sound], np.int64)
        self.areas = area[sound]
        self.radius = float(np.abs(self.positions[used]).max()) if len(used) else 0.0
        self.blur = _ROUNDINGS * self.radius
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
        """A nearest triangle (as float32 sees it) for each point, and the float64 distance to it."""
        if not len(points):
            return Nearest(np.empty(0, np.int64), np.empty(0))
        answer = self.scene.compute_closest_points(load_open3d().core.Tensor(points.astype(np.float32)))
        triangle = answer["primitive_ids"].numpy().astype(np.int64)
        # A point that the search leaves without an answer still gets a triangle: any bounds from above.
        triangle[triangle >= len(self.faces)] = 0
        return Nearest(triangle, distances(points[:, None], self.corners(triangle))[:, 0])

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


def distances(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of k points each (n, k, 3) to n triangles (n, 3, 3), as (n, k) float64; never NaN.

    Inside the prism over the triangle it is the distance to the plane, elsewhere the least of the three
    to the edges (after Ericson, Real-Time Collision Detection, 5.1.5, written without branches). It may be
    less than true by rounding: ``ROUNDING`` times the size of the coordinates at most.
    """
    result = np.empty(points.shape[:2])
    for at in range(0, len(points), _BLOCK):  # blocks whose intermediate columns stay in the cache
        block = slice(at, at + _BLOCK)
        result[block] = _distances(points[block], corners[block])
    return result


def _distances(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    columns = np.ascontiguousarray(corners.reshape(-1, 9).T)
    a = columns[0:3]
    ab, ac = columns[3:6] - a, columns[6:9] - a
    aa, cc, mixed = _sum(ab, ab), _sum(ac, ac), _sum(ab, ac)
    normal = np.stack([ab[1] * ac[2] - ab[2] * ac[1], ab[2] * ac[0] - ab[0] * ac[2], ab[0] * ac[1] - ab[1] * ac[0]])
    area = _sum(normal, normal)
    flat = area > _THIN * aa * cc
    inverse = np.divide(1.0, area, out=np.zeros_like(area), where=flat)
    inverse_aa = np.divide(1.0, aa, out=np.zeros_like(aa), where=aa > 0)
    inverse_cc = np.divide(1.0, cc, out=np.zeros_like(cc), where=cc > 0)
    ee = np.maximum(aa + cc - 2 * mixed, 0.0)
    inverse_ee = np.divide(1.0, ee, out=np.zeros_like(ee), where=ee > 0)
    result = np.empty(points.shape[:2])
    for column in range(points.shape[1]):
        ap = np.ascontiguousarray(points[:, column].T) - a
        along, across, square = _sum(ab, ap), _sum(ac, ap), _sum(ap, ap)
        v, w = cc * along - mixed * across, aa * across - mixed * along
        inside = flat & (v >= 0) & (w >= 0) & (v + w <= area)
        height = _sum(normal, ap)
        edges = np.minimum(_edge(square, along, aa, inverse_aa), _edge(square, across, cc, inverse_cc))
        from_b = _edge(square - 2 * along + aa, across - along - mixed + aa, ee, inverse_ee)
        nearest = np.where(inside, height * height * inverse, np.minimum(edges, from_b))
        result[:, column] = np.sqrt(np.maximum(nearest, 0.0))
    return result


def _sum(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = left[0] * right[0]
    product += left[1] * right[1]
    product += left[2] * right[2]
    return product


def _edge(
    square: NDArray[np.float64], along: NDArray[np.float64], length: NDArray[np.float64], inverse: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared distance to a segment from its start: |p|², p·e, |e|² and 1/|e|²."""
    place = np.minimum(np.maximum(along * inverse, 0.0), 1.0)
    return square - place * (2 * along - place * length)


def _dot(left: Points, right: Points) -> NDArray[np.float64]:
    return np.asarray(np.einsum("ij,ij->i", left, right))
