"""heritage3d compare: what a person asks of two files, and the figures that come back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from heritage3d import messages
from heritage3d.commands import compare as command
from heritage3d.deviation import appearance, sampling, scale, viewing
from heritage3d.errors import CaptureUnreadable, LengthInvalid, MeshError, OutputError, TransformUnusable, UnitNeeded
from heritage3d.gltf import writing
from heritage3d.gltf.model import Model, Primitive
from heritage3d.gltf.writing import Encoding
from heritage3d.image.lab import ciede2000, lab
from tests.gltf import models
from tests.mesh import shapes
from tests.mesh.shapes import Mesh

APP = typer.Typer()
APP.command()(command.compare)


def compared(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(APP, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


def figures(*arguments: object, status: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(compared(*arguments, "--json", status=status))
    return told


def write_ply(path: Path, mesh: Mesh) -> Path:
    head = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(mesh[0])}\n"
        "property double x\nproperty double y\nproperty double z\n"
        f"element face {len(mesh[1])}\nproperty list uchar uint vertex_indices\nend_header\n"
    )
    rows = np.zeros(len(mesh[1]), np.dtype([("n", "u1"), ("v", "<u4", 3)]))
    rows["n"], rows["v"] = 3, mesh[1]
    path.write_bytes(head.encode() + mesh[0].astype("<f8").tobytes() + rows.tobytes())
    return path


def write_glb(path: Path, model: Model, encoding: Encoding | None = None) -> Path:
    path.write_bytes(writing.write(model, encoding or Encoding("none", 32)))
    return path


def spiked(height: float) -> Mesh:
    positions, faces = shapes.plane(10, 10, side=100.0)
    positions[60, 2] = height
    return positions, faces


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer samples and coarser pictures than people get: the tests ask whether they are right, not how fine."""
    monkeypatch.setattr(sampling, "SAMPLES", 5000)
    monkeypatch.setattr(appearance, "SAMPLES", 5000)
    monkeypatch.setattr(viewing, "FINER", 1)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A flat square of 100, and the same with one corner 0.5 higher."""
    return write_ply(tmp_path / "flat.ply", spiked(0.0)), write_ply(tmp_path / "spiked.ply", spiked(0.5))


# --- figures -------------------------------------------------------------------------------------------------


def test_two_files_with_a_known_distance(pair: tuple[Path, Path]) -> None:
    told = figures(*pair, "--unit", "mm")
    assert told["scale"] == "known"
    assert told["deviation_mm"]["lower"] <= 0.5 <= told["deviation_mm"]["upper"] <= 0.506
    assert told["deviation_mm"]["closed"]
    assert told["second_to_first_mm"]["upper"] >= 0.5
    assert told["first_to_second_mm"]["upper"] < 0.5
    assert told["diagonal_mm"] == pytest.approx(141.421)
    assert told["farthest"] == pytest.approx([50, 50, 0.5], abs=1e-6)
    assert told["farthest_on"] == "second"
    assert 0 < told["rms_mm"] < 0.1
    assert told["normals_of"] == "triangles"
    assert 0 < told["normals_degrees"]["rms"] < 3
    assert told["normals_degrees"]["samples"] == 10_000
    assert told["colour_delta_e2000"] is None
    assert (told["first"]["triangles"], told["second"]["triangles"]) == (200, 200)
    assert told["first"]["bytes"] == pair[0].stat().st_size


def test_a_unit_scales_and_none_gives_shares(pair: tuple[Path, Path]) -> None:
    in_mm, in_inch, plain = (figures(*pair, *unit) for unit in (("--unit", "mm"), ("--unit", "inch"), ()))
    assert in_inch["deviation_mm"]["upper"] == pytest.approx(25.4 * in_mm["deviation_mm"]["upper"], rel=0.01)
    assert in_inch["deviation_relative"]["lower"] == pytest.approx(in_mm["deviation_relative"]["lower"], rel=0.01)
    assert plain["scale"] == "unknown"
    assert plain["deviation_mm"] is plain["rms_mm"] is plain["diagonal_mm"] is None
    assert plain["deviation_relative"]["lower"] == pytest.approx(0.5 / 141.421, rel=0.01)


@pytest.mark.parametrize(("tolerance", "status"), [("0.6mm", 0), ("510um", 0), ("0.4mm", 1), ("0.3%", 1), ("1%", 0)])
def test_the_exit_status_says_whether_the_tolerance_is_kept(
    pair: tuple[Path, Path], tolerance: str, status: int
) -> None:
    told = figures(*pair, "--unit", "mm", "--tolerance", tolerance, status=status)
    assert told["within"] is (status == 0)


def test_a_tolerance_inside_the_interval_is_proved_for_itself(pair: tuple[Path, Path]) -> None:
    told = figures(*pair, "--unit", "mm")
    inside = (0.5 + told["deviation_mm"]["upper"]) / 2
    assert told["deviation_mm"]["lower"] < inside < told["deviation_mm"]["upper"]
    assert figures(*pair, "--unit", "mm", "--tolerance", f"{inside}mm")["within"]


def test_a_share_needs_no_unit(pair: tuple[Path, Path]) -> None:
    assert figures(*pair, "--tolerance", "0.3%", status=1)["within"] is False
    assert figures(*pair, "--tolerance", "0.4%")["within"] is True


def test_normals_and_colours(tmp_path: Path) -> None:
    part = models.bowl(16)
    turned = replace(part, colours=np.clip(part.colours * np.float32(0.8), 0, 1))
    paths = [write_glb(tmp_path / f"{at}.glb", Model((entry,), unit="m")) for at, entry in enumerate((part, turned))]
    same, other = figures(paths[0], paths[0]), figures(*paths)
    assert same["colour_delta_e2000"]["p95"] < 1e-3
    assert same["normals_degrees"]["rms"] < 0.01
    assert 2 < other["colour_delta_e2000"]["mean"] < 20
    assert other["normals_of"] == "vertices"
    assert other["deviation_mm"]["upper"] < 1e-4


def test_textures_are_compared_as_they_look(tmp_path: Path) -> None:
    model = models.full()
    path = write_glb(tmp_path / "a.glb", model)
    same = figures(path, path)
    assert same["colour_delta_e2000"]["p95"] < 0.01
    dark = [{**entry, "pbrMetallicRoughness": {**entry.get("pbrMetallicRoughness", {})}} for entry in model.materials]
    for entry in dark:
        entry["pbrMetallicRoughness"]["baseColorFactor"] = [0.2, 0.2, 0.2, 1.0]
    other = write_glb(tmp_path / "b.glb", replace(model, materials=tuple(dark)))
    assert figures(path, other)["colour_delta_e2000"]["mean"] > 5


# --- one file moved to the other -----------------------------------------------------------------------------

MATRIX = [[0.001, 0, 0, 0.01], [0, 0, 0.001, 0], [0, -0.001, 0, 0.02], [0, 0, 0, 1]]


@pytest.fixture
def moved(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A scan in mm with +Z up, a GLB of it, and the evidence that brings one to the other."""
    scan = write_ply(tmp_path / "scan.ply", spiked(5.0))
    model = Model((Primitive(*spiked(5.0)),)).transformed(np.array(MATRIX))
    file = write_glb(tmp_path / "web.glb", replace(model, unit="m"), Encoding("meshopt", 14))
    evidence = tmp_path / "evidence.json"
    told = {"scale": "known", "unit": "mm", "master_to_file": MATRIX, "files": [{"file": "web.glb"}]}
    evidence.write_text(json.dumps(told))
    return scan, file, evidence


