"""What ``--dry-run`` says is what the run then does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from heritage3d.errors import BaseOfSome
from heritage3d.pipeline.ledger import Ledger
from tests.pipeline.conftest import Batch

SITE = {"tiny-site": 1}


def _retitled(batch: Batch) -> None:
    batch.sheet("a,Alpha and more", "b,Beta")


def _with_two_copies(batch: Batch) -> None:
    text = batch.workflow.read_text("utf-8")
    batch.workflow.write_text(text.replace("{stage: tiny-tile,", "{stage: tiny-tile, copies: 2,"), "utf-8")


def _with_another_page(batch: Batch) -> None:
    (batch.captures / "a/p2.txt").write_text("TWO", "utf-8")


def test_before_the_first_run_the_forecast_counts_its_jobs(batch: Batch) -> None:
    told = batch.foreseen()
    assert told.jobs == {"tiny-ingest": 2, "tiny-tile": 4, "tiny-manifest": 2, **SITE}
    hashed = 2  # a job for the captures of each object
    assert batch.run().jobs == sum(told.jobs.values()) + hashed


@pytest.mark.parametrize(
    ("change", "jobs", "hashed"),
    [
        (lambda batch: None, {}, 0),
        (_retitled, {"tiny-ingest": 1, "tiny-manifest": 1, **SITE}, 0),
        (_with_two_copies, {"tiny-tile": 4, "tiny-manifest": 2, **SITE}, 0),
        (_with_another_page, {"tiny-ingest": 1, "tiny-tile": 1, "tiny-manifest": 1, **SITE}, 1),
        (lambda batch: (batch.captures / "a/p2.txt").unlink(), {"tiny-ingest": 1, "tiny-manifest": 1, **SITE}, 0),
        (lambda batch: (batch.out / "collection.json").unlink(), SITE, 0),
        (lambda batch: (batch.out / "objects/b/pages/p1/0.txt").unlink(), {"tiny-tile": 1}, 0),
    ],
)  # fmt: skip
def test_after_a_change_the_forecast_counts_the_jobs_of_the_run(
    batch: Batch, change: Callable[[Batch], object], jobs: dict[str, int], hashed: int
) -> None:
    batch.run()
    change(batch)
    told = batch.foreseen()
    assert told.jobs == jobs
    assert (told.objects, told.captures) == (2, len(list(batch.captures.glob("*/*.txt"))))
    assert batch.run().jobs == sum(jobs.values()) + hashed
    assert batch.foreseen().jobs == {}


def test_another_base_is_no_work_but_not_for_some_objects_only(batch: Batch) -> None:
    batch.run(base="https://museum.example/")
    assert batch.foreseen().jobs == {}
    assert batch.foreseen(base="https://other.example/").jobs == {}
    with pytest.raises(BaseOfSome):
        batch.foreseen(base="https://other.example/", only=("a",))
    assert batch.run(base="https://other.example/").jobs == 0


def test_a_forecast_records_nothing(batch: Batch) -> None:
    batch.run()
    tree, ledger = batch.tree(), batch.out / ".heritage3d" / "ledger.sqlite"
    (batch.captures / "a/p2.txt").unlink()
    before = ledger.read_bytes()
    batch.foreseen(base="https://other.example/")
    assert (batch.tree(), ledger.read_bytes()) == (tree, before)
    with Ledger(ledger) as told:
        assert len(told.captures(str(batch.captures / "a"))) == 3


def test_what_cannot_be_used_is_told_before_the_run(batch: Batch) -> None:
    batch.sheet("a,Alpha", "../evil,Evil", "gone,Gone")
    assert len(batch.foreseen().problems) == 2
