"""The target is found wherever it lies, exactly where it lies, and never where there is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from heritage3d.image.lab import ciede2000, lab
from heritage3d.image.raster import open_raster
from heritage3d.quality.reference import reference
from heritage3d.quality.targets import Target, at, find_targets
from tests.quality import scenes

FAR = np.array([[0, 0], [5, 0], [5, 3], [0, 3.0]])
SIZE = (1500, 1000)


def _off(target: Target, grid: np.ndarray) -> float:
    """Pixels by which the corner patches were misplaced."""
    return float(np.abs(at(target.grid, FAR) - at(grid, FAR)).max())


def _scene(
    kind: str = "grey", pitch: float = 90, turn: float = 12, model: str = "classic", **pose: float
) -> scenes.Scene:
    scene = scenes.ground(kind, SIZE, int(turn))
    grid = scenes.pose((SIZE[0] / 2 + 13.3, SIZE[1] / 2 - 8.7), pitch, turn, **pose)
    return scenes.blur(scenes.draw_target(scene, grid, model), 1.0)


@pytest.mark.parametrize("kind", ["dark", "white", "parchment"])
@pytest.mark.parametrize("turn", [0, 17, 45, 90, 133, 181, 225, 268, 314])
def test_found_in_any_rotation_on_any_ground(kind: str, turn: float) -> None:
    model = "passport" if turn % 2 else "classic"
    scene = scenes.noise(_scene(kind, 60 + turn / 5, turn, model, tilt=0.05), 1.0)
    (target,) = find_targets(scene.pixels())
    assert target.model == model
    assert not target.mirrored
    assert _off(target, scene.grid[0]) < 0.5
    assert abs((target.turn_deg - turn + 180) % 360 - 180) < 1.5
    assert ciede2000(lab(target.rgb), reference().reachable).max() < 0.3
    assert np.abs(target.lab_sd - 1).max() < 0.15


@pytest.mark.parametrize(
    "fault",
    [
        lambda light: light * [1.0, 0.6, 0.3],  # lamps much too warm
        lambda light: light * 0.12,  # three stops too dark
        lambda light: light * 1.5,  # burnt out
        lambda light: light**1.4,  # contrast
        lambda light: cv2.GaussianBlur(light, (0, 0), 6),  # out of focus
    ],
)
def test_found_in_bad_captures(fault: object) -> None:
    scene = _scene("parchment")
    scene.light = fault(np.maximum(scene.light, 0)).astype(np.float32)  # type: ignore[operator]
    (target,) = find_targets(scene.pixels())
    assert _off(target, scene.grid[0]) < 2


def test_found_in_noise() -> None:
    scene = scenes.noise(_scene("parchment"), 8)
    (target,) = find_targets(scene.pixels())
    assert _off(target, scene.grid[0]) < 0.5


@pytest.mark.parametrize("tilt", [0.15, 0.3])
def test_found_in_perspective(tilt: float) -> None:
    scene = _scene("white", 110, 31, tilt=tilt)
    (target,) = find_targets(scene.pixels())
    assert _off(target, scene.grid[0]) < 0.5


@pytest.mark.parametrize("pitch", [16, 40, 200])
def test_found_small_and_large(pitch: float) -> None:
    scene = _scene("parchment", pitch, 3)
    (target,) = find_targets(scene.pixels())
    assert _off(target, scene.grid[0]) < 0.5
    assert target.pitch_px == pytest.approx((pitch, pitch), rel=0.01)


def test_a_mirrored_picture_is_called_mirrored() -> None:
    scene = _scene(mirror=True)
    (target,) = find_targets(scene.pixels())
    assert target.mirrored
    assert _off(target, scene.grid[0]) < 0.5


def test_sixteen_bits_and_grey() -> None:
    scene = _scene("white")
    deep = scene.pixels(np.uint16)
    (target,) = find_targets(deep)
    assert ciede2000(lab(target.rgb), reference().reachable).max() < 0.1
    grey = np.round(deep @ [0.2126, 0.7152, 0.0722]).astype(np.uint16)[..., None]
    (target,) = find_targets(grey)
    assert _off(target, scene.grid[0]) < 0.5
    assert target.rgb.shape == (24, 3)


def test_several_in_one_frame() -> None:
    scene = scenes.ground("parchment", (1800, 1300))
    for number, middle in enumerate([(400, 300), (1400, 300), (400, 1000), (1400, 1000)]):
        scenes.draw_target(scene, scenes.pose(middle, 60 + 5 * number, 50 * number))
    found = find_targets(scenes.blur(scene, 1).pixels())
    assert len(found) == 4
    assert [target.patch_px for target in found] == sorted((target.patch_px for target in found), reverse=True)
    for target, grid in zip(found, scene.grid[::-1], strict=True):
        assert _off(target, grid) < 0.5


def test_no_target_in_grounds_and_other_grids() -> None:
    for kind in ("dark", "white", "parchment"):
        assert find_targets(scenes.ground(kind, SIZE).pixels()) == []
    rng = np.random.default_rng(7)
    for _ in range(4):
        scene = scenes.ground("grey", SIZE)
        colours = np.column_stack([rng.uniform(15, 95, 24), rng.uniform(-60, 60, (24, 2))])
        scenes.draw_target(scene, scenes.pose((750, 500), 90, rng.uniform(0, 360)), lab=colours)
        assert find_targets(scenes.blur(scene, 1).pixels()) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 4000, 3), (3000, 1, 1), (40, 40, 3), (60_000, 200, 1)])
def test_tiny_frames_hold_none(shape: tuple[int, int, int]) -> None:
    assert find_targets(np.zeros(shape, np.uint8)) == []


def test_no_target_in_real_pages_and_photographs(data: Path) -> None:
    pages = [path for path in (data / "pages").rglob("*") if path.suffix.lower() in (".jpg", ".jpeg")]
    photos = sorted(path for path in (data / "photos").rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    files = [*pages, *(path for path in photos if "oracle" in str(path)), *photos[::10]]
    assert len(files) > 10
    for file in files:
        with open_raster(file) as raster:
            assert find_targets(raster.pixels) == [], file.name


@pytest.mark.usefixtures("fonts")
def test_the_samples_target_is_found(tmp_path: Path) -> None:
    from samples.generator import noise
    from samples.generator.colour_target import PATCHES, target

    shot = target(noise.source(1, "test"), (1250, 900 * 2), 150 / 25.4)
    (found,) = find_targets(shot)
    assert found.pitch_px == pytest.approx((20 * 150 / 25.4, 21 * 150 / 25.4), rel=0.01)
    known = lab(np.asarray([[((code / 255 + 0.055) / 1.055) ** 2.4 for code in patch] for patch in PATCHES]))
    assert ciede2000(lab(found.rgb), known).mean() < 1.2
