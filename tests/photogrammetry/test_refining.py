"""A surface that is wrong by parts of a pixel is brought to where its photographs agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heritage3d.photogrammetry import cloud_files, refining
from heritage3d.photogrammetry.aligned import write_scene
from heritage3d.photogrammetry.surface import Surface, vertex_normals
from heritage3d.photogrammetry.views import Scene
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.refine import refine
from tests.photogrammetry import rendered

PIXEL = 6.0 / rendered.FOCAL_PX
TOLD = {
    "triangles": 1, "vertices": 1, "points": 1, "invented_share": 0.0, "confidence_median": 5.0, "unit": "m",
    "extent": (1.0, 1.0, 1.0), "ground": "cut",
}  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("aligned")
    (folder / "photographs").mkdir()
    made = rendered.scene(folder / "photographs")
    for number, view in enumerate(made.views):  # the light changes from one photograph to the next
        grey = np.asarray(Image.open(view.path)).astype(float)
        across = np.linspace(0.8, 1.2, view.width)[None, :, None] ** (-1) ** number
        Image.fromarray(np.clip(grey * across * (0.85 + 0.05 * number), 0, 255).astype(np.uint8)).save(view.path)
    write_scene(made, folder)
    return made


def _wavy() -> Surface:
    """The top of the dome, with waves of up to half a pixel on it."""
    side = np.arange(-0.6, 0.6, PIXEL)
    x, y = (values.ravel() for values in np.meshgrid(side, side))
    wave = 0.5 * PIXEL * np.sin(9 * x) * np.sin(8 * y)
    points = np.column_stack([x, y, np.sqrt(1 - x**2 - y**2) - rendered.SUNK + wave])
    at = np.arange(len(x)).reshape(len(side), len(side))
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, d], axis=1), np.stack([a, d, c], axis=1)])
    ones = np.ones(len(points), np.float32)
    colours = np.full((len(points), 3), 128, np.uint8)
    return Surface(points, faces, vertex_normals(points, faces), colours, ones, ones, np.zeros(len(faces), bool))


def test_waves_of_half_a_pixel_go(scene: Scene) -> None:
    before = _wavy()
    made = refining.refine(before, scene.views)
    middle = np.hypot(*before.vertices[:, :2].T) < 0.5
    was, now = (np.median(rendered.distance(shape.vertices[middle])) for shape in (before, made.surface))
    assert was > 0.12 * PIXEL
    assert now < 0.6 * was
    assert made.apart_after < made.apart_before
    assert made.judged > 0.8
    np.testing.assert_array_equal(made.surface.faces, before.faces)
    again = refining.refine(before, scene.views)
    np.testing.assert_array_equal(again.surface.vertices, made.surface.vertices)


def test_where_no_photograph_looks_nothing_moves(scene: Scene) -> None:
    shape = _wavy()
    below = replace(shape, faces=shape.faces[:, ::-1].copy())  # turned away from all cameras
    made = refining.refine(below, scene.views)
    assert made.judged == 0
    np.testing.assert_allclose(made.surface.vertices, below.vertices, atol=1e-9)


def test_the_stage_hands_on_what_the_surface_told(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "surface.ply"
    cloud_files.write_surface(path, _wavy(), "m")
    (tmp_path / "out").mkdir()
    aligned = scene.views[0].path.parent.parent
    (made,) = refine(Artefact(path, "mesh/scan", "surface", evidence=TOLD), aligned, tmp_path / "out", rounds=1)
    assert made.evidence["ground"] == "cut"
    assert 0 < made.evidence["moved_px"] < 0.5
    assert made.evidence["judged"] > 0.8
    assert cloud_files.read_surface(made.path)[1] == "m"
