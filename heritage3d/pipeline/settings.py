"""What all plans of a run share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

from heritage3d.pipeline import limits
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.pace import Pace
from heritage3d.pipeline.store import Store
from heritage3d.pipeline.workflow import Step, Workflow


@dataclass(frozen=True)
class Settings:
    """Where a run works, what it does, and what it has been asked."""

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
