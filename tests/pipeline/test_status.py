"""``heritage3d status``: short where everything is well, complete where somebody asks."""

from __future__ import annotations

import json

import pytest

from heritage3d.commands import status
from tests.pipeline.conftest import Batch


@pytest.fixture
def mixed(batch: Batch) -> Batch:
    """One object that is published, and one that failed."""
    batch.object("b", "bad four")
    batch.run()
    return batch


def test_of_few_objects_each_has_its_line(mixed: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    status.status(mixed.out, every=False, as_json=False)
    told = capsys.readouterr().out
    assert "1 published, 0 unchanged, 0 withheld, 1 failed." in told
    assert "\na: published\n" in told
    assert "\nb: FAILED\n    H3D-310 p1.txt: " in told
    assert "--all" not in told


def test_of_many_only_those_with_a_fault(
    mixed: Batch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "_FEW", 1)
    status.status(mixed.out, every=False, as_json=False)
    told = capsys.readouterr().out
    assert "1 published, 0 unchanged, 0 withheld, 1 failed." in told
    assert "a: published" not in told
    assert "b: FAILED" in told
    assert "--all" in told
    status.status(mixed.out, every=True, as_json=False)
    assert "a: published" in capsys.readouterr().out


def test_machines_get_every_object_in_one_line(mixed: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    status.status(mixed.out, every=False, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told["run"]["outcome"] == "some failed"
    assert told["count"] == {"published": 1, "unchanged": 0, "withheld": 0, "failed": 1}
    assert [(item["id"], [error["code"] for error in item["errors"]]) for item in told["objects"]] == [
        ("a", []),
        ("b", ["H3D-310"]),
    ]
