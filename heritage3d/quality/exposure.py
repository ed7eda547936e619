"""Exposure from the thinned picture: what is clipped, and how bright the brightest parts are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_WHITE, _BLACK = 254, 1  # 8-bit values that count as clipped
_BRIGHT = 99.5  # percentile
#: sRGB (IEC 61966-2-1) to linear light, by 8-bit value.
_LINEAR = np.array([value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
                    for value in np.arange(256) / 255])  # fmt: skip


@dataclass(frozen=True)
class Exposure:
    """Shares of the picture in percent; ``bright`` is the linear light (0 to 1) that 0.5 % of it exceeds.

    ``highlights`` and ``shadows`` leave out what touches the rim of the picture: a white table, a black cloth.
    ``rim_highlights`` is what was left out of the first.
    """

    highlights: float
    rim_highlights: float
    shadows: float
    bright: float

    @property
    def lightness(self) -> float:
        """CIE L* of ``bright`` (CIE 15:2004)."""
        light = self.bright
        return 116 * light ** (1 / 3) - 16 if light > 0.008856 else 903.3 * light


def exposure(thinned: np.ndarray) -> Exposure:
    """``thinned`` is (h, w, 1 or 3) uint8 sRGB of pixels that were not averaged: each keeps its clipping."""
    planes = [np.ascontiguousarray(thinned[..., at]) for at in range(thinned.shape[2])]
    # Two of three channels: one alone is most often a strong colour that sRGB does not reach.
    limit = [(plane >= _WHITE).view(np.uint8) for plane in planes]
    white = limit[0] if len(limit) == 1 else (limit[0] & limit[1]) | (limit[0] & limit[2]) | (limit[1] & limit[2])
    black = planes[0] if len(planes) == 1 else cv2.max(cv2.max(planes[0], planes[1]), planes[2])
    highlights, rim = _inside(white)
    shadows, _rim = _inside((black <= _BLACK).view(np.uint8))
    value = np.percentile(planes[len(planes) // 2], _BRIGHT)
    return Exposure(highlights, rim, shadows, float(np.interp(value, np.arange(256), _LINEAR)))


def _inside(mask: np.ndarray) -> tuple[float, float]:
    """Percent of the picture that is set and does not touch its rim, and that does."""
    whole = cv2.countNonZero(mask)
    if not whole:
        return 0.0, 0.0
    _count, labels = cv2.connectedComponents(mask, connectivity=8)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    touching = int(np.isin(labels, rim[rim > 0]).sum())
    return 100 * (whole - touching) / mask.size, 100 * touching / mask.size
