"""How a run and its objects ended, and who is told while it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline.job import Outcome, Spec


@dataclass(frozen=True, slots=True)
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
        return Counter(result.state for result in self.objects)[state]


class Listener(Protocol):
    """Who watches a run: the progress display, or nobody."""

    def begin(self, objects: int) -> None:
        """The run begins; so many objects are before it."""

    def job(self, spec: Spec, outcome: Outcome) -> None:
        """A job ended."""

    def running(self, bundles: list[list[Spec]]) -> None:
        """What the workers hold now, oldest first; of a bundle the job that has a note runs."""

    def object(self, result: ObjectResult) -> None:
        """An object ended."""
