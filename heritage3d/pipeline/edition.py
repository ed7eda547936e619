"""One edition of an object while it grows: its artefacts, step by step, and the jobs that made them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from heritage3d.pipeline.places import place_of
from heritage3d.pipeline.tables import ArtefactRow, JobRow
from heritage3d.pipeline.workflow import Step

Slot = tuple[str, str]  # (step, slot)


@dataclass(frozen=True)
class Known:
    """An artefact of the edition: the ledger's row and where it was found."""

    slot: Slot
    part: int
    row: ArtefactRow
    path: Path


class Edition:
    """What an object consists of. A step that was begun is in ``known``, even while it has made nothing."""

    def __init__(self, object_id: str, steps: tuple[Step, ...]) -> None:
        self.object_id = object_id
        self.steps = steps
        self.known: dict[str, list[Known]] = {}
        self._jobs: dict[Slot, JobRow] = {}
        self._kinds: Counter[str] = Counter()  # kind -> artefacts that are known
        self._unsorted: set[str] = set()  # steps whose artefacts stand in the order in which jobs ended

    def ask(self, slot: Slot, job: JobRow) -> None:
        """Note the job of a slot: as it was asked, and again as it ended."""
        self._jobs[slot] = job

    def asked(self, slot: Slot) -> JobRow:
        """The job of a slot."""
        return self._jobs[slot]

    def keep(self, step: str, found: list[Known]) -> None:
        """Add what a job of a step made."""
        self.known[step].extend(found)
        self._kinds.update(known.row.kind for known in found)
        self._unsorted.add(step)

    def of(self, step: Step) -> list[Known]:
        """The artefacts of a step. Jobs end in any order; the order of their inputs is the order of the pages."""
        if step.name in self._unsorted:
            sources = [self.of(source) for source in self.steps if source.name in step.reads]
            order = {known.row.name: at for found in sources for at, known in enumerate(found)}
            self.known[step.name].sort(key=lambda known: (order.get(known.slot[1], 0), known.slot, known.part))
            self._unsorted.remove(step.name)
        return self.known[step.name]

    def artefacts(self) -> list[Known]:
        """All artefacts, in the order of steps and pages."""
        return [known for step in self.steps if step.name in self.known for known in self.of(step)]

    def jobs(self) -> dict[Slot, JobRow]:
        """The jobs that made it, in the order of steps and pages, whatever ended first."""
        order = {step.name: at for at, step in enumerate(self.steps)}
        return {slot: self._jobs[slot] for slot in sorted(self._jobs, key=lambda slot: order[slot[0]])}

    def several(self, kind_name: str) -> bool:
        """Whether there is more than one artefact of a kind."""
        return self._kinds[kind_name] > 1

    def place(self, row: ArtefactRow) -> str | None:
        """Where an artefact is published, relative to OUT; None for what is not."""
        return place_of(row.kind, self.object_id, row.name, several=self.several(row.kind))
