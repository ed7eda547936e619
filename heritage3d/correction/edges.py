"""The four sides of a region as straight lines, and the direction that they share.

Each side is sampled once per row or column of the overview and fitted with iteratively reweighted least
squares (Tukey's biweight), so that worn corners, tabs and shadows do not pull it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from heritage3d.correction.overview import Image

Name = Literal["left", "top", "right", "bottom"]
NAMES: tuple[Name, ...] = ("left", "top", "right", "bottom")

_MIDDLE = 0.06  # of a side left out at each corner
_WAVER = (1.5, 0.003, 4.0)  # how far from its line an edge may lie: pixels, and a share of its length, up to
_TOLERANCE = 0.35  # degrees: sides of one page agree so well


@dataclass(frozen=True)
class Side:
    """One side. ``angle_deg`` is its tilt, clockwise as people see it, from level or upright.

    ``straight`` is the share of its length that lies on the line, ``sigma_deg`` the standard error of the
    tilt; ``framed`` is true where the side is cut by the border of the picture (then the rest means nothing).
    """

    name: Name
    angle_deg: float
    sigma_deg: float
    straight: float
    length: int
    framed: bool

    @property
    def good(self) -> bool:
        """Whether it is a straight edge of the thing itself."""
        return not self.framed and self.straight >= 0.6 and self.length >= 40


@dataclass(frozen=True)
class EdgeDirection:
    """The direction that the sides share, clockwise as people see it; ``sides`` names them."""

    angle_deg: float
    sigma_deg: float
    sides: tuple[Name, ...]

    @property
    def sure(self) -> bool:
        """Whether enough sides agree."""
        return len(self.sides) >= 2 and self.sigma_deg <= 0.12


def sides_of(mask: Image) -> list[Side]:
    """The sides of a region (height, width) bool, in the order of ``NAMES``."""
    return [_side(mask, name) for name in NAMES]


def shared_direction(sides: list[Side]) -> EdgeDirection | None:
    """The direction on which most of the good sides agree (weighted by their length), None without two."""
    good = [side for side in sides if side.good]
    best: list[Side] = []
    for side in good:
        near = [other for other in good if abs(other.angle_deg - side.angle_deg) <= _TOLERANCE]
        if sum(other.length for other in near) > sum(other.length for other in best):
            best = near
    if len(best) < 2:
        return None
    angles = np.array([side.angle_deg for side in best])
    weights = np.array([side.length / (side.sigma_deg + 0.01) for side in best])
    angle = float((weights * angles).sum() / weights.sum())
    spread = float(np.sqrt((weights * (angles - angle) ** 2).sum() / weights.sum() / (len(best) - 1)))
    known = float(1 / np.sqrt(sum(1 / side.sigma_deg**2 for side in best)))
    return EdgeDirection(angle, max(spread, known), tuple(side.name for side in best))


def _side(mask: Image, name: Name) -> Side:
    along, at, last = _profile(mask, name)
    if len(along) < 20:
        return Side(name, 0.0, 9.0, 0.0, len(along), framed=False)
    trim = round(_MIDDLE * len(along))
    along, at = along[trim : len(along) - trim], at[trim : len(at) - trim]
    border = 0 if name in ("left", "top") else last
    framed = bool((np.abs(at - border) <= 2).mean() > 0.3)
    slope, offset = _line(along, at)
    away = np.abs(at - (slope * along + offset))
    allowed = min(_WAVER[0] + _WAVER[1] * len(along), _WAVER[2])
    near = away <= allowed
    straight = float(near.mean())
    # Neighbouring samples of one edge move together: about one in sixteen is independent.
    spread = float(np.sqrt((away[near] ** 2).mean())) + 0.3 if near.any() else 9.0
    error = spread / (len(along) / np.sqrt(12)) / np.sqrt(max(near.sum() / 16, 1))
    sign = 1.0 if name in ("top", "bottom") else -1.0
    angle = float(sign * np.degrees(np.arctan(slope)))
    return Side(name, angle, float(np.degrees(error)), straight, len(along), framed)


def _profile(mask: Image, name: Name) -> tuple[Image, Image, int]:
    """Position along the side, position of the edge there, and the last position that the picture has."""
    rows = mask if name in ("left", "right") else mask.T
    rows = rows if name in ("left", "top") else rows[:, ::-1]
    last = rows.shape[1] - 1
    held = np.flatnonzero(rows.any(axis=1))
    at = rows[held].argmax(axis=1).astype(np.float64)
    return held.astype(np.float64), at if name in ("left", "top") else last - at, last


def _line(along: Image, at: Image) -> tuple[float, float]:
    """Slope and offset of a line through most of the points."""
    # Start from the median of slopes over long distances, which half of the points cannot spoil.
    half = len(along) // 2
    slopes = (at[half : 2 * half] - at[:half]) / (along[half : 2 * half] - along[:half])
    slope = float(np.median(slopes))
    offset = float(np.median(at - slope * along))
    for _ in range(12):
        off = at - slope * along - offset
        scale = max(1.4826 * float(np.median(np.abs(off))), 0.6)
        weight = np.clip(1 - (off / (4.685 * scale)) ** 2, 0, None) ** 2
        total = weight.sum()
        if total < 5:
            break
        middle = (weight * along).sum() / total
        level = (weight * at).sum() / total
        spread = (weight * (along - middle) ** 2).sum()
        if spread <= 0:
            break
        slope = float((weight * (along - middle) * (at - level)).sum() / spread)
        offset = float(level - slope * middle)
    return slope, offset
