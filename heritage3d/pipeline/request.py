"""What a job is asked: these inputs, these options; as a cache key, as the ledger's row, as a worker's task."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from heritage3d.errors import RecordError
from heritage3d.pipeline.asked import text_beside
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.digests import sha256_of_text
from heritage3d.pipeline.edition import Edition, Known
from heritage3d.pipeline.job import Spec
from heritage3d.pipeline.places import folder_of, place_of
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.stage import Artefact, Input
from heritage3d.pipeline.tables import JobRow
from heritage3d.pipeline.workflow import Step

Given = list[tuple[Input, list[Known]]]  # the artefacts of every parameter


@dataclass(frozen=True)
class Request:
    """One job of an object; ``slot`` is the name of the artefact that it works on, "" for the object as a whole."""

    step: Step
    slot: str
    given: Given
    options: BaseModel

    @functools.cached_property
    def key(self) -> str:
        """The cache key: contents always; names and evidence of inputs only where the stage reads them."""
        return self.step.stage.key([_read(entry, found) for entry, found in self.given], self.options)

    @functools.cached_property
    def bytes_in(self) -> int:
        """Bytes of all inputs."""
        return sum(known.row.size for _entry, found in self.given for known in found)

    def row(self) -> JobRow:
        """The job as the ledger will remember it; what it cost is not known yet."""
        return JobRow(
            key=self.key,
            stage=self.step.stage.name,
            version=self.step.stage.version,
            options=self.options.model_dump(mode="json"),
            tools=self.step.stage.tools(),
            inputs=[
                [entry.name, [[known.row.kind, known.row.name, known.row.digest] for known in found]]
                for entry, found in self.given
            ],
            seconds=0.0,
            bytes_in=self.bytes_in,
            bytes_out=0,
        )

    def spec(self, settings: Settings, edition: Edition, *, several: bool) -> Spec:
        """The job as a worker gets it. ``several`` says that the step has other jobs for this object beside it."""
        stage, object_id = self.step.stage, edition.object_id
        unique = short_digest(f"{object_id}\0{self.step.name}\0{self.slot}\0{self.key}")
        name = self.slot or object_id
        return Spec(
            object=object_id,
            step=self.step.name,
            slot=self.slot,
            stage=stage.name,
            module=stage.run.__module__,
            inputs=tuple(
                (entry.name, entry.arity != "all", tuple(_artefact(known, edition) for known in found))
                for entry, found in self.given
            ),
            options=self.options.model_dump(),
            work=f"{settings.store.work}/{settings.run}-{unique}",
            kept=f"{settings.store.kept}/{unique}",
            base=settings.base,
            folders={
                written: folder_of(written, place_of(written, object_id, name, several=several))
                for written in stage.writes
            },
            limit_s=settings.limit_s,
            bytes_in=self.bytes_in,
        )


def options_of(step: Step, item: CaptureObject, beside: Path | None) -> BaseModel:
    """The step's options, with what the object's row and the files in the folder ``beside`` say in their place.

    Raises RecordError where a cell is no value of its option.
    """
    told: dict[str, Any] = {}
    for name, column, file in step.stage.from_outside:
        if file:
            told[name] = text_beside(beside, file)
        if column == "*":
            told[name] = dict(item.columns)
        elif column and item.columns.get(column):
            told[name] = item.columns[column]
    if not told:
        return step.options
    try:
        return type(step.options)(**{**step.options.model_dump(), **told})
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(str(part) for part in first["loc"])
        raise RecordError(
            object=item.id, column=column, value=str(first["input"])[:80], row="?", detail=first["msg"]
        ) from error


def short_digest(text: str) -> str:
    """A digest that names a file of ours."""
    return sha256_of_text(text)[:24]


def _artefact(known: Known, edition: Edition) -> Artefact:
    row = known.row
    place = edition.place(row)
    address = "" if place is None else place.removeprefix(f"objects/{edition.object_id}").lstrip("/")
    return Artefact(known.path, row.kind, row.name, address, row.evidence)


def _read(entry: Input, found: list[Known]) -> list[Any]:
    rows = [known.row for known in found]
    if not entry.rich:
        return [entry.name, [[row.kind, row.digest] for row in rows]]
    return [entry.name, [[row.kind, row.digest, row.name, row.evidence] for row in rows]]
