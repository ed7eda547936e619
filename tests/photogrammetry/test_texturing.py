"""A surface painted from photographs whose truth is exact: what is hidden, what was exposed otherwise, what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heritage3d.errors import SurfaceUnreadable, TextureImpossible
from heritage3d.mesh import reading
from heritage3d.photogrammetry import cloud_files, exposure, ground, rendering, sight, texturing
from heritage3d.photogrammetry.aligned import write_scene
from heritage3d.photogrammetry.fusion import Cloud
from heritage3d.photogrammetry.surface import Surface, vertex_normals
from heritage3d.photogrammetry.views import Scene
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.texture import texture
from tests.photogrammetry import rendered

COUNT = 8


def dome(step: float = 0.03) -> Surface:
    """The true surface of the rendered scene as a grid, its rim on the floor."""
    x, y = np.meshgrid(np.arange(-1.3, 1.3, step), np.arange(-1.3, 1.3, step))
    points = rendered._on_surface(np.column_stack([x.ravel(), y.ravel()]))
    across = x.shape[1]
    at = np.arange(len(points)).reshape(x.shape)[:-1, :-1].ravel()
    faces = np.concatenate(
        [np.stack([at, at + 1, at + across], 1), np.stack([at + 1, at + across + 1, at + across], 1)]
    )
    plain = np.full((len(points), 3), 90, np.uint8)
    ones = np.ones(len(points), np.float32)
    normals = vertex_normals(points, faces)
    return Surface(points, faces.astype(np.int64), normals, plain, 5 * ones, 1e6 * ones, np.zeros(len(faces), bool))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return rendered.scene(tmp_path_factory.mktemp("photographs"), COUNT)


@pytest.fixture(scope="module")
def painted(scene: Scene) -> texturing.Textured:
    return texturing.texture(dome(), scene.views, range(1, COUNT), side=2048, pixel=6 / rendered.FOCAL_PX)


def test_a_photograph_left_out_is_drawn_again_almost_as_it_is(scene: Scene, painted: texturing.Textured) -> None:
    view = scene.views[0]
    picture, counted = rendering.drawn(painted, view)
    found = rendering.likeness(sight.picture_of(view), picture, counted, sight.mask_of(view))
    assert found.ncc > 0.9
    assert found.psnr > 26
    assert found.covered > 0.35
    assert painted.photographs >= 3
    assert painted.scale == 1.0
    assert painted.texels_per_unit == pytest.approx(rendered.FOCAL_PX / 6, rel=0.4)


def test_the_same_bytes_every_time(scene: Scene, painted: texturing.Textured) -> None:
    again = texturing.texture(dome(), scene.views, range(1, COUNT), side=2048, pixel=6 / rendered.FOCAL_PX)
    assert again.png == painted.png
    assert again.uvs.tobytes() == painted.uvs.tobytes()


def test_photographs_exposed_otherwise_leave_no_seams(scene: Scene, tmp_path: Path) -> None:
    gains = np.where(np.arange(COUNT) % 2, 1.0, 0.75)
    views = []
    for view, gain in zip(scene.views, gains, strict=True):
        path = tmp_path / view.name
        pixels = np.asarray(Image.open(view.path)).astype(float) * gain
        Image.fromarray(np.rint(pixels).astype(np.uint8)).save(path)
        views.append(replace(view, path=path))
    made = texturing.texture(dome(), views, range(COUNT), side=2048, pixel=6 / rendered.FOCAL_PX)
    ratio = made.gains[gains < 1].mean() / made.gains[gains == 1].mean()
    assert ratio == pytest.approx(1 / 0.75, rel=0.03)
    assert made.seam_after < 2.0
    assert made.seam_after < 0.7 * made.seam_before or made.seam_before < 1.0


def test_what_stands_before_a_place_hides_it(scene: Scene) -> None:
    plain = dome()
    view = scene.views[0]
    way = view.centre / np.linalg.norm(view.centre)
    side = np.cross(way, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, way)
    board = [1.8 * way + 0.25 * (a * side + b * up) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    count = len(plain.vertices)
    both = replace(
        plain,
        vertices=np.concatenate([plain.vertices, board]),
        faces=np.concatenate([plain.faces, [[count, count + 1, count + 2], [count, count + 2, count + 3]]]),
        invented=np.concatenate([plain.invented, [False, False]]),
    )
    alone, hidden = (sight.sight(one, scene.views, [0]) for one in (plain, both))
    middles = plain.vertices[plain.faces].mean(axis=1)
    behind = np.linalg.norm(np.cross(middles, way), axis=1) < 0.12
    assert alone.seen[behind].all()
    assert not hidden.seen[: len(plain.faces)][behind].any()
    away = np.linalg.norm(np.cross(middles, way), axis=1) > 0.6
    np.testing.assert_array_equal(alone.seen[away], hidden.seen[: len(plain.faces)][away])


def test_gains_of_photographs_that_nothing_connects_are_one() -> None:
    nothing = sight.Sight(
        np.full((5, 8), -1, np.int16), np.zeros((5, 8), np.float32), np.zeros((5, 8, 3), np.uint8), np.zeros(5, bool)
    )
    np.testing.assert_array_equal(exposure.gains(nothing, 3), 1)


def test_a_surface_that_no_photograph_sees_is_told(scene: Scene) -> None:
    shape = dome(0.1)
    away = replace(shape, vertices=shape.vertices + np.array([0, 0, 100.0]))
    with pytest.raises(TextureImpossible):
        texturing.texture(away, scene.views, range(COUNT), side=512, pixel=0.02)
    with pytest.raises(TextureImpossible):
        texturing.left_out(scene.views, "of-another-set.jpg")
    assert texturing.left_out(scene.views, "none") is None
    assert texturing.left_out(scene.views, scene.views[2].name) == 2


def test_the_table_is_found_and_cut_away(scene: Scene) -> None:
    shape = dome(0.02)
    turned = [0, 2, 1]  # +Y up, as alignment leaves it
    points, normals = shape.vertices[:, turned], shape.normals[:, turned]
    ones = np.ones(len(points), np.float32)
    cloud = Cloud(points, normals, shape.colours, ones.astype(np.uint8), ones * 0, ones * 0.01)
    table = ground.ground_of(cloud)
    assert table is not None
    assert table.normal[1] > 0.999
    assert abs(table.offset) < 0.01
    kept = ground.around_object(cloud, table)
    assert 0.3 < len(kept.points) / len(cloud.points) < 0.95
    left = ground.cut(replace(shape, vertices=points), table)
    assert left.vertices[:, 1].min() >= 0
    assert left.vertices[:, 1].max() == pytest.approx(0.6, abs=0.01)
    scrap = [[9.0, 0.055, 0.0], [9.5, 0.055, 0.0], [9.0, 0.055, 0.5]]  # of a table that bows: out of it, yet low
    count = len(points)
    more = replace(
        shape,
        vertices=np.concatenate([points, scrap]),
        normals=np.concatenate([shape.normals, np.tile(np.float32([0, 1, 0]), (3, 1))]),
        colours=np.concatenate([shape.colours, shape.colours[:3]]),
        confidence=np.concatenate([shape.confidence, shape.confidence[:3]]),
        density=np.concatenate([shape.density, shape.density[:3]]),
        faces=np.concatenate([shape.faces, np.tile([[count, count + 1, count + 2]], (len(shape.faces), 1))]),
        invented=np.concatenate([shape.invented, np.zeros(len(shape.faces), bool)]),
    )
    assert ground.cut(more, table).vertices[:, 0].max() < 9


def test_a_sheet_of_paper_that_bows_is_cut_away_too() -> None:
    x, z = (values.ravel() for values in np.meshgrid(np.arange(-2, 2, 0.02), np.arange(-2, 2, 0.02)))
    sheet = np.column_stack([x, 0.05 * x**2 + 0.02 * z * x, z])  # up to 28 pixels out of the plane
    block = np.column_stack([x / 8, np.full(len(x), 0.9), z / 8])
    points = np.concatenate([sheet, block])
    ones = np.ones(len(points), np.float32)
    normals = np.tile(np.array([0, 1, 0], np.float32), (len(points), 1))
    colours = np.zeros((len(points), 3), np.uint8)
    cloud = Cloud(points, normals, colours, ones.astype(np.uint8), ones * 0, ones * 0.01)
    table = ground.ground_of(cloud)
    assert table is not None
    stands = table.above(points)
    assert stands[len(sheet) :].all()
    assert stands[: len(sheet)].mean() < 0.01
    kept = ground.around_object(cloud, table)
    assert np.abs(kept.points[:, [0, 2]]).max() < 0.6


def test_the_stage_writes_model_and_report(scene: Scene, tmp_path: Path) -> None:
    shape = dome()
    top = np.linalg.norm(shape.vertices[shape.faces].mean(axis=1) - (0, 0, 0.6), axis=1) < 0.1
    folder, dense, dest = tmp_path / "aligned", tmp_path / "dense", tmp_path / "out"
    (folder / "photographs").mkdir(parents=True)
    for path in (dense, dest):
        path.mkdir()
    views = []
    for view in scene.views:
        moved = folder / "photographs" / view.name
        moved.write_bytes(view.path.read_bytes())
        views.append(replace(view, path=moved))
    write_scene(replace(scene, views=tuple(views)), folder)
    (folder / "cameras.png").write_bytes(b"a picture")
    none = {"source": "none", "factor": None, "uncertainty": None, "check_distances_mm": []}
    found = {"registered": COUNT, "photographs": COUNT, "reprojection_px": 0.3, "points": 400}
    found |= {"scale": none | {"bars": 0, "doubtful": [], "missing": []}}
    found |= {"cameras": [], "left_out": [], "apart": [], "gaps": []}
    (folder / "evidence.json").write_text(json.dumps({"photogrammetry": found}))
    (dense / "dense.json").write_text(json.dumps({"points": 9000, "covered": {"0.png": 0.9}, "views_median": 5}))
    cloud_files.write_surface(tmp_path / "surface.ply", replace(shape, invented=top), None)
    given = Artefact(tmp_path / "surface.ply", "mesh/scan", "surface", evidence={"ground": "cut"})
    model, report = texture(given, folder, dense, dest, side=1024)
    read = reading.read(model.path)
    assert [part.invented for part in read.primitives] == [False, True]
    assert read.triangles == len(shape.faces)
    assert read.unit is None  # without a known length nobody may take it for metres
    assert len(read.textures) == 1
    told = json.loads((report.path / "evidence.json").read_text("utf-8"))
    assert told == report.evidence
    assert told["registered"] == COUNT
    assert told["surface"]["seen"] > 0.8
    assert 0 < told["surface"]["invented"] < 0.05
    assert told["redrawn"]["ncc"] > 0.85
    for name in told["pictures"].values():
        assert (report.path / name).stat().st_size
    (tmp_path / "surface.ply").write_bytes(b"ply\n")
    with pytest.raises(SurfaceUnreadable):
        texture(given, folder, dense, dest, side=1024)
