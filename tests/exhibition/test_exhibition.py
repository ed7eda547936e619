"""The main job from end to end: real captures become a published collection, judged by independent judges."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.exhibition import captures, judges
from tests.test_cli import heritage3d


class Run(NamedTuple):
    """A finished run of the workflow ``exhibition``."""

    captures: Path
    out: Path
    base: str
    status: int
    told: str


@pytest.fixture(scope="module")
def real(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Real objects, two of them broken, published under a port that is free now."""
    folder = tmp_path_factory.mktemp("exhibition")
    captures.make(data, folder / "captures")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/"
    arguments = ["run", "exhibition", folder / "captures", "--out", folder / "out", "--base", base, "--workers", 2]
    done = heritage3d(*arguments, seconds=600)
    return Run(folder / "captures", folder / "out", base, done.returncode, done.stdout + done.stderr)


def test_good_objects_are_published_and_the_broken_ones_are_named(real: Run) -> None:
    assert real.status == 1, real.told
    assert "Traceback" not in real.told
    lines = [line.strip() for line in real.told.splitlines() if line.strip().startswith("H3D-")]
    assert [line.split()[:3] for line in sorted(lines)] == [
        ["H3D-311", "broken-scan", "page-1.tif:"],
        ["H3D-418", "broken-mesh", "skull.glb:"],
    ]
    assert all(line.count(". ") >= 1 for line in lines)  # what happened, and what to do
    assert sorted(path.name for path in (real.out / "objects").iterdir()) == captures.GOOD
    assert "broken" not in (real.out / "collection.json").read_text("utf-8")
    assert "broken" not in (real.out / "checksums.txt").read_text("utf-8")


def test_the_copy_can_be_verified(real: Run) -> None:
    done = heritage3d("verify", real.out, seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_official_iiif_validator_passes_every_image(real: Run) -> None:
    pytest.importorskip("magic", reason="the library libmagic is not installed", exc_type=ImportError)
    judged, faults = judges.image_services(real.out)
    assert (judged, faults) == (6, [])


def test_the_official_schemas_accept_every_document(real: Run, data: Path) -> None:
    assert judges.presentation_3(real.out, data) == (6, [])
    assert judges.presentation_4(real.out, data) == (2, [])


def test_the_khronos_validator_accepts_every_model(real: Run) -> None:
    assert judges.models(real.out) == (8, [])


def test_an_object_without_unit_says_so_everywhere(real: Run) -> None:
    evidence = json.loads((real.out / "objects/nefertiti/models/evidence.json").read_text("utf-8"))
    assert evidence["scale"] == "unknown"
    manifest = (real.out / "objects/nefertiti/manifest.json").read_text("utf-8")
    assert "Scale unknown" in manifest
    assert "比例未知" in manifest
    assert " mm" not in manifest


def test_nothing_changes_in_a_second_run(real: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in real.out.rglob("*") if ".heritage3d" not in path.parts}
    done = heritage3d("run", "exhibition", real.captures, "--out", real.out, "--base", real.base, seconds=120)
    assert done.returncode == 1
    assert "0 published, 5 unchanged, 0 withheld, 2 failed" in done.stdout + done.stderr
    after = {path: path.stat().st_mtime_ns for path in real.out.rglob("*") if ".heritage3d" not in path.parts}
    assert after == before
