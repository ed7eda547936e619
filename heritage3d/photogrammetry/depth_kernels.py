"""The inner loops of dense matching: what a plane at a pixel costs, and sweeps that look for cheaper planes.

A plane in space is, over the pixels of a pinhole picture, an inverse depth that is linear in x and y. So a pixel
holds (w, gx, gy): its inverse depth and how that changes from pixel to pixel. With ``turn`` = K' R K^-1 and
``shift`` = K' t of a source, a pixel p with inverse depth w is seen there at ``turn`` p + ``shift`` w.

One photograph is one core's work: the sweeps go through it in order, each pixel learning from those before it, so
that a good plane crosses the picture in one sweep. Photographs are matched beside one another instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled

RADIUS = 2  # samples from the middle of a window to its side
# Every second sample of a 5 x 5 window, as on a chessboard: half the work, nearly the same say.
PATTERN = np.array(
    [(i, j) for j in range(-RADIUS, RADIUS + 1) for i in range(-RADIUS, RADIUS + 1) if (i + j) % 2 == 0], np.float32
)
SAMPLES = len(PATTERN)
LOST = np.float32(2.0)  # the price of a window that a source does not see
_NOISE = np.float32(4e-6)  # variance that is nothing but noise, of greys 0..1: half a step of 8 bits
_GREY = np.float32(1 / (2 * 0.18**2))  # bilateral: how fast a differing grey loses its say
_AWAY = np.float32(1 / (2 * 2.0**2))  # and a sample away from the middle, in samples

Numbers = Any  # numba's arrays and tuples of them
Number = Any  # numpy's float32, which mypy does not take for a float


@compiled
def hashed(x: int, y: int, turn: int, draw: int) -> Number:
    """A random number in [0, 1) that depends on its place and turn alone."""
    h = np.uint64(x) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= np.uint64(turn * 64 + draw + 1) * np.uint64(0x165667B19E3779F9)
    h ^= h >> np.uint64(31)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(32)
    return np.float32(h >> np.uint64(40)) * np.float32(1.0 / (1 << 24))


@compiled
def window(padded: Numbers, pad: int, x: int, y: int, step: int, weights: Numbers, shape: Numbers) -> None:
    """Fill the bilateral weights (sum 1) and the weighted, normed greys of the window around a pixel."""
    middle = padded[y + pad, x + pad]
    total = np.float32(0)
    mean = np.float32(0)
    for k in range(SAMPLES):
        i, j = PATTERN[k, 0], PATTERN[k, 1]
        grey = padded[y + pad + int(j) * step, x + pad + int(i) * step]
        apart = grey - middle
        # 1 / (1 + t + t²/2) stands for exp(-t): the same on every machine, and cheap.
        t = apart * apart * _GREY + (i * i + j * j) * _AWAY
        weight = np.float32(1) / (np.float32(1) + t + np.float32(0.5) * t * t)
        weights[k] = weight
        shape[k] = grey
        total += weight
        mean += weight * grey
    mean /= total
    spread = np.float32(0)
    for k in range(SAMPLES):
        weights[k] /= total
        shape[k] -= mean
        spread += weights[k] * shape[k] * shape[k]
    norm = np.float32(1) / np.sqrt(spread + _NOISE)
    for k in range(SAMPLES):
        shape[k] *= weights[k] * norm


@compiled
def unlikeness(
    greys: Numbers,
    s: int,
    size: Numbers,
    turn: Numbers,
    shift: Numbers,
    at: Numbers,
    w: float,
    gx: float,
    gy: float,
    weights: Numbers,
    shape: Numbers,
    step: int,
) -> Number:
    """1 - NCC of the window with what source ``s`` shows along the plane; LOST where it does not see it.

    ``at`` (sources, 3) is ``turn`` p of the pixel.
    """
    z = at[s, 2] + shift[s, 2] * w
    if not z > 1e-3:
        return LOST
    iz = 1.0 / z
    u = (at[s, 0] + shift[s, 0] * w) * iz
    v = (at[s, 1] + shift[s, 1] * w) * iz
    zx = turn[s, 2, 0] + shift[s, 2] * gx
    zy = turn[s, 2, 1] + shift[s, 2] * gy
    scale = iz * step
    a = np.float32((turn[s, 0, 0] + shift[s, 0] * gx - u * zx) * scale)
    b = np.float32((turn[s, 0, 1] + shift[s, 0] * gy - u * zy) * scale)
    c = np.float32((turn[s, 1, 0] + shift[s, 1] * gx - v * zx) * scale)
    d = np.float32((turn[s, 1, 1] + shift[s, 1] * gy - v * zy) * scale)
    across = RADIUS * (abs(a) + abs(b))
    along = RADIUS * (abs(c) + abs(d))
    width, height = size[s, 0], size[s, 1]
    if not (u > across and v > along and u + across < width - 1.01 and v + along < height - 1.01):
        return LOST
    if a * d - b * c < np.float32(0.08 * step * step) or across + along > np.float32(16 * step):
        return LOST  # seen from behind, or at too flat an angle
    u0 = np.float32(u)
    v0 = np.float32(v)
    row = np.uint32(size[s, 2])
    mean = np.float32(0)
    square = np.float32(0)
    both = np.float32(0)
    for k in range(SAMPLES):
        ui = u0 + PATTERN[k, 0] * a + PATTERN[k, 1] * b
        vi = v0 + PATTERN[k, 0] * c + PATTERN[k, 1] * d
        iu = np.int32(ui)
        iv = np.int32(vi)
        fu = ui - np.float32(iu)
        fv = vi - np.float32(iv)
        n = np.uint32(iv) * row + np.uint32(iu)
        g0 = greys[s, n]
        g2 = greys[s, n + row]
        upper = g0 + (greys[s, n + np.uint32(1)] - g0) * fu
        lower = g2 + (greys[s, n + row + np.uint32(1)] - g2) * fu
        grey = upper + (lower - upper) * fv
        weighed = weights[k] * grey
        mean += weighed
        square += weighed * grey
        both += shape[k] * grey
    spread = square - mean * mean
    return np.float32(1) - both / np.sqrt(max(spread, np.float32(0)) + _NOISE)


@compiled
def price(sources: Numbers, here: Numbers, s: int, w: float, gx: float, gy: float) -> Number:
    """What source ``s`` says against a plane."""
    greys, size, turn, shift, step = sources
    at, weights, shape = here
    return unlikeness(greys, s, size, turn, shift, at, w, gx, gy, weights, shape, step)


@compiled
def asked_of_all(
    sources: Numbers, here: Numbers, w: float, gx: float, gy: float, picks: Numbers, prices: Numbers
) -> Number:
    """The mean price with the sources that like the plane best; ``picks`` receives which they are."""
    count = picks.shape[0]
    for k in range(count):
        prices[k] = np.float32(9)
    for s in range(sources[2].shape[0]):
        cost = price(sources, here, s, w, gx, gy)
        k = count - 1
        if cost >= prices[k]:
            continue
        while k > 0 and prices[k - 1] > cost:
            prices[k] = prices[k - 1]
            picks[k] = picks[k - 1]
            k -= 1
        prices[k] = cost
        picks[k] = s
    total = np.float32(0)
    for k in range(count):
        total += prices[k]
    return total / np.float32(count)


@compiled
def asked_of_some(
    sources: Numbers, here: Numbers, w: float, gx: float, gy: float, picks: Numbers, least: float
) -> Number:
    """The mean price with these sources; 9 as soon as it cannot come below ``least``."""
    count = picks.shape[0]
    limit = least * np.float32(count)
    total = np.float32(0)
    for k in range(count):
        total += price(sources, here, picks[k], w, gx, gy)
        if total >= limit:
            return np.float32(9)
    return total / np.float32(count)


@compiled
def _neighbour(planes: Numbers, mask: Numbers, x: int, y: int, xx: int, yy: int, plane: Numbers) -> bool:
    """The plane of another pixel continued to (x, y), in ``plane``; False where there is no such pixel."""
    height, width = mask.shape
    if xx < 0 or yy < 0 or xx >= width or yy >= height or mask[yy, xx] == 0:
        return False
    plane[1] = planes[yy, xx, 1]
    plane[2] = planes[yy, xx, 2]
    plane[0] = planes[yy, xx, 0] + plane[1] * np.float32(x - xx) + plane[2] * np.float32(y - yy)
    return True


@compiled
def _tried(planes: Numbers, x: int, y: int, turn: int, draw: int, size: Number, plane: Numbers) -> None:
    """The plane of the pixel with something changed at random, in ``plane``."""
    for k in range(3):
        plane[k] = planes[y, x, k]
    if draw == 0:
        plane[0] += size * np.float32(2 * hashed(x, y, turn, 0) - 1)
    elif draw == 1:
        plane[0] += np.float32(0.25) * size * np.float32(2 * hashed(x, y, turn, 1) - 1)
        plane[1] += np.float32(0.3) * size * np.float32(2 * hashed(x, y, turn, 2) - 1)
        plane[2] += np.float32(0.3) * size * np.float32(2 * hashed(x, y, turn, 3) - 1)
    else:
        plane[1] += np.float32(0.12) * size * np.float32(2 * hashed(x, y, turn, 4) - 1)
        plane[2] += np.float32(0.12) * size * np.float32(2 * hashed(x, y, turn, 5) - 1)


@compiled
def _visit(
    x: int,
    y: int,
    back: int,
    mask: Numbers,
    planes: Numbers,
    costs: Numbers,
    chosen: Numbers,
    sources: Numbers,
    here: Numbers,
    limits: Numbers,
    turn: int,
    everyone: bool,
    spare: Numbers,
) -> None:
    """Let one pixel try the planes of its neighbours and its own ones changed."""
    plane, picks, prices = spare
    unit, far = limits[2], int(limits[4])
    alike = 0.03 / unit  # inverse depth that nobody can tell from none
    for draw in range(7):
        if draw < 4:
            away = back if draw < 2 else back * far
            xx = x + away if draw % 2 == 0 else x
            yy = y + away if draw % 2 == 1 else y
            if not _neighbour(planes, mask, x, y, xx, yy, plane):
                continue
            turned = abs(plane[1] - planes[y, x, 1]) + abs(plane[2] - planes[y, x, 2])
            if abs(plane[0] - planes[y, x, 0]) < alike and turned * np.float32(4) < alike:
                continue
            picks[:] = chosen[yy, xx]
        else:
            _tried(planes, x, y, turn, draw - 4, np.float32(limits[3] / unit), plane)
            picks[:] = chosen[y, x]
        if not limits[0] <= plane[0] <= limits[1]:
            continue
        if everyone:
            cost = asked_of_all(sources, here, plane[0], plane[1], plane[2], picks, prices)
        else:
            cost = asked_of_some(sources, here, plane[0], plane[1], plane[2], picks, costs[y, x])
        if cost < costs[y, x]:
            costs[y, x] = cost
            planes[y, x] = plane
            chosen[y, x] = picks


@compiled
def sweep(
    padded: Numbers,
    mask: Numbers,
    planes: Numbers,
    costs: Numbers,
    chosen: Numbers,
    sources: Numbers,
    limits: Numbers,
    turn: int,
    fresh: bool,
    everyone: bool,
) -> None:
    """One sweep over the picture, forwards on even turns and backwards on odd ones; all arrays are changed in place.

    ``planes`` (h, w, 3) float32, ``costs`` (h, w) float32, ``chosen`` (h, w, picks) uint8. ``limits``: least and
    greatest inverse depth, pixels per unit of inverse depth, reach of the random trials in pixels, distance of the
    far neighbours. ``fresh``: the planes have no costs yet. ``everyone``: every source is asked about every plane,
    else those that the pixel or its neighbour has chosen.
    """
    height, width = costs.shape
    step, count = sources[4], sources[2].shape[0]
    at = np.empty((count, 3))
    weights = np.empty(SAMPLES, np.float32)
    shape = np.empty(SAMPLES, np.float32)
    picks = np.empty(chosen.shape[2], np.uint8)
    spare = (np.empty(3, np.float32), picks, np.empty(chosen.shape[2], np.float32))
    here = (at, weights, shape)
    back = -1 if turn % 2 == 0 else 1
    for row in range(height):
        y = row if back < 0 else height - 1 - row
        for column in range(width):
            x = column if back < 0 else width - 1 - column
            if mask[y, x] == 0:
                continue
            window(padded, RADIUS * step, x, y, step, weights, shape)
            for s in range(count):
                for k in range(3):
                    at[s, k] = sources[2][s, k, 0] * x + sources[2][s, k, 1] * y + sources[2][s, k, 2]
            if fresh:
                w, gx, gy = planes[y, x, 0], planes[y, x, 1], planes[y, x, 2]
                costs[y, x] = asked_of_all(sources, here, w, gx, gy, picks, spare[2])
                chosen[y, x] = picks
            _visit(x, y, back, mask, planes, costs, chosen, sources, here, limits, turn, everyone, spare)
