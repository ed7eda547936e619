"""Frames with a known answer: a colour target rendered in any pose, on any ground, with known faults."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from scipy import fft

from heritage3d.image.lab import encoded, light_of
from heritage3d.quality.reference import Edition, reference

FILL = {"classic": 0.876, "passport": 0.827}


@dataclass
class Scene:
    """``light`` (h, w, 3) float32 linear sRGB, oversampled nowhere: faults are added, then ``pixels`` codes it."""

    light: np.ndarray
    grid: list[np.ndarray] = field(default_factory=list)

    def pixels(self, dtype: type = np.uint8) -> np.ndarray:
        top = np.iinfo(dtype).max
        return np.round(encoded(self.light) * top).astype(dtype)


def ground(kind: str, size: tuple[int, int], seed: int = 1) -> Scene:
    """``size`` (width, height); ``kind``: dark, white, grey or parchment."""
    width, height = size
    rng = np.random.default_rng(seed)
    if kind == "parchment":
        coarse = rng.normal(0, 1, (height // 40 + 2, width // 40 + 2)).astype(np.float32)
        fine = rng.normal(0, 1, (height // 3 + 2, width // 3 + 2)).astype(np.float32)
        texture = 4 * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + 3 * cv2.resize(fine, size)
        level = 80 + texture
        lab = np.stack([level, np.full_like(level, 3), 18 + texture / 3], axis=-1)
        light = np.clip(light_of(lab), 0, 1)
        for _ in range(60):  # lines of writing
            y = int(rng.integers(height))
            x = int(rng.integers(width * 3 // 4))
            cv2.line(light, (x, y), (x + width // 6, y), (0.05, 0.04, 0.03), max(1, height // 400))
        return Scene(light.astype(np.float32))
    level = {"dark": 0.02, "white": 0.88, "grey": 0.18}[kind]
    return Scene(np.full((height, width, 3), level, np.float32))


def pose(
    centre: tuple[float, float], pitch: float, turn_deg: float = 0, tilt: float = 0, mirror: bool = False
) -> np.ndarray:
    """The map from (column, row) to pixels; ``tilt``: how much the scale changes over the chart (0.1: mild)."""
    turn = np.radians(turn_deg)
    spin = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    scale = np.diag([-pitch if mirror else pitch, pitch, 1.0])
    bend = np.array([[1, 0, 0], [0, 1, 0], [tilt / (5 * pitch), tilt / (9 * pitch), 1]])
    to_middle = np.array([[1, 0, -2.5], [0, 1, -1.5], [0, 0, 1.0]])
    back = np.array([[1, 0, centre[0]], [0, 1, centre[1]], [0, 0, 1.0]])
    return back @ spin @ bend @ scale @ to_middle


def fill(
    scene: Scene, grid: np.ndarray, low: tuple[float, float], high: tuple[float, float], light: np.ndarray
) -> None:
    """Fill a box of the chart's plane; its edges are exact areas of pixels."""
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float64)[None]
    outline = cv2.perspectiveTransform(corners, grid)[0]
    x0, y0 = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 3, scene.light.shape[1::-1])
    if x1 <= x0 or y1 <= y0:
        return
    part = scene.light[y0:y1, x0:x1]
    cover = coverage(outline - [x0, y0], (x1 - x0, y1 - y0))
    part += (light.astype(np.float32) - part) * cover[..., None]


