"""Rendered photographs of the oracle bone on a table with coded markers, and the exact truth about them.

The set is made as a photographer makes it: two rings, one lens, a matte table, four scale bars of two
markers each. World coordinates are mm, the table is z = 0, z points up. Cameras follow COLMAP's convention
(x right, y down, z forward; the centre of the first pixel is at 0.5, 0.5).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import noise
from .mesh_files import ColouredMesh, write_ply
from .oracle_bone import Bone, bone
from .picture import Pixels, surface

WIDTH_PX, HEIGHT_PX, FOCAL_PX = 1600, 1200, 1900.0
RINGS = ((16, 35.0), (14, 62.0))  # photographs, elevation in degrees
DISTANCE_MM = 265.0
SUPERSAMPLE = 2
BLUR_PX, NOISE_SD = 0.6, 2.0
TABLE_MM, TABLE_PX_PER_MM = 320.0, 10.0
MARKER_MM, MARGIN_MM = 16.0, 3.0
MARKERS_MM = ((-50, 50), (50, 50), (-50, -50), (50, -50), (-72, 40), (-72, -40), (72, 40), (72, -40))
BARS = ((0, 1, 100.0, False), (2, 3, 100.0, False), (4, 5, 80.0, False), (6, 7, 80.0, True))  # last: check only
LIGHT = np.array([-0.45, 0.35, 0.82]) / np.linalg.norm([-0.45, 0.35, 0.82])
AMBIENT = 0.45


@dataclass(frozen=True)
class Camera:
    """``rotation`` (3, 3) and ``translation_mm`` take world to camera; ``focal_px`` for an image ``size_px`` (w, h)."""

    file: str
    rotation: NDArray[np.float64]
    translation_mm: NDArray[np.float64]
    focal_px: float
    size_px: tuple[int, int]

    def matrix(self, factor: int = 1) -> NDArray[np.float64]:
        """The intrinsic matrix of the image enlarged by ``factor``; the principal point is the middle."""
        width, height = self.size_px
        f = self.focal_px * factor
        return np.array([[f, 0, width * factor / 2], [0, f, height * factor / 2], [0, 0, 1]])

    def truth(self) -> dict[str, Any]:
        """The camera for ground_truth.json."""
        return {
            "file": self.file,
            "rotation": np.round(self.rotation, 12).tolist(),
            "translation_mm": np.round(self.translation_mm, 9).tolist(),
            "centre_mm": np.round(-self.rotation.T @ self.translation_mm, 9).tolist(),
        }


@dataclass(frozen=True)
class Scene:
    """The lit bone standing on the table: mesh, light at each vertex, and the lit table from above."""

    bone: Bone
    mesh: ColouredMesh
    light: NDArray[np.float32]
    table: Pixels
    rays: Any


def make(folder: Path, seed: int, scale: float) -> None:
    """Write thirty JPEG files to ``photos``, and ``scale.yaml`` with the lengths of the bars."""
    (folder / "photos").mkdir(parents=True)
    scene = _scene(seed, scale)
    for camera in cameras(seed, scale):
        rng = noise.source(seed, "photographs", camera.file)
        _write_photograph(folder / "photos" / camera.file, _photograph(rng, scene, camera), camera)
    (folder / "scale.yaml").write_text(_scale_file(), "utf-8", newline="\n")


def write_truth(folder: Path, seed: int, scale: float) -> None:
    """Write ``ground_truth.json`` (cameras, markers, lens) and ``surface.ply``, the bone where it lies on the table."""
    folder.mkdir(parents=True)
    standing = _standing(bone(seed, scale).mesh)
    write_ply(folder / "surface.ply", standing)
    truth = _truth(standing, cameras(seed, scale))
    (folder / "ground_truth.json").write_text(json.dumps(truth, indent=1) + "\n", "utf-8", newline="\n")


def _scale_file() -> str:
    lines = [f"markers: {{dictionary: 4X4_50, size_mm: {MARKER_MM:g}}}", "distances:"]
    for start, end, length_mm, check in BARS:
        lines.append(f"  - {{from: {start}, to: {end}, mm: {length_mm:g}{', check: true' if check else ''}}}")
    return "\n".join(lines) + "\n"


def _truth(surface_mm: ColouredMesh, taken: list[Camera]) -> dict[str, Any]:
    half = MARKER_MM / 2
    square = ((-half, half), (half, half), (half, -half), (-half, -half))
    return {
        "convention": "world in mm, z up, table at z = 0; x_camera = rotation x_world + translation; "
        "x right, y down, z forward; the centre of the first pixel is at (0.5, 0.5)",
        "size_px": list(taken[0].size_px),
        "focal_px": taken[0].focal_px,
        "principal_point_px": [side / 2 for side in taken[0].size_px],
        "distortion": None,
        "noise_sd": NOISE_SD,
        "blur_sd_px": BLUR_PX,
        "cameras": [camera.truth() for camera in taken],
        "markers": {
            str(number): [[x + dx, y + dy, 0.0] for dx, dy in square] for number, (x, y) in enumerate(MARKERS_MM)
        },
        "surface": "surface.ply",
        "box_mm": [
            corner.round(4).tolist() for corner in (surface_mm.vertices_mm.min(0), surface_mm.vertices_mm.max(0))
        ],
    }


def cameras(seed: int, scale: float) -> list[Camera]:
    """The thirty cameras, in the order of their files."""
    rng = noise.source(seed, "photographs", "cameras")
    size = (int(WIDTH_PX * scale), int(HEIGHT_PX * scale))
    taken: list[Camera] = []
    for ring, (count, elevation_deg) in enumerate(RINGS):
        for step in range(count):
            azimuth = 2 * np.pi * (step + 0.5 * ring) / count + rng.normal(0, 0.03)
            elevation = np.radians(elevation_deg + rng.normal(0, 1.5))
            away = DISTANCE_MM + rng.normal(0, 8)
            aim = np.array([0.0, 0.0, 3.0]) + rng.normal(0, 3, 3) * (1, 1, 0.3)
            level = np.cos(elevation)
            from_aim = np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)])
            forward = -from_aim
            right = np.cross(forward, [0.0, 0.0, 1.0])
            right /= np.linalg.norm(right)
            rotation = np.stack([right, np.cross(forward, right), forward])
            centre = aim + from_aim * away
            taken.append(Camera(f"bone-{len(taken) + 1:02}.jpg", rotation, -rotation @ centre, FOCAL_PX * scale, size))
    return taken


def _open3d() -> Any:
    import ctypes

    try:
        import libusb_package

        ctypes.CDLL(str(libusb_package.get_library_path()), ctypes.RTLD_GLOBAL)  # Open3D's wheel expects it to be there
    except (ImportError, OSError):
        pass
    import open3d

    return open3d


def _standing(mesh: ColouredMesh) -> ColouredMesh:
    """The bone lifted until it touches the table from above."""
    lifted = mesh.vertices_mm - np.array([0, 0, mesh.vertices_mm[:, 2].min()], np.float32)
    return ColouredMesh(lifted, mesh.triangles, mesh.colours)


def _scene(seed: int, scale: float) -> Scene:
    shape = bone(seed, scale)
    mesh = _standing(shape.mesh)
    o3d = _open3d()
    rays = o3d.t.geometry.RaycastingScene()
    rays.add_triangles(o3d.core.Tensor(mesh.vertices_mm), o3d.core.Tensor(mesh.triangles.astype(np.uint32)))
    normals = _normals(mesh)
    lit = _reaches_light(rays, o3d, mesh.vertices_mm + 0.02 * normals)
    light = AMBIENT + (1 - AMBIENT) * np.clip(normals @ LIGHT, 0, None) / LIGHT[2] * lit
    table = _table(noise.source(seed, "photographs", "table"), rays, o3d, scale)
    return Scene(shape, mesh, light.astype(np.float32), table, rays)


def _normals(mesh: ColouredMesh) -> NDArray[np.float32]:
    corners = mesh.vertices_mm[mesh.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(mesh.vertices_mm)
    normals = np.stack([np.bincount(mesh.triangles.ravel(), np.repeat(part, 3), count) for part in across.T], 1)
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _reaches_light(rays: Any, o3d: Any, points_mm: NDArray) -> NDArray[np.float32]:
    towards = np.concatenate([points_mm, np.broadcast_to(LIGHT, points_mm.shape)], -1).astype(np.float32)
    return 1 - rays.test_occlusions(o3d.core.Tensor(towards)).numpy().astype(np.float32)


def _table(rng: np.random.Generator, rays: Any, o3d: Any, scale: float) -> Pixels:
    """The lit table from above, y upwards: speckled card, printed markers, the bone's soft shadow."""
    px = max(round(2 * TABLE_PX_PER_MM * scale) / 2, 2.5)  # in halves: markers at even mm begin at whole pixels
    side = int(TABLE_MM * px)
    light = 1 + 0.12 * noise.clouds(rng, side, side, 30 * px, 4)
    light += 0.14 * noise.clouds(rng, side, side, 1.6 * px, 3, 0.8)
    table = surface((148, 146, 140), light)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, (x, y) in enumerate(MARKERS_MM):
        _paste(table, np.full((int((MARKER_MM + 2 * MARGIN_MM) * px),) * 2, 236, np.uint8), x, y, px)
        marker = cv2.aruco.generateImageMarker(dictionary, number, int(MARKER_MM * px)) // 255 * 204 + 32
        _paste(table, marker, x, y, px)
    place = (np.arange(int(TABLE_MM * 2)) + 0.5) / 2 - TABLE_MM / 2
    grid = np.stack([*np.meshgrid(place, -place), np.full((len(place),) * 2, 0.01)], -1)
    lit = cv2.GaussianBlur(_reaches_light(rays, o3d, grid), (0, 0), 2.2)
    shade = cv2.resize(AMBIENT + (1 - AMBIENT) * lit, (side, side))
    for channel in range(3):
        table[..., channel] = table[..., channel] * shade
    return table


