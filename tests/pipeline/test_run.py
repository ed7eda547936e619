"""The engine on a tiny collection: what is published, what is spared, what is restored, what is withheld."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heritage3d.errors import BaseOfSome, BusyError, OutputError
from heritage3d.pipeline.claim import claimed
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.settings import Settings
from tests.pipeline.conftest import Batch


def _codes(result: object) -> dict[str, list[str]]:
    return {item.id: [error.code for error in item.errors] for item in result.objects}  # type: ignore[attr-defined]


def test_a_first_run_publishes_everything_and_a_second_does_nothing(batch: Batch) -> None:
    first = batch.run()
    assert first.exit_status == 0
    assert batch.states(first) == {"a": "published", "b": "published"}
    tree = batch.tree()
    assert {"collection.json", "checksums.txt", "assets/viewer.js", "objects/a/pages/p2/0.txt"} <= set(tree)
    manifest = json.loads(tree["objects/a/manifest.json"])
    assert manifest["id"] == "http://127.0.0.1:8000/objects/a/manifest.json"
    assert [item["id"].rsplit("/", 1)[1] for item in manifest["items"]] == ["p1", "p2", "p3"]
    began = time.monotonic()
    second = batch.run()
    assert (second.jobs, second.changed) == (0, False)
    assert batch.states(second) == {"a": "unchanged", "b": "unchanged"}
    assert time.monotonic() - began < 2
    assert batch.tree() == tree


def test_changing_one_option_runs_only_what_depends_on_it(batch: Batch) -> None:
    batch.run()
    text = batch.workflow.read_text("utf-8")
    batch.workflow.write_text(text.replace("{stage: tiny-tile,", "{stage: tiny-tile, copies: 2,"), "utf-8")
    result = batch.run()
    # 4 pages; the manifests read only evidence and names, which did not change; the collection did.
    assert result.jobs == 4 + 2 + 1
    assert batch.tree()["objects/b/pages/p1/0.txt"] == b"ff"


def test_an_option_that_only_changes_speed_runs_nothing(batch: Batch) -> None:
    batch.run()
    text = batch.workflow.read_text("utf-8")
    batch.workflow.write_text(text.replace("{stage: tiny-tile,", "{stage: tiny-tile, patience: 0.01,"), "utf-8")
    assert batch.run().jobs == 0


def test_a_column_of_the_sheet_overrides_an_option_for_its_object(batch: Batch) -> None:
    batch.sheet("a,Alpha,", "b,Beta,upper", head="id,title,case")
    batch.run()
    tree = batch.tree()
    assert tree["objects/b/pages/p1/0.txt"] == b"F"
    assert tree["objects/a/pages/p1/0.txt"] == b"o"


@pytest.mark.parametrize("place", ["objects/a/pages/p2/1.txt", "objects/a/manifest.json", "collection.json",
                                   "objects/b/evidence.json", "checksums.txt", "assets/viewer.js"])  # fmt: skip
def test_a_deleted_or_damaged_file_is_restored(batch: Batch, place: str) -> None:
    batch.run()
    tree = batch.tree()
    (batch.out / place).unlink()
    assert batch.run().exit_status == 0
    assert batch.tree() == tree
    (batch.out / place).write_bytes(b"damage")
    batch.run()
    assert batch.tree() == tree


def test_a_deleted_object_is_restored(batch: Batch) -> None:
    batch.run()
    tree = batch.tree()
    shutil.rmtree(batch.out / "objects" / "a")
    batch.run()
    assert batch.tree() == tree


def test_an_unreadable_page_withholds_its_object_and_names_every_bad_file(batch: Batch) -> None:
    batch.object("a", "one", "bad two", "three", "bad four")
    result = batch.run()
    assert result.exit_status == 1
    assert batch.states(result) == {"a": "failed", "b": "published"}
    failed = next(item for item in result.objects if item.id == "a")
    assert sorted(error.file for error in failed.errors) == ["p2.txt", "p4.txt"]
    assert all(error.fields["object"] == "a" and error.cure() for error in failed.errors)
    assert not (batch.out / "objects" / "a").exists()
    assert not any("objects/a" in item["id"] for item in json.loads(batch.tree()["collection.json"])["items"])
    batch.object("a", "one", "two", "three", "four")
    mended = batch.run()
    assert batch.states(mended) == {"a": "published", "b": "unchanged"}
    assert mended.jobs == 1 + 1 + 2 + 1 + 1  # hash, ingest, two pages, manifest, site: pages 1 and 3 were kept


def test_the_edition_before_stays_when_a_new_one_fails(batch: Batch) -> None:
    batch.run()
    tree = batch.tree()
    batch.object("a", "ONE", "bad")
    assert batch.states(batch.run()) == {"a": "withheld", "b": "unchanged"}
    assert batch.tree() == tree
    batch.object("a", "ONE", "two")
    assert batch.states(batch.run()) == {"a": "published", "b": "unchanged"}
    assert batch.tree()["objects/a/pages/p1/0.txt"] == b"O"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("crash", "H3D-701"),
        ("kill", "H3D-703"),
        ("exit", "H3D-700"),
        ("bug", "H3D-700"),
        ("bad", "H3D-310"),
        ("caused", "H3D-310"),
        ("alien", "H3D-700"),
        ("stuck", "H3D-700"),
    ],
)
def test_whatever_a_job_does_only_its_object_fails(batch: Batch, content: str, code: str) -> None:
    for at in range(6):
        batch.object(f"c{at}", "good", content if at == 3 else "fine")
    batch.sheet("a,Alpha", "b,Beta", *(f"c{at},C" for at in range(6)))
    result = batch.run()
    assert {name: codes for name, codes in _codes(result).items() if codes} == {"c3": [code]}
    assert result.count("published") == 7
    assert "Traceback" not in str(result.objects)


def test_a_job_that_hangs_is_ended_and_named(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heritage3d.pipeline.run.Settings", functools.partial(Settings, limit_s=2.0))
    batch.object("b", "hang")
    result = batch.run()
    assert _codes(result) == {"a": [], "b": ["H3D-702"]}


def test_the_base_moves_without_touching_a_tile(batch: Batch) -> None:
    batch.run()
    before = {path: path.stat().st_mtime_ns for path in (batch.out / "objects").rglob("*.txt")}
    result = batch.run(base="https://example.org/iiif/")
    assert result.jobs == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    texts = {name: content for name, content in batch.tree().items() if name.endswith(".json")}
    assert not any(b"127.0.0.1" in content for content in texts.values())
    assert json.loads(texts["objects/a/pages/p1/info.json"])["id"] == "https://example.org/iiif/objects/a/pages/p1"
    assert batch.run(base="https://example.org/iiif/").changed is False


def test_a_page_that_is_gone_leaves_the_published_tree(batch: Batch) -> None:
    batch.run()
    (batch.captures / "a" / "p2.txt").unlink()
    batch.run()
    assert not (batch.out / "objects/a/pages/p2").exists()
    assert len(json.loads(batch.tree()["objects/a/manifest.json"])["items"]) == 2
    assert "pages/p2/" not in batch.tree()["checksums.txt"].decode()


def test_workers_folder_and_order_do_not_change_a_byte(batch: Batch, new_batch: Callable[[str], Batch]) -> None:
    batch.run(workers=1)
    other = new_batch("elsewhere")
    other.object("b", "four")
    other.object("a", "one", "two", "three")
    other.sheet("a,Alpha", "b,Beta")
    other.run(workers=3)
    assert batch.tree() == other.tree()


def test_captures_are_never_changed(batch: Batch) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in batch.captures.rglob("*.*")}
    batch.run()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in batch.captures.rglob("*.*")} == before


def test_only_the_named_object_runs_and_the_others_stay(batch: Batch) -> None:
    batch.run(only=("a",))
    assert sorted(path.name for path in (batch.out / "objects").iterdir()) == ["a"]
    batch.run(only=("b",))
    assert len(json.loads(batch.tree()["collection.json"])["items"]) == 2


def test_a_row_with_a_fault_fails_by_name_and_the_others_go_on(batch: Batch) -> None:
    batch.sheet("a,Alpha", "../evil,Evil", "a,Twice", ",Nameless", "gone,Gone")
    result = batch.run()
    assert batch.states(result)["a"] == "published"
    assert result.count("failed") == 4
    assert not (batch.out.parent / "evil").exists()


def test_an_object_with_nothing_to_show_says_so(batch: Batch) -> None:
    (batch.captures / "empty").mkdir()
    batch.sheet("a,Alpha", "empty,Nothing")
    assert _codes(batch.run()) == {"a": [], "empty": ["H3D-253"]}


def test_a_second_run_on_the_same_output_is_refused(batch: Batch) -> None:
    batch.run()
    with claimed(batch.out / ".heritage3d"), pytest.raises(BusyError) as refused:
        batch.run()
    assert refused.value.exit_status == 75


def test_an_output_that_is_a_file_is_refused(batch: Batch) -> None:
    batch.out.write_text("a file", "utf-8")
    with pytest.raises(OutputError):
        batch.run()


def test_a_copy_of_the_output_needs_no_work(batch: Batch, tmp_path: Path) -> None:
    batch.run()
    copied = tmp_path / "copy"
    subprocess.run(
        [sys.executable, "-c", f"import shutil; shutil.copytree({str(batch.out)!r}, {str(copied)!r})"], check=True
    )
    batch.out = copied
    result = batch.run()
    assert (result.jobs, result.changed) == (0, False)


def test_nothing_is_left_behind(batch: Batch) -> None:
    batch.run()
    batch.object("a", "ONE", "TWO", "THREE")
    batch.run()
    hidden = batch.out / ".heritage3d"
    left = sorted(path.name for name in ("work", "next", "kept") for path in (hidden / name).iterdir())
    assert left == []
    with Ledger(hidden / "ledger.sqlite") as ledger:
        run = ledger.last_run()
        assert run is not None
        assert run["outcome"] == "good"


def test_the_base_of_the_last_run_holds_until_another_is_given(batch: Batch) -> None:
    batch.run(base="https://museum.example/x/")
    tree = batch.tree()
    assert batch.run().changed is False
    assert batch.tree() == tree
    with pytest.raises(BaseOfSome):
        batch.run(base="https://other.example/", only=("a",))
    assert batch.tree() == tree
    assert batch.run(only=("a",)).changed is False


def test_a_restored_file_counts_as_a_change(batch: Batch) -> None:
    batch.run()
    tree = batch.tree()
    damaged = next(path for path in sorted((batch.out / "objects/a").rglob("*")) if path.is_file())
    damaged.unlink()
    result = batch.run()
    assert (result.changed, batch.tree()) == (True, tree)


def test_files_beside_a_folder_of_nearly_their_name_change_nothing(batch: Batch) -> None:
    """Paths sort otherwise than a walk through folders does: "pages.csv" comes before "pages/1"."""
    (batch.captures / "a/pages").mkdir()
    (batch.captures / "a/pages/1.md").write_text("x", "utf-8")
    (batch.captures / "a/pages.csv").write_text("file\n", "utf-8")
    batch.run()
    result = batch.run()
    assert (result.changed, result.jobs) == (False, 0)
