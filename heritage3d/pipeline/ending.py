"""How objects end: published, unchanged, withheld or failed, and remembered so."""

from __future__ import annotations

import hashlib
from pathlib import Path

from heritage3d.errors import NothingToPublish
from heritage3d.pipeline import publish
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.plan import CollectionPlan, ObjectPlan
from heritage3d.pipeline.results import ObjectResult, RunResult
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.tables import ArtefactRow
from heritage3d.pipeline.workflow import COLLECTION_KIND, SOURCE_KIND

_OBJECTS = "objects"  # the list of all published objects


def end(settings: Settings, plans: list[ObjectPlan]) -> list[ObjectResult]:
    """Publish the objects whose jobs are all done and good, withhold the others; all in one transaction."""
    ledger = settings.ledger
    ledger.begin()
    for plan in plans:
        _judge(plan)
    good = [plan for plan in plans if not plan.errors and not plan.stands]
    changed = {plan.object.id for plan, new in zip(good, publish.publish_objects(good), strict=True) if new}
    results, fared = [], []
    for plan in plans:
        name = plan.object.id
        if plan.errors:
            stays = ledger.was_published(name)
            state, published = ("withheld" if stays else "failed"), stays
        else:
            state, published = ("published" if name in changed else "unchanged"), True
        result = ObjectResult(name, state, tuple(plan.errors), plan.seconds, plan.jobs)
        told = [{"code": error.code, **error.fields} for error in plan.errors]
        fared.append((name, state, published, plan.seconds, told))
        results.append(result)
    ledger.record_objects(fared)
    for plan in good:
        plan.forget_gone()
    ledger.commit()
    return results


def _judge(plan: ObjectPlan) -> None:
    """See that there is something to publish, and that every error names the object and its file."""
    if not plan.errors and not plan.stands and not _shows_anything(plan):
        folder = plan.object.folder
        plan.errors.append(NothingToPublish(file=folder, detail="this workflow has no use for what it holds"))
    for error in plan.errors:
        error.fields.setdefault("object", plan.object.id)
        error.fields["file"] = _as_known(error.file, plan.object.folder)


def _shows_anything(plan: ObjectPlan) -> bool:
    """Whether the object has something to see besides its record."""
    ingest = {step.name for step in plan.steps if SOURCE_KIND in step.stage.reads}
    return any(known.slot[0] not in ingest for known in plan.edition.artefacts())


def _as_known(file: str, folder: Path) -> str:
    """A capture as the person knows it: relative to its object's folder."""
    path = Path(file)
    return path.relative_to(folder).as_posix() if folder in path.parents else file


def published_objects(ledger: Ledger, *, remember: bool = True) -> ArtefactRow | None:
    """The published objects as one artefact, None without any: its digest is that of all their parts.

    A forecast does not ``remember`` the digest in the ledger.
    """
    if (known := ledger.listed(_OBJECTS)) is None:
        digest, any_ = hashlib.sha256(), False
        for _object, place, sha256 in ledger.digests():
            digest.update(f"{sha256}  {place}\n".encode("utf-8", "surrogateescape"))
            any_ = True
        known = digest.hexdigest() if any_ else ""
        if remember:
            ledger.record_listed(_OBJECTS, known)
    return ArtefactRow(COLLECTION_KIND, "", known, ".", "", "", ()) if known else None


def end_collection(plan: CollectionPlan, result: RunResult) -> None:
    """Publish what the collection steps made, if they made it."""
    if plan.errors:
        result.error = plan.errors[0]
    else:
        result.changed |= publish.publish_collection(plan.settings, plan.edition.artefacts())
