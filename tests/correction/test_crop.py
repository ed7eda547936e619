"""Page and ground: nothing of the page is cut, no target is kept or cut in two, and what is no page is left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heritage3d.correction.planning import Part, Plan, Wishes, plan
from tests.correction import drawn, truth

STRAIGHT = Wishes(deskew="never")


def part_of(pixels: np.ndarray, wishes: Wishes = STRAIGHT) -> Part:
    return plan(pixels, wishes).parts[0]


def box(part: Part) -> tuple[int, int, int, int]:
    assert part.exact is not None
    return (*part.exact, part.exact[0] + part.width, part.exact[1] + part.height)


@pytest.mark.parametrize("stand", [drawn.STAND, (128, 128, 126), (250, 250, 250)], ids=["dark", "grey", "white"])
def test_a_page_is_cropped_with_its_margin(stand: tuple[int, int, int]) -> None:
    found = part_of(drawn.on_stand(drawn.written(700, 1000), 90, stand))
    assert found.cut.verdict == "cropped"
    left, top, right, bottom = box(found)
    for kept, edge in ((90 - left, "left"), (90 - top, "top"), (right - 790, "right"), (bottom - 1090, "bottom")):
        assert 0 < kept <= 16, edge


def test_a_target_beside_the_page_is_left_out_whole() -> None:
    shot = drawn.paper(1300, 1200, 7, drawn.STAND)
    shot[80:1100, 60:780] = drawn.written(720, 1020)
    shot[300:500, 792:1092] = drawn.target()  # 12 pixels beside the page
    found = part_of(shot, Wishes(deskew="never", margin=5))
    assert (found.cut.verdict, found.cut.aids, found.cut.aids_kept) == ("cropped", 1, 0)
    left, _top, right, _bottom = box(found)
    assert left < 60
    assert 780 < right < 792


def test_a_target_on_the_page_stays_whole() -> None:
    shot = drawn.paper(1000, 1200, 7, drawn.STAND)
    shot[60:1100, 60:780] = drawn.written(720, 1040)
    shot[900:1100, 700:] = drawn.target()
    _left, _top, right, bottom = box(part_of(shot))
    assert (right, bottom >= 1100) == (1000, True)


def test_a_second_leaf_on_the_ground_is_not_cut_away() -> None:
    shot = drawn.paper(1400, 1200, 7, drawn.STAND)
    shot[80:1100, 60:780] = drawn.written(720, 1020)
    shot[200:600, 900:1200] = drawn.written(300, 400, 4)
    left, _top, right, _bottom = box(part_of(shot))
    assert (left < 60, right > 1200) == (True, True)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_text_block_is_not_taken_for_a_page(seed: int) -> None:
    """A page that fills the picture: its paper is the border, its writing must not become the page."""
    page = drawn.written(900, 1200, seed)
    assert part_of(page).cut.verdict in {"no-ground", "no-page"}


def test_the_writing_of_a_real_page_is_not_taken_for_a_page(data: Path) -> None:
    for stem in truth.REAL:
        page = truth.opened(data / truth.PELERINAGE / f"{stem}.jpg")
        inner = np.ascontiguousarray(page[200:-500, 450:-800])  # paper on all sides
        assert part_of(inner).cut.verdict == "no-page"


def test_a_real_page_is_cropped_to_its_binding(data: Path) -> None:
    page = truth.opened(data / truth.PELERINAGE / f"{truth.REAL[0]}.jpg")
    left, top, right, bottom = box(part_of(page))
    assert left == 0, "the scan cuts the opposite board; nothing is invented there"
    assert 100 < top < 190
    assert 3150 < right < 3260
    assert 4280 < bottom < 4370


def test_an_irregular_object_is_cropped_on_request_only(data: Path) -> None:
    bone = truth.opened(data / "photos/oracle-bones/002_asset-000002_met-obj-42022_object-image.jpg")
    assert part_of(bone).cut.verdict == "not-straight"
    found = part_of(bone, Wishes(crop="object"))
    assert found.cut.verdict == "cropped"
    left, top, right, bottom = box(found)
    assert (left, top, right, bottom) == pytest.approx((842, 281, 3100, 2443), abs=12), "with its shadow"


@pytest.mark.parametrize("angle", [-3.3, 2.2])
def test_a_turned_page_keeps_its_corners(angle: float) -> None:
    shot = drawn.on_stand(drawn.written(700, 1000), 120)
    made = plan(truth.rotated(shot, angle), Wishes())
    part = made.parts[0]
    inverse = np.linalg.inv(made.to_master(part))
    turn, middle = np.radians(angle), np.array([(shot.shape[1] - 1) / 2, (shot.shape[0] - 1) / 2])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for corner in ((120, 120), (819, 120), (819, 1119), (120, 1119)):
        seen = spin @ (np.array(corner) - middle) + middle
        x, y = (inverse @ np.append(seen, 1))[:2]
        assert -0.5 <= x <= part.width - 0.5
        assert -0.5 <= y <= part.height - 0.5
        assert min(abs(x), abs(x - part.width)) < 20
        assert min(abs(y), abs(y - part.height)) < 20


def test_the_plan_is_the_same_every_time() -> None:
    shot = truth.rotated(drawn.on_stand(drawn.written(700, 1000)), 1.3)
    first, again = plan(shot, Wishes()), plan(shot.copy(), Wishes())
    assert np.array_equal(first.parts[0].matrix, again.parts[0].matrix)
    assert _size(first) == _size(again)


def _size(made: Plan) -> tuple[int, int]:
    return made.parts[0].width, made.parts[0].height
