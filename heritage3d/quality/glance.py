"""What a picture says of itself without a target, in one pass: exposure, focus, motion, bands, skew.

The figures come from samples (see quality.samples): one of ``step`` x ``step`` pixels for exposure, at most
64 patches of 96 x 96 pixels for focus and motion, 12 stripes of columns and 8 of rows for bands.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.correction.skew import measure_skew
from heritage3d.quality.banding import Bands, bands
from heritage3d.quality.exposure import Exposure, exposure
from heritage3d.quality.measure import Finding, Measure, Verdict
from heritage3d.quality.motion import Motion, motion
from heritage3d.quality.samples import Samples
from heritage3d.quality.sharpness import Sharpness, sharpness


@dataclass(frozen=True)
class Limit:
    """From which value on a figure is worth a warning and a failure (None: it never fails a picture)."""

    warn: float
    fail: float | None

    def judge(self, value: float) -> Verdict:
        """The verdict on a figure of which less is better."""
        if self.fail is not None and value >= self.fail:
            return "fail"
        return "warn" if value >= self.warn else "pass"


# No standard states limits for pictures without a target. These lie above everything that was measured on
# pictures that look good (docs/guide/en/quality.md), and below what a reader notices.
LIMITS = {
    "clipped_highlights": Limit(0.5, 3.0),
    "rim_highlights": Limit(25.0, None),  # it may be a white table, so it never fails
    "clipped_shadows": Limit(2.0, None),  # deep shadows hold little; black parts of an object exist
    "edge_blur": Limit(1.8, 2.8),
    "motion_blur": Limit(6.0, 8.0),
    "skew": Limit(2.0, None),  # `correct` sets it right
    "bands": Limit(0.4, 1.5),
    "fine_bands": Limit(1.5, 3.0),  # as close as the laid lines of paper may lie
}
_DARK = 60.0  # L* of the brightest parts; paper in good light has 85 to 95
_AIM = 0.7  # linear light of paper: L* 87
_SKEW_PIXELS = 160_000  # show the direction of writing to 0.1 degree
_SEARCHED, _MAX_SKEW = 13.0, 8.0  # degrees; what is turned further than the second is meant so
_FINE_PX = 30.0  # laid lines are 0.7 to 1.5 mm apart: 30 px at 500 ppi
_SIDE = 1.7  # times as soft as the opposite side
_FEWEST_CELLS = 4  # of the focus map


class Glance:
    """Takes the strips of one picture as Master.strips() yields them; then tells figures and findings."""

    def __init__(self, width: int, height: int, channels: int, depth: int, *, skew: bool = True) -> None:
        """``skew=False`` leaves the skew out, which costs several times what all the rest costs."""
        self.samples = Samples(width, height, channels, depth)
        self._with_skew = skew

    def add(self, strip: np.ndarray) -> None:
        """The next rows, (rows, width, channels) uint8 or uint16 sRGB; valid only during the call."""
        self.samples.add(strip)

    @functools.cached_property
    def exposure(self) -> Exposure:
        """What is clipped and how bright the picture is."""
        return exposure(self.samples.thinned)

    @functools.cached_property
    def sharpness(self) -> Sharpness:
        """The focus map: blur of the edges in each cell, NaN (unknown) where a cell is blank."""
        return sharpness(self.samples.patches, self.samples.grid)

    @functools.cached_property
    def motion(self) -> Motion:
        """Length and direction of a shift during the exposure."""
        return motion(self.samples.patches, self.sharpness)

    @functools.cached_property
    def bands(self) -> tuple[Bands, Bands]:
        """Horizontal bands (the level changes from row to row), then vertical ones."""
        down = np.stack(self.samples.down) if self.samples.down else np.zeros((0, 0), np.float32)
        return bands(self.samples.across), bands(down)

    @functools.cached_property
    def skew(self) -> float | None:
        """Degrees by which the writing is turned clockwise; None where there is none, or where it is meant so."""
        if not self._with_skew:
            return None
        thinned = self.samples.thinned
        grey = cv2.cvtColor(thinned, cv2.COLOR_RGB2GRAY) if thinned.shape[2] == 3 else thinned[..., 0]
        height, width = grey.shape
        scale = min(1.0, math.sqrt(_SKEW_PIXELS / grey.size))
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        angle = measure_skew(small, np.ones(small.shape, bool), [], _SEARCHED).angle_deg
        return angle if angle is not None and abs(angle) <= _MAX_SKEW else None

    @property
    def blur(self) -> float | None:
        """Sigma of the blur of edges in px, median of the cells that have edges; None where too few have."""
        return float(np.nanmedian(self.sharpness.blur)) if self.sharpness.known >= _FEWEST_CELLS else None

    def measures(self) -> list[Measure]:
        """All figures that could be measured; what is unknown (the focus of a blank page) is absent."""
        light = self.exposure
        found = [
            Measure("clipped_highlights", round(light.highlights, 3), "%"),
            Measure("rim_highlights", round(light.rim_highlights, 3), "%"),
            Measure("clipped_shadows", round(light.shadows, 3), "%"),
            Measure("brightest", round(light.lightness, 1), "L*"),
        ]
        if self.blur is not None:
            place, worst = self._softest()
            found.append(Measure("edge_blur", round(self.blur, 2), "px"))
            found.append(Measure("edge_blur_softest", round(worst, 2), "px", place))
            found.append(Measure("motion_blur", round(self.motion.length, 1), "px"))
            if self.motion.length:
                found.append(Measure("motion_direction", round(self.motion.direction), "deg"))
        if self.skew is not None:
            found.append(Measure("skew", round(self.skew, 1) + 0.0, "deg"))
        for name, band in zip(("bands_horizontal", "bands_vertical"), self.bands, strict=True):
            if band.known:
                found.append(Measure(name, round(band.amplitude, 2), "%"))
        return found

    def findings(self) -> list[Finding]:
        """What is wrong, gravest first, and ``focus_unknown`` (verdict pass) where no edge was found."""
        found = [*self._of_light(), *self._of_focus(), *self._of_bands()]
        if self.skew is not None and (verdict := LIMITS["skew"].judge(abs(self.skew))) != "pass":
            found.append(Finding("skew", verdict, {"degrees": round(self.skew, 1)}))
        return sorted(found, key=lambda entry: ("fail", "warn", "pass").index(entry.verdict))

    def _of_light(self) -> list[Finding]:
        light = self.exposure
        found = [
            Finding(name, verdict, {"percent": round(share, 1), "stops": 0.5 if share < 2 else 1})
            for name, share in (("clipped_highlights", light.highlights), ("rim_highlights", light.rim_highlights),
                                ("clipped_shadows", light.shadows))
            if (verdict := LIMITS[name].judge(share)) != "pass"
        ]  # fmt: skip
        if light.lightness < _DARK:
            stops = min(6.0, math.log2(_AIM / max(light.bright, 1e-3)))
            found.append(Finding("dark", "warn", {"lightness": round(light.lightness), "stops": f"{_halves(stops):g}"}))
        return found

    def _of_focus(self) -> list[Finding]:
        if self.blur is None:
            return [Finding("focus_unknown", "pass")]
        if self.motion.length:
            fields = {"pixels": round(self.motion.length), "degrees": round(self.motion.direction)}
            return [Finding("motion_blur", LIMITS["motion_blur"].judge(self.motion.length), fields)]
        verdict = LIMITS["edge_blur"].judge(self.blur)
        if verdict != "pass":
            return [Finding("blurred", verdict, {"pixels": round(self.blur, 1)})]
        sides = self._sides()
        for side, opposite in (("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top")):
            here, there = sides.get(side), sides.get(opposite)
            if here is not None and there is not None and here >= max(LIMITS["edge_blur"].warn, _SIDE * there):
                return [Finding(f"soft_{side}", "warn", {"pixels": round(here, 1), "other": round(there, 1)})]
        return []

    def _of_bands(self) -> list[Finding]:
        return [
            Finding(name, verdict, {"percent": round(band.amplitude, 1), "period": round(band.period)})
            for name, band in zip(("bands_horizontal", "bands_vertical"), self.bands, strict=True)
            if (verdict := LIMITS["fine_bands" if band.period < _FINE_PX else "bands"].judge(band.amplitude)) != "pass"
        ]

    def _sides(self) -> dict[str, float]:
        """Blur of the outer thirds of the focus map: of their sharper cells, where enough are known."""
        blur = self.sharpness.blur
        rows, columns = (max(1, round(count / 3)) for count in blur.shape)
        thirds = {"left": blur[:, :columns], "right": blur[:, -columns:], "top": blur[:rows], "bottom": blur[-rows:]}
        return {
            side: float(np.nanpercentile(cells, 25))  # a soft shadow is no sign of focus; sharp edges are
            for side, cells in thirds.items()
            if np.isfinite(cells).sum() >= _FEWEST_CELLS
        }

    def _softest(self) -> tuple[str, float]:
        """The softest side and its blur; the whole picture where no side is softer."""
        sides = self._sides()
        side = max(sides, key=lambda name: sides[name], default="")
        whole = self.blur or 0.0
        return (side, sides[side]) if side and sides[side] > whole else ("", whole)


def _halves(stops: float) -> float:
    """To the half stop, as lenses have them; at least half a stop."""
    return max(0.5, round(stops * 2) / 2)
