"""The loops of fusion: where a depth map's pixels lie in space, and which other maps say the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled


@compiled
def slopes(inverse: Any, lens: Any, normals: Any) -> None:
    """Unit normals (h, w, 3) in camera coordinates, towards the camera, from inverse depths; 0 where there are none.

    ``lens``: fx, fy, cx, cy. The inverse depth of a plane is linear over the pixels; its slopes give the normal.
    """
    height, width = inverse.shape
    reach = 2
    for y in range(reach, height - reach):
        for x in range(reach, width - reach):
            w = inverse[y, x]
            if not w > 0:
                continue
            gx = np.float64(0)
            gy = np.float64(0)
            total = 0
            good = True
            for j in range(-reach, reach + 1):
                for i in range(-reach, reach + 1):
                    there = inverse[y + j, x + i]
                    if not there > 0 or abs(there - w) > 0.03 * w:
                        good = False
                    gx += i * np.float64(there - w)
                    gy += j * np.float64(there - w)
                    total += i * i
            if not good:
                continue
            gx /= total
            gy /= total
            n0 = -gx * lens[0]
            n1 = -gy * lens[1]
            n2 = -(np.float64(w) - gx * (x - lens[2]) - gy * (y - lens[3]))
            size = np.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
            normals[y, x, 0] = n0 / size
            normals[y, x, 1] = n1 / size
            normals[y, x, 2] = n2 / size


@compiled
def _looked_up(inverse: Any, u: float, v: float) -> Any:
    """The inverse depth between pixels, 0 where there is none or a step."""
    height, width = inverse.shape
    if not (u >= 0 and v >= 0 and u < width - 1.01 and v < height - 1.01):
        return 0.0
    iu = int(u)
    iv = int(v)
    w0, w1, w2, w3 = inverse[iv, iu], inverse[iv, iu + 1], inverse[iv + 1, iu], inverse[iv + 1, iu + 1]
    least = min(min(w0, w1), min(w2, w3))
    if not least > 0 or max(max(w0, w1), max(w2, w3)) > 1.02 * least:
        return 0.0
    fu = u - iu
    fv = v - iv
    return (w0 * (1 - fu) + w1 * fu) * (1 - fv) + (w2 * (1 - fu) + w3 * fu) * fv


@compiled
def _confirmed(w: float, x: int, y: int, there: Any, pose: Any, limits: Any, found: Any) -> bool:
    """Whether another map has the same surface there; ``found``: u, v, and its inverse depth along the pixel's ray.

    ``pose`` (4, 4, 3): turn and shift to the other view, and back from it, rows 0..2 and 3.
    """
    p0 = pose[0, 0, 0] * x + pose[0, 0, 1] * y + pose[0, 0, 2] + pose[0, 3, 0] * w
    p1 = pose[0, 1, 0] * x + pose[0, 1, 1] * y + pose[0, 1, 2] + pose[0, 3, 1] * w
    p2 = pose[0, 2, 0] * x + pose[0, 2, 1] * y + pose[0, 2, 2] + pose[0, 3, 2] * w
    if not p2 > 1e-3:
        return False
    u = p0 / p2
    v = p1 / p2
    other = _looked_up(there, u, v)
    if not other > 0:
        return False
    q0 = pose[1, 0, 0] * u + pose[1, 0, 1] * v + pose[1, 0, 2] + pose[1, 3, 0] * other
    q1 = pose[1, 1, 0] * u + pose[1, 1, 1] * v + pose[1, 1, 2] + pose[1, 3, 1] * other
    q2 = pose[1, 2, 0] * u + pose[1, 2, 1] * v + pose[1, 2, 2] + pose[1, 3, 2] * other
    if not q2 > 1e-3:
        return False
    off = (q0 / q2 - x) ** 2 + (q1 / q2 - y) ** 2
    back = other / q2  # q2 is depth here / depth there
    if off > limits[0] * limits[0] or abs(back - w) > limits[1] * w:
        return False
    found[0] = u
    found[1] = v
    found[2] = back
    return True


@compiled
def agree(inverse: Any, taken: Any, there: Any, normals: Any, colours: Any, pose: Any, limits: Any, sums: Any) -> None:
    """Add what another view says of each pixel that it confirms.

    ``sums`` (h, w, 9): inverse depth, its square, normal (3), colour (3), count.
    ``normals`` are those of the other view turned into world coordinates.
    """
    height, width = inverse.shape
    found = np.empty(3)
    for y in range(height):
        for x in range(width):
            w = inverse[y, x]
            if taken[y, x] or not w > 0 or not _confirmed(w, x, y, there, pose, limits, found):
                continue
            iu = int(found[0] + 0.5)
            iv = int(found[1] + 0.5)
            sums[y, x, 0] += found[2] - w
            sums[y, x, 1] += (found[2] - w) ** 2
            for k in range(3):
                sums[y, x, 2 + k] += normals[iv, iu, k]
                sums[y, x, 5 + k] += colours[iv, iu, k]
            sums[y, x, 8] += 1


@compiled
def take(inverse: Any, accepted: Any, there: Any, pose: Any, limits: Any, taken: Any) -> None:
    """Mark the pixels of another view that an accepted point already stands for."""
    height, width = inverse.shape
    found = np.empty(3)
    for y in range(height):
        for x in range(width):
            if accepted[y, x] and _confirmed(inverse[y, x], x, y, there, pose, limits, found):
                taken[int(found[1] + 0.5), int(found[0] + 0.5)] = 1
