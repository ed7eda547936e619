"""Finished objects are left alone only while everything that made them is as it was: the engine, too."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heritage3d.pipeline import asked, publish
from heritage3d.pipeline.plan import ObjectPlan
from tests.pipeline.conftest import Batch

ENGINE = Path(asked.__file__).parent


@pytest.fixture
def another_engine(tmp_path: Path) -> Path:
    """The engine's sources, of which one line is another."""
    shutil.copytree(ENGINE, tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "engine" / "provenance.py"
    source.write_text(source.read_text("utf-8").replace('"hadMember"', '"member"', 1), "utf-8")
    return tmp_path / "engine"


def test_any_line_of_the_engine_counts(another_engine: Path, tmp_path: Path) -> None:
    same = shutil.copytree(ENGINE, tmp_path / "same", ignore=shutil.ignore_patterns("__pycache__"))
    assert asked.engine_print(same) == asked.engine_print(ENGINE)
    assert asked.engine_print(another_engine) != asked.engine_print(ENGINE)


def test_an_engine_that_writes_other_documents_writes_them_for_finished_objects_too(
    batch: Batch, another_engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.run()
    before = batch.tree()

    def told_otherwise(plan: ObjectPlan, real: Callable[[ObjectPlan], Any] = publish.evidence_of) -> dict[str, Any]:
        return {**real(plan), "told": "otherwise"}

    monkeypatch.setattr(publish, "evidence_of", told_otherwise)
    monkeypatch.setattr(asked, "_ENGINE", another_engine)
    result = batch.run()
    assert (result.jobs, result.changed) == (1, True)  # the site reads every document
    assert json.loads(batch.tree()["objects/b/evidence.json"])["told"] == "otherwise"
    changed = {name for name, content in batch.tree().items() if before[name] != content}
    assert changed == {"objects/a/evidence.json", "objects/b/evidence.json", "checksums.txt"}
    assert batch.run().changed is False
