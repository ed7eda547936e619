"""Objects x steps -> jobs: what must run for an object, and what the ledger already holds.

The plan of an object unfolds while it runs, because only ingest knows how many pages there are. A plan
never touches another object, so one that fails stops nobody.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from heritage3d.errors import Heritage3dError, RecordError
from heritage3d.pipeline import addresses, limits
from heritage3d.pipeline.asked import asked_of_one, stands, text_beside
from heritage3d.pipeline.captures import CaptureObject, Captures, prints_below
from heritage3d.pipeline.job import Made, Outcome, Spec
from heritage3d.pipeline.ledger import ArtefactRow, JobRow, Ledger
from heritage3d.pipeline.pace import Pace
from heritage3d.pipeline.places import folder_of, locate, place_of
from heritage3d.pipeline.stage import Artefact, Beside, Input
from heritage3d.pipeline.store import Store, digest_of, print_of, relative
from heritage3d.pipeline.workflow import COLLECTION_KIND, SOURCE_KIND, Step, Workflow

Slot = tuple[str, str]  # (step, slot)
_HASHED_PER_SECOND = 4e8  # bytes


@dataclass(frozen=True)
class Settings:
    """What all plans of a run share."""

    store: Store
    ledger: Ledger
    workflow: Workflow
    base: str
    run: int
    asked: str = ""  # fingerprint of what the run asks of every object: steps, options, versions, base
    captures: Path | None = None  # the folder of the sheet; what lies beside it may be read by collection steps
    pace: Pace = field(default_factory=Pace)
    limit_s: float = float(limits.MAX_JOB_SECONDS)

    @functools.cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that run for each object."""
        return self.workflow.object_steps()


@dataclass(frozen=True)
class Known:
    """An artefact of the running edition: the ledger's row and where it was found."""

    slot: Slot
    part: int
    row: ArtefactRow
    path: Path


