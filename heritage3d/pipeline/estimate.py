"""``--dry-run``: what would run, how long, how many gigabytes, and whether the disk holds them."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline import addresses
from heritage3d.pipeline.asked import asked_of_all, asked_of_one, stands
from heritage3d.pipeline.captures import CaptureObject, prints_below
from heritage3d.pipeline.kinds import recognise
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.pace import Pace
from heritage3d.pipeline.stage import Stage
from heritage3d.pipeline.store import Store, free_bytes
from heritage3d.pipeline.workflow import SOURCE_KIND, Workflow

_BYTES_HASHED_PER_S = 4e8


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


def estimate(workflow: Workflow, objects: list[CaptureObject], out: Path, workers: int) -> Estimate:
    """Look at every capture's first bytes and add up what the steps cost; nothing is written."""
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(Ledger(path)) if (path := Store(out).ledger).is_file() else None
        return _estimate(workflow, objects, out, workers, ledger)


def _estimate(
    workflow: Workflow, objects: list[CaptureObject], out: Path, workers: int, ledger: Ledger | None
) -> Estimate:
    pace = Pace(ledger.pace() if ledger else None)
    last = ledger.last_run() if ledger else None
    of_all = asked_of_all(workflow, last["base"] if last else addresses.DEFAULT_BASE, None)
    jobs: Counter[str] = Counter()
    problems: list[Heritage3dError] = []
    captures, capture_bytes, seconds, written = 0, 0, 0.0, 0.0
    for item in objects:
        problems.extend(item.errors)
        try:
            seen = prints_below(item.folder) if not item.errors else {}
            found = {path: path.stat().st_size for path in map(Path, seen)}
        except Heritage3dError as error:
            problems.append(error)
            continue
        captures += len(found)
        capture_bytes += sum(found.values())
        if ledger and stands(item.id, asked_of_one(of_all, item.columns, seen), ledger, out):
            continue  # a run would not touch it
        seconds += sum(found.values()) / _BYTES_HASHED_PER_S
        for stage, size in _jobs(workflow, found):
            jobs[stage.name] += 1
            seconds += pace.expected(stage, size, guess=True)
            written += pace.written(stage, size or 0)
    for step in workflow.collection_steps() if jobs or ledger is None else ():
        jobs[step.stage.name] += 1
    return Estimate(
        len(objects), captures, capture_bytes, dict(jobs), seconds / workers, int(written), free_bytes(out), problems
    )


def _jobs(workflow: Workflow, found: dict[Path, int]) -> list[tuple[Stage, int | None]]:
    """(stage, bytes that it reads if they are known) of every job that can be foreseen before ingest has looked."""
    kinds: Counter[str] = Counter()
    jobs: list[tuple[Stage, int | None]] = []
    for path, size in found.items():
        format_ = recognise(path)
        kind = format_.captured_as if format_ else None
        kinds[kind or ""] += 1
        jobs.extend(
            (step.stage, size)
            for step in workflow.object_steps()
            if step.stage.arity == "each" and kind in step.stage.inputs[0].kinds
        )
    whole = [
        step.stage for step in workflow.object_steps() if step.stage.arity == "all" or SOURCE_KIND in step.stage.reads
    ]
    return jobs + [(stage, None) for stage in whole]
