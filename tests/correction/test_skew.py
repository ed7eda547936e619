"""The skew of pages: known rotations, writing of every direction, and nothing where nothing tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heritage3d.correction.directions import directions
from heritage3d.correction.planning import Wishes, plan
from heritage3d.correction.skew import Skew
from tests.correction import drawn, truth

WISHES = Wishes(crop="none", max_angle=8.0)


def skew_of(pixels: np.ndarray, wishes: Wishes = WISHES) -> Skew:
    return plan(pixels, wishes).parts[0].skew


@pytest.mark.parametrize("angle", [-4.3, -0.7, 0.0, 0.26, 2.9])
@pytest.mark.parametrize("upright", [False, True], ids=["lines", "columns"])
def test_a_known_rotation_is_found(upright: bool, angle: float) -> None:
    page = drawn.on_stand(drawn.written(700, 1000, upright=upright))
    found = skew_of(truth.rotated(page, angle))
    assert found.source == ("columns" if upright else "lines")
    assert found.angle_deg == pytest.approx(angle, abs=0.05)


@pytest.mark.parametrize("angle", [-4.4, 3.2])
def test_lines_that_leave_a_slender_picture_sideways_are_followed(angle: float) -> None:
    y, x = np.mgrid[0:2400, 0:240].astype(np.float32)
    across = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
    grey = 150 + 40 * np.sin(across / 3.1) + np.random.default_rng(1).normal(0, 12, across.shape)
    found = directions(grey.astype(np.float32), np.ones(grey.shape, bool), 7)[0]
    assert (found.axis, found.sure) == ("columns", True)
    assert found.angle_deg == pytest.approx(angle, abs=0.03)


@pytest.mark.parametrize("angle", [-3.1, 1.4])
def test_a_page_that_fills_the_picture_is_measured_by_its_writing(angle: float) -> None:
    page = truth.rotated(drawn.written(900, 1200), angle)[100:-100, 80:-80]
    assert skew_of(np.ascontiguousarray(page)).angle_deg == pytest.approx(angle, abs=0.05)


def test_light_writing_on_dark_paper_counts_as_well() -> None:
    page = 255 - drawn.written(700, 1000)
    assert skew_of(truth.rotated(page, 1.7)[60:-60, 60:-60]).angle_deg == pytest.approx(1.7, abs=0.05)


@pytest.mark.parametrize("angle", [-3.6, 0.9])
def test_a_blank_page_is_judged_by_its_edges(angle: float) -> None:
    page = drawn.on_stand(drawn.paper(600, 860))
    found = skew_of(truth.rotated(page, angle))
    assert found.source == "edges"
    assert found.angle_deg == pytest.approx(angle, abs=0.05)


def test_blank_paper_without_an_edge_is_not_turned() -> None:
    found = skew_of(drawn.paper(900, 1200))
    assert (found.verdict, found.angle_deg, found.turn_deg) == ("unknown", None, 0.0)


def test_fibres_in_every_direction_are_no_writing() -> None:
    rng = np.random.default_rng(3)
    page = drawn.paper(900, 1200)
    for _ in range(4000):
        x, y, turn = rng.uniform(20, 880), rng.uniform(20, 1180), rng.uniform(0, np.pi)
        along = np.arange(-14, 15)
        page[(y + along * np.sin(turn)).astype(int), (x + along * np.cos(turn)).astype(int)] = 150
    assert skew_of(page).verdict == "unknown"


@pytest.mark.parametrize(
    "name",
    [
        "001_asset-000001_met-obj-42045_object-image.jpg",
        "002_asset-000002_met-obj-42022_object-image.jpg",
        "003_asset-000003_si-nmaa-fsc-o-26_object-image.jpg",
    ],
)
def test_a_bone_has_no_direction(data: Path, name: str) -> None:
    made = plan(truth.opened(data / "photos/oracle-bones" / name), Wishes())
    assert made.untouched
    assert made.parts[0].skew.verdict == "unknown"


def test_too_far_is_left_alone() -> None:
    page = truth.rotated(drawn.on_stand(drawn.written(700, 1000)), 6.4)
    found = skew_of(page, Wishes(max_angle=5.0))
    assert (found.verdict, found.turn_deg) == ("too-far", 0.0)
    assert found.angle_deg == pytest.approx(6.4, abs=0.05)


def test_what_is_nearly_straight_is_not_resampled() -> None:
    page = truth.rotated(drawn.on_stand(drawn.written(700, 1000)), 0.06)
    assert skew_of(page).verdict == "straight"
    assert plan(page, Wishes()).parts[0].exact is not None


def test_writing_askew_on_a_straight_sheet_is_left_alone() -> None:
    sheet = drawn.paper(800, 1100)
    sheet[100:1000, 100:700] = truth.rotated(drawn.written(700, 1000), 3.0)[50:950, 50:650]
    found = skew_of(drawn.on_stand(sheet))
    assert (found.verdict, found.turn_deg) == ("contradictory", 0.0)


@pytest.mark.parametrize("stem", truth.REAL)
def test_real_pages_agree_with_the_ink_along_their_transcribed_lines(data: Path, stem: str) -> None:
    pixels = truth.opened(data / truth.PELERINAGE / f"{stem}.jpg")
    ink = truth.as_inked(data / truth.PELERINAGE / f"{stem}.xml", pixels.mean(axis=2))
    found = skew_of(pixels)
    assert found.angle_deg == pytest.approx(ink.angle_deg, abs=0.1)
    turned = skew_of(truth.rotated(pixels, -2.35))
    assert turned.angle_deg == pytest.approx((found.angle_deg or 0) - 2.35, abs=0.03)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 900), (700, 3), (60, 60), (300, 40)])
def test_the_smallest_pictures_are_left_alone(width: int, height: int) -> None:
    made = plan(drawn.paper(width, height), Wishes(split="auto"))
    assert made.untouched