def coverage(outline: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Share of each pixel (a unit square about its whole numbers) inside a convex outline: exact for long edges."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float64)
    middle = outline.mean(axis=0)
    cover = np.ones((size[1], size[0]))
    for one, other in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        normal = np.array([other[1] - one[1], one[0] - other[0]])
        normal /= np.hypot(*normal)
        if normal @ (middle - one) < 0:
            normal = -normal
        cover *= _box_step((x - one[0]) * normal[0] + (y - one[1]) * normal[1], normal)
    return cover


def _box_step(distance: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Area of a unit pixel on the inner side of a line at a signed distance: the integral of a trapezoid."""
    long, short = sorted((abs(float(normal[0])), abs(float(normal[1]))), reverse=True)
    if short < 1e-6:
        return np.clip(distance / long + 0.5, 0, 1)

    def ramp(value: np.ndarray) -> np.ndarray:
        return np.where(value > 0, value**2 / 2, 0.0)

    outer, inner = (long + short) / 2, (long - short) / 2
    return (ramp(distance + outer) - ramp(distance + inner) - ramp(distance - inner) + ramp(distance - outer)) / (
        long * short
    )


def draw_target(
    scene: Scene,
    grid: np.ndarray,
    model: str = "classic",
    edition: Edition = "after-2014",
    lab: np.ndarray | None = None,
) -> Scene:
    """Lay a chart on the scene: a black frame and 24 patches of the reference (or of ``lab``)."""
    colours = reference(edition).light if lab is None else np.clip(light_of(lab), 0, 1)
    frame = np.array([0.022, 0.022, 0.023])
    fill(scene, grid, (-0.75, -0.75), (5.75, 3.75), frame)
    half = FILL[model] / 2
    for number, colour in enumerate(colours):
        row, column = divmod(number, 6)
        fill(scene, grid, (column - half, row - half), (column + half, row + half), colour)
    scene.grid.append(grid)
    return scene


def draw_square(
    scene: Scene, centre: tuple[float, float], side: float, turn_deg: float, inside: float, outside: float
) -> Scene:
    """A slanted square on a larger upright one, both grey light, edges exact."""
    x, y = centre
    fill(scene, np.eye(3), (x - side, y - side), (x + side, y + side), np.full(3, outside))
    turn = np.radians(turn_deg)
    grid = np.array([[np.cos(turn), np.sin(turn), x], [-np.sin(turn), np.cos(turn), y], [0, 0, 1.0]])
    fill(scene, grid, (-side / 2, -side / 2), (side / 2, side / 2), np.full(3, inside))
    return scene


MILLIMETRES = {1: 4.0, 5: 6.0, 10: 8.0}


def draw_rule(
    scene: Scene, px_per_mm: float, lengths: dict[int, float], turn_deg: float = 0, unit_mm: float = 1
) -> Scene:
    """A white rule of 150 mm near the upper left; every n-th tick is ``lengths[n]`` mm long; edges exact."""
    sine, cosine = np.sin(np.radians(turn_deg)) * px_per_mm, np.cos(np.radians(turn_deg)) * px_per_mm
    grid = np.array([[cosine, sine, 60], [-sine, cosine, 200], [0, 0, 1.0]])
    fill(scene, grid, (-3, 0), (153, 20), np.full(3, 0.85))
    for tick in range(int(150 / unit_mm) + 1):
        long = max(length for every, length in lengths.items() if tick % every == 0)
        fill(scene, grid, (tick * unit_mm - 0.1, 0), (tick * unit_mm + 0.1, long), np.full(3, 0.02))
    return scene


def blur(scene: Scene, sigma: float) -> Scene:
    """Gaussian blur; in the Fourier domain below one pixel, where a sampled kernel is no Gaussian any more."""
    if sigma >= 1:
        scene.light = cv2.GaussianBlur(scene.light, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return scene
    height, width = scene.light.shape[:2]
    y, x = fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None]
    kept = np.exp(-2 * np.pi**2 * sigma**2 * (x**2 + y**2)).astype(np.float32)
    for channel in range(3):
        scene.light[..., channel] = fft.irfft2(fft.rfft2(scene.light[..., channel]) * kept, (height, width))
    return scene


def shift(scene: Scene, channel: int, dx: float, dy: float) -> Scene:
    """Move one channel by a fraction of a pixel (phase shift in the Fourier domain is exact for blurred pictures)."""
    plane = scene.light[..., channel]
    y, x = fft.fftfreq(plane.shape[0])[:, None], fft.rfftfreq(plane.shape[1])[None]
    moved = fft.irfft2(fft.rfft2(plane) * np.exp(-2j * np.pi * (x * dx + y * dy)), plane.shape)
    scene.light[..., channel] = moved
    return scene


def vignette(scene: Scene, corner: float) -> Scene:
    """Light falls with the square of the distance from the middle; ``corner``: what is lost there (0.1: 10 %)."""
    height, width = scene.light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    scene.light *= (1 - corner * (x**2 + y**2) / 2)[..., None]
    return scene


def noise(scene: Scene, sd_l: float, seed: int = 2) -> Scene:
    """Grey noise of a known standard deviation in L* (the same everywhere)."""
    rng = np.random.default_rng(seed)
    y = np.clip(scene.light @ np.array([0.2225045, 0.7168786, 0.0606169], np.float32), 1e-6, None)
    level = np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)
    other = level + rng.normal(0, sd_l, level.shape)
    wanted = np.where(other > 8, ((other + 16) / 116) ** 3, other * 27 / 24389)
    scene.light *= (np.maximum(wanted, 0) / y)[..., None].astype(np.float32)
    return scene
