"""``--dry-run``: what would run, how long, how many gigabytes, and whether the disk holds them.

The plans are those of a run. Where a job would have to run, the forecast supposes what it makes: the same again where
only its result was damaged; of ingest what it foresees; else what nobody has seen before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline.asked import asked_of_all, base_of
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.digests import digest_of
from heritage3d.pipeline.ending import published_objects
from heritage3d.pipeline.job import Spec
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.pace import Pace, seconds_to_hash
from heritage3d.pipeline.plan import CollectionPlan, ObjectPlan
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.stage import Stage, stages
from heritage3d.pipeline.store import Store, free_bytes
from heritage3d.pipeline.tables import ArtefactRow
from heritage3d.pipeline.workflow import SOURCE_KIND, Workflow

_IN_MEMORY = Path(":memory:")  # a ledger that knows nothing and is no file


@dataclass(frozen=True)
class _Job:
    stage: Stage
    size: int | None = None  # bytes that it reads, if they are known
    new: bool = True  # whether it makes anything that was not there before


@dataclass
class Estimate:
    """What a run would do. Seconds and bytes are estimates; objects and captures are counted."""

    objects: int
    captures: int
    capture_bytes: int
    jobs: dict[str, int]
    seconds: float
    bytes_out: int
    bytes_free: int
    problems: list[Heritage3dError]

    @property
    def fits(self) -> bool:
        """Whether the disk holds the estimated output."""
        return self.bytes_out < self.bytes_free


def estimate(
    workflow: Workflow,
    objects: list[CaptureObject],
    *,
    captures: Path,
    out: Path,
    workers: int,
    base: str | None = None,
    partial: bool = False,
) -> Estimate:
    """Plan a run of ``pipeline.run`` with these arguments and add up what it costs; nothing is written.

    Raises OutputError, BaseOfSome, CaptureUnreadable as the run would.
    """
    store = Store(out)
    with Ledger(store.ledger if store.ledger.is_file() else _IN_MEMORY) as ledger:
        address = base_of(ledger, base, partial=partial)
        asked = asked_of_all(workflow, address, captures)
        settings = Settings(store, ledger, workflow, address, 0, asked, captures, Pace(ledger.pace()))
        told = Estimate(len(objects), 0, 0, {}, 0.0, 0, free_bytes(out), [])
        jobs: Counter[str] = Counter()
        anything_new = False
        for item in objects:
            for job in _of_object(ObjectPlan(item, settings), told):
                jobs[job.stage.name] += 1
                anything_new |= job.new
                told.seconds += settings.pace.expected(job.stage, job.size, guess=True)
                told.bytes_out += int(settings.pace.written(job.stage, job.size or 0))
        jobs.update(_of_collection(settings, anything_new=anything_new))
    told.jobs = dict(jobs)
    told.seconds /= workers
    return told


def _of_object(plan: ObjectPlan, told: Estimate) -> Iterator[_Job]:
    """The jobs that an object needs; captures, hashing and problems are added to what is told."""
    arriving = plan.start()
    sizes = {path: Path(path).stat().st_size for path in plan.seen}
    told.captures += len(sizes)
    told.capture_bytes += sum(sizes.values())
    if plan.captures:
        told.seconds += seconds_to_hash(sum(sizes[str(path)] for path in plan.captures.to_hash))
        plan.captures.suppose()
        for spec in arriving:
            plan.suppose(spec, [])
        yield from _of_steps(plan)
    for error in plan.errors:
        error.fields.setdefault("object", plan.object.id)
    told.problems.extend(plan.errors)


def _of_steps(plan: ObjectPlan) -> Iterator[_Job]:
    ledger = plan.settings.ledger
    stage_of = {step.name: step.stage for step in plan.steps}
    makes: Counter[str] = Counter()  # step -> jobs whose results nobody knows
    while ready := plan.advance():
        for spec in ready:
            asked = plan.edition.asked((spec.step, spec.slot))
            before = ledger.job(plan.object.id, spec.step, spec.slot)
            again = before is not None and before.key == asked.key
            yield _Job(stage_of[spec.step], asked.bytes_in, new=not again)
            if again:
                plan.suppose(spec, ledger.artefacts(plan.object.id, spec.step, spec.slot))
            elif SOURCE_KIND in stage_of[spec.step].reads:
                plan.suppose(spec, list(_found_by_ingest(plan, spec)))
            else:
                makes[spec.step] += 1
    for step in plan.steps:
        if step.name in plan.edition.known:
            continue
        of_inputs = [
            sum(
                makes[source] * bool(set(stage_of[source].writes) & set(entry.kinds))
                + sum(1 for known in plan.edition.known.get(source, ()) if known.row.kind in entry.kinds)
                for source in step.reads
            )
            for entry in step.stage.inputs
        ]
        makes[step.name] = of_inputs[0] if step.stage.arity == "each" else 1
        makes[step.name] *= all(of_inputs)
        yield from [_Job(step.stage)] * makes[step.name]


def _found_by_ingest(plan: ObjectPlan, spec: Spec) -> Iterator[ArtefactRow]:
    """What the stage foresees of the captures as they are now, with the evidence of those that it found before."""
    assert plan.captures is not None
    before = plan.settings.ledger.artefacts(plan.object.id, spec.step, spec.slot)
    stage = stages()[spec.stage]
    written = [replace(row, digest="new") for row in before if not row.captured]  # no captures, but the record
    yield from written or [ArtefactRow(name, name, "new", "", "", "", ()) for name in stage.writes if kind(name).place]
    try:
        foreseen = stage.foresees(plan.object.folder, spec.options) if stage.foresees else []
    except Heritage3dError as error:
        plan.errors.extend(getattr(error, "errors", None) or [error])
        return
    evidence = {(row.kind, row.name): row.evidence for row in before}
    for output in foreseen:
        files = [str(output.path), *map(str, output.files)]
        entries = plan.captures.entries_of(files, output.path.parent)
        told = evidence.get((output.kind, output.name), {})
        yield ArtefactRow(output.kind, output.name, digest_of(entries), files[0], "", "", entries, told)


def _of_collection(settings: Settings, *, anything_new: bool) -> Iterator[str]:
    """The collection steps that would run: all of them where any object gets something new."""
    steps = settings.workflow.collection_steps()
    if anything_new:
        yield from (step.stage.name for step in steps)
    elif steps and (row := published_objects(settings.ledger, remember=False)):
        plan = CollectionPlan(settings, row)
        waiting = {spec.step for spec in plan.advance()} | {step.name for step in steps} - set(plan.edition.known)
        yield from (step.stage.name for step in steps if step.name in waiting)
