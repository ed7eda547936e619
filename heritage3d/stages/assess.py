"""assess: what the quality of an object's pictures is, for its evidence page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Reads, stage

Verdict = Literal["pass", "warn", "fail"]


class FigureEvidence(Evidence):
    """One figure as people read it: its name in every language, its value with the unit, beside its limit."""

    label: dict[str, str]
    value: str
    limit: str | None
    verdict: Verdict
    stars: int | None
    source: str


class PageEvidence(Evidence):
    """What was measured of a page while it was cut (figure -> value), and what is wrong with it in every language."""

    name: str
    address: str
    verdict: Verdict
    notes: list[dict[str, str]]
    figures: dict[str, str]


class TargetEvidence(Evidence):
    """A shot of targets: how many were found in it, the fewest stars, and the picture of its colours."""

    name: str
    verdict: Verdict
    charts: int
    stars: int | None
    chart: str | None
    notes: list[dict[str, str]]
    figures: list[FigureEvidence]


class AssessEvidence(Evidence):
    """The quality of an object's pictures; ``quality/evidence.json`` holds the same.

    ``labels`` names the figures of the pages in every language.
    """

    category: str
    labels: dict[str, dict[str, str]]
    pages: list[PageEvidence]
    targets: list[TargetEvidence]


@stage(
    writes="image/quality",
    version=1,
    libraries=("opencv-python-headless", "pyvips-binary", "simplejpeg"),
    seconds_per_mb=0.05,
    bytes_out_per_byte=0.01,
)
def assess(
    parts: list[Annotated[Artefact, Reads("iiif/image", "image/target")]],
    dest: Path,
    *,
    category: Annotated[
        Literal["bound", "manuscript", "iso-19264-1"],
        Field(description="Which set of limits the shots of targets are held against, see the guide: quality.md"),
    ] = "manuscript",
) -> AssessEvidence:
    """Judge the quality of an object's pictures for its evidence page.

    Shots of colour targets (in the folder target) are measured and drawn as colour charts; of the pages it
    gathers what the stage tile measured in passing. A verdict below the limits never withholds an object:
    that is for the person at the copy stand, before the object leaves the table (the command inspect).
    """
    from heritage3d.quality import assessing

    pages = [part for part in parts if part.kind == "iiif/image"]
    targets = [part for part in parts if part.kind == "image/target"]
    told: dict[str, Any] = assessing.assess(pages, targets, dest, category)
    evidence = AssessEvidence.model_validate(told)
    (dest / "evidence.json").write_bytes(addresses.dump(evidence.model_dump(mode="json")))
    return evidence
