"""Dask as the one executor: jobs in through a bounded window, outcomes out as they come.

The settings and the cures for crashes were measured: docs/decisions/0003-dask-and-the-ledger.md.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed
from distributed.diagnostics.plugin import WorkerPlugin

from heritage3d.errors import EngineError, JobKilled
from heritage3d.pipeline.job import Outcome, Spec, blamed, first_input, opened, run_bundle
from heritage3d.pipeline.process import prepare_process

_SETTINGS: dict[str, Any] = {
    "distributed.scheduler.worker-saturation": 1.0,  # fewer neighbours are hit by a crash
    "distributed.scheduler.allowed-failures": 1,  # a kill from outside gets one more try
    "distributed.deploy.lost-worker-timeout": "365d",  # the default of 15 s can drop a worker for good
    "distributed.admin.low-level-log-length": 100,  # else the parent grows with every job
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    # Dask looks at its workers 100 times a second for a dashboard that nobody sees: 5 % of a core for each of them.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
}
_JOBS_PER_WORKER = 4
_MOST_TRIES = 5
_LOOK_S = 5.0  # how often a waiting run sees whether there are workers
_PATIENCE_S = 60.0  # how long it waits without any: a computer may start again
_JOINING_S = 20.0  # how long the first worker may take to join an outside scheduler


class DieWithParent(WorkerPlugin):  # type: ignore[misc]
    """Workers must not outlive the run, even in native code that never returns to Python."""

    def setup(self, worker: Any) -> None:  # noqa: ARG002  Dask's signature
        """Ask the kernel for a SIGKILL when the parent dies (Linux)."""
        prepare_process()
        if sys.platform == "linux":
            import ctypes

            pr_set_pdeathsig = 1
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Executor:
    """Jobs in, outcomes out. Not thread-safe; one per run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._done = as_completed(with_results=True, raise_errors=False)
        self._pending: dict[str, list[Spec]] = {}
        self._tries: dict[tuple[str, str, str], int] = {}
        self.workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))

    @property
    def free(self) -> int:
        """How many more bundles the window takes."""
        return _JOBS_PER_WORKER * self.workers - len(self._pending)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._pending)

    @property
    def idle(self) -> bool:
        """Whether a worker has nothing to do."""
        return len(self._pending) < self.workers

    @property
    def answered(self) -> bool:
        """Whether ``outcomes`` would not have to wait."""
        return bool(self._done.has_ready())

    def under_way(self) -> list[list[Spec]]:
        """The bundles that the workers hold, oldest first, one per worker."""
        return list(self._pending.values())[: self.workers]

    def submit(self, specs: list[Spec]) -> None:
        """Hand a bundle of jobs to the workers."""
        # A "data producer" is held back by the scheduler until a worker is free, always. Without the mark Dask lays the
        # first jobs of a run behind each other on the workers, and a short one then waits for a long one.
        future = self._client.submit(run_bundle, specs, pure=False, _data_producer=True)
        self._pending[future.key] = specs
        self._done.add(future)

    def outcomes(self) -> Iterator[tuple[Spec, Outcome]]:
        """The outcomes of the next bundle that ends. Raises EngineError when Dask is gone, or all its workers."""
        self._wait()
        future, result = next(self._done)
        specs = self._pending.pop(future.key)
        status = future.status
        future.release()  # a held future is computed again when its worker dies
        if status == "cancelled":
            raise EngineError(detail="the Dask scheduler stopped answering")
        if status == "finished":
            for spec, answer in zip(specs, result, strict=True):
                yield spec, opened(spec, answer)
            return
        for spec in specs:
            yield from self._after_a_death(spec, alone=len(specs) == 1)

    def _wait(self) -> None:
        """Wait for an answer, as long as there is somebody who can give one."""
        last_seen = time.monotonic()
        while not self.answered:
            with self._done.thread_condition:
                if not self.answered:
                    self._done.thread_condition.wait(_LOOK_S)
            if self._client.scheduler_info(n_workers=-1)["workers"]:
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _PATIENCE_S:
                raise EngineError(detail=f"the Dask scheduler has had no worker for {_PATIENCE_S:.0f} seconds")

    def _after_a_death(self, spec: Spec, *, alone: bool) -> Iterator[tuple[Spec, Outcome]]:
        """Blame the job that was running; the others of the bundle never began, or lost their answer."""
        note = spec.note.read_text("utf-8", "replace") if spec.note.exists() else None
        slot = (spec.object, spec.step, spec.slot)
        self._tries[slot] = self._tries.get(slot, 0) + 1
        if note:
            yield spec, Outcome(error=blamed(spec, note), trace=note)
        elif (note is None or not alone) and self._tries[slot] < _MOST_TRIES:
            spec.note.unlink(missing_ok=True)
            self.submit([spec])
        else:
            yield spec, Outcome(error=JobKilled(file=first_input(spec), stage=spec.stage, limit=""))


def _prepare_scheduler(dask_scheduler: Any) -> None:
    """What ``_SETTINGS`` asks of our own scheduler: one that was started by hand has read its own configuration."""
    dask_scheduler.WORKER_SATURATION = _SETTINGS["distributed.scheduler.worker-saturation"]
    dask_scheduler.allowed_failures = _SETTINGS["distributed.scheduler.allowed-failures"]


def _await_workers(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=_JOINING_S)
    except TimeoutError as error:
        raise EngineError(detail="no worker has joined the Dask scheduler; start `dask worker`") from error


@contextlib.contextmanager
def engine(workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """Workers for the time of a run: processes on this computer, or those of an outside scheduler.

    Raises EngineError where no scheduler answers, or one without workers.
    """
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
    prepare_process()
    dask.config.set(_SETTINGS)
    quiet = logging.CRITICAL + 10
    logging.getLogger("distributed").setLevel(quiet)
    cluster = None
    try:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=quiet,
            )
        client = Client(scheduler or cluster, timeout="15s")
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineError(detail=f"no scheduler answers at {scheduler or '127.0.0.1'}: {error}") from error
    try:
        if scheduler is not None:
            client.run_on_scheduler(_prepare_scheduler)
            _await_workers(client)
        client.register_plugin(DieWithParent())
        yield Executor(client)
    finally:
        for nanny in cluster.workers.values() if cluster else ():  # a running job cannot be interrupted
            nanny.auto_restart = False
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(nanny.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            client.close(timeout=2)
        if cluster:
            with contextlib.suppress(Exception):
                cluster.close(timeout=5)
