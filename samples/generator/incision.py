"""Cuts and cracks in a surface, as maps of depth in millimetres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .noise import Field
from .plate import Points, Raster
from .signs import SIGNS


def cut(depth_mm: Field, raster: Raster, line_mm: Points, deep_mm: float, half_width_mm: float) -> None:
    """Cut a line of points (n, 2) into the map, in place: V-shaped with a flat bottom, its ends running out."""
    low, high = line_mm.min(0) - half_width_mm, line_mm.max(0) + half_width_mm
    x0, y1 = np.floor(raster.pixels(low)).astype(int)
    x1, y0 = np.ceil(raster.pixels(high)).astype(int)
    x0, y0 = max(x0, 0), max(y0, 0)
    region = depth_mm[y0 : max(y1 + 1, 0), x0 : max(x1 + 1, 0)]
    if not region.size:
        return
    rows, columns = np.mgrid[y0 : y0 + region.shape[0], x0 : x0 + region.shape[1]]
    x = raster.left_mm + columns / raster.px_per_mm
    y = raster.top_mm - rows / raster.px_per_mm
    distance, along = _nearest(x, y, line_mm)
    swell = np.sqrt(np.clip(np.sin(np.pi * np.clip(along, 0.004, 0.996)), 0, 1)) * 0.75 + 0.25
    profile = np.clip(1.25 * (1 - distance / (half_width_mm * swell)), 0, 1)
    np.maximum(region, (deep_mm * swell * profile).astype(np.float32), out=region)


def _nearest(x: NDArray, y: NDArray, line: Points) -> tuple[NDArray, NDArray]:
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    before = np.concatenate([[0], np.cumsum(lengths)])
    best = np.full(x.shape, np.inf)
    along = np.zeros(x.shape)
    for (ax, ay), (bx, by), start, length in zip(line[:-1], line[1:], before[:-1], lengths, strict=True):
        if length == 0:
            continue
        u = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2, 0, 1)
        distance = np.hypot(x - ax - u * (bx - ax), y - ay - u * (by - ay))
        closer = distance < best
        best[closer] = distance[closer]
        along[closer] = ((start + u * length) / before[-1])[closer]
    return best, along


def engrave(
    depth_mm: Field,
    raster: Raster,
    rng: np.random.Generator,
    signs: Sequence[str],
    x_mm: float,
    y_mm: float,
    size_mm: float,
) -> None:
    """Engrave a column of signs downwards from (x, y), the middle of the first one."""
    for index, name in enumerate(signs):
        turn, grow = rng.normal(0, 0.05), size_mm * rng.normal(1, 0.04) / 10
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * grow
        middle = np.array([x_mm + rng.normal(0, 0.3), y_mm - index * size_mm * 1.17])
        for stroke in SIGNS[name]:
            points = (np.array(stroke) - 5) * (0.82, -1) + rng.normal(0, 0.12, (len(stroke), 2))
            cut(depth_mm, raster, middle + points @ spin.T, 0.5 * rng.normal(1, 0.08), 0.42 * rng.normal(1, 0.06))


def crack(
    rng: np.random.Generator, start_mm: Points, end_mm: Points, wander: float = 0.06, halvings: int = 6
) -> Points:
    """A crack between two points: a line bent at random on every scale, shape (2**halvings + 1, 2)."""
    line = np.array([start_mm, end_mm], float)
    for _ in range(halvings):
        step = np.diff(line, axis=0)
        sideways = np.stack([-step[:, 1], step[:, 0]], 1) * rng.normal(0, wander, (len(step), 1))
        woven = np.empty((2 * len(line) - 1, 2))
        woven[::2], woven[1::2] = line, (line[:-1] + line[1:]) / 2 + sideways
        line = woven
    return line
