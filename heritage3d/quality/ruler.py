"""Resolution from a millimetre rule in the frame, found by its ticks: every fifth is longer.

Ticks make a profile along the rule periodic. Only where a second profile beside it, further from the edge of the rule,
has exactly five times that period are the ticks taken for millimetres; inch rules (halves, quarters) and woven or ruled
grounds have no such pair. The rule must lie along the rows or columns of the frame, to about two degrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import fft

_WINDOW = 1024  # pixels of a profile that are looked at at once
_STEP = 16  # pixels between the profiles of the first search
_ROWS = 4  # pixels that make one profile
_SHORTEST, _LONGEST = 4.0, 48.0  # pixels to the millimetre: 100 to 1200 ppi
_PERIODIC = 0.65  # share of the power of a profile that lies at the period and its multiples
_SAME = 0.012  # periods that differ by less are one
_BEST = 24  # windows that are looked at closely
_FEWEST = 5  # windows in which the ticks keep step
_SPAN = 50  # ticks from the first of them to the last
_SURE = 3e-4  # relative standard error; what is no rule keeps step less well
_FLOOR = 1e-4


@dataclass(frozen=True)
class Ruler:
    """``px_per_mm``; ``uncertain``: its relative standard error; ``across``: the rule lies along the rows."""

    px_per_mm: float
    uncertain: float
    across: bool

    @property
    def ppi(self) -> float:
        """Pixels per inch."""
        return self.px_per_mm * 25.4


def find_ruler(pixels: np.ndarray) -> Ruler | None:
    """The millimetre rule in ``pixels``, (h, w, 1 or 3) uint8 or uint16; None where none is sure."""
    plane = pixels[..., pixels.shape[2] // 2]
    for across, lying in ((True, plane), (False, plane.T)):
        for row, column, period in _combs(lying):
            if _has_fives(lying, row, column, period):
                ruler = _precise(lying, row, period, across)
                if ruler:
                    return ruler
    return None


def _profiles(lying: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.stack([lying[row : row + _ROWS].mean(axis=0, dtype=np.float32) for row in rows])


def _combs(lying: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """Row, first column and period of the windows that are most periodic."""
    height, width = lying.shape
    if width < _WINDOW or height < 4 * _STEP:
        return
    rows = np.arange(0, height - _ROWS, max(_STEP, height // 300))
    profiles = _profiles(lying, rows)
    found: list[tuple[float, int, int, float]] = []
    for column in range(0, width - _WINDOW + 1, _WINDOW // 2):
        periods, share = _periods(profiles[:, column : column + _WINDOW], _SHORTEST, _LONGEST)
        found += [(float(share[n]), int(rows[n]), column, float(periods[n])) for n in np.flatnonzero(share > _PERIODIC)]
    for _share, row, column, period in sorted(found, reverse=True)[:_BEST]:
        yield row, column, period


def _periods(parts: np.ndarray, shortest: float, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Strongest period in pixels of each profile (n, size), and the share of its power at that and its multiples."""
    size = parts.shape[1]
    centred = (parts - parts.mean(axis=1, keepdims=True)) * np.hanning(size).astype(np.float32)
    power = np.abs(fft.rfft(centred, axis=1)) ** 2
    power[:, : max(4, int(0.5 * size / longest))] = 0  # slow changes of the light
    low, high = int(size / longest), int(np.ceil(size / shortest))
    peak = np.argmax(power[:, low:high], axis=1) + low
    each = np.arange(len(parts))
    left, middle, right = (np.sqrt(power[each, np.clip(peak + d, 0, power.shape[1] - 1)]) for d in (-1, 0, 1))
    # Between two bins the main lobe of a Hann window is close to a parabola in the logarithm.
    a, b, c = (np.log(value + 1e-9) for value in (left, middle, right))
    exact = peak + np.clip(0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9), -0.5, 0.5)
    orders = np.arange(1, 12)
    at = np.round(exact[:, None] * orders).astype(int)
    inside = at < power.shape[1] - 3
    summed = np.cumsum(power, axis=1)
    upto, begin = np.where(inside, at + 2, 3), np.where(inside, at - 3, 3)
    held = (np.take_along_axis(summed, upto, 1) - np.take_along_axis(summed, begin, 1)) * inside
    clear = middle > 40 * np.sqrt(size)  # an amplitude of some code values: sensor noise is periodic nowhere
    share = np.where(clear, held.sum(axis=1) / np.maximum(summed[:, -1], 1e-9), 0)
    return size / exact, share


def _has_fives(lying: np.ndarray, row: int, column: int, period: float) -> bool:
    """Whether a profile on one side, two to twelve periods away, has five times the period."""
    reach, fine = int(12 * period), max(1, int(period / 6))
    for side in (1, -1):
        rows = row + side * np.arange(int(0.5 * period), reach, fine)
        rows = rows[(rows >= 0) & (rows < lying.shape[0] - _ROWS)]
        if not len(rows):
            continue
        parts = _profiles(lying[:, column : column + _WINDOW], rows)
        periods, share = _periods(parts, 4.5 * period, 5.5 * period)
        fives = (np.abs(periods / (5 * period) - 1) < _SAME) & (share > _PERIODIC - 0.1)
        if fives.sum() >= 2:
            return True
    return False


def _precise(lying: np.ndarray, row: int, period: float, across: bool) -> Ruler | None:
    """The period from the phase of the ticks along all windows that show it; None where they do not keep step."""
    profile = _profiles(lying, np.array([row]))[0]
    size = _WINDOW // 4 if period < 13 else _WINDOW // 2
    places, phases = [], []
    for begin in range(0, len(profile) - size + 1, size // 2):
        part = profile[begin : begin + size]
        found, share = _periods(part[None], _SHORTEST, _LONGEST)
        if share[0] < _PERIODIC or abs(found[0] / period - 1) > 3 * _SAME:
            continue
        wave = (part - part.mean()) * np.hanning(size) @ np.exp(-2j * np.pi * np.arange(begin, begin + size) / period)
        places.append(begin + size / 2)
        phases.append(float(np.angle(wave)))
    if len(places) < _FEWEST or places[-1] - places[0] < _SPAN * period:
        return None
    (slope, _start), spread = np.polyfit(places, np.unwrap(phases) / (2 * np.pi), 1, cov=True)
    exact = 1 / (1 / period + slope)
    uncertain = float(np.sqrt(spread[0, 0]) * exact)
    return Ruler(float(exact), max(uncertain, _FLOOR), across) if uncertain < _SURE else None
