"""The loops of sight: which face each pixel shows, which faces a camera sees, and what a textured surface looks like.

Pixels count as in views.py: the centre of the first is (0, 0). ``inverse`` depths are linear over a projected triangle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled

_INSIDE = -1e-9


@compiled
def drawn(places: Any, inverse: Any, faces: Any, nearest: Any, owner: Any) -> None:
    """Write the greatest inverse depth over each pixel, and its face; both sides of a face count.

    ``places`` (n, 2) pixels and ``inverse`` (n,) of the vertices, 0 behind the camera; ``nearest`` (h, w) float32 of
    zeros, ``owner`` (h, w) int32 of -1.
    """
    height, width = nearest.shape
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        if inverse[a] <= 0 or inverse[b] <= 0 or inverse[c] <= 0:
            continue
        ax, ay, bx, by, cx, cy = places[a, 0], places[a, 1], places[b, 0], places[b, 1], places[c, 0], places[c, 1]
        left, right = np.ceil(min(ax, bx, cx)), np.floor(max(ax, bx, cx))
        top, bottom = np.ceil(min(ay, by, cy)), np.floor(max(ay, by, cy))
        if right < 0 or bottom < 0 or left > width - 1 or top > height - 1:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        for row in range(int(max(top, 0)), int(min(bottom, height - 1)) + 1):
            for column in range(int(max(left, 0)), int(min(right, width - 1)) + 1):
                second = ((column - ax) * (cy - ay) - (row - ay) * (cx - ax)) / area
                third = ((bx - ax) * (row - ay) - (by - ay) * (column - ax)) / area
                first = 1 - second - third
                if first < _INSIDE or second < _INSIDE or third < _INSIDE:
                    continue
                here = np.float32(first * inverse[a] + second * inverse[b] + third * inverse[c])
                if here > nearest[row, column]:
                    nearest[row, column] = here
                    owner[row, column] = face


@compiled
def seen(places: Any, inverse: Any, faces: Any, facing: Any, nearest: Any, mask: Any, told: Any, quality: Any) -> None:
    """How finely a camera sees each face: pixels a square world unit, 0 where it does not see the whole of it.

    ``facing`` (m,) is the cosine between the face and the way to the camera; ``mask`` (h, w) uint8. ``told``: focal
    length in pixels, least cosine, pixels from a nearer edge within which nothing counts as seen, and the noise of
    the surface in pixels, which hides nothing.
    """
    height, width = nearest.shape
    focal, least, reach = told[0], told[1], int(told[2])
    for face in range(len(faces)):
        quality[face] = 0
        cosine = facing[face]
        if cosine < least:
            continue
        # What may lie before a corner without hiding it: the slope of the face itself over the reach, and noise.
        slack = (reach * np.sqrt(1 - cosine * cosine) / cosine + told[3]) / focal
        open_ = True
        total = 0.0
        for corner in range(3):
            vertex = faces[face, corner]
            here = inverse[vertex]
            x, y = places[vertex, 0], places[vertex, 1]
            if here <= 0 or not (x >= 1 and y >= 1 and x <= width - 2 and y <= height - 2):
                open_ = False
                break
            column, row = int(x + 0.5), int(y + 0.5)
            if mask[row, column] == 0:
                open_ = False
                break
            for j in range(max(row - reach, 0), min(row + reach, height - 1) + 1):
                for i in range(max(column - reach, 0), min(column + reach, width - 1) + 1):
                    if nearest[j, i] * (1 - slack) > here:
                        open_ = False
            if not open_:
                break
            total += here
        if open_:
            scale = focal * total / 3
            quality[face] = np.float32(cosine * scale * scale)


@compiled
def keep_best(number: int, quality: Any, colour: Any, views: Any, qualities: Any, colours: Any) -> None:
    """Enter a view into the lists of the best views of each face, (m, k), best first; -1 is none."""
    most = views.shape[1]
    for face in range(len(quality)):
        value = quality[face]
        if value <= 0 or value <= qualities[face, most - 1]:
            continue
        at = most - 1
        while at > 0 and qualities[face, at - 1] < value:
            views[face, at] = views[face, at - 1]
            qualities[face, at] = qualities[face, at - 1]
            for channel in range(3):
                colours[face, at, channel] = colours[face, at - 1, channel]
            at -= 1
        views[face, at] = number
        qualities[face, at] = value
        for channel in range(3):
            colours[face, at, channel] = colour[face, channel]


@compiled
def looked_up(picture: Any, places: Any, out: Any) -> None:
    """Values of a picture (h, w, 3) between its pixels at places (n, 2), held at the border; out (n, 3) float32."""
    height, width = picture.shape[0], picture.shape[1]
    for at in range(len(places)):
        x = min(max(places[at, 0], 0.0), width - 1.001)
        y = min(max(places[at, 1], 0.0), height - 1.001)
        i, j = int(x), int(y)
        u, v = x - i, y - j
        for channel in range(3):
            upper = picture[j, i, channel] * (1 - u) + picture[j, i + 1, channel] * u
            lower = picture[j + 1, i, channel] * (1 - u) + picture[j + 1, i + 1, channel] * u
            out[at, channel] = np.float32(upper * (1 - v) + lower * v)


@compiled
def spread(places: Any, faces: Any, chosen: Any, values: Any, out: Any, covered: Any) -> None:
    """Draw values (n, 3) of the corners over the chosen faces into ``out`` (h, w, 3), between corners linearly."""
    height, width = covered.shape
    for face in chosen:
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by, cx, cy = places[a, 0], places[a, 1], places[b, 0], places[b, 1], places[c, 0], places[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        left, right = max(int(np.floor(min(ax, bx, cx))), 0), min(int(np.ceil(max(ax, bx, cx))), width - 1)
        top, bottom = max(int(np.floor(min(ay, by, cy))), 0), min(int(np.ceil(max(ay, by, cy))), height - 1)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                second = ((column - ax) * (cy - ay) - (row - ay) * (cx - ax)) / area
                third = ((bx - ax) * (row - ay) - (by - ay) * (column - ax)) / area
                first = 1 - second - third
                inside = first >= _INSIDE and second >= _INSIDE and third >= _INSIDE
                if not inside and covered[row, column]:
                    continue
                if not inside and (first < -1 or second < -1 or third < -1):
                    continue
                # Pixels just outside take what the face says at its rim, until a face covers them.
                first, second, third = max(first, 0.0), max(second, 0.0), max(third, 0.0)
                whole = first + second + third
                for channel in range(3):
                    out[row, column, channel] = np.float32(
                        (first * values[a, channel] + second * values[b, channel] + third * values[c, channel]) / whole
                    )
                if inside:
                    covered[row, column] = 1


@compiled
def painted(owner: Any, places: Any, inverse: Any, faces: Any, values: Any, out: Any) -> None:
    """Values (n, k) of the corners at each pixel that has an owner, right in perspective; out (h, w, k)."""
    height, width = owner.shape
    count = values.shape[1]
    for row in range(height):
        for column in range(width):
            face = owner[row, column]
            if face < 0:
                continue
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            ax, ay = places[a, 0], places[a, 1]
            bx, by = places[b, 0] - ax, places[b, 1] - ay
            cx, cy = places[c, 0] - ax, places[c, 1] - ay
            area = bx * cy - by * cx
            x, y = column - ax, row - ay
            second = (x * cy - y * cx) / area * inverse[b]
            third = (bx * y - by * x) / area * inverse[c]
            first = (1 - (x * cy - y * cx) / area - (bx * y - by * x) / area) * inverse[a]
            whole = first + second + third
            for k in range(count):
                out[row, column, k] = (first * values[a, k] + second * values[b, k] + third * values[c, k]) / whole
