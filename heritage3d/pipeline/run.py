"""One run: plan -> Dask -> publish -> ledger, object by object, until none is left."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from heritage3d.errors import EngineError, Interrupted, OutputError
from heritage3d.pipeline import needed, tree
from heritage3d.pipeline.asked import asked_of_all, base_of
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.claim import claimed
from heritage3d.pipeline.ending import end, end_collection, published_objects
from heritage3d.pipeline.job import Spec
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.pace import Pace, seconds_to_hash
from heritage3d.pipeline.plan import CollectionPlan, ObjectPlan
from heritage3d.pipeline.results import Listener, ObjectResult, RunResult
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.stage import stages
from heritage3d.pipeline.store import Store, remove
from heritage3d.pipeline.workflow import Workflow

if TYPE_CHECKING:
    from heritage3d.pipeline.executor import Executor

_BUNDLE_S = 0.5  # jobs shorter than this travel together
_BUNDLE_JOBS = 128
_TOGETHER = 64  # objects are published together: what is new is brought to the disk once for all of them

__all__ = ["Listener", "ObjectResult", "RunResult", "run", "workers_of_this_computer"]


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
    full_disk = needed.told(workflow, objects, captures, out)
    with full_disk, claimed(store.hidden), Ledger(store.ledger) as ledger, _terminable():
        for left in store.work.iterdir():
            remove(left)
        address = base_of(ledger, base, partial=partial)
        number = ledger.begin_run(workflow.file, str(captures), address)
        asked = asked_of_all(workflow, address, captures)
        settings = Settings(store, ledger, workflow, address, number, asked, captures, Pace(ledger.pace()))
        with contextlib.ExitStack() as stack:

            def start_engine() -> Executor:
                from heritage3d.pipeline.executor import engine

                return stack.enter_context((start or engine)(workers, scheduler))

            result = _Loop(settings, listener, start_engine).all(objects)
        result.changed |= tree.write_checksums(settings)
        if not result.exit_status:
            tree.sweep(settings)
        ledger.end_run("good" if not result.exit_status else "some failed")
        return result


def workers_of_this_computer() -> int:
    """How many workers suit this computer: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Loop:
    """Opens objects, sends their jobs in bundles, takes what comes back, and publishes what is finished."""

    def __init__(self, settings: Settings, listener: Listener, start_engine: Callable[[], Executor]) -> None:
        self.settings = settings
        self.ledger = settings.ledger
        self.listener = listener
        self.start_engine = start_engine
        self.executor: Executor | None = None
        self.ready: deque[Spec] = deque()
        self.plans: dict[str, ObjectPlan] = {}
        self.finished: list[ObjectPlan] = []
        self.barren = False  # the object that was opened last had nothing to do
        self.result = RunResult()

    def all(self, objects: list[CaptureObject]) -> RunResult:
        self.listener.begin(len(objects))
        self.until_done(deque(objects))
        if (row := published_objects(self.ledger)) and self.settings.workflow.collection_steps():
            plan = CollectionPlan(self.settings, row)
            self.plans[""] = plan
            self.go_on(plan)
            self.until_done(deque())
        return self.result

    def until_done(self, waiting: deque[CaptureObject]) -> None:
        """Go on until every waiting object and every plan has ended."""
        while waiting or self.plans or self.finished:
            if self.worth_sending:
                self.send()
            elif self.executor and self.executor.answered:
                self.take_next()
            elif waiting and len(self.ready) < self.ahead and len(self.finished) < _TOGETHER:
                self.open(waiting.popleft())
            elif self.finished:
                self.publish()
            elif self.ready and self.free > 0:
                self.send()
            else:
                self.take_next()

    @property
    def ahead(self) -> int:
        """How many jobs are kept ready: enough for a bundle of tiny ones after each worker had its share."""
        return _BUNDLE_JOBS + (2 * self.executor.workers if self.executor else 0)

    @property
    def free(self) -> int:
        """How many more bundles may go out."""
        return self.executor.free if self.executor else 1

    @property
    def worth_sending(self) -> bool:
        """Whether the next bundle should go out before anything else is done.

        It should if it is a long job or a full bundle, or if workers wait while nothing new is found to do.
        """
        if not self.ready or self.free <= 0:
            return False
        full = len(self.ready) >= self.ahead or self.expected_s(self.ready[0]) >= _BUNDLE_S
        return full or (self.barren and (self.executor is None or self.executor.idle))

    def open(self, item: CaptureObject) -> None:
        """Begin with an object."""
        plan = ObjectPlan(item, self.settings)
        self.plans[item.id] = plan
        before = len(self.ready)
        self.ready.extend(plan.start())
        self.go_on(plan)
        self.barren = len(self.ready) == before

    def send(self) -> None:
        """Hand the next bundle to the workers."""
        if self.executor is None:
            self.executor = self.start_engine()
        self.executor.submit(self.bundle(self.executor.workers))

    def bundle(self, workers: int) -> list[Spec]:
        """The next job, and with it as many tiny ones as make a bundle worth sending."""
        # While workers have nothing to do, none gets more than its share.
        most = len(self.ready) // workers if self.executor and self.executor.idle else _BUNDLE_JOBS
        specs = [self.ready.popleft()]
        expected = self.expected_s(specs[0])
        while (
            len(self.ready) > 2 * workers
            and len(specs) < min(most, _BUNDLE_JOBS)
            and (expected := expected + self.expected_s(self.ready[0])) < _BUNDLE_S
        ):
            specs.append(self.ready.popleft())
        return specs

    def expected_s(self, spec: Spec) -> float:
        """Seconds that a job should take, by what is known now: the first jobs of a stage tell of all that wait."""
        if not spec.stage:
            return seconds_to_hash(spec.bytes_in)
        return self.settings.pace.expected(stages()[spec.stage], spec.bytes_in)

    def take_next(self) -> None:
        """Take what comes back next."""
        assert self.executor is not None
        self.listener.running(self.executor.under_way())
        ended = list(self.executor.outcomes())
        self.ledger.begin()
        good = [(spec, outcome) for spec, outcome in ended if not isinstance(outcome.error, (OutputError, EngineError))]
        for spec, outcome in good:
            self.result.jobs += 1
            self.listener.job(spec, outcome)
            self.plans[spec.object].take_outcome(spec, outcome)
        self.ledger.commit()
        for _spec, outcome in ended:
            if isinstance(outcome.error, (OutputError, EngineError)):
                raise outcome.error  # the disk or the engine is at fault, not the object
        for plan in {spec.object: self.plans[spec.object] for spec, _outcome in good}.values():
            self.go_on(plan)

    def go_on(self, plan: ObjectPlan) -> None:
        """Queue the jobs that can start now; when none is left, the object is finished."""
        self.ready.extendleft(reversed(plan.advance()))  # what has begun is finished before something new begins
        if plan.finished:
            del self.plans[plan.object.id]
            self.finished.append(plan)

    def publish(self) -> None:
        """Publish what is finished."""
        finished, self.finished = self.finished, []
        for plan in finished:
            if isinstance(plan, CollectionPlan):
                end_collection(plan, self.result)
        for result in end(self.settings, [plan for plan in finished if not isinstance(plan, CollectionPlan)]):
            self.result.changed |= result.state == "published"
            self.result.objects.append(result)
            self.listener.object(result)


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
