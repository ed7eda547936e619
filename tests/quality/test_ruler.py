"""Resolution from a millimetre rule, and from nothing that only looks like one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from heritage3d.image.raster import open_raster
from heritage3d.quality.figures import target_measures
from heritage3d.quality.ruler import find_ruler
from heritage3d.quality.targets import find_targets
from tests.quality import scenes


def _rule(
    scene: scenes.Scene, px_per_mm: float, lengths: dict[int, float], turn: float = 0, unit_mm: float = 1
) -> np.ndarray:
    scenes.draw_rule(scene, px_per_mm, lengths, turn, unit_mm)
    return scenes.noise(scenes.blur(scene, 0.7), 1.0).pixels()


@pytest.mark.parametrize("ppi", [200, 300, 413.7, 600])
@pytest.mark.parametrize("turn", [0, 0.5])
def test_resolution_from_a_rule(ppi: float, turn: float) -> None:
    width = int(160 * ppi / 25.4)
    found = find_ruler(_rule(scenes.ground("grey", (width, width // 3)), ppi / 25.4, scenes.MILLIMETRES, turn))
    assert found is not None
    assert found.ppi == pytest.approx(ppi, rel=1e-3)
    assert found.across


def test_an_upright_rule() -> None:
    pixels = _rule(scenes.ground("white", (1800, 700)), 11, scenes.MILLIMETRES)
    for turned in (pixels.swapaxes(0, 1), np.rot90(pixels), pixels[::-1]):
        found = find_ruler(np.ascontiguousarray(turned))
        assert found is not None
        assert found.px_per_mm == pytest.approx(11, rel=1e-3)


def test_what_is_no_millimetre_rule() -> None:
    inches = {1: 2.0, 2: 3.0, 4: 4.0, 8: 6.0, 16: 8.0}
    assert find_ruler(_rule(scenes.ground("grey", (1900, 700)), 11.8, inches, unit_mm=25.4 / 16)) is None
    assert find_ruler(_rule(scenes.ground("grey", (1900, 700)), 11.8, {1: 4.0})) is None
    assert find_ruler(scenes.ground("parchment", (2000, 1400)).pixels()) is None
    woven = np.tile(np.kron([[90, 200], [200, 90]], np.ones((6, 6))), (80, 150)).astype(np.uint8)[..., None]
    assert find_ruler(cv2.blur(woven, (3, 3))[..., None]) is None
    assert find_ruler(np.zeros((20, 20, 3), np.uint8)) is None


def test_half_millimetres_are_told_from_millimetres() -> None:
    halves = {1: 2.5, 2: 4.0, 10: 6.0, 20: 8.0}
    found = find_ruler(_rule(scenes.ground("grey", (3900, 900)), 25, halves, unit_mm=0.5))
    assert found is None or found.px_per_mm == pytest.approx(25, rel=1e-3)


def test_real_photographs_hold_no_rule(data: Path) -> None:
    photos = sorted(path for path in data.glob("p*/**/*") if path.suffix.lower() in (".jpg", ".jpeg"))
    assert len(photos) > 90
    for file in photos[::4]:
        with open_raster(file) as raster:
            assert find_ruler(raster.pixels) is None, file.name


def test_a_rule_is_believed_more_than_the_header() -> None:
    scene = scenes.draw_target(scenes.ground("grey", (1900, 1300)), scenes.pose((900, 850), 120, 3))
    pixels = _rule(scene, 300 / 25.4, scenes.MILLIMETRES)
    measures = {entry.name: entry for entry in target_measures(pixels, find_targets(pixels), ppi=306)}
    assert measures["ppi"].value == pytest.approx(300, rel=1e-3)
    assert measures["ppi"].where == "ruler"
    assert measures["ppi_error"].value == pytest.approx(2, abs=0.1)
