"""Workflows: YAML -> checked steps, with errors that name the file and the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from heritage3d.errors import WorkflowError, WorkflowNotFound
from heritage3d.pipeline import yaml_text
from heritage3d.pipeline.stage import Stage, stages

SOURCE_KIND = "capture"
COLLECTION_KIND = "collection"


@dataclass(frozen=True)
class Step:
    """One step: a stage, the steps that it reads from (in this order), and its options."""

    name: str
    stage: Stage
    reads: tuple[str, ...]
    options: BaseModel


@dataclass(frozen=True)
class Workflow:
    """Checked steps in the order in which they can run."""

    name: str
    file: str
    title: dict[str, str]
    steps: tuple[Step, ...]

    def object_steps(self) -> tuple[Step, ...]:
        """The steps that run for each object."""
        return tuple(step for step in self.steps if step.stage.arity != "collection")

    def collection_steps(self) -> tuple[Step, ...]:
        """The steps that run once, after all objects."""
        return tuple(step for step in self.steps if step.stage.arity == "collection")


def shipped() -> dict[str, Path]:
    """Workflows that come with the package: name -> file."""
    installed = Path(str(resources.files("heritage3d"))) / "workflows"
    folder = installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "workflows"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load(workflow: str) -> Workflow:
    """A workflow by file or shipped name. Raises WorkflowNotFound, WorkflowError (exit status 2)."""
    path = Path(workflow)
    if not path.is_file():
        known = shipped()
        name = path.stem if path.suffix in {".yaml", ".yml"} and path.parent == Path() else workflow
        if name not in known:
            raise WorkflowNotFound(workflow=workflow, known=", ".join(known))
        path = known[name]
    return _Reader(path).workflow()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = yaml_text.Document()
        try:
            self.document = yaml_text.read(path.read_text("utf-8-sig"))
        except UnicodeDecodeError:
            self.fail((), "the file is not UTF-8 text")
        except OSError as error:
            self.fail((), error.strerror or "cannot be read")
        except yaml_text.NotYaml as error:
            raise WorkflowError(file=f"{path}:{error.line or 1}", detail=error.problem) from None

    def fail(self, where: tuple[str, ...], detail: str) -> NoReturn:
        name = ".".join(where)
        line = self.document.line(*where)
        raise WorkflowError(file=f"{self.path}:{line}", detail=f"{name}: {detail}" if name else detail)

    def workflow(self) -> Workflow:
        document = self.document.value
        if not isinstance(document, dict):
            self.fail((), "a workflow is a mapping with the keys workflow and steps")
        for key in document:
            if key not in {"workflow", "version", "title", "steps"}:
                self.fail((key,), "unknown key; known are workflow, version, title, steps")
        name = document.get("workflow")
        if not isinstance(name, str) or not name:
            self.fail(("workflow",), "needs a name")
        if document.get("version", 1) != 1:
            self.fail(("version",), "only version 1 of the workflow language is known")
        title = document.get("title", {})
        if not isinstance(title, (str, dict)):
            self.fail(("title",), "a text, or texts by language")
        written = document.get("steps")
        if not isinstance(written, dict) or not written:
            self.fail(("steps",), "needs at least one step")
        steps: dict[str, Step] = {}
        for step_name, told in written.items():
            steps[step_name] = self.step(step_name, told, steps)
        titles = {"en": title} if isinstance(title, str) else {str(key): str(value) for key, value in title.items()}
        return Workflow(name, str(self.path), titles, tuple(steps.values()))

    def step(self, name: str, told: Any, before: dict[str, Step]) -> Step:
        where = ("steps", name)
        if not isinstance(told, dict):
            self.fail(where, "a step is a mapping with the key stage")
        stage = stages().get(str(told.get("stage")))
        if stage is None:
            self.fail((*where, "stage"), f"no such stage; known are {', '.join(sorted(stages()))}")
        asked = {key: value for key, value in told.items() if key not in {"stage", "from"}}
        for key in asked:
            if key not in stage.public_options():
                known = ", ".join(stage.public_options()) or "none"
                self.fail((*where, key), f"{stage.name} has no such option; it has: {known}")
        try:
            options = stage.Options(**asked)
        except ValidationError as error:
            first = error.errors()[0]
            self.fail((*where, *(str(part) for part in first["loc"])), first["msg"])
        return Step(name, stage, self.sources(where, told.get("from"), stage, before), options)

    def sources(self, where: tuple[str, ...], told: Any, stage: Stage, before: dict[str, Step]) -> tuple[str, ...]:
        names = [told] if isinstance(told, str) else told
        if set(stage.reads) & {SOURCE_KIND, COLLECTION_KIND}:
            return ()
        if not isinstance(names, list) or not names:
            self.fail((*where, "from"), f"{stage.name} reads {' and '.join(stage.reads)}: name the step that makes it")
        for source in names:
            if source not in before:
                self.fail((*where, "from"), f"no step {source!r} above this one")
            if not set(before[source].stage.writes) & set(stage.reads):
                made = " and ".join(before[source].stage.writes)
                wanted = " or ".join(stage.reads)
                self.fail((*where, "from"), f"{stage.name} reads {wanted}, but {source!r} makes {made}")
        for entry in stage.inputs:
            if not any(set(before[source].stage.writes) & set(entry.kinds) for source in names):
                self.fail((*where, "from"), f"nothing here makes {' or '.join(entry.kinds)}, which {stage.name} needs")
        return tuple(names)


def described(workflow: Workflow) -> Iterator[str]:
    """A line per step, for ``heritage3d workflows``."""
    for step in workflow.steps:
        yield f"{step.name}: {step.stage.name}" + (f" <- {', '.join(step.reads)}" if step.reads else "")
