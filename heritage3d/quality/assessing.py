"""What is published of the quality of an object's pictures: sentences in every language, and colour charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from heritage3d import messages
from heritage3d.errors import gathered
from heritage3d.pipeline.stage import Artefact
from heritage3d.quality import telling
from heritage3d.quality.inspecting import Inspection, inspect, worst
from heritage3d.quality.measure import Finding, Judged, Measure

Words = dict[str, str]  # language -> text
_Told = TypeVar("_Told")

_MEASURES: TypeAdapter[tuple[Measure, ...]] = TypeAdapter(tuple[Measure, ...])
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])


def assess(pages: Sequence[Artefact], targets: Sequence[Artefact], dest: Path, category: str) -> dict[str, Any]:
    """Judge the shots of targets, gather what was measured of the pages, and write a colour chart for each target.

    ``pages`` are image services whose stage measured them in passing. Returns what AssessEvidence holds.
    Raises ObjectErrors where a shot of a target cannot be read.
    """
    told = [entry for entry in map(_page, pages) if entry]
    judged = [(target, inspect(target.path, category=category, known_as=_file_of(target))) for target in targets]
    faults = [inspection.error for _, inspection in judged if inspection.error]
    if faults:
        raise gathered(faults)
    names = dict.fromkeys(name for entry in told for name in entry["figures"])
    return {
        "category": category,
        "labels": {name: _in_every_language(telling.label, name) for name in names},
        "pages": told,
        "targets": [_target(target.name, inspection, dest) for target, inspection in judged],
    }


def _file_of(target: Artefact) -> str:
    return str(target.evidence.get("file") or target.path.name)


def _page(page: Artefact) -> dict[str, Any] | None:
    """The verdict on a page, or None where its stage did not measure it."""
    measures = _MEASURES.validate_python(page.evidence.get("quality") or ())
    findings = _FINDINGS.validate_python(page.evidence.get("findings") or ())
    if not measures:
        return None
    return {
        "name": page.name,
        "address": page.address,
        "verdict": worst(entry.verdict for entry in findings),
        "notes": [_in_every_language(telling.finding, entry) for entry in findings],
        "figures": {entry.name: telling.value_of(entry.value, entry.unit) for entry in measures},
    }


def _target(name: str, inspection: Inspection, dest: Path) -> dict[str, Any]:
    chart = None
    if inspection.chart:
        chart = f"{name}.jpg"
        (dest / chart).write_bytes(inspection.chart)
    stars = [entry.stars for entry in inspection.judged if entry.stars is not None]
    return {
        "name": name,
        "verdict": inspection.verdict,
        "charts": inspection.targets,
        "stars": min(stars, default=None),
        "chart": chart,
        "notes": [_in_every_language(telling.line, inspection)],
        "figures": [_judged(entry) for entry in inspection.judged],
    }


def _judged(entry: Judged) -> dict[str, Any]:
    measure = entry.measure
    return {
        "label": _in_every_language(telling.named, measure),
        "value": telling.value_of(measure.value, measure.unit),
        "limit": None if entry.limit is None else telling.value_of(entry.limit, measure.unit),
        "verdict": entry.verdict,
        "stars": entry.stars,
        "source": entry.source,
    }


def _in_every_language(say: Callable[[_Told], str], what: _Told) -> Words:
    told: Words = {}
    for language in messages.LANGUAGES:
        with messages.speaking(language):
            told[language] = say(what)
    return told
