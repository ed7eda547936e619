"""A rendered set is aligned, scaled and handed on; bad sets say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import heritage3d.photogrammetry.kinds  # noqa: F401
from heritage3d.errors import PhotogrammetryError, PhotographsApart, PhotographsTooFew
from heritage3d.photogrammetry import aligned
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.align import align
from tests.longform import long_form

from . import cards

BARS = "markers: {dictionary: 4X4_50}\ndistances:\n"
BARS += "  - {from: 0, to: 1, mm: 120}\n  - {from: 3, to: 2, mm: 120}\n  - {from: 0, to: 3, mm: 80, check: true}\n"


@pytest.fixture(scope="module")
def taken() -> list[cards.Taken]:
    return cards.take(9)


@pytest.fixture(scope="module")
def captures(taken: list[cards.Taken], tmp_path_factory: pytest.TempPathFactory) -> list[Artefact]:
    folder = tmp_path_factory.mktemp("captures")
    files = cards.write(folder / "photos", taken)
    found = [Artefact(path, "photo", name, evidence={"file": f"photos/{name}"}) for name, path in files]
    # One that is cut off in the middle, and one that shows nothing: the others are used.
    cut = folder / "photos" / "shot 04b.jpg"
    cut.write_bytes(files[3][1].read_bytes()[:9000])
    black = cards.save(np.zeros((cards.HEIGHT, cards.WIDTH), np.uint8), folder / "photos" / "black.jpg")
    found[4:4] = [Artefact(path, "photo", path.stem, evidence={"file": f"photos/{path.name}"}) for path in (cut, black)]
    (folder / "scale.yaml").write_text(BARS, "utf-8")
    return [*found, Artefact(folder / "scale.yaml", "photogrammetry/scale", "scale")]


@pytest.fixture(scope="module")
def done(captures: list[Artefact], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    dest = tmp_path_factory.mktemp("aligned")
    evidence = align(captures, dest, size=640, features=1000)
    return dest, evidence.model_dump(mode="json", by_alias=True)["photogrammetry"]


def test_every_good_photograph_is_registered_and_the_bad_ones_are_named(done: tuple[Path, dict]) -> None:
    _dest, told = done
    assert (told["registered"], told["photographs"]) == (9, 11)
    left_out = {entry["photograph"]: entry["code"] for entry in told["left_out"]}
    assert left_out.pop("black.jpg") == "H3D-432"
    assert left_out.pop("shot 04b.jpg") in ("H3D-311", "H3D-313")  # damaged or cut off, as its decoder says
    assert not left_out
    assert told["reprojection_px"] < 0.8
    assert told["cameras"][0]["focal_px"] == pytest.approx(cards.FOCAL, rel=0.01)


def test_the_size_comes_from_the_bars_and_the_check_bar_agrees(done: tuple[Path, dict]) -> None:
    scale = done[1]["scale"]
    assert scale["source"] == "distances"
    assert scale["bars"] == 2
    (check,) = scale["check_distances_mm"]
    assert (check["from"], check["to"], check["stated"]) == ("0", "3", 80.0)
    assert check["measured"] == pytest.approx(80, rel=1e-3)
    assert 0 < scale["uncertainty"] < 1e-3


def test_the_cameras_stand_where_they_stood_in_metres_and_upright(
    done: tuple[Path, dict], taken: list[cards.Taken]
) -> None:
    scene = aligned.read_scene(done[0])
    assert scene.scale_known
    here = np.array([view.centre for view in scene.views]) * 1000
    there = np.array([one.centre for one in taken])
    spans = [np.linalg.norm(part[:, None] - part, axis=2) for part in (here, there)]
    assert np.abs(spans[0] - spans[1]).max() < 1.0  # mm of 400
    lowest = there[:, 2] - there[:, 2].mean()
    assert here[:, 1] - here[:, 1].mean() == pytest.approx(lowest, abs=2.5)
    assert np.abs(np.median(scene.points, axis=0)).max() < 0.01


def test_the_views_are_pinholes_whose_points_lie_where_they_are_seen(done: tuple[Path, dict]) -> None:
    scene = aligned.read_scene(done[0])
    for view in scene.views:
        assert view.path.is_file()
    point, seen = scene.points[0], scene.seen_by[0]
    assert len(seen) >= 2
    view = scene.views[seen[0]]
    x, y, z = view.matrix @ (view.rotation @ point + view.translation)
    assert 0 <= x / z < view.width
    assert 0 <= y / z < view.height
    assert (done[0] / "cameras.png").read_bytes()[:4] == b"\x89PNG"


@long_form
def test_the_same_photographs_give_the_same_bytes(
    done: tuple[Path, dict], captures: list[Artefact], tmp_path: Path
) -> None:
    align(captures, tmp_path, size=640, features=1000, threads=2)
    for path in sorted(done[0].rglob("*")):
        if path.is_file():
            assert (tmp_path / path.relative_to(done[0])).read_bytes() == path.read_bytes(), path.name


def test_photographs_of_different_things_do_not_connect(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found = []
    for at in range(4):
        pixels = rng.integers(0, 255, (60, 80), np.uint8).repeat(6, 0).repeat(6, 1)
        path = cards.save(pixels, tmp_path / "photos" / f"{at}.jpg")
        found.append(Artefact(path, "photo", path.stem))
    with pytest.raises(PhotographsApart, match="H3D-436"):
        align(found, _made(tmp_path / "out"))


@long_form
def test_of_two_objects_the_larger_set_is_used_and_the_other_named(taken: list[cards.Taken], tmp_path: Path) -> None:
    given = [(taken[at].pixels, f"card {at}.jpg") for at in range(6)]
    given += [(taken[at].pixels[:, ::-1], f"mirrored {at}.jpg") for at in range(4)]  # as good as another object
    files = [(cards.save(pixels, tmp_path / "photos" / name), name) for pixels, name in given]
    photos = [Artefact(path, "photo", name, evidence={"file": f"photos/{name}"}) for path, name in files]
    told = align(photos, _made(tmp_path / "out"), size=640, features=1000).photogrammetry
    assert told.registered == 6
    assert told.apart == [[f"mirrored {at}.jpg" for at in range(4)]]
    left_out = {entry.photograph: entry for entry in told.left_out}
    assert set(left_out) == {f"mirrored {at}.jpg" for at in range(4)}
    assert "connects only with mirrored 1.jpg" in left_out["mirrored 0.jpg"].why


def test_a_single_photograph_is_too_few(captures: list[Artefact], tmp_path: Path) -> None:
    with pytest.raises(PhotographsTooFew, match="H3D-431"):
        align(captures[:1], tmp_path)


def test_a_scene_that_was_changed_is_refused(done: tuple[Path, dict], tmp_path: Path) -> None:
    told = json.loads((done[0] / "scene.json").read_text("utf-8"))
    told["points"][0]["seen_by"] = [99]
    (tmp_path / "scene.json").write_text(json.dumps(told), "utf-8")
    with pytest.raises(PhotogrammetryError, match="does not exist"):
        aligned.read_scene(tmp_path)
    told["views"][0]["photograph"] = "../secret.jpg"
    (tmp_path / "scene.json").write_text(json.dumps(told), "utf-8")
    with pytest.raises(PhotogrammetryError, match="photograph"):
        aligned.read_scene(tmp_path)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_mask_keeps_the_background_out(captures: list[Artefact], tmp_path: Path) -> None:
    photos = [entry for entry in captures if entry.kind == "photo" and entry.path.name.startswith("shot 0")][:6]
    photos = [entry for entry in photos if entry.path.name != "shot 04b.jpg"]
    drawn = np.zeros((cards.HEIGHT, cards.WIDTH), np.uint8)
    drawn[60:420, 100:540] = 255
    given = []
    for entry in photos:
        path = cards.save(drawn, tmp_path / "masks" / f"{entry.path.stem}.png")
        given.append(Artefact(path, "mask", path.stem, evidence={"file": f"masks/{path.name}"}))
    evidence = align([*photos, *given], _made(tmp_path / "out"), size=640, features=1000)
    assert evidence.photogrammetry.scale.source == "none"
    scene = aligned.read_scene(tmp_path / "out")
    assert not scene.scale_known
    assert len(scene.views) == len(photos)
    for point, seen in zip(scene.points[::50], scene.seen_by[::50], strict=True):
        view = scene.views[seen[0]]
        x, y, z = view.matrix @ (view.rotation @ point + view.translation)
        assert 95 < x / z < 545
        assert 55 < y / z < 425
    assert all(view.mask and view.mask.is_file() for view in scene.views)
