"""Pages whose skew is known: drawn ones from their generator, real ones from the transcription of their lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PELERINAGE = "pages/pelerinage/pennsylvania_660-pelerinageMademoiselleSapience"
REAL = ("0_36c2c_default", "6_22ffb_default")
_MAJUSCULE_PX = 34  # half the height of a line of writing there


@dataclass(frozen=True)
class Drawn:
    """The mean slope of lines in degrees clockwise with its standard error, measured in one way."""

    angle_deg: float
    error_deg: float
    lines: int


def opened(path: Path) -> np.ndarray:
    """(height, width, 3) uint8."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def rotated(pixels: np.ndarray, angle_deg: float, fill: tuple[int, int, int] | None = None) -> np.ndarray:
    """The same picture turned clockwise about its middle by Lanczos; its border goes on, or ``fill`` does."""
    height, width = pixels.shape[:2]
    spin = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle_deg, 1.0)
    mode = cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT
    return cv2.warpAffine(pixels, spin, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=mode,
                          borderValue=fill or (0, 0, 0))  # fmt: skip


def archive_pages(folder: Path, seed: int = 1, scale: float = 1.0) -> dict[Path, float]:
    """Draw the ten pages of the sample volume; each with the angle by which its generator turned it clockwise."""
    return _caught("archive_volume", folder, seed, scale)


def slips(folder: Path, seed: int = 1) -> dict[Path, float]:
    """Draw the six slips of the samples; they lie upright."""
    generator = _generator("bamboo_slips")
    generator.make(folder, seed, 1.0)
    return dict.fromkeys(sorted((folder / "pages").glob("*.tif")), 0.0)


def scroll_parts(folder: Path, seed: int = 1) -> dict[Path, float]:
    """Draw the four parts of the sample scroll, each with its turn."""
    generator = _generator("scroll")
    generator.make(folder, seed, 1.0)
    # A part turned by +a in its placement (part to whole, y down, counter-clockwise) shows the whole turned clockwise.
    return {folder / "pages" / part.file: part.rotation_deg for part in generator.placements(seed, 1.0)}


def _generator(name: str) -> Any:
    sys.path.insert(0, str(ROOT / "samples"))
    try:
        return __import__(f"generator.{name}", fromlist=[name])
    finally:
        sys.path.pop(0)


def _caught(name: str, folder: Path, seed: int, scale: float) -> dict[Path, float]:
    generator = _generator(name)
    turns: list[float] = []
    real = cv2.getRotationMatrix2D

    class Listening:
        """OpenCV, with an ear for the one call that turns a page."""

        def __getattr__(self, wanted: str) -> Any:
            return getattr(cv2, wanted)

        def getRotationMatrix2D(self, centre: Any, angle: float, size: float) -> Any:  # noqa: N802
            turns.append(-angle)
            return real(centre, angle, size)

    generator.cv2 = Listening()
    try:
        generator.make(folder, seed, scale)
    finally:
        generator.cv2 = cv2
    return dict(zip(sorted((folder / "pages").glob("*.jpg")), turns, strict=True))


def baselines(xml: Path) -> Iterator[np.ndarray]:
    """The long baselines of an ALTO file, each (points, 2)."""
    for text in re.findall(r'BASELINE="([^"]+)"', xml.read_text("utf-8")):
        line = np.array(text.split(), float).reshape(-1, 2)
        if line[-1, 0] - line[0, 0] > 1000:
            yield line


def as_drawn(xml: Path) -> Drawn:
    """The baselines as the transcribers drew them: two points each, set by hand."""
    slopes = [np.degrees(np.arctan(np.polyfit(*line.T, 1)[0])) for line in baselines(xml)]
    return _mean(slopes)


def as_inked(xml: Path, grey: np.ndarray) -> Drawn:
    """The ink along those baselines: a straight line through the middles of the writing, column by column."""
    ink = (grey < 95).astype(float)
    slopes = []
    for line in baselines(xml):
        x = np.arange(int(line[0, 0]) + 20, int(line[-1, 0]) - 20)
        middle = float(np.interp(x.mean(), *line.T)) - 22  # above the baseline
        slope, level = 0.0, middle
        for _ in range(30):
            rows = np.rint(slope * (x - x.mean()) + level).astype(int)[None, :]
            rows = rows + np.arange(-_MAJUSCULE_PX, _MAJUSCULE_PX + 1)[:, None]
            dark = ink[rows, x[None, :]]
            amount = dark.sum(axis=0)
            told = amount > 4
            centres = (dark * rows).sum(axis=0)[told] / amount[told]
            slope, level = np.polyfit((x - x.mean())[told], centres, 1, w=np.sqrt(np.minimum(amount[told], 30)))
        slopes.append(np.degrees(np.arctan(slope)))
    return _mean(slopes)


def _mean(slopes: list[Any]) -> Drawn:
    values = np.array(slopes, float)
    return Drawn(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), len(values))