def _paste(table: Pixels, grey: NDArray[np.uint8], x_mm: float, y_mm: float, px: float) -> None:
    left = round((x_mm + TABLE_MM / 2) * px - grey.shape[1] / 2)
    top = round((TABLE_MM / 2 - y_mm) * px - grey.shape[0] / 2)
    table[top : top + grey.shape[0], left : left + grey.shape[1]] = grey[..., None]


def _photograph(rng: np.random.Generator, scene: Scene, camera: Camera) -> Pixels:
    width, height = camera.size_px
    big = _table_seen(scene, camera)
    _bone_seen(big, scene, camera)
    small = cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), BLUR_PX)
    small += NOISE_SD * rng.standard_normal(small.shape, dtype=np.float32)
    return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _table_seen(scene: Scene, camera: Camera) -> Pixels:
    px = scene.table.shape[0] / TABLE_MM
    # texture pixel (centres at integers) -> mm on the table -> image pixel (centres at integers)
    to_mm = np.array([[1 / px, 0, 0.5 / px - TABLE_MM / 2], [0, -1 / px, TABLE_MM / 2 - 0.5 / px], [0, 0, 1]])
    to_camera = np.column_stack([camera.rotation[:, 0], camera.rotation[:, 1], camera.translation_mm])
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    homography = half @ camera.matrix(SUPERSAMPLE) @ to_camera @ to_mm
    size = (camera.size_px[0] * SUPERSAMPLE, camera.size_px[1] * SUPERSAMPLE)
    return cv2.warpPerspective(scene.table, homography, size, flags=cv2.INTER_LINEAR, borderValue=(70, 70, 68))


