"""The colours of distances: from pale straw over orange to a dark violet, evenly to the eye."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.comparing import Pair

Reals = NDArray[np.float64]

# Lightness, chroma and hue (degrees) in Oklab (Ottosson, 2020): lightness falls evenly from end to end, so the order
# of the colours is also seen in grey and by those who do not tell red from green.
_PATH = np.array(
    [
        [0.95, 0.035, 100.0],
        [0.86, 0.110, 88.0],
        [0.77, 0.150, 66.0],
        [0.68, 0.170, 45.0],
        [0.58, 0.185, 25.0],
        [0.47, 0.170, 3.0],
        [0.35, 0.130, -25.0],
        [0.24, 0.090, -50.0],
    ]
)
# What is beyond the scale: a blue that the path never comes near.
_BEYOND = np.array([0.70, 0.145, 235.0])
_LIMIT_STEPS = 5
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_MICRONS = 0.2  # millimetres below which distances are told in micrometres
_SHOWN = 0.998  # of what is seen lies on the scale


@dataclass(frozen=True)
class Scale:
    """Colours for distances from 0 to ``top`` (millimetres where ``known``, else shares of ``diagonal`` are told).

    ``limited``: the top is a tolerance; ``exceeded``: something seen lies beyond the top.
    """

    top: float
    steps: int
    known: bool
    diagonal: float
    limited: bool
    exceeded: bool

    def light(self, distance: Reals) -> Reals:
        """Linear sRGB (n, 3) of distances."""
        table = _light(_along(np.linspace(0, 1, 1024)))
        place = np.clip(distance / self.top * 1023, 0, 1023)
        low = np.minimum(place.astype(np.int64), 1022)
        mix = table[low] + (table[low + 1] - table[low]) * (place - low)[:, None]
        return np.where((distance > self.top)[:, None], _light(_BEYOND[None]), mix)

    def said(self, distance: float) -> str:
        """A distance as people read it."""
        return length(distance, self.diagonal, known=self.known)

    @property
    def unit(self) -> str:
        """The unit of the figures at the steps."""
        if not self.known:
            return "%"
        return "mm" if self.top >= _MICRONS else "µm"

    def tick(self, step: int) -> str:
        """The figure at a step of the scale."""
        factor = {"mm": 1.0, "µm": 1000.0, "%": 100 / self.diagonal}[self.unit]
        return f"{self.top * step / self.steps * factor:.4g}"


def fitting(distances: Reals, pair: Pair) -> Scale:
    """The scale for what is seen: up to the tolerance, else to a round figure that nearly all lies below."""
    diagonal = pair.first.surface.diagonal
    greatest = float(distances.max(initial=0.0))
    if pair.tolerance is not None:
        return Scale(pair.tolerance, _LIMIT_STEPS, pair.known, diagonal, True, greatest > pair.tolerance)
    unit = 1.0 if pair.known else diagonal / 100
    most = float(np.quantile(distances, _SHOWN)) if len(distances) else 0.0
    most = max(most, greatest / 4, 1e-6 * diagonal)
    top = round_up(most / unit) * unit
    leading = round(top / unit / 10.0 ** math.floor(math.log10(top / unit) + 1e-9), 1)
    return Scale(top, 5 if leading in (1.0, 2.5, 5.0) else 4, pair.known, diagonal, False, greatest > top)


def length(value: float, diagonal: float, *, known: bool) -> str:
    """A length in µm or mm, or in percent of the diagonal where the scale is unknown."""
    if not known:
        return f"{value / diagonal * 100:.3g} %"
    return f"{value * 1000:.3g} µm" if value < _MICRONS else f"{value:.3f} mm" if value < 10 else f"{value:.4g} mm"


def round_up(value: float) -> float:
    """The next greater of 1, 2, 2.5, 5 and 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step for step in _ROUND if step * power >= value * (1 - 1e-9)) * power


def round_down(value: float) -> float:
    """The next smaller of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step for step in (1.0, 2.0, 5.0) if step * power <= value) * power


def linear(coded: Reals) -> Reals:
    """Light of sRGB values 0 to 1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def encoded(light: Reals) -> Reals:
    """sRGB values 0 to 1 of light; what is outside is cut."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def _along(share: Reals) -> Reals:
    """Lightness, chroma and hue at shares of the path."""
    stops = np.linspace(0, 1, len(_PATH))
    return np.column_stack([np.interp(share, stops, _PATH[:, column]) for column in range(3)])


def _light(colour: Reals) -> Reals:
    """Linear sRGB of Oklab given as lightness, chroma, hue."""
    level, chroma, hue = colour[:, 0], colour[:, 1], np.radians(colour[:, 2])
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (level + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (level - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (level - 0.0894841775 * a - 1.2914855480 * b) ** 3
    light = np.column_stack(
        [
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        ]
    )
    return np.clip(light, 0, 1)
