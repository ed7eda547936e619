"""Files beside the sheet, judged before the first job: what they spoil is told in a second, not in the morning."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from heritage3d.pipeline.asked import text_beside
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.stage import Beside
from heritage3d.pipeline.workflow import Workflow


def judge(workflow: Workflow, captures: Path, objects: Iterable[CaptureObject], out: Path) -> None:
    """Let every collection step look at its file. Raises what it says is wrong, and CaptureUnreadable."""
    for step in workflow.collection_steps():
        for name in type(step.options).model_fields:
            for mark in step.stage.marks(name, Beside):
                text = text_beside(captures, mark.file) if mark.foresee else None
                if mark.foresee and text is not None:
                    mark.foresee(text, _ids(objects, out))


def _ids(objects: Iterable[CaptureObject], out: Path) -> set[str]:
    """The objects of this run and those that are published."""
    return {item.id for item in objects} | {path.parent.name for path in (out / "objects").glob("*/manifest.json")}
