"""The smaller copies of a texture: averaged as light, or as directions for normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled

_STEPS = np.arange(256) / 255
# IEC 61966-2-1: what each stored value of a colour is as light, and where the next one begins.
_LIGHT = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_PLAIN = _STEPS.astype(np.float32)
_BETWEEN = (_STEPS[:-1] + _STEPS[1:]) / 2
_LIGHT_EDGES = np.where(_BETWEEN <= 0.04045, _BETWEEN / 12.92, ((_BETWEEN + 0.055) / 1.055) ** 2.4).astype(np.float32)
_PLAIN_EDGES = _BETWEEN.astype(np.float32)


def chain(pixels: NDArray[np.uint8], *, srgb: bool, normal_map: bool = False) -> list[NDArray[np.uint8]]:
    """The levels of a texture (h, w, 4) from itself down to 1 x 1, each half the one before, by a box filter.

    Colours in sRGB are averaged as light, weighted by alpha; the vectors of a normal map are brought back to
    unit length.
    """
    light, edges = (_LIGHT, _LIGHT_EDGES) if srgb else (_PLAIN, _PLAIN_EDGES)
    levels = [np.ascontiguousarray(pixels)]
    real = None
    while max(levels[-1].shape[:2]) > 1:
        high, wide = (max(1, side // 2) for side in levels[-1].shape[:2])
        smaller = np.empty((high, wide, 4), np.float32)
        stored = np.empty((high, wide, 4), np.uint8)
        if real is None:
            _halve_stored(levels[0], light, smaller)
        else:
            _halve(real, smaller)
        _store(smaller, edges, normal_map, stored)
        levels.append(stored)
        real = smaller
    return levels


@compiled
def _halve_stored(pixels: NDArray[np.uint8], light: NDArray[np.float32], smaller: NDArray[np.float32]) -> None:
    """The first step, from stored values; the result holds light times alpha, and alpha."""
    down, across = min(2, pixels.shape[0]), min(2, pixels.shape[1])
    share = np.float32(1) / np.float32(down * across)
    for y in range(smaller.shape[0]):
        for x in range(smaller.shape[1]):
            r, g, b, a = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for j in range(down):
                for i in range(across):
                    alpha = np.float32(pixels[2 * y + j, 2 * x + i, 3]) * np.float32(1 / 255)
                    r += light[pixels[2 * y + j, 2 * x + i, 0]] * alpha
                    g += light[pixels[2 * y + j, 2 * x + i, 1]] * alpha
                    b += light[pixels[2 * y + j, 2 * x + i, 2]] * alpha
                    a += alpha
            smaller[y, x, 0], smaller[y, x, 1] = r * share, g * share
            smaller[y, x, 2], smaller[y, x, 3] = b * share, a * share


@compiled
def _halve(larger: NDArray[np.float32], smaller: NDArray[np.float32]) -> None:
    down, across = min(2, larger.shape[0]), min(2, larger.shape[1])
    share = np.float32(1) / np.float32(down * across)
    for y in range(smaller.shape[0]):
        for x in range(smaller.shape[1]):
            for component in range(4):
                total = np.float32(0)
                for j in range(down):
                    for i in range(across):
                        total += larger[2 * y + j, 2 * x + i, component]
                smaller[y, x, component] = total * share


@compiled
def _store(real: NDArray[np.float32], edges: NDArray[np.float32], normal_map: bool, out: NDArray[np.uint8]) -> None:
    for y in range(real.shape[0]):
        for x in range(real.shape[1]):
            alpha = real[y, x, 3]
            scale = np.float32(1) / alpha if alpha > 0 else np.float32(0)
            r, g, b = real[y, x, 0] * scale, real[y, x, 1] * scale, real[y, x, 2] * scale
            if normal_map:
                half, one = np.float32(0.5), np.float32(1)
                p, q, s = r + r - one, g + g - one, b + b - one
                length = np.sqrt(p * p + q * q + s * s)
                if length > np.float32(1e-6):
                    r, g, b = p / length * half + half, q / length * half + half, s / length * half + half
            out[y, x, 0], out[y, x, 1] = _stored(r, edges), _stored(g, edges)
            out[y, x, 2], out[y, x, 3] = _stored(b, edges), min(255, int(alpha * np.float32(255) + np.float32(0.5)))


@compiled
def _stored(value: np.float32, edges: NDArray[np.float32]) -> int:
    """How many edges lie below a value: the stored value nearest to it."""
    low, high = 0, 255
    while low < high:
        middle = (low + high) // 2
        if edges[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low
