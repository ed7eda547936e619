"""How far a page is turned: its writing decides, its edges where there is no writing, nobody where neither is sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from heritage3d.correction.directions import Direction, directions
from heritage3d.correction.edges import EdgeDirection, Side, shared_direction
from heritage3d.correction.overview import Image

Source = Literal["lines", "columns", "edges", "none"]
Verdict = Literal["turned", "straight", "unknown", "contradictory", "too-far", "asked", "never"]

STRAIGHT_DEG = 0.1  # less is not turned: it would cost a resampling and show nothing
_SLENDER = 4.0  # length to width: a slip's long edges know better than its one column of signs
_CONTRADICTION_DEG = 1.5


@dataclass(frozen=True)
class Skew:
    """How far a page is turned clockwise, in degrees, with its standard error, and who says so.

    ``angle_deg`` is None where nothing tells. ``writing`` and ``edges`` hold all that was measured.
    """

    angle_deg: float | None
    sigma_deg: float | None
    source: Source
    verdict: Verdict
    writing: tuple[Direction, ...] = ()
    edges: EdgeDirection | None = None

    @property
    def turn_deg(self) -> float:
        """What is taken back: the angle where the page is to be turned, else 0."""
        return self.angle_deg if self.verdict in ("turned", "asked") and self.angle_deg else 0.0


def measure_skew(grey: Image, mask: Image, sides: list[Side], max_deg: float) -> Skew:
    """The skew of what lies within ``mask``; ``sides`` are its edges where they are its own, else empty.

    ``grey`` is (height, width) float32 in 0..255. Beyond ``max_deg`` nothing is turned: the verdict is "too-far".
    """
    short, long = sorted(cv2.minAreaRect(_points(mask))[1]) if mask.any() else (0.0, 0.0)
    edges = shared_direction(sides)
    writing = tuple(directions(grey, _core(mask, short), max_deg + 2))
    text = next((entry for entry in writing if entry.sure), None)
    firm = edges if edges is not None and edges.sure else None
    if firm is not None and (text is None or long >= _SLENDER * short):
        found: tuple[float, float, Source] = (firm.angle_deg, firm.sigma_deg, "edges")
    elif text is not None:
        found = (text.angle_deg, text.sigma_deg, text.axis)
    else:
        return Skew(None, None, "none", "unknown", writing, edges)
    verdict: Verdict = "turned"
    if text is not None and firm is not None and _contradict(text, firm):
        verdict = "contradictory"
    elif abs(found[0]) > max_deg:
        verdict = "too-far"
    elif abs(found[0]) < max(STRAIGHT_DEG, 2 * found[1]):
        verdict = "straight"
    return Skew(*found, verdict, writing, edges)


def _contradict(text: Direction, edges: EdgeDirection) -> bool:
    apart = abs(text.angle_deg - edges.angle_deg)
    return apart > max(_CONTRADICTION_DEG, 4 * float(np.hypot(text.sigma_deg, edges.sigma_deg)))


def _points(mask: Image) -> Image:
    outlines = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    return np.concatenate(outlines)


def _core(mask: Image, short: float) -> Image:
    """The mask without its rim, where the edge of the page would count as a line."""
    rim = max(2, round(0.02 * short))
    element = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * rim + 1, 2 * rim + 1))
    return np.asarray(cv2.erode(mask.astype(np.uint8), element, borderValue=0) > 0)
