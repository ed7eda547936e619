"""A tiny set of photographs with exact truth: speckled cards at several heights over a table with coded markers.

Lengths in mm, z up. A camera looks along +z, x right, y down; pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, FOCAL = 640, 480, 760.0
MARKER_MM = 18.0
MARKERS = {0: (-60.0, 40.0), 1: (60.0, 40.0), 2: (60.0, -40.0), 3: (-60.0, -40.0)}
QUADRANTS = {"A": (0.0, -52.0), "B": (0.0, 52.0)}
_PX = 5  # of the printed table, for a mm
_CARDS = ((-25, 10, 30, 24, 12), (20, 15, 26, 30, 24), (0, -20, 40, 20, 34), (38, -14, 18, 18, 18))  # x y w h z
_GREYS = np.random.default_rng(5)


@dataclass(frozen=True)
class Taken:
    """A photograph and the pose of its camera."""

    pixels: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    @property
    def centre(self) -> np.ndarray:
        return -self.rotation.T @ self.translation


def _speckle(width_mm: float, height_mm: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    size = (int(height_mm * _PX), int(width_mm * _PX))
    out = np.full(size, 128, np.float32)
    for step, strength in ((2, 30), (5, 40), (12, 40), (30, 30)):
        coarse = rng.standard_normal((size[0] // step + 2, size[1] // step + 2)).astype(np.float32)
        out += strength * cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(out, 20, 235).astype(np.uint8)


def _table() -> np.ndarray:
    table = _speckle(200, 160, 1)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, (x, y) in MARKERS.items():
        marker = cv2.aruco.generateImageMarker(dictionary, number, int(MARKER_MM * _PX))
        _print(table, cv2.copyMakeBorder(marker, 15, 15, 15, 15, cv2.BORDER_CONSTANT, value=255), x, y)
    side = 12 * _PX
    v, u = np.mgrid[:side, :side] - (side - 1) / 2
    quadrant = np.where((u * v > 0) & (np.hypot(u, v) < side / 2), 0, 255).astype(np.uint8)
    for x, y in QUADRANTS.values():
        _print(table, quadrant, x, y)
    return table


def _print(table: np.ndarray, picture: np.ndarray, x: float, y: float) -> None:
    left = round((x + 100) * _PX - picture.shape[1] / 2)
    top = round((80 - y) * _PX - picture.shape[0] / 2)
    table[top : top + picture.shape[0], left : left + picture.shape[1]] = picture


def matrix() -> np.ndarray:
    return np.array([[FOCAL, 0, (WIDTH - 1) / 2], [0, FOCAL, (HEIGHT - 1) / 2], [0, 0, 1]])


def take(count: int = 10, spread_deg: float = 360.0, seed: int = 3) -> list[Taken]:
    """Photographs from a ring, and the truth about them."""
    rng = np.random.default_rng(seed)
    layers = [(_table(), -100.0, 80.0, 0.0)]
    for at, (x, y, w, h, z) in enumerate(_CARDS):
        layers.append((_speckle(w, h, 10 + at), x - w / 2, y + h / 2, float(z)))
    taken = []
    for step in range(count):
        azimuth = np.radians(spread_deg) * step / count
        up = np.radians(52 + rng.normal(0, 4))
        away = 230 + rng.normal(0, 8)
        centre = away * np.array([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)])
        forward = (np.array([0, 0, 10.0]) - centre) / np.linalg.norm(np.array([0, 0, 10.0]) - centre)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        taken.append(_photograph(layers, rotation, -rotation @ centre, rng))
    return taken


def _photograph(layers: list, rotation: np.ndarray, translation: np.ndarray, rng: np.random.Generator) -> Taken:
    big = np.full((HEIGHT * 2, WIDTH * 2), 90, np.uint8)
    enlarge = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
    for texture, left, top, z in layers:
        to_mm = np.array([[1 / _PX, 0, left + 0.5 / _PX], [0, -1 / _PX, top - 0.5 / _PX], [0, 0, 1]])
        flat = np.column_stack([rotation[:, 0], rotation[:, 1], rotation[:, 2] * z + translation])
        home = enlarge @ matrix() @ flat @ to_mm
        size = (WIDTH * 2, HEIGHT * 2)
        seen = cv2.warpPerspective(texture, home, size, flags=cv2.INTER_AREA)
        cover = cv2.warpPerspective(np.full_like(texture, 255), home, size, flags=cv2.INTER_NEAREST)
        big[cover > 0] = seen[cover > 0]
    small = cv2.resize(big, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    noisy = cv2.GaussianBlur(small, (0, 0), 0.5) + rng.normal(0, 1.5, small.shape)
    return Taken(np.clip(noisy, 0, 255).astype(np.uint8), rotation, translation)


def save(pixels: np.ndarray, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    _good, coded = cv2.imencode(path.suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix == ".jpg" else [])
    path.write_bytes(coded.tobytes())
    return path


def write(folder: Path, taken: list[Taken]) -> list[tuple[str, Path]]:
    """Write them as JPEG files with a name that a person could give; names and paths."""
    return [(f"shot {at:02}.jpg", save(one.pixels, folder / f"shot {at:02}.jpg")) for at, one in enumerate(taken, 1)]


def project(taken: Taken, point: tuple[float, float, float]) -> np.ndarray:
    """The pixel of a point."""
    x, y, z = taken.rotation @ np.array(point) + taken.translation
    return np.array([FOCAL * x / z + (WIDTH - 1) / 2, FOCAL * y / z + (HEIGHT - 1) / 2])
