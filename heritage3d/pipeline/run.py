"""One run: plan -> Dask -> publish -> ledger, object by object, until none is left."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from heritage3d.errors import BaseOfSome, EngineError, Heritage3dError, Interrupted, NothingToPublish, OutputError
from heritage3d.pipeline import addresses, publish
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.claim import claimed
from heritage3d.pipeline.job import Outcome, Spec
from heritage3d.pipeline.ledger import ArtefactRow, Ledger
from heritage3d.pipeline.plan import CollectionPlan, ObjectPlan, Settings
from heritage3d.pipeline.store import Entry, Store, digest_of, remove
from heritage3d.pipeline.workflow import COLLECTION_KIND, SOURCE_KIND, Workflow

if TYPE_CHECKING:
    from heritage3d.pipeline.executor import Executor

_BUNDLE_S = 0.25  # jobs shorter than this travel together
_BUNDLE_JOBS = 32


@dataclass(frozen=True)
class ObjectResult:
    """How one object fared: published (new or changed), unchanged, withheld (an edition stays) or failed."""

    id: str
    state: str
    errors: tuple[Heritage3dError, ...] = ()
    seconds: float = 0.0
    jobs: int = 0


@dataclass
class RunResult:
    """How a run ended. ``exit_status`` is that of the command."""

    objects: list[ObjectResult] = field(default_factory=list)
    jobs: int = 0
    changed: bool = False
    error: Heritage3dError | None = None  # of the collection steps

    @property
    def exit_status(self) -> int:
        """0 when every object is published, else 1."""
        return 1 if self.error or any(result.errors for result in self.objects) else 0

    def count(self, state: str) -> int:
        """How many objects ended in that state."""
        return sum(1 for result in self.objects if result.state == state)


class Listener(Protocol):
    """Who watches a run: the progress display, or nobody."""

    def begin(self, objects: int) -> None:
        """The run begins; so many objects are before it."""

    def job(self, spec: Spec, outcome: Outcome) -> None:
        """A job ended."""

    def running(self, specs: list[Spec]) -> None:
        """What the workers hold now, oldest first."""

    def object(self, result: ObjectResult) -> None:
        """An object ended."""


def run(
    *,
    workflow: Workflow,
    objects: list[CaptureObject],
    captures: Path,
    out: Path,
    base: str | None,
    workers: int,
    scheduler: str | None,
    listener: Listener,
    partial: bool = False,
    start: Callable[[int, str | None], contextlib.AbstractContextManager[Executor]] | None = None,
) -> RunResult:
    """Bring the published tree up to date with the captures.

    Without a ``base`` that of the last run holds. ``partial`` says that ``objects`` are not all there are.
    ``start`` opens the engine when the first job needs it (default: executor.engine; tests share one).

    Raises OutputError, BusyError, EngineError, BaseOfSome and Interrupted for what stops the run as a whole; what is
    wrong with one object is in the result.
    """
    store = Store(out)
    store.create()
    with claimed(store.hidden), Ledger(store.ledger) as ledger, _terminable():
        for left in store.work.iterdir():
            remove(left)
        address = _base(ledger, base, partial=partial)
        number = ledger.begin_run(workflow.file, str(captures), address)
        settings = Settings(store, ledger, workflow, address, number, captures, ledger.pace())
        with contextlib.ExitStack() as stack:

            def start_engine() -> Executor:
                from heritage3d.pipeline.executor import engine

                return stack.enter_context((start or engine)(workers, scheduler))

            result = _Loop(settings, listener, start_engine).all(objects)
        result.changed |= publish.write_checksums(settings)
        if not result.exit_status:
            publish.sweep(settings)
        ledger.end_run("good" if not result.exit_status else "some failed")
        return result


def _base(ledger: Ledger, asked: str | None, *, partial: bool) -> str:
    """The base of this run. Raises BaseOfSome where only some objects would move to another one."""
    last = ledger.last_run()
    old = str(last["base"]) if last else ""
    if partial and asked and old and asked != old:
        raise BaseOfSome(base=asked, old=old)
    return asked or old or addresses.DEFAULT_BASE


def workers_of_this_computer() -> int:
    """How many workers suit this computer: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Loop:
    def __init__(self, settings: Settings, listener: Listener, start_engine: Callable[[], Executor]) -> None:
        self.settings = settings
        self.ledger = settings.ledger
        self.listener = listener
        self.start_engine = start_engine
        self.executor: Executor | None = None
        self.ready: deque[Spec] = deque()
        self.plans: dict[str, ObjectPlan] = {}
        self.result = RunResult()

    def all(self, objects: list[CaptureObject]) -> RunResult:
        self.listener.begin(len(objects))
        waiting = deque(objects)
        while waiting or self.plans:
            self.send(waiting)
            self.take_next()
        self.collection()
        return self.result

    def send(self, waiting: deque[CaptureObject]) -> None:
        """Fill the workers' window, opening as many objects as that takes."""
        while True:
            while waiting and len(self.ready) < self.ahead:
                self.open(waiting.popleft())
            if not self.ready:
                return
            if self.executor is None:
                self.executor = self.start_engine()
            elif self.executor.free <= 0:
                return
            else:
                self.executor.submit(self.bundle())

    @property
    def ahead(self) -> int:
        """How many jobs are kept ready: enough for a bundle of tiny ones after each worker had its share."""
        return 1 if self.executor is None else 2 * self.executor.workers + _BUNDLE_JOBS

    def open(self, item: CaptureObject) -> None:
        """Begin with an object."""
        plan = ObjectPlan(item, self.settings)
        self.plans[item.id] = plan
        self.ready.extend(plan.start())
        self.go_on(plan)

    def take_next(self) -> None:
        """Take what comes back next."""
        if self.executor is None or not self.executor.busy:
            return
        self.listener.running(self.executor.under_way())
        for spec, outcome in self.executor.outcomes():
            self.take(spec, outcome)

    def bundle(self) -> list[Spec]:
        """The next job, and with it as many tiny ones as make a bundle worth sending."""
        specs = [self.ready.popleft()]
        expected = specs[0].expected_s
        assert self.executor is not None
        while (
            len(self.ready) > 2 * self.executor.workers
            and len(specs) < _BUNDLE_JOBS
            and expected + self.ready[0].expected_s < _BUNDLE_S
        ):
            specs.append(self.ready.popleft())
            expected += specs[-1].expected_s
        return specs

    def take(self, spec: Spec, outcome: Outcome) -> None:
        if isinstance(outcome.error, (OutputError, EngineError)):
            raise outcome.error  # the disk or the engine is at fault, not the object
        self.result.jobs += 1
        self.listener.job(spec, outcome)
        plan = self.plans[spec.object]
        self.ledger.begin()
        plan.take_outcome(spec, outcome)
        self.ledger.commit()
        self.go_on(plan)

    def go_on(self, plan: ObjectPlan) -> None:
        """Queue the jobs that can start now; when none is left, publish the object."""
        self.ready.extendleft(reversed(plan.advance()))  # what has begun is finished before something new begins
        if plan.finished:
            del self.plans[plan.object.id]
            if isinstance(plan, CollectionPlan):
                self.finish_collection(plan)
            else:
                self.finish(plan)

    def finish(self, plan: ObjectPlan) -> None:
        errors = plan.errors
        if not errors and not self.shows_anything(plan):
            folder = plan.object.folder
            errors = [NothingToPublish(file=folder, detail="this workflow has no use for what it holds")]
        for error in errors:
            error.fields.setdefault("object", plan.object.id)
            error.fields["file"] = _as_known(error.file, plan.object.folder)
        stays = self.ledger.was_published(plan.object.id)
        if errors:
            state, published = ("withheld" if stays else "failed"), stays
        else:
            changed = publish.publish_object(plan)
            self.result.changed |= changed
            self.forget_stale(plan)
            state, published = ("published" if changed else "unchanged"), True
        result = ObjectResult(plan.object.id, state, tuple(errors), plan.seconds, plan.jobs)
        told = [{"code": error.code, **error.fields} for error in errors]
        self.ledger.record_object(plan.object.id, state, published=published, seconds=plan.seconds, errors=told)
        self.result.objects.append(result)
        self.listener.object(result)

    def shows_anything(self, plan: ObjectPlan) -> bool:
        """Whether the object has something to see besides its record."""
        ingest = {step.name for step in self.settings.workflow.steps if SOURCE_KIND in step.stage.reads}
        return any(known.slot[0] not in ingest for known in plan.artefacts())

    def forget_stale(self, plan: ObjectPlan) -> None:
        """Drop slots that the workflow or the captures no longer have."""
        for step, slot in set(self.ledger.slots(plan.object.id)) - set(plan.current()):
            self.ledger.forget(plan.object.id, step, slot)

    # --- after all objects --------------------------------------------------------------------------------

    def collection(self) -> None:
        """Run the steps that need every object, if any object is published."""
        steps = self.settings.workflow.collection_steps()
        row = self.published_objects()
        if not steps or not row.files:
            return
        plan = CollectionPlan(self.settings, row)
        self.plans[""] = plan
        self.go_on(plan)
        while self.plans:
            self.send(deque())
            self.take_next()

    def finish_collection(self, plan: CollectionPlan) -> None:
        if plan.errors:
            self.result.error = plan.errors[0]
        else:
            self.result.changed |= publish.publish_collection(self.settings, plan.artefacts())

    def published_objects(self) -> ArtefactRow:
        """The published objects as one artefact: its digest is that of all their manifests and records."""
        published = [item["id"] for item in self.ledger.objects() if item["published"]]
        entries = tuple(
            Entry(place, 0, digest)
            for object_id in published
            for place, (digest, _seen, _files) in sorted(self.ledger.placed(object_id).items())
        )
        return ArtefactRow(COLLECTION_KIND, "", digest_of(entries), ".", "", "", entries)


def _as_known(file: str, folder: Path) -> str:
    """A capture as the person knows it: relative to its object's folder."""
    path = Path(file)
    return path.relative_to(folder).as_posix() if folder in path.parents else file


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: workers stopped, nothing half."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    before: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # not in the main thread: whoever embeds us decides
        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
