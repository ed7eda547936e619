"""The sample collection: the same bytes for the same seed, readable by the pipeline, true to its ground truth."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import trimesh
import yaml
from numpy.typing import NDArray

from heritage3d.pipeline.kinds import recognise
from heritage3d.record.objects import read_objects
from heritage3d.record.record import describe
from heritage3d.record.sheet import read_sheet

MAKE = Path(__file__).resolve().parents[2] / "samples" / "make.py"
OBJECTS = ["oracle-bone", "bamboo-slips", "long-scroll", "archive-volume"]
SCALE = "0.2"


def make(folder: Path, *options: str) -> Path:
    """The collection that the program makes in a folder of its own."""
    command = [sys.executable, str(MAKE), str(folder / "collection"), "--scale", SCALE, *options]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder / "collection"


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory, fonts: None) -> Path:
    return make(tmp_path_factory.mktemp("samples"), "--with-photographs", "--workers", "1")


@pytest.fixture(scope="module")
def truth(collection: Path) -> dict[str, Any]:
    return json.loads((collection.parent / "truth/oracle-bone/ground_truth.json").read_text("utf-8"))


def test_same_seed_same_bytes_on_any_number_of_workers(collection: Path, tmp_path: Path) -> None:
    assert digests(make(tmp_path, "--workers", "4")) == digests(collection)


def test_other_seed_other_bytes(collection: Path, tmp_path: Path) -> None:
    ours, others = digests(collection), digests(make(tmp_path, "--seed", "2"))
    assert ours.keys() == others.keys()
    told = {name for name in ours if name.endswith((".csv", ".mtl"))} - {"oracle-bone/annotations.csv"}
    drawn = ours.keys() - told  # what is noted on the bone stands at places of its surface
    assert {name for name in ours if ours[name] != others[name]} == drawn


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, fonts: None) -> None:
    (tmp_path / "collection").mkdir()
    (tmp_path / "collection/notes.txt").write_text("mine", "utf-8")
    command = [sys.executable, str(MAKE), str(tmp_path / "collection"), "--scale", SCALE]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 4
    assert "name another folder" in refused.stderr
    assert digests(tmp_path) == {"collection/notes.txt": hashlib.sha256(b"mine").hexdigest()}


def test_the_sheet_describes_every_object_in_both_languages(collection: Path) -> None:
    rows = read_sheet(collection).rows
    assert [row.id for row in rows] == OBJECTS
    for row in rows:
        assert not row.errors
        described = describe(row.id, row.cells)
        for said in (described["title"], described["summary"], described["holding"]):
            assert set(said) == {"zh-Hans", "en"}
        assert described["rights"] == "http://creativecommons.org/publicdomain/zero/1.0/"
        assert described["size_mm"]["height"] > 0
        assert all(len(entry["value"]) == 2 for entry in described["metadata"] if "none" not in entry["value"])


def test_the_pipeline_takes_in_every_object(collection: Path) -> None:
    assert [entry.id for entry in read_objects(collection, [])] == OBJECTS


def test_every_capture_is_sound(collection: Path) -> None:
    captures = [path for path in collection.parent.rglob("*") if path.suffix in {".jpg", ".tif", ".obj", ".ply"}]
    assert len(captures) == 24 + 30 + 1
    for path in captures:
        known = recognise(path)
        assert known is not None, path
        assert known.check(path) == [], path


@pytest.mark.parametrize(
    ("mesh", "extent_mm"),
    [("oracle-bone/mesh/oracle-bone.ply", (79, 61, 9)), ("bamboo-slips/mesh/bundle.obj", (63, 234, 20))],
)
def test_meshes_are_closed_and_as_large_as_the_sheet_says(
    collection: Path, mesh: str, extent_mm: tuple[float, ...]
) -> None:
    shape = trimesh.load(collection / mesh, process=False)
    np.testing.assert_allclose(shape.extents, extent_mm, atol=2)
    shape.merge_vertices(merge_tex=True, merge_norm=True)
    assert shape.is_watertight
    assert shape.is_winding_consistent
    assert shape.volume > 0


def projected(truth: dict[str, Any], camera: dict[str, Any], world_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places in the picture, the centre of the first pixel at 0, 0 as OpenCV counts."""
    seen = world_mm @ np.array(camera["rotation"]).T + camera["translation_mm"]
    return truth["focal_px"] * seen[:, :2] / seen[:, 2:] + truth["principal_point_px"] - 0.5


def photograph(collection: Path, camera: dict[str, Any]) -> NDArray[np.uint8]:
    file = collection.parent / "photographs/oracle-bone/photos" / camera["file"]
    return cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)


def test_markers_lie_where_the_truth_projects_them(collection: Path, truth: dict[str, Any]) -> None:
    setting = cv2.aruco.DetectorParameters()
    setting.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    setting.cornerRefinementWinSize = 2
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), setting)
    off_px = []
    for camera in truth["cameras"]:
        # small markers are found better in an enlarged picture
        corners, numbers, _ = detector.detectMarkers(cv2.resize(photograph(collection, camera), None, fx=4, fy=4))
        for found, number in zip(corners, numbers.ravel(), strict=True):
            place = (found[0] + 0.5) / 4 - 0.5
            off_px.append(place - projected(truth, camera, np.array(truth["markers"][str(number)])))
    assert len(off_px) > 0.8 * 8 * len(truth["cameras"])
    off = np.concatenate(off_px)
    assert np.median(np.linalg.norm(off, axis=1)) < 0.5
    assert np.all(np.abs(off.mean(0)) < 0.05)  # no shift by half a pixel


def test_scale_bars_are_as_long_as_the_markers_are_apart(collection: Path, truth: dict[str, Any]) -> None:
    text = (collection.parent / "photographs/oracle-bone/scale.yaml").read_text("utf-8")
    for bar in yaml.safe_load(text)["distances"]:
        ends = [np.mean(truth["markers"][str(bar[end])], axis=0) for end in ("from", "to")]
        assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(bar["mm"])


def test_the_surface_is_seen_where_it_is(collection: Path, truth: dict[str, Any]) -> None:
    surface = trimesh.load(collection.parent / "truth/oracle-bone" / truth["surface"], process=False)
    upward = surface.vertex_normals[:, 2] > 0.9
    painted = np.asarray(surface.visual.vertex_colors)[upward, :3].mean(1)
    for camera in truth["cameras"][16:]:  # the steep ring sees the whole front
        at = projected(truth, camera, surface.vertices[upward]).astype(np.float32)
        seen = cv2.remap(photograph(collection, camera), at[None], None, cv2.INTER_LINEAR)[0]
        assert np.corrcoef(painted, seen)[0, 1] > 0.5


def test_parts_of_the_scroll_overlap_where_the_truth_says(collection: Path) -> None:
    truth = json.loads((collection.parent / "truth/long-scroll/placements.json").read_text("utf-8"))
    laid = []
    for part in truth["parts"]:
        file = collection / "long-scroll/parts" / part["file"]
        picture = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE) / part["gain"]
        matrix = np.array(part["whole_from_part"])
        laid.append(cv2.warpAffine(picture.astype(np.float32), matrix, truth["whole_px"], borderValue=-1000))
    for right, left in itertools.pairwise(laid):
        common = (right > 0) & (left > 0)
        assert common.mean() == pytest.approx(0.15 / 3.55, rel=0.1)
        assert np.abs(right - left)[common].mean() < 4  # of 255: noise of the sensor and of JPEG
