"""What is seen of triangles from one side, compiled: a depth buffer, parallel projection."""

from __future__ import annotations

import numpy as np

from heritage3d.compiled import compiled
from heritage3d.deviation.triangles import Ints, Reals


@compiled
def seen(points: Reals, triangles: Ints, view: Reals, middle: Reals, scale: float, depth: Reals, owner: Ints) -> None:
    """Fill ``owner`` (height, width) with the triangle seen at the middle of each pixel, -1 for none, and ``depth``
    with its place along the way to the eye.

    The rows of ``view`` (3, 3) are the directions to the right, upwards and to the eye; ``middle`` (2) is what lies in
    the middle of the picture along the first two, ``scale`` the pixels a unit.
    """
    height, width = owner.shape
    for row in range(height):
        for column in range(width):
            depth[row, column], owner[row, column] = -np.inf, -1
    x, y, z = np.empty(3), np.empty(3), np.empty(3)
    for which in range(len(triangles)):
        for corner in range(3):
            p = triangles[which, corner]
            x[corner] = width / 2 + (_along(points, p, view, 0) - middle[0]) * scale - 0.5
            y[corner] = height / 2 - (_along(points, p, view, 1) - middle[1]) * scale - 0.5
            z[corner] = _along(points, p, view, 2)
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        if not abs(area) > 1e-12:
            continue
        left, right = max(0, int(np.ceil(min(x[0], x[1], x[2])))), min(width - 1, int(max(x[0], x[1], x[2])))
        for row in range(max(0, int(np.ceil(min(y[0], y[1], y[2])))), min(height - 1, int(max(y[0], y[1], y[2]))) + 1):
            for column in range(left, right + 1):
                v = ((column - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (row - y[0])) / area
                w = ((x[1] - x[0]) * (row - y[0]) - (column - x[0]) * (y[1] - y[0])) / area
                # A hair beyond the edges, so that no light shines through between two triangles.
                if v >= -1e-9 and w >= -1e-9 and v + w <= 1.0 + 1e-9:
                    here = z[0] + v * (z[1] - z[0]) + w * (z[2] - z[0])
                    if here > depth[row, column]:
                        depth[row, column], owner[row, column] = here, which


@compiled
def _along(points: Reals, row: int, view: Reals, axis: int) -> float:
    return float(points[row, 0] * view[axis, 0] + points[row, 1] * view[axis, 1] + points[row, 2] * view[axis, 2])


@compiled
def coloured(
    points: Reals,
    triangles: Ints,
    view: Reals,
    owner: Ints,
    distances: Reals,
    table: Reals,
    top: float,
    beyond: Reals,
    paper: Reals,
    finer: int,
    picture: Reals,
) -> None:
    """Add up linear light in ``picture`` (height, width, 3), each pixel the mean of ``finer``² of ``owner``.

    ``distances`` are those of the pixels that show a triangle, row by row; their colours are rows of ``table`` up to
    ``top`` and ``beyond`` above it, lit from the upper left so that the relief is seen. ``paper`` is where nothing is.
    """
    x, y, z = -0.48, 0.62, 0.62
    length = np.sqrt(x * x + y * y + z * z)
    at, share, last = 0, 1.0 / (finer * finer), len(table) - 1
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            which = owner[row, column]
            down, across = row // finer, column // finer
            if which < 0:
                for band in range(3):
                    picture[down, across, band] += share * paper[band]
                continue
            # The normal in the directions of the view, turned to the eye: scans have faces turned wrong.
            nx, ny, nz = _normal(points, triangles, which)
            right = nx * view[0, 0] + ny * view[0, 1] + nz * view[0, 2]
            up = nx * view[1, 0] + ny * view[1, 1] + nz * view[1, 2]
            toward = nx * view[2, 0] + ny * view[2, 1] + nz * view[2, 2]
            side = -1.0 if toward < 0.0 else 1.0
            size = max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-300) * length
            shade = 0.42 + 0.62 * max(side * (right * x + up * y + toward * z) / size, 0.0)
            distance = distances[at]
            at += 1
            step = int(min(max(distance / top, 0.0), 1.0) * last + 0.5)
            for band in range(3):
                light = beyond[band] if distance > top else table[step, band]
                picture[down, across, band] += share * shade * light


@compiled
def _normal(points: Reals, triangles: Ints, which: int) -> tuple[float, float, float]:
    a, b, c = triangles[which, 0], triangles[which, 1], triangles[which, 2]
    ux, vx = points[b, 0] - points[a, 0], points[c, 0] - points[a, 0]
    uy, vy = points[b, 1] - points[a, 1], points[c, 1] - points[a, 1]
    uz, vz = points[b, 2] - points[a, 2], points[c, 2] - points[a, 2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
