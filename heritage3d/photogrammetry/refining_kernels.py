"""The loops of refining a surface: what each photograph says of each vertex, and the smoothest move that all allow."""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled

SUMS = 6  # weight, value, slope, value squared, value times slope, slope squared
_NEAR_RIM = 3  # pixels at the rim of a photograph that tell nothing
_HALF_STEP = 0.5  # of a pixel, to either side, for the slope of the picture


@compiled
def _between(picture: Any, x: float, y: float) -> Any:
    """The value of a grey picture between its pixels."""
    i, j = int(x), int(y)
    u, v = np.float32(x - i), np.float32(y - j)
    upper = picture[j, i] + (picture[j, i + 1] - picture[j, i]) * u
    lower = picture[j + 1, i] + (picture[j + 1, i + 1] - picture[j + 1, i]) * u
    return upper + (lower - upper) * v


@compiled
def asked(
    points: Any, normals: Any, camera: Any, centre: Any, told: Any, picture: Any, nearest: Any, places: Any,
    inverse: Any, sums: Any,
) -> None:  # fmt: skip
    """Add what a photograph shows at each vertex, and how that changes when the vertex moves out by ``told[0]``.

    ``points``, ``normals`` (n, 3); ``camera`` (3, 4) projects, ``centre`` (3,); ``told``: a pixel in world units, least
    cosine between the normal and the way to the camera, focal length in pixels, noise of the surface in pixels.
    ``picture`` (h, w) float32; ``nearest`` (h, w) inverse depths; ``places`` (n, 2) and ``inverse`` (n,) of the
    vertices; ``sums`` (n, SUMS) float32.
    """
    height, width = nearest.shape
    pixel, least, focal, noise = told[0], told[1], told[2], told[3]
    for at in range(len(points)):
        here = inverse[at]
        x, y = places[at, 0], places[at, 1]
        inside = x >= _NEAR_RIM and y >= _NEAR_RIM and x < width - 1 - _NEAR_RIM and y < height - 1 - _NEAR_RIM
        if here <= 0 or not inside:
            continue
        dx, dy, dz = centre[0] - points[at, 0], centre[1] - points[at, 1], centre[2] - points[at, 2]
        far = np.sqrt(dx * dx + dy * dy + dz * dz)
        cosine = (normals[at, 0] * dx + normals[at, 1] * dy + normals[at, 2] * dz) / far
        if cosine < least:
            continue
        slack = (1.5 * np.sqrt(1 - min(cosine * cosine, 1.0)) / cosine + noise) / focal
        column, row = int(x + 0.5), int(y + 0.5)
        hidden = False
        for j in range(row - 1, row + 2):
            for i in range(column - 1, column + 2):
                if nearest[j, i] * (1 - slack) > here:
                    hidden = True
        if hidden:
            continue
        px = points[at, 0] + pixel * normals[at, 0]
        py = points[at, 1] + pixel * normals[at, 1]
        pz = points[at, 2] + pixel * normals[at, 2]
        depth = camera[2, 0] * px + camera[2, 1] * py + camera[2, 2] * pz + camera[2, 3]
        to_x = (camera[0, 0] * px + camera[0, 1] * py + camera[0, 2] * pz + camera[0, 3]) / depth - x
        to_y = (camera[1, 0] * px + camera[1, 1] * py + camera[1, 2] * pz + camera[1, 3]) / depth - y
        long = np.sqrt(to_x * to_x + to_y * to_y)
        value = _between(picture, x, y)
        slope = np.float32(0)
        if long > 1e-6:
            sx, sy = to_x / long * _HALF_STEP, to_y / long * _HALF_STEP
            rise = _between(picture, x + sx, y + sy) - _between(picture, x - sx, y - sy)
            slope = np.float32(rise * long / (2 * _HALF_STEP))
        weight = np.float32(cosine)
        sums[at, 0] += weight
        sums[at, 1] += weight * value
        sums[at, 2] += weight * slope
        sums[at, 3] += weight * value * value
        sums[at, 4] += weight * value * slope
        sums[at, 5] += weight * slope * slope


@compiled
def _bent(start: Any, ends: Any, values: Any, out: Any) -> None:
    """Values less the mean of their neighbours (the umbrella operator)."""
    for at in range(len(values)):
        total = 0.0
        for k in range(start[at], start[at + 1]):
            total += values[ends[k]]
        count = start[at + 1] - start[at]
        out[at] = values[at] - total / count if count else 0.0


@compiled
def _bent_back(start: Any, ends: Any, values: Any, out: Any) -> None:
    """The same operator transposed."""
    for at in range(len(values)):
        total = 0.0
        for k in range(start[at], start[at + 1]):
            other = ends[k]
            total += values[other] / (start[other + 1] - start[other])
        out[at] = values[at] - total if start[at + 1] > start[at] else 0.0


@compiled
def _dot(one: Any, other: Any) -> float:
    total = 0.0
    for at in range(len(one)):
        total += one[at] * other[at]
    return total


@compiled
def smoothest(own: Any, wish: Any, start: Any, ends: Any, stiff: float, rounds: int, out: Any) -> None:
    """The moves that minimise the sum of own * move ** 2 - 2 * wish * move + stiff * (bend of the moves) ** 2.

    ``own``, ``wish`` (n,); ``start`` (n + 1,) and ``ends``: the neighbours of each vertex; ``out`` (n,) of zeros.
    Conjugate gradients, one thread: the same bytes always.
    """
    count = len(own)
    bend, product, left, way, eased = (np.zeros(count), np.zeros(count), wish.copy(), np.zeros(count), np.zeros(count))
    for at in range(count):
        eased[at] = left[at] / (own[at] + 1.2 * stiff)
        way[at] = eased[at]
    before = _dot(left, eased)
    begin = before
    for _turn in range(rounds):
        if not before > 1e-6 * begin:
            break
        _bent(start, ends, way, bend)
        _bent_back(start, ends, bend, product)
        for at in range(count):
            product[at] = own[at] * way[at] + stiff * product[at]
        go = before / _dot(way, product)
        for at in range(count):
            out[at] += go * way[at]
            left[at] -= go * product[at]
            eased[at] = left[at] / (own[at] + 1.2 * stiff)
        after = _dot(left, eased)
        for at in range(count):
            way[at] = eased[at] + after / before * way[at]
        before = after