@dataclass
class ObjectPlan:
    """The jobs of one object, unfolding. ``advance`` gives the jobs that can start now."""

    object: CaptureObject
    settings: Settings
    known: dict[str, list[Known]] = field(default_factory=dict)  # step -> artefacts
    errors: list[Heritage3dError] = field(default_factory=list)
    seconds: float = 0.0
    jobs: int = 0  # jobs that ran (not those that the ledger held)
    steps: tuple[Step, ...] = ()
    _kinds: Counter[str] = field(default_factory=Counter)  # kind -> artefacts that are known
    _unsorted: set[str] = field(default_factory=set)  # steps whose artefacts stand in the order in which jobs ended
    _open: dict[str, int] = field(default_factory=dict)  # step -> jobs under way
    _failed: set[str] = field(default_factory=set)  # steps with a failed job, or behind one
    _current: dict[Slot, tuple[Step, JobRow]] = field(default_factory=dict)
    captures: Captures | None = None  # None until ``start``
    stands: bool = False  # the published edition was made from just this, and lies there untouched
    _asked: str = ""

    def __post_init__(self) -> None:
        self.steps = self.steps or self.settings.steps

    # --- unfolding ----------------------------------------------------------------------------------------

    def start(self) -> list[Spec]:
        """The first jobs: hash the captures whose digest is not known yet. None where the edition ``stands``.

        Fills ``errors`` where the row, the folder or a file cannot be used.
        """
        if self.object.errors:
            self.errors.extend(self.object.errors)
            return []
        try:
            seen = prints_below(self.object.folder)
        except Heritage3dError as error:
            self.errors.append(error)
            return []
        self._asked = asked_of_one(self.settings.asked, self.object.columns, seen)
        if stands(self.object.id, self._asked, self.settings.ledger, self.settings.store.out):
            self.stands = True
            return []
        self.captures = Captures.of(self.object.folder, seen, self.settings.ledger)
        specs = [
            Spec(
                object=self.object.id,
                step="",
                slot=str(at),
                stage="",
                module="",
                inputs=(),
                options={},
                work=self.settings.store.work / f"{self.settings.run}-{_hash(self.object.id)}-{at}",
                kept=self.settings.store.kept,
                base="",
                limit_s=self.settings.limit_s,
                expected_s=sum(path.stat().st_size for path in unknown) / _HASHED_PER_SECOND,
                captures=tuple(unknown),
            )
            for at, unknown in self.captures.unknown()
        ]
        self._open[""] = len(specs)
        return specs

    def remember(self, files: list[str]) -> None:
        """Note what was published, so that ``stands`` is quickly told the next time."""
        self.settings.ledger.record_edition(
            self.object.id, self._asked, print_of(self.settings.store.out, files), files
        )

    def _arrived(self, outcome: Outcome) -> None:
        """Take the digests of captures that were hashed."""
        self._open[""] -= 1
        if outcome.error is not None:
            self.errors.append(outcome.error)
        elif self.captures:
            self.captures.take(outcome.hashed)

    @property
    def finished(self) -> bool:
        """Whether no job is under way and none can start any more."""
        return not any(self._open.values()) and (
            self.stands or bool(self.errors and not self.known) or all(step.name in self.known for step in self.steps)
        )

    def advance(self) -> list[Spec]:
        """The jobs that can start now; steps whose results the ledger holds are taken from it."""
        ready: list[Spec] = []
        if self.captures is None or self._open.get("") or (self.errors and not self.known):
            return ready
        for step in self.steps:
            if step.name in self.known or any(self._open.get(source) for source in step.reads):
                continue
            if any(source not in self.known for source in step.reads):
                continue
            self.known[step.name] = []
            try:
                ready.extend(self._expand(step))
            except Heritage3dError as error:
                self._fail(step, error)
        return ready

    def _expand(self, step: Step) -> Iterator[Spec]:
        if step.stage.arity == "all" and any(source in self._failed for source in step.reads):
            self._failed.add(step.name)
            return
        if any(source in self._failed for source in step.reads):
            self._failed.add(step.name)
        reads = {source.name: source for source in self.steps if source.name in step.reads}
        sources = [known for name in step.reads if name in self.known for known in self._of(reads[name])]
        several = sum(1 for known in sources if known.row.kind in step.stage.inputs[0].kinds) > 1
        options = self._options(step)
        for slot, given in self._jobs(step, sources):
            key = step.stage.key([_told(entry, found) for entry, found in given], options)
            if not self._take(step, slot, key):
                self._open[step.name] = self._open.get(step.name, 0) + 1
                yield self._spec(step, slot, key, options, given, several=several)

    def _jobs(self, step: Step, sources: list[Known]) -> Iterator[tuple[str, list[tuple[Input, list[Known]]]]]:
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

    def _options(self, step: Step) -> BaseModel:
        """The step's options, with what the object's row says in their place."""
        told: dict[str, Any] = {}
        for name in type(step.options).model_fields:
            column = step.stage.column(name)
            if beside := step.stage.marks(name, Beside):
                told[name] = text_beside(self.settings.captures, beside[0].file)
            if column == "*":
                told[name] = dict(self.object.columns)
            elif column and self.object.columns.get(column):
                told[name] = self.object.columns[column]
        try:
            return type(step.options)(**{**step.options.model_dump(), **told})
        except ValidationError as error:
            first = error.errors()[0]
            column = ".".join(str(part) for part in first["loc"])
            raise RecordError(
                object=self.object.id, column=column, value=str(first["input"])[:80], row="?", detail=first["msg"]
            ) from error

    def _spec(
        self,
        step: Step,
        slot: str,
        key: str,
        options: BaseModel,
        given: list[tuple[Input, list[Known]]],
        *,
        several: bool,
    ) -> Spec:
        name = slot or self.object.id
        unique = _hash(f"{self.object.id}\0{step.name}\0{slot}\0{key}")
        store = self.settings.store
        inputs = [
            JobInput(entry.name, one=entry.arity != "all", artefacts=tuple(self._artefact(known) for known in found))
            for entry, found in given
        ]
        self._current[(step.name, slot)] = (
            step,
            JobRow(
                key=key,
                stage=step.stage.name,
                version=step.stage.version,
                options=options.model_dump(mode="json"),
                tools=step.stage.tools(),
                inputs=[_story(entry, found) for entry, found in given],
                seconds=0.0,
                bytes_in=sum(known.row.size for _entry, found in given for known in found),
                bytes_out=0,
            ),
        )
        return Spec(
            object=self.object.id,
            step=step.name,
            slot=slot,
            stage=step.stage.name,
            module=step.stage.run.__module__,
            inputs=tuple((entry.name, entry.one, entry.artefacts) for entry in inputs),
            options=options.model_dump(),
            work=store.work / f"{self.settings.run}-{unique}",
            kept=store.kept / unique,
            base=self.settings.base,
            folders={
                written: folder_of(written, place_of(written, self.object.id, name, several=several))
                for written in step.stage.writes
            },
            limit_s=self.settings.limit_s,
            expected_s=self.settings.pace.expected(step.stage, self._current[(step.name, slot)][1].bytes_in),
        )

    def _artefact(self, known: Known) -> Artefact:
        row = known.row
        place = place_of(row.kind, self.object.id, row.name, several=self._several(row.kind))
        address = "" if place is None else place.removeprefix(f"objects/{self.object.id}").lstrip("/")
        return Artefact(known.path, row.kind, row.name, address, row.evidence)

    def _several(self, kind_name: str) -> bool:
        return self._kinds[kind_name] > 1

    # --- results ------------------------------------------------------------------------------------------

    def _take(self, step: Step, slot: str, key: str) -> bool:
        """Take the result of a slot from the ledger, if it is the one that is wanted and undamaged."""
        ledger = self.settings.ledger
        job = ledger.job(self.object.id, step.name, slot)
        if job is None or job.key != key:
            return False
        rows = ledger.artefacts(self.object.id, step.name, slot)
        several = len(rows) > 1
        found: list[Known] = []
        for part, row in enumerate(rows):
            path = locate(row, self.settings.store, self._candidates(row, several=several))
            if path is None:
                return False
            found.append(Known((step.name, slot), part, row, path))
        self._current[(step.name, slot)] = (step, job)
        self._keep(step, found)
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
        self._open[step.name] -= 1
        self.jobs += 1
        ledger = self.settings.ledger
        if outcome.error is not None:
            ledger.note("failed", self.object.id, spec.step, spec.slot, outcome.trace or outcome.error.line("en"))
            self._fail(step, outcome.error)
            if not outcome.made:
                return
        rows = [self._row(made, spec) for made in outcome.made]
        _step, told = self._current[(step.name, spec.slot)]
        written = sum(row.size for row in rows if not row.captured)
        key = told.key if outcome.error is None else "unfinished"  # a key that no later run asks for
        job = replace(told, key=key, seconds=outcome.seconds, bytes_out=written)
        self._current[(step.name, spec.slot)] = (step, job)
        ledger.record_job(self.object.id, step.name, spec.slot, job, rows)
        self.settings.pace.took(job.stage, job.seconds, job.bytes_in)
        ledger.note("done", self.object.id, spec.step, spec.slot)
        out = self.settings.store.out
        self._keep(
            step, [Known((step.name, spec.slot), part, row, out / row.location) for part, row in enumerate(rows)]
        )

    def _row(self, made: Made, spec: Spec) -> ArtefactRow:
        name = made.name or spec.slot or self.object.id
        if os.path.isabs(made.path):  # noqa: PTH117  a capture, known since it arrived
            evidence = dict(made.evidence)
            files = [made.path, *evidence.pop("", ())]
            entries = self.captures.entries_of(files, Path(made.path).parent) if self.captures else ()
            return ArtefactRow(made.kind, name, digest_of(entries), made.path, "", "", entries, evidence)
        here = addresses.join(spec.base, spec.folders[made.kind])
        kept = relative(spec.kept, self.settings.store.out)
        location = f"{kept}/{made.path}" if made.path else kept
        return ArtefactRow(made.kind, name, made.digest, location, made.print, here, made.files, made.evidence)

    def _keep(self, step: Step, found: list[Known]) -> None:
        self.known[step.name].extend(found)
        self._kinds.update(known.row.kind for known in found)
        self._unsorted.add(step.name)

    def _of(self, step: Step) -> list[Known]:
        """The artefacts of a step. Jobs end in any order; the order of their inputs is the order of the pages."""
        if step.name in self._unsorted:
            sources = [self._of(source) for source in self.steps if source.name in step.reads]
            order = {known.row.name: at for found in sources for at, known in enumerate(found)}
            self.known[step.name].sort(key=lambda known: (order.get(known.slot[1], 0), known.slot, known.part))
            self._unsorted.remove(step.name)
        return self.known[step.name]

    def _fail(self, step: Step, error: Heritage3dError) -> None:
        self._failed.add(step.name)
        self.errors.extend(getattr(error, "errors", None) or [error])

    # --- what publication needs ---------------------------------------------------------------------------

    def artefacts(self) -> list[Known]:
        """All artefacts of the edition, in the order of steps and pages."""
        return [known for step in self.steps if step.name in self.known for known in self._of(step)]

    def current(self) -> dict[Slot, JobRow]:
        """The jobs that made the edition, in the order of steps and pages, whatever ended first."""
        order = {step.name: at for at, step in enumerate(self.steps)}
        slots = sorted(self._current, key=lambda slot: order[slot[0]])
        return {slot: self._current[slot][1] for slot in slots}

    def place(self, known: Known) -> str | None:
        """Where an artefact of the edition is published."""
        return place_of(known.row.kind, self.object.id, known.row.name, several=self._several(known.row.kind))


class CollectionPlan(ObjectPlan):
    """The steps that need every object, planned as if the published tree were one object with no name."""

    def __init__(self, settings: Settings, collection: ArtefactRow) -> None:
        tree = CaptureObject("", settings.store.out, {})
        super().__init__(tree, settings, steps=settings.workflow.collection_steps())
        self.captures = Captures(tree.folder, settings.ledger)  # its folder holds none
        self._collection = collection

    def _source(self) -> Known:
        return Known(("", ""), 0, self._collection, self.settings.store.out)


@dataclass(frozen=True)
class JobInput:
    """One parameter of a job with its artefacts."""

    name: str
    one: bool
    artefacts: tuple[Artefact, ...]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _told(entry: Input, found: list[Known]) -> list[Any]:
    """What of an input enters the cache key: contents always; names and evidence only where they are read."""
    if not entry.rich:
        return [entry.name, [[known.row.kind, known.row.digest] for known in found]]
    return [entry.name, [[known.row.kind, known.row.digest, known.row.name, known.row.evidence] for known in found]]


def _story(entry: Input, found: list[Known]) -> list[Any]:
    return [entry.name, [[known.row.kind, known.row.name, known.row.digest] for known in found]]
