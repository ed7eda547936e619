"""Inspections in words: one line for people, one JSON object for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heritage3d import messages
from heritage3d.pipeline.progress import printable
from heritage3d.quality.advising import advice, causes
from heritage3d.quality.inspecting import Inspection
from heritage3d.quality.measure import Finding, Judged, Measure, Verdict

COLOURS: dict[Verdict, str] = {"pass": "green", "warn": "yellow", "fail": "red"}
# What a line of a good capture shows of the figures without a limit.
_SHOWN = ("edge_blur", "brightest", "skew")


def line(inspection: Inspection) -> str:
    """What a person reads behind the file and the verdict."""
    if inspection.error:
        error = inspection.error
        return printable(f"{error.code} {_joined(error.what(), error.cure())}")
    wrong = [entry for entry in inspection.judged if entry.verdict != "pass"]
    said = _of_limits(wrong, inspection) if wrong else []
    soft = any(entry.measure.name == "sampling_efficiency" for entry in wrong)
    # An edge of the target has said it already, and better.
    said += [finding(entry) for entry in inspection.findings if not (soft and entry.name == "blurred")]
    return printable(messages.text("inspect.stop").join(said) if said else figures(inspection))


def figures(inspection: Inspection) -> str:
    """Size, resolution, stars and the figures that have no limit, separated by commas."""
    facts = inspection.facts
    if not facts:
        return ""
    parts = [messages.text("inspect.size", **facts)]
    if facts["ppi"]:
        parts.append(messages.text("inspect.ppi", ppi=f"{facts['ppi']:g}"))
    if inspection.targets:
        parts.append(messages.text("inspect.targets", count=inspection.targets))
    if stars := [entry.stars for entry in inspection.judged if entry.stars is not None]:
        parts.append(messages.text("inspect.stars", stars=min(stars)))
    parts += [f"{label(entry.name)} {_shown(entry)}" for entry in inspection.measures if entry.name in _SHOWN]
    return messages.text("inspect.comma").join(parts)


def finding(found: Finding) -> str:
    """What is wrong, and what to change."""
    what = messages.text(f"finding.{found.name}", **found.fields)
    return _joined(what, messages.text(f"advice.{found.name}", **found.fields))


def label(measure: str) -> str:
    """The name of a figure in the language of this process."""
    try:
        return messages.text(f"measure.{measure}")
    except KeyError:
        return measure


def named(measure: Measure) -> str:
    """The name of a figure with the place where it was measured."""
    return f"{label(measure.name)} {_place(measure.where)}".rstrip()


def as_dict(inspection: Inspection) -> dict[str, Any]:
    """For machines: names that do not change with the language, and the sentences in the chosen one."""
    error = inspection.error
    return {
        "file": inspection.file,
        "verdict": inspection.verdict,
        **inspection.facts,
        "targets": inspection.targets,
        "measures": [
            {"name": entry.name, "value": entry.value, "unit": entry.unit, "where": entry.where}
            for entry in inspection.measures
        ],
        "judged": [
            {
                "name": entry.measure.name,
                "where": entry.measure.where,
                "value": entry.measure.value,
                "verdict": entry.verdict,
                "stars": entry.stars,
                "limit": entry.limit,
                "source": entry.source,
                "cure": "" if entry.verdict == "pass" else _cure(entry, inspection),
            }
            for entry in inspection.judged
        ],
        "findings": [finding_dict(entry) for entry in inspection.findings],
        "error": {"code": error.code, "what": error.what(), "cure": error.cure()} if error else None,
    }


def finding_dict(found: Finding) -> dict[str, Any]:
    """A finding for machines."""
    return {
        "name": found.name,
        "verdict": found.verdict,
        "what": messages.text(f"finding.{found.name}", **found.fields),
        "cure": messages.text(f"advice.{found.name}", **found.fields),
        **found.fields,
    }


def _of_limits(wrong: Sequence[Judged], inspection: Inspection) -> list[str]:
    """All figures beyond their limits, then what to change, each advice once."""
    figures = [_of_limit(entry) for entry in sorted(wrong, key=lambda entry: entry.verdict)]
    end = "。" if messages.language() == "zh-Hans" else "."
    cures = dict.fromkeys(_cure(entry, inspection) for entry in causes(wrong))
    return [messages.text("inspect.comma").join(figures) + end, *(cure for cure in cures if cure)]


def _of_limit(entry: Judged) -> str:
    measure = entry.measure
    limit = "–" if entry.limit is None else value_of(entry.limit, "%" if measure.unit == "%" else "")
    return messages.text("inspect.limit", name=named(measure), value=value_of(measure.value, measure.unit), limit=limit)


def _place(where: str) -> str:
    try:
        return messages.text(f"place.{where}")
    except KeyError:
        return where


def _cure(entry: Judged, inspection: Inspection) -> str:
    key, fields = advice(entry, inspection.measures, inspection.light)
    try:
        return messages.text(key, **fields)
    except KeyError:
        return ""


def _shown(entry: Measure) -> str:
    # A sharp picture is one that is sharp to the pixel; how much below means nothing.
    if entry.name == "edge_blur" and entry.value < 0.5:
        return "<0.5 px"
    return value_of(entry.value, entry.unit)


def value_of(value: float, unit: str) -> str:
    """L* stands before its figure, other units behind."""
    shown = f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
    if unit.endswith("*") or unit.startswith("Δ"):
        return f"{unit} {shown}"
    return f"{shown}°" if unit == "deg" else f"{shown} {unit}".rstrip()


def _joined(what: str, cure: str) -> str:
    return messages.text("inspect.cure", what=what, cure=cure).rstrip()
