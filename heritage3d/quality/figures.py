"""What targets say about a frame: colour, tone, noise, light, sharpness, scale.

Names and units are those of limits.yaml and of the messages. ``where`` is empty, or ``target-2`` when a frame holds
several targets, ``across`` or ``down`` for detail along rows or columns, the name of a grey (``white-9.5``), or
``ruler`` for a resolution that was read from a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from heritage3d.image.lab import ciede2000, lab, luminance
from heritage3d.quality.edges import find_edges
from heritage3d.quality.light import ground_light
from heritage3d.quality.measure import Measure
from heritage3d.quality.reference import GREYS, Edition, Reference, proportions, reference
from heritage3d.quality.ruler import find_ruler
from heritage3d.quality.sfr import FREQUENCIES, NYQUIST, Edge, crossing
from heritage3d.quality.targets import Target


def target_measures(
    pixels: np.ndarray, targets: Sequence[Target], *, ppi: float | None = None, edition: Edition | None = None
) -> list[Measure]:
    """The figures of the targets in ``pixels``, (h, w, 1 or 3) uint8 or uint16 sRGB.

    ``ppi`` from the sheet or the file's header, where known; a millimetre rule in the frame is believed more.
    ``edition`` of the chart's colours; where unknown, each target is compared with the edition that it fits better.
    """
    if not targets:
        return []
    measures: list[Measure] = []
    for number, target in enumerate(targets, start=1):
        where = f"target-{number}" if len(targets) > 1 else ""
        measures += _of_target(target, _edition(target, edition), where, colour=pixels.shape[2] == 3)
    measures += _of_light(pixels, targets)
    measures += _of_detail(find_edges(pixels, targets))
    return [*measures, *_of_scale(pixels, targets, ppi)]


def compared(target: Target, edition: Edition | None = None) -> tuple[Reference, np.ndarray, np.ndarray]:
    """The reference of a target, its measured CIELAB (24, 3), and CIEDE2000 between them (24,).

    A target in a picture without colour is compared with the reference without colour.
    """
    known, seen = _edition(target, edition), lab(target.rgb)
    if not np.ptp(target.rgb, axis=1).any():
        level = luminance(known.light)[:, None].repeat(3, axis=1)
        known = replace(known, light=level, reachable=lab(level))
    return known, seen, ciede2000(seen, known.reachable)


def _edition(target: Target, edition: Edition | None) -> Reference:
    if edition:
        return reference(edition)
    seen = lab(target.rgb)
    both = (reference("after-2014"), reference("before-2014"))
    return min(both, key=lambda known: float(ciede2000(seen, known.reachable).mean()))


def _of_target(target: Target, known: Reference, where: str, colour: bool) -> Iterator[Measure]:
    seen = lab(target.rgb)
    greys, right = seen[GREYS], known.reachable[GREYS]
    if colour:
        different = ciede2000(seen, known.reachable)
        yield Measure("colour_mean", float(different.mean()), "ΔE00", where)
        yield Measure("colour_p90", float(np.percentile(different, 90)), "ΔE00", where)
        yield Measure("colour_max", float(different.max()), "ΔE00", where)
        tint = greys[:, 1:] - right[:, 1:]
        yield Measure("white_balance", float(np.hypot(*tint.T).max()), "ΔE(a*b*)", where)
        yield Measure("white_balance_a", float(tint[:, 0].mean()), "Δa*", where)
        yield Measure("white_balance_b", float(tint[:, 1].mean()), "Δb*", where)
    level = greys[:, 0] - right[:, 0]
    yield Measure("tone_error", float(np.abs(level).max()), "ΔL*", where)
    yield Measure("exposure", float(np.median(level)), "ΔL*", where)
    yield Measure("gamma", _gamma(target, known), "", where)
    noise = target.lab_sd[GREYS]
    yield Measure("noise", float(noise.max()), "L*", where)
    for name, one, sd in zip(known.names[GREYS], level, noise, strict=True):
        tone = f"{where}/{name}".replace(" ", "-").lstrip("/")
        yield Measure("tone", float(one), "ΔL*", tone)
        yield Measure("noise_of_tone", float(sd), "L*", tone)
    yield Measure("clipped_patches", float(target.clipped), "", where)


def _gamma(target: Target, known: Reference) -> float:
    """Slope of measured over true light of the greys in logarithms (1: the tones are as they should be)."""
    seen = np.maximum(luminance(target.rgb[GREYS]), 1e-4)
    return float(np.polyfit(np.log(luminance(known.light[GREYS])), np.log(seen), 1)[0])


def _of_light(pixels: np.ndarray, targets: Sequence[Target]) -> Iterator[Measure]:
    light = ground_light(pixels, targets)
    if light:
        yield Measure("light_spread", 100 * light.spread, "%")
        yield Measure("light_fall_off", 100 * light.fall_off, "%")
    elif len(targets) > 1:
        # The same chart, lit differently: the ratio of what its greys send back.
        whites = np.array([np.exp(np.log(luminance(target.rgb[18:22])).mean()) for target in targets])
        yield Measure("light_fall_off", float(100 * (1 - whites.min() / whites.max())), "%")


def _of_detail(edges: list[Edge]) -> Iterator[Measure]:
    nyquist = int(np.searchsorted(FREQUENCIES, NYQUIST))
    for where, across in (("across", True), ("down", False)):
        found = [edge.response for edge in edges if edge.across == across]
        if not found:
            continue
        response = np.median(found, axis=0)
        efficiency = min(100.0, 100 * crossing(response, 0.1) / NYQUIST)
        yield Measure("sampling_efficiency", efficiency, "%", where)
        yield Measure("sfr50", min(crossing(response, 0.5), 1.0), "cy/px", where)
        yield Measure("sfr_nyquist", float(response[nyquist]), "", where)
        yield Measure("sharpening", float(response[: nyquist + 1].max()), "", where)
    shift = misregistration(edges)
    if shift is not None:
        yield Measure("misregistration", shift, "px")


def misregistration(edges: Sequence[Edge]) -> float | None:
    """The longest distance in pixels between two channels; None without neutral edges in two directions.

    Every edge shows the part of a shift that lies across it; the shift of red and of blue beside green is the vector
    that explains all edges best.
    """
    neutral = [(edge.normal, edge.shifts) for edge in edges if edge.shifts is not None]
    if len({edge.across for edge in edges if edge.shifts is not None}) < 2:
        return None
    normals = np.array([normal for normal, _shifts in neutral])
    moved = np.linalg.lstsq(normals, np.array([shifts for _normal, shifts in neutral]), rcond=None)[0].T
    return float(max(np.hypot(*moved[0]), np.hypot(*moved[1]), np.hypot(*(moved[0] - moved[1]))))


def _of_scale(pixels: np.ndarray, targets: Sequence[Target], ppi: float | None) -> Iterator[Measure]:
    ruler = find_ruler(pixels)
    if ruler:
        yield Measure("ppi", ruler.ppi, "ppi", "ruler")
        if ppi:
            yield Measure("ppi_error", 100 * (ppi / ruler.ppi - 1), "%")
    elif ppi:
        yield Measure("ppi", float(ppi), "ppi")
    largest = targets[0]
    nominal = proportions(largest.model)
    pitch = float(np.sqrt(largest.pitch_px[0] * largest.pitch_px[1]))
    # Charts of other sizes look the same, and the maker states no pitch: an estimate, never judged.
    how = f"{largest.model}±{100 * nominal.uncertain:.0f}%"
    yield Measure("ppi_by_target", pitch / nominal.pitch_mm * 25.4, "ppi", how)