def test_the_evidence_of_optimize_brings_scan_and_level_together(moved: tuple[Path, Path, Path]) -> None:
    scan, file, evidence = moved
    told = figures(scan, file, "--transform", evidence, "--tolerance", "0.02mm")
    assert told["scale"] == "known"
    # 14 bits over 100 mm move a vertex by 5 µm at most.
    assert 0.0005 < told["deviation_mm"]["upper"] < 0.0075
    assert told["diagonal_mm"] == pytest.approx(141.5, abs=0.1)
    turned = figures(file, scan, "--transform", evidence)
    assert turned["deviation_mm"]["upper"] == pytest.approx(told["deviation_mm"]["upper"], abs=0.002)
    with pytest.raises(UnitNeeded):  # nobody knows the unit of a PLY file
        compared(scan, file)
    assert figures(scan, file, "--unit", "mm")["deviation_mm"]["lower"] > 1  # not in one place


def test_the_farthest_place_is_told_in_the_second_file(moved: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, file, evidence = moved
    flat = write_ply(tmp_path / "other.ply", spiked(0.0))
    place = np.array(figures(flat, file, "--transform", evidence)["farthest"])
    assert place == pytest.approx((np.array(MATRIX) @ [50, 50, 5, 1])[:3], abs=1e-5)
    place = np.array(figures(file, flat, "--transform", evidence)["farthest"])
    assert place == pytest.approx([50, 50, 5], abs=0.01)


@pytest.mark.parametrize("form", ["rows", "flat", "object"])
def test_a_bare_matrix_will_do(moved: tuple[Path, Path, Path], tmp_path: Path, form: str) -> None:
    scan, file, _ = moved
    flat = [value for row in MATRIX for value in row]
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps({"rows": MATRIX, "flat": flat, "object": {"master_to_file": MATRIX}}[form]))
    assert figures(scan, file, "--transform", path)["deviation_mm"]["upper"] < 0.0075


