"""A published tree gets another base: the same bytes as a run with that base, nothing else touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heritage3d.errors import BindingFailed, NotAnOutput, UsageError
from heritage3d.pipeline import binding
from tests.pipeline.conftest import Batch

BASE = "https://museum.example/寶/"


def seen(root: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in root.rglob("*") if path.is_file() and ".heritage3d" not in path.parts)
    return {str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def test_it_makes_what_a_run_with_that_base_makes_and_the_next_run_makes_nothing(batch: Batch) -> None:
    batch.run(base=BASE)
    wanted = batch.tree()
    batch.run(base="https://other.example/x/")
    before = seen(batch.out)
    done = binding.bind(batch.out, BASE)
    assert (done.documents, done.before) == (done.written, {"https://other.example/x/"})
    assert batch.tree() == wanted
    touched = {place for place, told in seen(batch.out).items() if before.get(place) != told}
    assert touched
    assert not [place for place in touched if place.endswith((".txt", ".js")) and place != "checksums.txt"]
    result = batch.run()  # without a base: the bound one holds
    assert (result.jobs, result.changed) == (0, False)
    assert batch.tree() == wanted


def test_a_copy_without_the_pipelines_own_folder(batch: Batch, tmp_path: Path) -> None:
    batch.run()
    copy = tmp_path / "copy"
    shutil.copytree(batch.out, copy, ignore=shutil.ignore_patterns(".heritage3d"))
    binding.bind(copy, BASE)
    batch.run(base=BASE)
    files = {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert files == batch.tree()
    assert binding.bind(copy, BASE).written == 0


def test_one_that_was_killed_in_the_middle_is_finished_by_the_same_call(batch: Batch) -> None:
    batch.run(base=BASE)
    wanted = batch.tree()
    batch.run(base="https://other.example/")
    document = batch.out / "objects/a/manifest.json"
    document.write_bytes(wanted["objects/a/manifest.json"])  # as far as it came
    binding.bind(batch.out, BASE)
    assert batch.tree() == wanted
    assert batch.run().jobs == 0


def test_what_cannot_be_bound_is_refused_before_anything_is_written(batch: Batch, tmp_path: Path) -> None:
    with pytest.raises(NotAnOutput):
        binding.bind(tmp_path, BASE)
    batch.run()
    with pytest.raises(UsageError):
        binding.bind(batch.out, "ftp://museum.example/")
    document = batch.out / "objects/b/manifest.json"
    document.write_text('{"id": "https://elsewhere.example/b"}')
    before = batch.tree()
    with pytest.raises(BindingFailed, match=r"objects/b/manifest\.json"):
        binding.bind(batch.out, BASE)
    assert batch.tree() == before


def test_a_list_that_leads_out_of_the_tree_is_no_output(batch: Batch, tmp_path: Path) -> None:
    outside = tmp_path / "manifest.json"
    outside.write_text('{"id": "http://127.0.0.1:8000/manifest.json"}')
    batch.run()
    with (batch.out / "checksums.txt").open("a") as lines:
        lines.write(f"{'0' * 64}  ../manifest.json\n")
    with pytest.raises(NotAnOutput):
        binding.bind(batch.out, BASE)
    assert "127.0.0.1" in outside.read_text()
