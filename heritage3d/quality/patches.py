"""The patches of a target that was found: placed to a fraction of a pixel, measured inside their edges."""

from __future__ import annotations

import cv2
import numpy as np

from heritage3d.image.lab import lightness, linear, luminance
from heritage3d.quality.reference import COLUMNS, ROWS, proportions

_PITCH = 120  # pixels of the upright copy in which the edges of the patches are looked for
_MARGIN = 0.75  # of a pitch, round the chart
_INNER = 0.6  # of the side of a patch is measured
_SAMPLES = 10_000  # per patch: the mean is then known to 1 % of the noise, the noise to 1 % of itself


def placed(pixels: np.ndarray, rough: np.ndarray) -> tuple[np.ndarray, float]:
    """The map from (column, row) to pixels, refined by the edges of the patches, and their side over their pitch."""
    upright, to_grid = _upright(pixels, rough)
    cells, seen, sides = [], [], []
    for row in range(ROWS):
        for column in range(COLUMNS):
            across, down = _span(upright, column, row, 0), _span(upright, column, row, 1)
            if across is None or down is None:
                continue
            (left, right), (top, bottom) = across, down
            cells.append((column, row))
            seen.append(((left + right) / 2, (top + bottom) / 2))
            sides.append(((right - left) + (bottom - top)) / 2)
    if len(cells) < 8:
        return rough, proportions("classic").fill
    points = np.array(cells, np.float64)
    fit, kept = cv2.findHomography(points, np.array(seen), cv2.RANSAC, 1.5)
    if fit is None or kept.sum() < 8:
        return rough, proportions("classic").fill
    fit, _kept = cv2.findHomography(points[kept.ravel() > 0], np.array(seen)[kept.ravel() > 0], 0)
    pitch = float(np.sqrt(abs(np.linalg.det(fit[:2, :2] / fit[2, 2]))))
    return to_grid @ fit, float(np.clip(np.median(sides) / pitch, 0.5, 0.98))


