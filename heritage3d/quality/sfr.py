"""Spatial frequency response of a slanted edge: the method of ISO 12233 (edge-based SFR, e-SFR).

Edge fit row by row, distance of every pixel from the edge, edge spread function in quarter pixels, derivative, Tukey
window (ISO 12233:2023), Fourier transform. The response of the derivative and of the quarter-pixel bins is divided out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heritage3d.image.lab import linear, luminance

BIN = 0.25  # pixels
FREQUENCIES = np.arange(0, 1.0001, 0.005)  # cycles per pixel; half a cycle per pixel is the Nyquist frequency
NYQUIST = 0.5
_TRANSFORMED = round(1 / (FREQUENCIES[1] * BIN))  # values, zeros added: its frequencies are then FREQUENCIES
_LONGEST = 400  # rows of an edge that are used
_WIDEST = 32.0  # pixels on each side
_NARROWEST = 6.0
_CONTRAST = 0.08  # of the whole scale of light
_NEUTRAL = 0.15  # how far the contrast of a channel may lie from that of green


@dataclass(frozen=True)
class Edge:
    """``response`` (len(FREQUENCIES),) of luminance, 1 at frequency 0. ``across``: the edge is nearer to upright, so
    that it shows the detail along rows. ``normal``: unit vector (x, y) across the edge. ``shifts``: by how many pixels
    red and blue lie beside green along it; None where the edge is not neutral."""

    response: np.ndarray
    across: bool
    normal: tuple[float, float]
    shifts: tuple[float, float] | None


def measure_edge(pixels: np.ndarray, one: np.ndarray, other: np.ndarray, room: float) -> Edge | None:
    """The edge between two points (x, y) of ``pixels`` (sRGB uint8 or uint16); None where there is no usable edge.

    ``room``: pixels on each side in which nothing else lies. An edge is used when it is slanted enough to pass a whole
    pixel, even on both sides and straight.
    """
    way = other - one
    across = bool(abs(way[1]) > abs(way[0]))
    if not across:
        pixels, one, other, way = pixels.swapaxes(0, 1), one[::-1], other[::-1], way[::-1]
    if way[1] < 0:
        one, other, way = other, one, -way
    slope = way[0] / max(way[1], 1e-9)
    cosine = 1 / np.hypot(1, slope)
    room = min(room, _WIDEST)
    middle, half = (one + other) / 2, min(0.38 * way[1], _LONGEST / 2)
    rows = np.arange(int(np.ceil(middle[1] - half)), int(middle[1] + half) + 1)
    if room < _NARROWEST or len(rows) * abs(slope) < 1 or len(rows) < 24:
        return None
    reach = int(np.ceil(room / cosine))
    columns = np.round(middle[0] + slope * (rows - middle[1])).astype(int)[:, None] + np.arange(-reach, reach + 1)
    if rows[0] < 0 or columns.min() < 0 or rows[-1] >= pixels.shape[0] or columns.max() >= pixels.shape[1]:
        return None
    light = linear(pixels[rows[:, None], columns])
    level = luminance(light)
    line = _line(level, columns, rows)
    if line is None:
        return None
    distance = (columns - line[:, None]) * cosine
    response = _response(level, distance, room)
    if response is None:
        return None
    normal = (cosine, -slope * cosine) if across else (-slope * cosine, cosine)
    shifts = _shifts(light, columns, rows, line) if light.shape[2] == 3 else None
    return Edge(response, across, normal, shifts and (shifts[0] * cosine, shifts[1] * cosine))


def _line(level: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """Column of the edge in each row; None for what is no clean edge."""
    quarter = max(2, level.shape[1] // 6)
    left, right = level[:, :quarter], level[:, -quarter:]
    contrast = float(right.mean() - left.mean())
    if abs(contrast) < _CONTRAST or max(left.mean(axis=0).std(), right.mean(axis=0).std()) > 0.04 * abs(contrast):
        return None
    if max(left.std(), right.std()) > 0.35 * abs(contrast):
        return None
    line = _fitted(level / contrast, columns, rows, columns.mean(axis=1), level.shape[1] / 2)
    line = _fitted(level / contrast, columns, rows, line, level.shape[1] / 3)
    straight = np.abs(line - np.polyval(np.polyfit(rows, line, 1), rows)).max()
    inside = (line - columns[:, 0] > quarter) & (columns[:, -1] - line > quarter)
    return line if inside.all() and straight < 1.5 else None


def _fitted(level: np.ndarray, columns: np.ndarray, rows: np.ndarray, about: np.ndarray, reach: float) -> np.ndarray:
    """Centroid of the derivative in each row, seen through a window about a first guess; a parabola through them."""
    rise = np.zeros_like(level)
    rise[:, 1:-1] = level[:, 2:] - level[:, :-2]
    away = (columns - about[:, None]) / reach
    weight = np.where(np.abs(away) < 1, 0.54 + 0.46 * np.cos(np.pi * away), 0)
    total = (rise * weight).sum(axis=1)
    good = total > 0.3 * np.median(total)
    if good.sum() < 16:
        return about
    centroid = about[good] + ((columns[good] - about[good, None]) * rise[good] * weight[good]).sum(axis=1) / total[good]
    at = (rows - rows.mean()) / len(rows)
    for _ in range(2):
        poly = np.polyfit(at[good], centroid, 2 if len(rows) > 80 else 1)
        rest = np.abs(centroid - np.polyval(poly, at[good]))
        kept = rest <= 3 * max(1.4826 * float(np.median(rest)), 0.02)
        centroid, good = centroid[kept], np.flatnonzero(good)[kept] if good.dtype == bool else good[kept]
    return np.asarray(np.polyval(poly, at))


def _response(level: np.ndarray, distance: np.ndarray, room: float) -> np.ndarray | None:
    count = int(2 * room / BIN)
    place = np.floor(distance / BIN + count / 2).astype(int)
    inside = (place >= 0) & (place < count)
    filled = np.bincount(place[inside], minlength=count)
    if (filled == 0).mean() > 0.1:
        return None
    spread = np.bincount(place[inside], weights=level[inside], minlength=count) / np.maximum(filled, 1)
    known = np.flatnonzero(filled)
    spread = np.interp(np.arange(count), known, spread[known])
    rise = (spread[2:] - spread[:-2]) / 2
    if rise.sum() < 0:
        rise = -rise
    x = (np.arange(1, count - 1) - count / 2 + 0.5) * BIN
    # Tukey window, flat over the middle half, about the edge itself.
    taper = np.clip((np.abs(x) / room - 0.5) / 0.5, 0, 1)
    rise = rise * (0.5 + 0.5 * np.cos(np.pi * taper))
    response = np.abs(np.fft.rfft(rise, _TRANSFORMED)[: len(FREQUENCIES)])
    # np.sinc(f d) is the response of a difference over d pixels, and of a mean over d pixels.
    return np.asarray(response / response[0] / (np.sinc(2 * BIN * FREQUENCIES) * np.sinc(BIN * FREQUENCIES)))


def _shifts(light: np.ndarray, columns: np.ndarray, rows: np.ndarray, line: np.ndarray) -> tuple[float, float] | None:
    quarter = max(2, light.shape[1] // 6)
    contrast = light[:, -quarter:].mean(axis=(0, 1)) - light[:, :quarter].mean(axis=(0, 1))
    if np.abs(contrast / contrast[1] - 1).max() > _NEUTRAL:
        return None
    lines = []
    for channel in range(3):
        level, where = light[..., channel] / contrast[channel], line
        for _ in range(2):  # the window must lie about the edge of this channel, or it draws the edge to itself
            where = _fitted(level, columns, rows, where, light.shape[1] / 3)
        lines.append(where)
    red, green, blue = lines
    return float(np.mean(red - green)), float(np.mean(blue - green))


def crossing(response: np.ndarray, level: float) -> float:
    """The lowest frequency at which the response falls to ``level``, in cycles per pixel; 1 where it never does."""
    below = np.flatnonzero(response < level)
    if not len(below) or below[0] == 0:
        return float(FREQUENCIES[-1])
    high, low = response[below[0] - 1], response[below[0]]
    step = FREQUENCIES[1]
    return float(FREQUENCIES[below[0] - 1] + step * (high - level) / (high - low))
