"""Objects x steps -> jobs: what must run for an object, and what the ledger already holds.

The plan of an object unfolds while it runs, because only ingest knows how many pages there are. A plan
never touches another object, so one that fails stops nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline import addresses
from heritage3d.pipeline.asked import asked_of_one, stands
from heritage3d.pipeline.captures import CaptureObject, Captures, prints_below
from heritage3d.pipeline.digests import digest_of, print_of
from heritage3d.pipeline.edition import Edition, Known, Slot
from heritage3d.pipeline.job import Made, Outcome, Spec
from heritage3d.pipeline.places import locate, place_of
from heritage3d.pipeline.request import Given, Request, options_of, short_digest
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.tables import ArtefactRow
from heritage3d.pipeline.workflow import COLLECTION_KIND, SOURCE_KIND, Step


class ObjectPlan:
    """The jobs of one object, unfolding. ``advance`` gives the jobs that can start now."""

    def __init__(self, item: CaptureObject, settings: Settings, steps: tuple[Step, ...] | None = None) -> None:
        self.object = item
        self.settings = settings
        self.steps = settings.steps if steps is None else steps
        self.edition = Edition(item.id, self.steps)
        self.errors: list[Heritage3dError] = []
        self.seconds = 0.0
        self.jobs = 0  # jobs that ran (not those that the ledger held)
        self.seen: dict[str, str] = {}  # print of every capture, by path
        self.captures: Captures | None = None  # None until ``start``, and where the edition stands
        self.stands = False  # the published edition was made from just this, and lies there untouched
        self._open: dict[str, int] = {}  # step -> jobs under way
        self._failed: set[str] = set()  # steps with a failed job, or behind one
        self._asked = ""
        self._before: dict[Slot, str] = {}  # cache key of every job that the ledger remembers

    # --- unfolding ----------------------------------------------------------------------------------------

    def start(self) -> list[Spec]:
        """The first jobs: hash the captures whose digest is not known yet. None where the edition ``stands``.

        Fills ``errors`` where the row, the folder or a file cannot be used.
        """
        if self.object.errors:
            self.errors.extend(self.object.errors)
            return []
        try:
            self.seen = prints_below(self.object.folder)
        except Heritage3dError as error:
            self.errors.append(error)
            return []
        settings = self.settings
        self._asked = asked_of_one(settings.asked, self.object.columns, self.seen)
        if stands(self.object.id, self._asked, settings.ledger, settings.store.out):
            self.stands = True
            return []
        self._before = settings.ledger.keys(self.object.id)
        self.captures = Captures.of(self.object.folder, self.seen, settings.ledger)
        specs = [
            Spec(
                object=self.object.id,
                step="",
                slot=str(at),
                stage="",
                module="",
                inputs=(),
                options={},
                work=f"{settings.store.work}/{settings.run}-{short_digest(self.object.id)}-{at}",
                kept=str(settings.store.kept),
                base="",
                limit_s=settings.limit_s,
                bytes_in=sum(path.stat().st_size for path in unknown),
                captures=tuple(unknown),
            )
            for at, unknown in self.captures.unknown()
        ]
        self._open[""] = len(specs)
        return specs

    @property
    def finished(self) -> bool:
        """Whether no job is under way and none can start any more."""
        return not any(self._open.values()) and (
            self.stands or self._hopeless or all(step.name in self.edition.known for step in self.steps)
        )

    @property
    def _hopeless(self) -> bool:
        """Whether it failed before anything was known of it."""
        return bool(self.errors and not self.edition.known)

    def advance(self) -> list[Spec]:
        """The jobs that can start now; steps whose results the ledger holds are taken from it."""
        ready: list[Spec] = []
        if self.captures is None or self._open.get("") or self._hopeless:
            return ready
        known = self.edition.known
        for step in self.steps:
            if step.name in known or any(self._open.get(source) for source in step.reads):
                continue
            if any(source not in known for source in step.reads):
                continue
            known[step.name] = []
            try:
                ready.extend(self._expand(step))
            except Heritage3dError as error:
                self._fail(step, error)
        return ready

    def _expand(self, step: Step) -> Iterator[Spec]:
        if any(source in self._failed for source in step.reads):
            self._failed.add(step.name)
            if step.stage.arity == "all":
                return
        reads = {source.name: source for source in self.steps if source.name in step.reads}
        sources = [known for name in step.reads for known in self.edition.of(reads[name])]
        several = sum(1 for known in sources if known.row.kind in step.stage.inputs[0].kinds) > 1
        options = options_of(step, self.object, self.settings.captures)
        for slot, given in self._jobs(step, sources):
            request = Request(step, slot, given, options)
            if not self._take(request):
                self._open[step.name] = self._open.get(step.name, 0) + 1
                self.edition.ask((step.name, slot), request.row())
                yield request.spec(self.settings, self.edition, several=several)

    def _jobs(self, step: Step, sources: list[Known]) -> Iterator[tuple[str, Given]]:
        """(slot, inputs) of every job that a step has for this object."""
        if set(step.stage.reads) & {SOURCE_KIND, COLLECTION_KIND}:
            yield "", [(step.stage.inputs[0], [self._source()])]
            return
        found = {
            entry.name: [known for known in sources if known.row.kind in entry.kinds] for entry in step.stage.inputs
        }
        if not all(found.values()):
            return  # the kinds that it reads do not exist in this object
        if step.stage.arity == "all":
            yield "", [(entry, found[entry.name]) for entry in step.stage.inputs]
            return
        first, *others = step.stage.inputs
        for known in found[first.name]:
            yield known.row.name, [(first, [known]), *((entry, found[entry.name][:1]) for entry in others)]

    def _source(self) -> Known:
        """The object's folder as an artefact: its digest is that of all captures in it."""
        folder = self.object.folder
        entries = self.captures.entries() if self.captures else ()
        told = {"sha256": {entry.path: entry.sha256 for entry in entries}}
        row = ArtefactRow(SOURCE_KIND, self.object.id, digest_of(entries), str(folder), "", "", entries, told)
        return Known(("", ""), 0, row, folder)

    # --- results ------------------------------------------------------------------------------------------

    def _take(self, request: Request) -> bool:
        """Take the result of a slot from the ledger, if it is the one that is wanted and undamaged."""
        step, slot, ledger = request.step, request.slot, self.settings.ledger
        if self._before.get((step.name, slot)) != request.key:
            return False
        job = ledger.job(self.object.id, step.name, slot)
        if job is None:
            return False
        rows = ledger.artefacts(self.object.id, step.name, slot)
        several = len(rows) > 1
        found: list[Known] = []
        for part, row in enumerate(rows):
            path = locate(row, self.settings.store, self._candidates(row, several=several))
            if path is None:
                return False
            found.append(Known((step.name, slot), part, row, path))
        self.edition.ask((step.name, slot), job)
        self.edition.keep(step.name, found)
        return True

    def _candidates(self, row: ArtefactRow, *, several: bool) -> list[Path]:
        """Where an artefact may lie if a run was killed between a rename and its note in the ledger."""
        store = self.settings.store
        places = [place_of(row.kind, self.object.id, row.name, several=flag) for flag in (several, not several)]
        return [root / place for place in places if place for root in (store.out, store.next)]

    def take_outcome(self, spec: Spec, outcome: Outcome) -> None:
        """Record how a job ended."""
        self.seconds += outcome.seconds
        if spec.captures:
            self._arrived(outcome)
            return
        step = next(step for step in self.steps if step.name == spec.step)
        slot = (step.name, spec.slot)
        self._open[step.name] -= 1
        self.jobs += 1
        ledger = self.settings.ledger
        if outcome.error is not None:
            ledger.note("failed", self.object.id, spec.step, spec.slot, outcome.trace or outcome.error.line("en"))
            self._fail(step, outcome.error)
            if not outcome.made:
                return
        rows = [self._row(made, spec) for made in outcome.made]
        told = self.edition.asked(slot)
        written = sum(row.size for row in rows if not row.captured)
        key = told.key if outcome.error is None else "unfinished"  # a key that no later run asks for
        job = replace(told, key=key, seconds=outcome.seconds, bytes_out=written)
        self.edition.ask(slot, job)
        ledger.record_job(self.object.id, *slot, job, rows, first=slot not in self._before)
        self.settings.pace.took(job.stage, job.seconds, job.bytes_in)
        ledger.note("done", self.object.id, *slot)
        out = self.settings.store.out
        self.edition.keep(step.name, [Known(slot, part, row, out / row.location) for part, row in enumerate(rows)])

    def _arrived(self, outcome: Outcome) -> None:
        """Take the digests of captures that were hashed."""
        self._open[""] -= 1
        if outcome.error is not None:
            self.errors.append(outcome.error)
        elif self.captures:
            self.captures.take(outcome.hashed)

    def _row(self, made: Made, spec: Spec) -> ArtefactRow:
        name = made.name or spec.slot or self.object.id
        if os.path.isabs(made.path):  # noqa: PTH117  a capture, known since it arrived
            evidence = dict(made.evidence)
            files = [made.path, *evidence.pop("", ())]
            entries = self.captures.entries_of(files, Path(made.path).parent) if self.captures else ()
            return ArtefactRow(made.kind, name, digest_of(entries), made.path, "", "", entries, evidence)
        here = addresses.join(spec.base, spec.folders[made.kind])
        kept = spec.kept.removeprefix(f"{self.settings.store.out}/")
        location = f"{kept}/{made.path}" if made.path else kept
        return ArtefactRow(made.kind, name, made.digest, location, made.print, here, made.files, made.evidence)

    def _fail(self, step: Step, error: Heritage3dError) -> None:
        self._failed.add(step.name)
        self.errors.extend(getattr(error, "errors", None) or [error])

    def forget_gone(self) -> None:
        """Drop from the ledger what the workflow or the captures no longer have."""
        for step, slot in set(self._before) - set(self.edition.jobs()) if self._before else ():
            self.settings.ledger.forget(self.object.id, step, slot)

    def suppose(self, spec: Spec, rows: list[ArtefactRow]) -> None:
        """For a forecast: go on as if a job had ended with these artefacts. Nothing is recorded."""
        self._open[spec.step] -= 1
        if spec.step:
            slot, out = (spec.step, spec.slot), self.settings.store.out
            self.edition.keep(spec.step, [Known(slot, part, row, out / row.location) for part, row in enumerate(rows)])

    def remember(self, files: list[str]) -> None:
        """Note what was published, so that ``stands`` is quickly told the next time."""
        if self.captures and self.captures.gone:
            self.settings.ledger.forget_captures(self.captures.gone)
        self.settings.ledger.record_edition(
            self.object.id, self._asked, print_of(self.settings.store.out, files), files
        )


class CollectionPlan(ObjectPlan):
    """The steps that need every object, planned as if the published tree were one object with no name."""

    def __init__(self, settings: Settings, collection: ArtefactRow) -> None:
        tree = CaptureObject("", settings.store.out, {})
        super().__init__(tree, settings, steps=settings.workflow.collection_steps())
        self.captures = Captures(tree.folder, settings.ledger)  # its folder holds none
        self._before = settings.ledger.keys("")
        self._collection = collection

    def _source(self) -> Known:
        return Known(("", ""), 0, self._collection, self.settings.store.out)
