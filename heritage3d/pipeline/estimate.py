"""``--dry-run``: what would run, how long, how many gigabytes, and whether the disk holds them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline.captures import CaptureObject, capture_files
from heritage3d.pipeline.kinds import recognise
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.plan import expected_seconds
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
    store = Store(out)
    pace: dict[str, tuple[float, float, int]] = {}
    if store.ledger.is_file():
        with Ledger(store.ledger) as ledger:
            pace = ledger.pace()
    jobs: Counter[str] = Counter()
    problems: list[Heritage3dError] = []
    captures, capture_bytes, seconds, written = 0, 0, 0.0, 0.0
    for item in objects:
        problems.extend(item.errors)
        try:
            found = {path: path.stat().st_size for path in capture_files(item.folder)} if not item.errors else {}
        except Heritage3dError as error:
            problems.append(error)
            continue
        captures += len(found)
        capture_bytes += sum(found.values())
        seconds += sum(found.values()) / _BYTES_HASHED_PER_S
        for stage, size in _jobs(workflow, found):
            jobs[stage.name] += 1
            seconds += expected_seconds(stage, size, pace)
            written += size * (pace[stage.name][1] if stage.name in pace else stage.bytes_out_per_byte)
    for step in workflow.collection_steps():
        jobs[step.stage.name] += 1
    return Estimate(
        len(objects), captures, capture_bytes, dict(jobs), seconds / workers, int(written), free_bytes(out), problems
    )


def _jobs(workflow: Workflow, found: dict[Path, int]) -> list[tuple[Stage, int]]:
    """(stage, bytes that it reads) of every job that can be foreseen before ingest has looked."""
    kinds: Counter[str] = Counter()
    jobs: list[tuple[Stage, int]] = []
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
    return jobs + [(stage, 0) for stage in whole]
