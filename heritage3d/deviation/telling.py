"""A comparison in words: lines of a label and a figure, in the language of this process."""

from __future__ import annotations

from heritage3d import messages
from heritage3d.deviation.comparing import Bounds, Comparison, rounded


def lines(told: Comparison) -> list[tuple[str, str]]:
    """What the picture and the table say, the most important first."""
    known = told.scale == "known"
    result = [
        (messages.text("compare.greatest"), interval(told.deviation_mm, told.deviation_relative)),
        (
            messages.text("compare.first_to_second"),
            interval(told.first_to_second_mm, told.first_to_second_relative),
        ),
        (
            messages.text("compare.second_to_first"),
            interval(told.second_to_first_mm, told.second_to_first_relative),
        ),
        (messages.text("compare.rms"), _length(told.rms_mm, told.rms_relative)),
        (
            messages.text("compare.normals"),
            messages.text(
                "compare.spread", rms=f"{told.normals_degrees.rms:.2f}°", p95=f"{told.normals_degrees.p95:.2f}°"
            ),
        ),
    ]
    colour = told.colour_delta_e2000
    said = messages.text("compare.no_colour")
    if colour is not None:
        said = messages.text("compare.spread", rms=f"{colour.rms:.2f}", p95=f"{colour.p95:.2f}")
    result.append((messages.text("compare.colour"), said))
    for label, side in (("compare.first", told.first), ("compare.second", told.second)):
        figures = messages.text("compare.size", triangles=f"{side.triangles:,}", bytes=_bytes(side.bytes))
        result.append((messages.text(label), figures))
    if told.tolerance_relative is not None:
        asked = _length(told.tolerance_mm, told.tolerance_relative) if known else f"{told.tolerance_relative:.4%}"
        result.append((messages.text("compare.tolerance", value=asked), verdict(told)))
    return result


def verdict(told: Comparison) -> str:
    """Whether the tolerance is kept."""
    return messages.text("compare.kept" if told.within else "compare.broken")


def interval(in_mm: Bounds | None, relative: Bounds) -> str:
    """A proved interval, in one unit; percent of the diagonal where the scale is unknown."""
    bounds, factor, unit = (relative, 100.0, "%") if in_mm is None else (in_mm, 1.0, "mm")
    if unit == "mm" and bounds.upper < 0.2:
        factor, unit = 1000.0, "µm"
    low, high = bounds.lower * factor, bounds.upper * factor
    # Rounded outwards, so that what is read is true as well; as many digits as tell the ends apart.
    digits = 3
    while digits < 6 and (high - low) > 0 and rounded(low, digits) == rounded(high, digits):
        digits += 1
    ends = rounded(low, digits, down=True), rounded(high, digits, up=True)
    text = f"{_figure(ends[0], digits)} – {_figure(ends[1], digits)} {unit}"
    return text if bounds.closed else messages.text("compare.open", interval=text)


def _figure(value: float, digits: int) -> str:
    """With its last zeros, but without a power of ten where it can be helped."""
    return f"{value:#.{digits}g}".rstrip(".") if 1e-4 <= value < 1e5 else f"{value:.{digits}g}"


def _length(value: float | None, relative: float) -> str:
    if value is None:
        return f"{relative * 100:.3g} %"
    return f"{value * 1000:.3g} µm" if value < 0.2 else f"{value:.3g} mm"


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
