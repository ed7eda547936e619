"""Double pages: the gutter is found where it is, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heritage3d.correction.planning import Wishes, plan
from tests.correction import drawn, truth

AUTO = Wishes(split="auto")


@pytest.mark.parametrize("angle", [0.0, 2.1, -3.4])
def test_the_gutter_is_found_in_every_position(angle: float) -> None:
    shot, gutter = drawn.opening()
    made = plan(truth.rotated(shot, angle), AUTO)
    assert made.split == "split"
    assert made.gutter is not None
    middle = made.gutter.x(made.view.colour.shape[0] / 2)
    assert made.view.to_master(middle, 0)[0] == pytest.approx(gutter, abs=3)
    assert [part.half for part in made.parts] == ["left", "right"]
    for part in made.parts:
        assert part.skew.angle_deg == pytest.approx(angle, abs=0.06)


def test_both_pages_reach_the_gutter_and_keep_the_overlap() -> None:
    shot, gutter = drawn.opening()
    left, right = plan(shot, Wishes(split="auto", deskew="never", overlap=2)).parts
    assert left.exact is not None
    assert right.exact is not None
    assert left.exact[0] + left.width == pytest.approx(gutter + 0.02 * 640, abs=4)
    assert right.exact[0] == pytest.approx(gutter - 0.02 * 640, abs=4)


def test_each_page_is_turned_by_its_own_skew() -> None:
    left = truth.rotated(drawn.written(640, 900), 1.5)
    right = truth.rotated(drawn.written(640, 900, 2), -1.0)
    shot, _gutter = drawn.opening()
    shade = shot[80:980, 80:1360].astype(float) / np.concatenate(
        [drawn.written(640, 900), drawn.written(640, 900, 2)], 1
    )
    shot[80:980, 80:1360] = np.clip(np.concatenate([left, right], 1) * np.median(shade, axis=0)[None], 0, 255)
    made = plan(shot, AUTO)
    assert made.split == "split"
    assert [part.skew.angle_deg for part in made.parts] == [pytest.approx(1.5, abs=0.1), pytest.approx(-1.0, abs=0.1)]


def test_a_printed_rule_is_no_gutter() -> None:
    sheet = np.concatenate([drawn.written(640, 900), drawn.written(640, 900, 2)], axis=1)
    sheet[80:820, 637:643] = drawn.INK
    made = plan(drawn.on_stand(sheet), AUTO)
    assert (made.split, len(made.parts)) == ("not-sure", 1)


def test_the_gap_between_two_columns_is_no_gutter() -> None:
    sheet = np.concatenate([drawn.written(640, 900), drawn.written(640, 900, 2)], axis=1)
    assert plan(drawn.on_stand(sheet), AUTO).split in {"not-sure", "no-gutter"}


def test_a_single_page_is_not_split() -> None:
    assert plan(drawn.on_stand(drawn.written(700, 1000)), AUTO).split == "no-gutter"


def test_a_scroll_is_not_split(data: Path) -> None:
    page = truth.opened(data / truth.PELERINAGE / f"{truth.REAL[0]}.jpg")
    assert len(plan(np.rot90(page), AUTO).parts) == 1


def test_always_splits_in_the_middle_where_no_gutter_shows() -> None:
    sheet = np.concatenate([drawn.written(640, 900), drawn.written(640, 900, 2)], axis=1)
    made = plan(drawn.on_stand(sheet), Wishes(split="always", deskew="never", overlap=0))
    assert made.split == "middle"
    left, right = made.parts
    assert left.exact is not None
    assert right.exact is not None
    assert left.exact[0] + left.width == pytest.approx(720, abs=2)
    assert right.exact[0] == pytest.approx(720, abs=2)


def test_a_quarter_turn_comes_first() -> None:
    shot, _gutter = drawn.opening()
    lying = np.ascontiguousarray(np.rot90(shot))  # turned counter-clockwise
    made = plan(lying, Wishes(split="auto", quarter_turns=1))
    upright = plan(shot, AUTO)
    assert [part.width for part in made.parts] == [part.width for part in upright.parts]
    x, y, _one = made.to_master(made.parts[0]) @ (0, 0, 1)
    left, top = upright.parts[0].exact or (0, 0)
    assert (x, y) == pytest.approx((top, shot.shape[1] - 1 - left))
