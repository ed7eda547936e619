"""The stage stitch: as a command, in a workflow, and what stays behind when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from heritage3d import errors
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.stitch import stitch
from tests.stitching import drawn

ROOT = Path(__file__).resolve().parents[2]
WHOLE = drawn.silk(1160, 600, seed=12)
PARTS = [WHOLE[:, :700], WHOLE[:, 460:]]


def artefacts(folder: Path, parts: list[drawn.Array] = PARTS) -> list[Artefact]:
    return [Artefact(path, "image/part", name) for name, path in drawn.written(folder, parts)]


def heritage3d(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "H3D_LANG": "en"}
    command = [sys.executable, "-m", "tests.command", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_whole_has_a_name_and_its_evidence(tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    dest.mkdir()
    (made,) = stitch(artefacts(tmp_path), dest)
    assert (made.kind, made.name, made.path) == ("image/master", "whole", dest / "whole.tif")
    assert np.array_equal(tifffile.imread(made.path), WHOLE)
    assert made.evidence == json.loads((dest / "evidence.json").read_text())
    assert [part["name"] for part in made.evidence["parts"]] == ["part-1", "part-2"]
    assert made.evidence["joints"][0]["overlap_px"] == 240


def test_a_single_part_stays_as_it_is(tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    dest.mkdir()
    only = artefacts(tmp_path, PARTS[:1])
    (made,) = stitch(only, dest)
    assert made.name == "part-1"
    assert made.path.read_bytes() == only[0].path.read_bytes()


def test_the_command_writes_all_or_nothing(tmp_path: Path) -> None:
    files = [str(path) for _name, path in drawn.written(tmp_path / "in", PARTS)]
    good = heritage3d("stitch", *files, str(tmp_path / "good"))
    assert good.returncode == 0, good.stderr
    assert sorted(path.name for path in (tmp_path / "good").iterdir()) == ["evidence.json", "whole.tif"]
    tifffile.imwrite(files[1], drawn.silk(700, 600, seed=99), photometric="rgb")
    bad = heritage3d("stitch", *files, str(tmp_path / "bad"))
    assert bad.returncode == 1
    assert "H3D-351" in bad.stderr
    assert "part-1.tif" in bad.stderr
    assert "part-2.tif" in bad.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "in"]


def test_the_workflow_shows_one_canvas_named_after_the_object(tmp_path: Path) -> None:
    drawn.written(tmp_path / "captures/scroll/pages", PARTS)
    drawn.written(tmp_path / "captures/leaf/pages", PARTS[:1])
    (tmp_path / "captures/objects.csv").write_text("id,title@en\nscroll,A scroll\nleaf,A leaf\n", "utf-8")
    run = heritage3d("run", "scroll", str(tmp_path / "captures"), "--out", str(tmp_path / "out"), "--workers", "1")
    assert run.returncode == 0, run.stderr + run.stdout
    scroll = json.loads((tmp_path / "out/objects/scroll/manifest.json").read_text())
    assert [(canvas["label"], canvas["width"], canvas["height"]) for canvas in scroll["items"]] == [
        ({"en": ["A scroll"]}, 1160, 600)
    ]
    leaf = json.loads((tmp_path / "out/objects/leaf/manifest.json").read_text())
    assert [canvas["label"] for canvas in leaf["items"]] == [{"none": ["part-1"]}]


def test_an_exhibition_joins_what_lies_in_parts_and_nothing_else(tmp_path: Path) -> None:
    drawn.written(tmp_path / "captures/scroll/parts", PARTS)
    drawn.written(tmp_path / "captures/book/pages", PARTS)
    (tmp_path / "captures/objects.csv").write_text("id,title@en\nscroll,A scroll\nbook,A book\n", "utf-8")
    (tmp_path / "captures/scroll/annotations.csv").write_text("file,text,x,y\nparts/part-2.tif,A seal,9,9\n", "utf-8")
    run = heritage3d("run", "exhibition", str(tmp_path / "captures"), "--out", str(tmp_path / "out"), "--workers", "1")
    assert run.returncode == 0, run.stderr + run.stdout
    widths = {
        name: [
            canvas["width"]
            for canvas in json.loads((tmp_path / f"out/objects/{name}/manifest.json").read_text())["items"]
        ]
        for name in ("scroll", "book")
    }
    assert widths == {"scroll": [1160], "book": [700, 700]}


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(errors.PartsTwisted):
        bent = np.roll(PARTS[1], 1, axis=0).copy()
        bent[300:] = np.roll(PARTS[1], 3, axis=1)[300:]
        stitch(artefacts(tmp_path, [PARTS[0], bent]), tmp_path, tolerance=0.1)
