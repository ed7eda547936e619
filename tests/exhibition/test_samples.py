"""The workflow ``exhibition`` on the project's own samples, small: what a clean clone can judge by itself."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exhibition import judges
from tests.test_cli import ROOT, heritage3d


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, fonts: None) -> Path:
    """The sample collection as small as its scroll can still be joined, published under a port that is free now."""
    folder = tmp_path_factory.mktemp("samples")
    command = [sys.executable, str(ROOT / "samples/make.py"), str(folder / "collection"), "--scale", "0.3"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/"
    arguments = ["run", ROOT / "workflows/exhibition.yaml", folder / "collection", "--out", folder / "out"]
    foreseen = heritage3d(*arguments, "--dry-run", "--json")
    assert foreseen.returncode == 0, foreseen.stderr
    (folder / "foreseen.json").write_text(foreseen.stdout, "utf-8")
    done = heritage3d(*arguments, "--base", base, seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out"


def test_the_dry_run_before_it_told_its_jobs(published: Path) -> None:
    foreseen = json.loads((published.parent / "foreseen.json").read_text("utf-8"))["jobs"]
    with sqlite3.connect(published / ".heritage3d/ledger.sqlite") as ledger:
        done = dict(ledger.execute("SELECT stage, COUNT(*) FROM job GROUP BY stage").fetchall())
    assert foreseen == done
    assert (done["stitch"], done["tile"]) == (1, 17)


def test_every_object_is_published_and_intact(published: Path) -> None:
    names = sorted(path.name for path in (published / "objects").iterdir())
    assert names == ["archive-volume", "bamboo-slips", "long-scroll", "oracle-bone"]
    done = heritage3d("verify", published, seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_independent_judges_accept_images_and_models(published: Path) -> None:
    assert judges.models(published) == (8, [])
    pytest.importorskip("magic", reason="the library libmagic is not installed", exc_type=ImportError)
    assert judges.image_services(published) == (17, [])


def test_models_keep_the_deviation_that_was_asked_for(published: Path) -> None:
    for path in published.glob("objects/*/models/evidence.json"):
        evidence = json.loads(path.read_text("utf-8"))
        assert evidence["scale"] == "known"
        for entry in evidence["files"]:
            if entry["role"] in ("web", "full"):
                assert entry["deviation_mm"]["upper"] <= evidence["max_deviation_mm"] == 0.1
