"""How a run feeds its workers: a long job holds nobody up, nobody sits idle, and what is told of it is true."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from heritage3d.pipeline.executor import Executor
from heritage3d.pipeline.job import Outcome, Spec
from heritage3d.pipeline.results import ObjectResult
from tests.pipeline.conftest import Batch, Silent


class Diary(Silent):
    """Writes down what is told, in its order."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.jobs: list[tuple[str, str]] = []
        self.shown: list[set[tuple[str, str]]] = []

    def job(self, spec: Spec, outcome: Outcome) -> None:
        self.jobs.append((spec.object, spec.step))

    def running(self, bundles: list[list[Spec]]) -> None:
        assert len(bundles) <= 2
        self.shown.append({(spec.object, spec.step) for specs in bundles for spec in specs})

    def object(self, result: ObjectResult) -> None:
        self.ended.append(result.id)


def test_short_jobs_of_other_objects_finish_while_a_long_one_runs(batch: Batch) -> None:
    batch.object("a", "slow 4")
    others = [f"o{at}" for at in range(8)]
    for name in others:
        batch.object(name, "page", "page")
    batch.sheet("a,Alpha", *(f"{name},Other" for name in others))
    diary = Diary()
    assert batch.run(listener=diary).exit_status == 0
    assert diary.ended[-1] == "a"
    assert sorted(diary.ended[:-1]) == others
    long = ("a", "pages")
    begun = next(at for at, shown in enumerate(diary.shown) if long in shown)
    assert all(long in shown for shown in diary.shown[begun:][: -len(("manifest", "site"))])


def test_long_jobs_of_two_objects_run_at_the_same_time(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    for name in ("a", "b"):
        batch.object(name, f"meet {tmp_path / 'list'}")
        for page in range(2, 4):
            (batch.captures / name / f"p{page}.txt").unlink(missing_ok=True)
    result = batch.run()
    assert batch.states(result) == {"a": "published", "b": "published"}


def test_many_small_objects_keep_every_worker_busy(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    for at in range(40):
        batch.object(f"o{at:02}", f"meet {tmp_path / 'list'}")
    batch.sheet(*(f"o{at:02},Object" for at in range(40)))
    result = batch.run()
    assert result.count("published") == 40
    signed = sorted(path.stat().st_size for path in (tmp_path / "list").iterdir())
    assert sum(signed) == 40
    assert signed[0] >= 10


def test_workers_are_not_kept_waiting_while_unchanged_objects_are_looked_at(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the first objects has changed: its jobs go out before the rest of the sheet is looked at."""
    names = [f"o{at:02}" for at in range(20)]
    for name in names:
        batch.object(name, "page")
    batch.sheet(*(f"{name},Object" for name in names))
    assert batch.run().count("published") == 20
    batch.object("o02", "new")
    monkeypatch.setattr("heritage3d.pipeline.run._TOGETHER", 2)
    diary, started, shared = Diary(), [], batch.start
    assert shared is not None

    @contextlib.contextmanager
    def start(workers: int, scheduler: str | None) -> Iterator[Executor]:
        started.append(len(diary.ended))
        with shared(workers, scheduler) as executor:
            yield executor

    batch.start = start
    result = batch.run(listener=diary)
    assert (result.count("published"), result.count("unchanged"), result.jobs) == (1, 19, 5)
    assert started[0] < 6


def test_pages_keep_their_order_whatever_ends_first(batch: Batch) -> None:
    batch.object("a", *(f"slow {0.3 if at == 0 else 0.0}" for at in range(30)))
    assert batch.run().exit_status == 0
    items = json.loads(batch.tree()["objects/a/manifest.json"])["items"]
    assert [item["id"].rpartition("/")[2] for item in items] == sorted(f"p{at}" for at in range(1, 31))
    graph = json.loads(batch.tree()["objects/a/provenance.json"])["@graph"]
    steps = [entity["step"] for entity in graph if "step" in entity]
    assert steps == sorted(steps, key=["captures", "pages", "manifest"].index)