def _upright(pixels: np.ndarray, rough: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A copy of the chart (float32, 3 channels, ``_PITCH`` to the pitch), and the map of its pixels."""
    right, bottom = COLUMNS - 1 + _MARGIN, ROWS - 1 + _MARGIN
    edge = np.array([[-_MARGIN, -_MARGIN], [right, -_MARGIN], [right, bottom], [-_MARGIN, bottom]])
    outline = cv2.perspectiveTransform(edge[None], rough)[0]
    x0, y0 = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 1, pixels.shape[1::-1])
    pitch = float(np.hypot(*(outline[1] - outline[0]))) / (5 + 2 * _MARGIN)
    factor = max(1, int(pitch / _PITCH))
    x1, y1 = x0 + max(1, (x1 - x0) // factor) * factor, y0 + max(1, (y1 - y0) // factor) * factor
    part = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    if factor > 1:
        part = cv2.resize(part, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    part = part.astype(np.float32).reshape(*part.shape[:2], -1) / np.iinfo(pixels.dtype).max
    shift = (factor - 1) / 2
    from_part = np.array([[factor, 0, x0 + shift], [0, factor, y0 + shift], [0, 0, 1.0]])
    from_upright = np.array([[1 / _PITCH, 0, -_MARGIN], [0, 1 / _PITCH, -_MARGIN], [0, 0, 1.0]])
    size = (round((5 + 2 * _MARGIN) * _PITCH), round((3 + 2 * _MARGIN) * _PITCH))
    back = np.linalg.inv(from_part) @ rough @ from_upright
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    upright = cv2.warpPerspective(part, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return upright.reshape(size[1], size[0], -1), rough @ from_upright


def _span(upright: np.ndarray, column: int, row: int, axis: int) -> tuple[float, float] | None:
    """Where a patch begins and ends along an axis (0: x) of the upright copy; None where its frame is too like it."""
    x, y = (column + _MARGIN) * _PITCH, (row + _MARGIN) * _PITCH
    reach, band = int(0.62 * _PITCH), int(0.2 * _PITCH)
    x, y = int(x), int(y)
    if axis == 0:
        profile = upright[y - band : y + band + 1, x - reach : x + reach + 1].mean(axis=0)
    else:
        profile = upright[y - reach : y + reach + 1, x - band : x + band + 1].mean(axis=1)
    middle = profile[reach - band : reach + band + 1].mean(axis=0)
    ends = []
    for side in (profile[reach::-1], profile[reach:]):
        away = np.sqrt(((side - middle) ** 2).sum(axis=1))
        gap = away[int(0.4 * _PITCH) : int(0.56 * _PITCH)].max()
        if gap < 0.06:
            return None
        beyond = int(np.argmax(away > gap / 2))
        if beyond < 2:
            return None
        before, after = away[beyond - 1], away[beyond]
        ends.append(beyond - 1 + float((gap / 2 - before) / max(after - before, 1e-9)))
    start = x if axis == 0 else y
    return start - ends[0], start + ends[1]


def values(pixels: np.ndarray, grid: np.ndarray, fill: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Of the 24 patches: mean linear light (24, 3), sd of L* (24,), and how many have clipped pixels (over 2 %)."""
    means, deviations, clipped = [], [], 0
    back = np.linalg.inv(grid)
    for row in range(ROWS):
        for column in range(COLUMNS):
            samples, x, y = _samples(pixels, grid, back, (column, row), fill)
            top = np.iinfo(pixels.dtype).max
            clipped += bool(((samples == top).any(axis=1) | (samples == 0).all(axis=1)).mean() > 0.02)
            light = linear(samples)
            means.append(_robust_mean(light))
            deviations.append(_noise(lightness(luminance(light)), x, y))
    rgb = np.array(means)
    return (rgb if rgb.shape[1] == 3 else np.repeat(rgb, 3, axis=1)), np.array(deviations), clipped


def _samples(
    pixels: np.ndarray, grid: np.ndarray, back: np.ndarray, cell: tuple[int, int], fill: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels inside a patch (n, channels), evenly picked, and their x and y."""
    half = fill / 2 * _INNER
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + cell
    corners = cv2.perspectiveTransform(square[None].astype(np.float64), grid)[0]
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    low = np.clip(low, 0, np.array(pixels.shape[1::-1]) - 1)
    high = np.clip(high, low + 1, pixels.shape[1::-1])
    step = max(1, int(np.sqrt(cv2.contourArea(corners.astype(np.float32)) / _SAMPLES)))
    y, x = np.mgrid[low[1] : high[1] : step, low[0] : high[0] : step]
    places = np.stack([x, y], axis=-1).reshape(1, -1, 2).astype(np.float64)
    inside = (np.abs(cv2.perspectiveTransform(places, back)[0] - cell) <= half).all(axis=1)
    block = pixels[low[1] : high[1] : step, low[0] : high[0] : step].reshape(len(inside), -1)
    if not inside.any():
        return block, places[0, :, 0], places[0, :, 1]
    return block[inside], places[0, inside, 0], places[0, inside, 1]


def _robust_mean(light: np.ndarray) -> np.ndarray:
    """Mean without dust and glints: what lies more than 3.5 robust standard deviations from the median is left out."""
    median = np.median(light, axis=0)
    spread = 1.4826 * np.median(np.abs(light - median), axis=0)
    kept = (np.abs(light - median) <= np.maximum(3.5 * spread, 1e-3)).all(axis=1)
    return np.asarray(light[kept].mean(axis=0, dtype=np.float64) if kept.any() else median.astype(np.float64))


def _noise(level: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Standard deviation of L* about a plane, so that a slope of the light is no noise; dust is left out."""
    plane = np.column_stack([np.ones(len(x)), x - x.mean(), y - y.mean()])
    if len(level) < 16:
        return float(level.std())
    rest = level - plane @ np.linalg.lstsq(plane, level, rcond=None)[0]
    kept = rest[np.abs(rest) <= 4 * max(1.4826 * float(np.median(np.abs(rest))), rest.std() / 4, 1e-6)]
    return float(kept.std())
