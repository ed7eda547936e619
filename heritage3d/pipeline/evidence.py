"""evidence.json: the measured figures of everything that was made for an object."""

from __future__ import annotations

from typing import Any

from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.plan import ObjectPlan


def evidence_of(plan: ObjectPlan) -> dict[str, Any]:
    """The measured figures of every published derivative of an object, by its place.

    ``intermediates``, by step and name: those of what was made on the way and is not published itself, such
    as the residuals of a stitched scroll or the angle of a deskewed page.
    """
    home = f"objects/{plan.object.id}/"
    figures = {
        place.removeprefix(home): {"kind": known.row.kind, "sha256": known.row.digest, **known.row.evidence}
        for known in plan.edition.artefacts()
        if (place := plan.edition.place(known.row)) is not None and known.row.evidence
    }
    on_the_way = {
        f"{known.slot[0]}/{known.row.name}": {"kind": known.row.kind, "sha256": known.row.digest, **known.row.evidence}
        for known in plan.edition.artefacts()
        if plan.edition.place(known.row) is None and known.row.evidence and not known.row.captured
    }
    told = {"object": plan.object.id, "derivatives": dict(sorted(figures.items()))}
    for known in plan.edition.artefacts():
        if (section := kind(known.row.kind).section) is not None:
            told[section] = known.row.evidence
    return told | ({"intermediates": dict(sorted(on_the_way.items()))} if on_the_way else {})
