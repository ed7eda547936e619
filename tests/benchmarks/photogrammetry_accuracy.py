"""How near a reconstructed surface is to the truth: ``python -m tests.benchmarks.photogrammetry_accuracy MESH TRUTH``.

MESH is a PLY in the world of the truth (``--millimetres N``: how many millimetres its unit is, 1 by default); TRUTH the
folder with ``ground_truth.json`` and ``surface.ply`` of the sample. Only what lies in the box of the object and above
the table (``--above``) counts, and of the truth only what at least three of its cameras see. Accuracy is the distance
from points spread evenly on the mesh to the true surface, completeness that from points on the true surface to the
mesh; both are exact distances to triangles. No fitting takes place: the error of the cameras counts.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.mesh.open3d_loader import load_open3d

BOUNDS_MM = (0.1, 0.2, 0.5)
MESH_SAMPLES, TRUTH_SAMPLES = 600_000, 300_000
_SEEN_BY = 3
_GRAZING = 0.17  # cosine of 80 degrees

Points = NDArray[np.float64]


class Judge:
    """The true surface with its cameras."""

    def __init__(self, truth: Path, above_mm: float = 1.0) -> None:
        self.stated = json.loads((truth / "ground_truth.json").read_text("utf-8"))
        self.library = load_open3d()
        mesh = self.library.t.io.read_triangle_mesh(str(truth / "surface.ply"))
        self.vertices = mesh.vertex.positions.numpy().astype(np.float64)
        self.faces = mesh.triangle.indices.numpy().astype(np.int64)
        self.rays = _scene(self.library, self.vertices, self.faces)
        self.low, self.high = (np.array(corner, np.float64) for corner in self.stated["box_mm"])
        self.above_mm = above_mm

    def counts(self, points: Points) -> NDArray[np.bool_]:
        """Which points belong to the object."""
        within = (points >= self.low - 1).all(axis=1) & (points <= self.high + 1).all(axis=1)
        return np.asarray(within & (points[:, 2] > self.above_mm))

    def seen(self, points: Points, normals: Points) -> NDArray[np.bool_]:
        """Which points of the true surface at least three cameras see."""
        width, height = self.stated["size_px"]
        centre, focal = np.array(self.stated["principal_point_px"]), self.stated["focal_px"]
        times = np.zeros(len(points), int)
        for camera in self.stated["cameras"]:
            there = points @ np.array(camera["rotation"]).T + np.array(camera["translation_mm"])
            at = there[:, :2] / there[:, 2:] * focal + centre
            ways = np.array(camera["centre_mm"]) - points
            ways /= np.linalg.norm(ways, axis=1, keepdims=True)
            start = np.concatenate([points + 0.02 * normals, ways], axis=1).astype(np.float32)
            hidden = self.rays.test_occlusions(self.library.core.Tensor(start)).numpy()
            facing = (ways * normals).sum(axis=1) > _GRAZING
            times += (at >= 0).all(axis=1) & (at < (width, height)).all(axis=1) & facing & ~hidden
        return np.asarray(times >= _SEEN_BY)

    def figures(self, vertices: Points, faces: NDArray[np.int64], seed: int = 0) -> dict[str, Any]:
        """Accuracy and completeness in millimetres: median, mean, p90; precision, recall and F at each bound."""
        rng = np.random.default_rng(seed)
        made, _ = _spread(vertices, faces, MESH_SAMPLES, rng)
        made = made[self.counts(made)]
        true, normals = _spread(self.vertices, self.faces, TRUTH_SAMPLES, rng)
        keep = self.counts(true)
        keep[keep] = self.seen(true[keep], normals[keep])
        accuracy = _distances(self.library, self.rays, made)
        completeness = _distances(self.library, _scene(self.library, vertices, faces), true[keep])
        told: dict[str, Any] = {"samples": [len(made), int(keep.sum())]}
        for name, values in (("accuracy", accuracy), ("completeness", completeness)):
            told[name] = {"median": np.median(values), "mean": values.mean(), "p90": np.percentile(values, 90)}
            told[name] = {key: round(float(value), 4) for key, value in told[name].items()}
        for bound in BOUNDS_MM:
            precision, recall = float((accuracy <= bound).mean()), float((completeness <= bound).mean())
            score = 2 * precision * recall / max(precision + recall, 1e-9)
            told[f"@{bound}"] = {"precision": round(precision, 4), "recall": round(recall, 4), "F": round(score, 4)}
        return told


def _scene(library: Any, vertices: Points, faces: NDArray[np.int64]) -> Any:
    scene = library.t.geometry.RaycastingScene(nthreads=1)
    tensor = library.core.Tensor
    scene.add_triangles(tensor(vertices.astype(np.float32)), tensor(faces.astype(np.uint32)))
    return scene


def _distances(library: Any, scene: Any, points: Points) -> NDArray[np.float32]:
    return np.asarray(scene.compute_distance(library.core.Tensor(points.astype(np.float32)), nthreads=1).numpy())


def _spread(vertices: Points, faces: NDArray[np.int64], count: int, rng: np.random.Generator) -> tuple[Points, Points]:
    """Points spread evenly over the triangles, and the normals there."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across, axis=1)
    chosen = rng.choice(len(faces), count, p=area / area.sum())
    u, v = rng.random((2, count))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    a, b, c = corners[chosen].transpose(1, 0, 2)
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return points, across[chosen] / np.maximum(area[chosen, None], 1e-30)


def main() -> None:
    """Read both surfaces, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mesh", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--millimetres", type=float, default=1.0, help="millimetres in a unit of the mesh")
    parser.add_argument("--above", type=float, default=1.0, help="height in mm below which nothing counts")
    asked = parser.parse_args()
    mesh = load_open3d().t.io.read_triangle_mesh(str(asked.mesh))
    vertices = mesh.vertex.positions.numpy().astype(np.float64) * asked.millimetres
    figures = Judge(asked.truth, asked.above).figures(vertices, mesh.triangle.indices.numpy().astype(np.int64))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
