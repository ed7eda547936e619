"""What to change at the copy stand when a figure of a target misses its limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from heritage3d.quality.measure import Judged, Measure

_MIDDLE = 65.0  # L* of the greys that decide the exposure
_SIDES = ("left", "right", "top", "bottom")

# What spoils what: uneven light spoils the tones, these the white balance, this the colours. The first is the cause.
_CHAIN = ("light_spread", "light_fall_off", "tone_error", "white_balance", "colour_mean", "colour_p90", "colour_max")

Advice = tuple[str, dict[str, Any]]


def causes(wrong: Sequence[Judged]) -> list[Judged]:
    """Those of the figures beyond their limits that need an advice of their own, the first cause first."""
    chained = sorted(
        (entry for entry in wrong if entry.measure.name in _CHAIN), key=lambda entry: _CHAIN.index(entry.measure.name)
    )
    return chained[:1] + [entry for entry in wrong if entry.measure.name not in _CHAIN]


def advice(entry: Judged, measures: Sequence[Measure], light: dict[str, float]) -> Advice:
    """The key of a sentence ("advice.…") and its fields. ``light``: of each side, from ``light_of_sides``."""
    name = entry.measure.name
    if name == "tone_error":
        return _of_tones(entry, measures)
    if name in ("light_spread", "light_fall_off") and light:
        dark = min(_SIDES, key=lambda side: light[side])
        opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[dark]
        percent = 100 * (1 - light[dark] / max(light[opposite], 1e-6))
        return f"advice.darker_{dark}", {"percent": round(percent)}
    return f"advice.{name}", {"value": round(entry.measure.value, 2), "where": entry.measure.where}


def light_of_sides(thinned: np.ndarray) -> dict[str, float]:
    """Median light of the outer fifth of a picture on each side; what it means is known only of an even ground."""
    green = thinned[..., thinned.shape[2] // 2].astype(np.float64) / 255
    rows, columns = (max(1, side // 5) for side in green.shape)
    parts = (green[:, :columns], green[:, -columns:], green[:rows], green[-rows:])
    return {side: float(np.median(part)) ** 2.2 for side, part in zip(_SIDES, parts, strict=True)}


def _of_tones(entry: Judged, measures: Sequence[Measure]) -> Advice:
    """Is it the exposure that is wrong for all greys, or the curve?"""
    where = entry.measure.where
    off = next((one.value for one in measures if one.name == "exposure" and one.where == where), 0.0)
    if abs(off) < 0.5 * entry.measure.value:
        return "advice.tone_error", {}
    stops = 3 * math.log2((_MIDDLE + 16) / max(_MIDDLE + 16 + off, 8.0))  # L* is a cube root of light
    rounded = max(0.5, round(abs(stops) * 2) / 2)
    return ("advice.too_dark" if stops > 0 else "advice.too_bright"), {"stops": f"{rounded:g}"}
