"""The workflow oracle-bone up to the painted model: photographs become a model in metres, with its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from heritage3d.mesh import reading
from heritage3d.pipeline import workflow as workflows
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.manifest import manifest
from tests.photogrammetry import cards

ROOT = Path(__file__).resolve().parents[2]
SCALE = """\
markers: {dictionary: 4X4_50, size_mm: 18}
distances:
  - {from: 0, to: 1, mm: 120}
  - {from: 1, to: 2, mm: 80, check: true}
"""
FASTER = {  # the same steps, on small pictures
    "cameras": {"size": 640, "features": 1000},
    "dense": {"longest": 256, "threads": 1},
    "surface": {"ground": "keep"},
    "textured": {"side": 1024},
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    cards.write(folder / "captures/cards/photos", cards.take(9))
    (folder / "captures/cards/scale.yaml").write_text(SCALE, "utf-8")
    (folder / "captures/objects.csv").write_text("id,title@en\ncards,Cards over a table\n", "utf-8")
    told = yaml.safe_load(Path(workflows.shipped()["oracle-bone"]).read_text("utf-8"))
    for step in ("models", "manifest", "site"):  # these have tests of their own
        del told["steps"][step]
    for step, options in FASTER.items():
        told["steps"][step] |= options
    (folder / "small.yaml").write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")
    command = [sys.executable, "-m", "tests.command", "run", str(folder / "small.yaml"), str(folder / "captures")]
    environment = {**os.environ, "H3D_LANG": "en", "OMP_NUM_THREADS": "1"}
    made = subprocess.run(
        [*command, "--out", str(folder / "out"), "--workers", "1"],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=600,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "out"


def test_photographs_become_a_model_in_metres(published: Path) -> None:
    (made,) = (published / ".heritage3d/kept").glob("*/model.glb")
    model = reading.read(made)
    assert model.unit == "m"
    low, high = model.bounds()
    assert 0.1 < (high - low).max() < 0.24  # a table of 200 mm by 160 mm, as far as three photographs see it
    assert len(model.textures) == 1
    assert not list((published / ".heritage3d").glob("begun/*"))


def test_the_evidence_says_how_right_it_is(published: Path) -> None:
    told = json.loads((published / "objects/cards/evidence.json").read_text("utf-8"))["photogrammetry"]
    assert told["registered"] == told["photographs"] == 9
    assert told["reprojection_px"] < 1
    assert told["scale"]["source"] == "distances"
    (check,) = told["scale"]["check_distances_mm"]
    assert check["stated"] == 80
    assert check["measured"] == pytest.approx(80, abs=0.3)
    assert told["redrawn"]["ncc"] > 0.8
    home = published / "objects/cards/photogrammetry"
    assert {path.name for path in home.iterdir()} == {"evidence.json", *told["pictures"].values()}


def test_the_manifest_links_the_report(published: Path, tmp_path: Path) -> None:
    (record,) = (published / "objects/cards").glob("record.json")
    report = Artefact(published / "objects/cards/photogrammetry", "photogrammetry/report", "report", "photogrammetry")
    manifest(record, [report], tmp_path)
    linked = [entry["id"] for entry in json.loads((tmp_path / "manifest.json").read_text("utf-8"))["seeAlso"]]
    assert any(address.endswith("photogrammetry/evidence.json") for address in linked)
