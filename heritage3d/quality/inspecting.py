"""One capture inspected: decoded once, every figure taken on the way, one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from heritage3d.errors import Heritage3dError
from heritage3d.image.encode import encode
from heritage3d.image.raster import Raster, open_raster
from heritage3d.quality.advising import light_of_sides
from heritage3d.quality.colour_chart import draw_chart
from heritage3d.quality.figures import target_measures
from heritage3d.quality.fingerprint import fingerprint
from heritage3d.quality.glance import Glance
from heritage3d.quality.limits import judge
from heritage3d.quality.measure import Finding, Judged, Measure, Verdict
from heritage3d.quality.series import Capture
from heritage3d.quality.targets import find_targets

#: Pictures up to so many bytes are held in memory: 100 megapixels of 16-bit colour.
_ROOM = 600 << 20
THUMBNAIL = 320
_QUALITY, _CHART_QUALITY = 80, 92
_ORDER: tuple[Verdict, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True)
class Inspection:
    """What is known of one file. ``file`` is its path as the person gave it.

    ``facts``: width, height (px, upright), format, bits, profile, ppi; empty where ``error`` says why the file
    could not be read. ``judged``: figures of targets beside their limits. ``light``: of each side (see
    quality.advising). ``capture``: for the series. ``thumbnail``: JPEG, at most THUMBNAIL px; ``chart``:
    JPEG, the colour chart, where a target was found.
    """

    file: str
    verdict: Verdict
    facts: dict[str, Any] = field(default_factory=dict)
    targets: int = 0
    measures: list[Measure] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    light: dict[str, float] = field(default_factory=dict)
    error: Heritage3dError | None = None
    capture: Capture | None = field(default=None, repr=False)
    thumbnail: bytes = field(default=b"", repr=False)
    chart: bytes = field(default=b"", repr=False)


def inspect(path: Path, *, category: str, known_as: str = "", ppi: float | None = None) -> Inspection:
    """Judge one image file. What cannot be read becomes an inspection that failed, with its error.

    ``category`` names a set of limits (quality.limits). ``known_as``: how to name the file; ``ppi``: the
    resolution, where the technician knows it better than the file.
    """
    name = known_as or str(path)
    try:
        return _inspected(path, name, category, ppi)
    except Heritage3dError as error:
        error.fields["file"] = name
        error.__traceback__ = error.__cause__ = error.__context__ = None  # their frames would keep the file open
        return Inspection(name, "fail", error=error)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of them; pass where there is none."""
    return _ORDER[max((_ORDER.index(verdict) for verdict in verdicts), default=0)]


def _inspected(path: Path, name: str, category: str, ppi: float | None) -> Inspection:
    with open_raster(path, _ROOM) as raster:
        pixels = raster.pixels
        glance = Glance(pixels.shape[1], pixels.shape[0], pixels.shape[2], 8 * pixels.dtype.itemsize)
        glance.add(pixels)
        # A technician waits for the line: the glance is worked out beside the search for targets.
        with ThreadPoolExecutor(1) as beside:
            seen = beside.submit(lambda: (glance.findings(), glance.measures()))
            targets = find_targets(pixels)
            findings, plain = seen.result()
        dense = ppi or raster.ppi
        measures = target_measures(pixels, targets, ppi=dense) if targets else []
        chart = encode(draw_chart(pixels, targets), "jpg", _CHART_QUALITY) if targets else b""
    judged = judge(measures, category) if measures else []
    thinned = glance.samples.thinned
    return Inspection(
        name,
        worst([*(entry.verdict for entry in judged), *(entry.verdict for entry in findings)]),
        _facts(raster, dense),
        len(targets),
        [*measures, *plain],
        judged,
        findings,
        light_of_sides(thinned),
        capture=Capture(name.rpartition("/")[2], raster.header, raster.profile, fingerprint(thinned), glance.blur),
        thumbnail=_thumbnail(thinned),
        chart=chart,
    )


def _facts(raster: Raster, ppi: float | None) -> dict[str, Any]:
    width, height = raster.header.upright
    return {
        "width": width,
        "height": height,
        "format": raster.header.format,
        "bits": raster.header.bits,
        "profile": raster.profile,
        "ppi": ppi,
    }


def _thumbnail(thinned: np.ndarray) -> bytes:
    height, width = thinned.shape[:2]
    scale = min(1.0, THUMBNAIL / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return encode(
        cv2.resize(thinned, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1), "jpg", _QUALITY
    )