def _bone_seen(big: Pixels, scene: Scene, camera: Camera) -> None:
    """Render the bone over the enlarged picture, in place; only the rectangle around it is cast."""
    o3d = _open3d()
    matrix = camera.matrix(SUPERSAMPLE)
    seen = (scene.mesh.vertices_mm @ camera.rotation.T + camera.translation_mm) @ matrix.T
    seen = seen[:, :2] / seen[:, 2:]
    x0, y0 = np.maximum(np.floor(seen.min(0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(seen.max(0)).astype(int) + 2, (big.shape[1], big.shape[0]))
    u, v = np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5)
    across = np.stack([(u - matrix[0, 2]) / matrix[0, 0], (v - matrix[1, 2]) / matrix[1, 1], np.ones_like(u)], -1)
    heading = (across @ camera.rotation).astype(np.float32)
    centre = np.broadcast_to(-camera.rotation.T @ camera.translation_mm, heading.shape)
    hits = scene.rays.cast_rays(o3d.core.Tensor(np.concatenate([centre, heading], -1).astype(np.float32)))
    hit = np.isfinite(hits["t_hit"].numpy())
    triangle, weight = hits["primitive_ids"].numpy()[hit], hits["primitive_uvs"].numpy()[hit]
    big[y0:y1, x0:x1][hit] = _bone_colour(scene, triangle, weight)


def _bone_colour(scene: Scene, triangle: NDArray, weight: NDArray[np.float32]) -> Pixels:
    corners = scene.mesh.triangles[triangle]
    shares = np.stack([1 - weight.sum(1), weight[:, 0], weight[:, 1]], 1)[..., None]
    colour = (scene.mesh.colours[corners] * shares).sum(1)
    front = corners.max(1) < scene.bone.front_vertices
    place = (scene.mesh.vertices_mm[corners[front]] * shares[front]).sum(1)[:, :2]
    colour[front] = scene.bone.raster.sample(scene.bone.front_colour, place)
    light = (scene.light[corners][..., None] * shares).sum(1)
    return np.clip(colour * light, 0, 255).astype(np.uint8)


def _write_photograph(path: Path, pixels: Pixels, camera: Camera) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "heritage3d", "rendered"
    equivalent_mm = camera.focal_px / camera.size_px[0] * 36
    exif.get_ifd(0x8769).update({0x920A: round(equivalent_mm, 2), 0xA405: round(equivalent_mm)})
    Image.fromarray(pixels).save(path, "JPEG", quality=95, subsampling=0, exif=exif)
