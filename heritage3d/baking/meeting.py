"""Where a level of detail meets its master: for each place of the one, the place of the other that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.baking.looks import Rows, Values
from heritage3d.mesh.open3d_loader import load_open3d

_FACING = 0.2  # the cosine at which a master's face still is the same side of a leaf
_SAMPLES = 50_000
_TURN = np.pi * (3 - 5**0.5)  # the golden angle


@dataclass(frozen=True)
class Met:
    """For each point a face of the master, the weights of its corners there, and whether a ray along the normal
    found it (else it is the nearest place)."""

    face: Rows
    weights: Values
    along: NDArray[np.bool_]


class Master:
    """A master's triangles with a BVH that works in float32 around its centre."""

    def __init__(self, positions: Values, faces: NDArray[Any]) -> None:
        library = load_open3d()
        low, high = positions.min(axis=0), positions.max(axis=0)
        self.centre, self.diagonal = (low + high) / 2, float(np.linalg.norm(high - low))
        self.scene = library.t.geometry.RaycastingScene()
        self.scene.add_triangles(
            library.core.Tensor((positions - self.centre).astype(np.float32)),
            library.core.Tensor(np.ascontiguousarray(faces, np.uint32)),
        )

    def _tensor(self, *columns: Values) -> Any:
        return load_open3d().core.Tensor(np.column_stack(columns).astype(np.float32))

    def reach(self, points: Values) -> float:
        """How far from these points rays must look for the master: twice the farthest of a sample."""
        chosen = points[:: max(1, len(points) // _SAMPLES)] - self.centre
        found = self.scene.compute_distance(self._tensor(chosen)).numpy()
        return max(2 * float(found.max()), 1e-5 * self.diagonal)

    def meet(self, points: Values, normals: Values, reach: float) -> Met:
        """Go out and in along the normals, at most ``reach``; the nearer face that looks the same way is met. Where
        there is none (beyond a border, in a fold), the nearest place of the master."""
        face, weights = np.zeros(len(points), np.int64), np.zeros((len(points), 3))
        least = np.full(len(points), np.inf)
        here, slack = points - self.centre, 1e-6 * self.diagonal
        for way in (1.0, -1.0):
            start = here - normals * (way * slack)
            answer = self.scene.cast_rays(self._tensor(start, normals * way))
            distance = answer["t_hit"].numpy().astype(np.float64)
            facing = np.einsum("ij,ij->i", answer["primitive_normals"].numpy(), normals)
            better = (distance < least) & (distance <= reach + slack) & (facing > _FACING)
            least[better] = distance[better]
            face[better] = answer["primitive_ids"].numpy()[better]
            weights[better, 1:] = answer["primitive_uvs"].numpy()[better]
        lost = ~np.isfinite(least)
        if lost.any():
            answer = self.scene.compute_closest_points(self._tensor(here[lost]))
            face[lost] = answer["primitive_ids"].numpy()
            weights[lost, 1:] = answer["primitive_uvs"].numpy()
        weights[:, 0] = 1 - weights[:, 1] - weights[:, 2]
        return Met(face, np.clip(weights, 0, 1), ~lost)

    def openness(self, points: Values, normals: Values, rays: int, far: float) -> Values:
        """The share of the sky that the points see (n,), cosine-weighted, nothing beyond ``far`` in the way."""
        tangent = np.cross(normals, np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]]))
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
        across = np.cross(normals, tangent)
        start = points - self.centre + normals * (1e-4 * self.diagonal)
        # Each point turns the pattern by its own angle: noise in place of bands, the same in every run.
        own = (np.arange(len(points)) * 0.7548776662466927 % 1) * 2 * np.pi
        seen = np.zeros(len(points))
        for ray in range(rays):
            height = (ray + 0.5) / rays
            angle = own + ray * _TURN
            flat, steep = np.sqrt(height), np.sqrt(1 - height)
            way = tangent * (flat * np.cos(angle))[:, None] + across * (flat * np.sin(angle))[:, None] + normals * steep
            seen += ~self.scene.test_occlusions(self._tensor(start, way), tfar=far).numpy()
        return seen / rays
