"""A cloud of points becomes a surface that knows where it was seen and where it was only closed.

Screened Poisson reconstruction (Kazhdan and Hoppe, ACM TOG 2013; Open3D) invents surface where nothing was seen: what
is far from every point is cut away, small gaps stay closed and are marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import SurfaceImpossible
from heritage3d.mesh.open3d_loader import load_open3d
from heritage3d.photogrammetry import surface_trimming as trimming
from heritage3d.photogrammetry.fusion import Cloud

LEAST_POINTS = 200
DEEPEST = 12
_MOST_TRIANGLES = 5e6
_TRIANGLES_A_CELL = 1.15  # measured on a flower pot
_SCALE = 1.1
_SPECK = 0.01  # parts with a smaller share of the largest part's faces are noise


@dataclass(frozen=True)
class Surface:
    """Triangles in world coordinates, vertices (n, 3) float64, faces (m, 3) int64 counter-clockwise from outside.

    ``normals`` (n, 3) float32, ``colours`` (n, 3) uint8 sRGB, ``confidence`` (n,) float32: photographs that agree on
    the place, 0 where nothing was seen; ``density`` (n,) float32: points per square world unit; ``invented`` (m,)
    bool: faces that only close a gap.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    normals: NDArray[np.float32]
    colours: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    density: NDArray[np.float32]
    invented: NDArray[np.bool_]


def poisson(cloud: Cloud, depth: int | None = None, bridge_px: float = 30.0) -> Surface:
    """The screened Poisson surface of a cloud, cut to where there is evidence.

    ``depth`` of the octree, by default such that a cell is about as wide as a pixel, or wider where the surface would
    have more than five million triangles (which keeps the whole below 8 GB). Gaps up to ``bridge_px`` pixels
    across stay closed and are marked. Raises SurfaceImpossible.
    """
    if len(cloud.points) < LEAST_POINTS:
        raise SurfaceImpossible(detail=f"only {len(cloud.points)} points that three photographs agree on")
    footprint = float(np.median(cloud.footprint))
    middle = np.median(cloud.points, axis=0)
    extent = float((cloud.points.max(axis=0) - cloud.points.min(axis=0)).max())
    depth = depth or _depth_for(extent / footprint, len(cloud.points))
    vertices, faces = _poisson(cloud, middle, extent, depth)
    distance, confidence, density = trimming.evidence(vertices, cloud)
    stays, invented = trimming.trimmed(faces, distance, bridge_px)
    if not stays.any():
        raise SurfaceImpossible(detail="the surface nowhere comes near the points")
    nothing = np.zeros((len(vertices), 3))
    whole = Surface(
        vertices,
        faces[stays],
        nothing.astype(np.float32),
        nothing.astype(np.uint8),
        confidence,
        density,
        invented[stays],
    )
    return coloured(without_specks(whole), cloud)


def _depth_for(extent_px: float, points: int) -> int:
    """The depth of the octree for a cloud so many pixels wide, in which each pixel of the surface is told once."""
    finest = round(np.log2(extent_px * _SCALE))
    affordable = np.log2(extent_px * _SCALE * np.sqrt(_MOST_TRIANGLES / (_TRIANGLES_A_CELL * max(points, 1))))
    return int(np.clip(min(finest, np.floor(affordable)), 6, DEEPEST))


def _poisson(
    cloud: Cloud, middle: NDArray[np.float64], extent: float, depth: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    library = load_open3d()
    points = library.geometry.PointCloud()
    points.points = library.utility.Vector3dVector((cloud.points - middle) / extent)
    points.normals = library.utility.Vector3dVector(cloud.normals.astype(np.float64))
    try:
        # One thread: with more the order of the sums, and so the last bits, would depend on chance.
        mesh, _density = library.geometry.TriangleMesh.create_from_point_cloud_poisson(
            points, depth=depth, scale=_SCALE, linear_fit=True, n_threads=1
        )
    except RuntimeError as error:
        raise SurfaceImpossible(detail=" ".join(str(error).split())[:200]) from error
    faces = np.asarray(mesh.triangles).astype(np.int64)
    if not len(faces):
        raise SurfaceImpossible(detail="the points enclose nothing")
    return np.asarray(mesh.vertices) * extent + middle, faces


def without_specks(surface: Surface, share: float = _SPECK) -> Surface:
    """The surface without tiny separate parts (a smaller share of the largest one's faces) and unused vertices."""
    keep = trimming.largest(surface.faces, len(surface.vertices), share)
    used, flat = np.unique(surface.faces[keep], return_inverse=True)
    return Surface(
        surface.vertices[used],
        flat.reshape(-1, 3).astype(np.int64),
        surface.normals[used],
        surface.colours[used],
        surface.confidence[used],
        surface.density[used],
        surface.invented[keep],
    )


def coloured(surface: Surface, cloud: Cloud) -> Surface:
    """The surface with vertex normals from its faces and colours from the nearest points."""
    from scipy.spatial import cKDTree

    around = min(4, len(cloud.points))
    far, which = cKDTree(cloud.points).query(surface.vertices, k=around, workers=1)
    far, which = far.reshape(-1, around), which.reshape(-1, around)
    share = 1 / np.maximum(far, 1e-12)
    share /= share.sum(axis=1, keepdims=True)
    colours = (cloud.colours[which] * share[..., None]).sum(axis=1)
    return replace(
        surface,
        colours=np.clip(np.rint(colours), 0, 255).astype(np.uint8),
        normals=vertex_normals(surface.vertices, surface.faces),
    )


def face_normals(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """What the faces look to, (m, 3), each as long as twice the face's area."""
    corners = vertices[faces]
    return np.asarray(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))


def areas(surface: Surface) -> NDArray[np.float64]:
    """The area of each face, in square world units."""
    return np.asarray(np.linalg.norm(face_normals(surface.vertices, surface.faces), axis=1) / 2)


def vertex_normals(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit normals (n, 3), the mean of the faces around weighted by area; 0 where no face is."""
    across = face_normals(vertices, faces)
    normals = np.stack([np.bincount(faces.ravel(), np.repeat(part, 3), len(vertices)) for part in across.T], axis=1)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30), np.float32)