def test_an_unknown_scale_stays_unknown(moved: tuple[Path, Path, Path]) -> None:
    scan, file, evidence = moved
    evidence.write_text(evidence.read_text().replace("known", "unknown"))
    told = figures(scan, file, "--transform", evidence)
    assert told["deviation_mm"] is None
    assert told["deviation_relative"]["upper"] < 1e-4
    with pytest.raises(UnitNeeded) as caught:
        compared(scan, file, "--transform", evidence, "--tolerance", "0.1mm")
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", "[[1, 2], [3, 4]]", '{"master_to_file": "no"}', "[1, 2, 3]", "null", "[" * 100_000),
        json.dumps([*MATRIX[:3], [0, 0, 1, 1]]),
        json.dumps(np.diag([0, 1, 1, 1]).tolist()),
        "[1e999" + ", 0" * 15 + "]",
    ],
)
def test_a_bad_matrix_is_refused(pair: tuple[Path, Path], tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(TransformUnusable) as caught:
        compared(*pair, "--transform", path)
    assert caught.value.exit_status == 2
    assert "bad.json" in caught.value.line()


# --- what a person sees --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_table_says_the_verdict_in_words(pair: tuple[Path, Path], language: str) -> None:
    with messages.speaking(language):
        told = compared(*pair, "--unit", "mm", "--tolerance", "0.4mm", status=1)
        assert messages.text("compare.broken") in told
        assert messages.text("compare.greatest") in told
        assert "flat.ply" in told
        kept = compared(*pair, "--tolerance", "1%")
        assert messages.text("compare.kept") in kept
        assert messages.text("compare.unknown_scale").split()[0] in kept


def test_what_is_read_is_true_as_well(pair: tuple[Path, Path]) -> None:
    """Figures for people have fewer digits; bounds are rounded outwards."""
    line = next(line for line in compared(*pair, "--unit", "mm").splitlines() if "Greatest" in line)
    low, high = (float(word) for word in line.split() if word[0].isdigit())
    told = figures(*pair, "--unit", "mm")["deviation_mm"]
    assert low <= told["lower"] <= told["upper"] <= high < 0.52


@pytest.mark.parametrize("kind", ["round", "flat"])
def test_the_picture_shows_the_distances(tmp_path: Path, kind: str) -> None:
    one = shapes.sphere(4, 50.0) if kind == "round" else spiked(0.0)
    other = one[0] * 1.0, one[1]
    other[0][60] *= 1.02
    paths = write_ply(tmp_path / "a.ply", one), write_ply(tmp_path / "b.ply", other)
    compared(*paths, "--picture", tmp_path / "map.png", *(("--unit", "mm") if kind == "flat" else ()))
    pixels = cv2.imdecode(np.fromfile(tmp_path / "map.png", np.uint8), cv2.IMREAD_COLOR).astype(int)
    assert pixels.shape == (1200, 1800, 3)
    paper = pixels[2, 2]
    assert (np.abs(pixels - paper).max(axis=2) > 12).mean() > 0.25
    # Somewhere it is dark violet: blue over green, and not grey.
    assert ((pixels[..., 0] - pixels[..., 1] > 30) & (pixels.sum(axis=2) < 300)).sum() > 50


def test_equal_files_make_a_pale_picture(tmp_path: Path) -> None:
    path = write_ply(tmp_path / "a.ply", shapes.sphere(2, 50.0))
    for name in ("one.png", "two.png"):
        assert compared(path, path, "--tolerance", "0.001%", "--picture", tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    pixels = cv2.imdecode(np.fromfile(tmp_path / "one.png", np.uint8), cv2.IMREAD_COLOR).astype(int)
    assert (pixels[200:, :1100].sum(axis=2) < 200).mean() < 0.02


def test_colours_of_distances_fall_evenly_in_lightness() -> None:
    bar = scale.Scale(2.0, 4, True, 100.0, False, True)
    level = lab(bar.light(np.linspace(0, 2, 50)))[:, 0]
    steps = -np.diff(level)
    assert (steps > 0.4).all()
    assert steps.max() < 4 * np.median(steps)
    assert ciede2000(lab(bar.light(np.array([2.5]))), lab(bar.light(np.array([1.99])))) > 30
    assert [bar.tick(step) for step in range(5)] == ["0", "0.5", "1", "1.5", "2"]


def test_differences_of_colours_agree_with_the_published_ones() -> None:
    """Sharma, Wu and Dalal (2005), table 1, pairs 1, 7, 13, 17, 25."""
    pairs = np.array(
        [
            [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
            [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
            [50.0, -0.0010, 2.4900, 50.0, 0.0009, -2.4900, 4.8045],
            [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
            [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        ]
    )
    assert ciede2000(pairs[:, :3], pairs[:, 3:6]) == pytest.approx(pairs[:, 6], abs=1e-4)


# --- what cannot be compared ---------------------------------------------------------------------------------


def test_what_cannot_be_compared_is_one_line(pair: tuple[Path, Path], tmp_path: Path) -> None:
    junk = tmp_path / "junk.ply"
    junk.write_bytes(b"ply\nnothing")
    flat = write_ply(tmp_path / "line.ply", (np.arange(9.0).reshape(3, 3), np.array([[0, 1, 2]], np.uint32)))
    for arguments, error in (
        ((tmp_path / "none.ply", pair[0]), CaptureUnreadable),
        ((pair[0], junk), MeshError),
        ((pair[0], flat), MeshError),
        ((*pair, "--tolerance", "much"), LengthInvalid),
        ((*pair, "--tolerance", "1mm"), UnitNeeded),
        ((*pair, "--picture", tmp_path / "no" / "where.png"), OutputError),
    ):
        with pytest.raises(error) as caught:
            compared(*arguments)
        assert caught.value.exit_status != 0
        assert "\n" not in caught.value.line()
        assert "?" not in caught.value.what()
