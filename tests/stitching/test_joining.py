"""Joining parts: what a curator would measure in the result, and what must never be joined."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from heritage3d import errors
from heritage3d.stitching import joining
from tests.stitching import drawn
from tests.stitching.drawn import Array

WIDE, HIGH, OVERLAP = 700, 620, 240
STEP = WIDE - OVERLAP


@pytest.fixture(scope="module")
def whole() -> Array:
    return drawn.silk(3 * STEP + OVERLAP, HIGH)


def cut(whole: Array, count: int = 3) -> list[Array]:
    return [whole[:, at * STEP : at * STEP + WIDE] for at in range(count)]


def join(folder: Path, parts: list[Array], tolerance: float = 3.0) -> tuple[joining.Stitched, Array]:
    made = joining.stitch(drawn.written(folder, parts), folder / "whole.tif", tolerance_px=tolerance)
    return made, tifffile.imread(folder / "whole.tif")


def test_parts_that_are_only_moved_are_copied_sample_by_sample(whole: Array, tmp_path: Path) -> None:
    made, joined = join(tmp_path, cut(whole))
    assert np.array_equal(joined, whole)
    assert made.model == "translation"
    assert [part.copied for part in made.parts] == [True] * 3
    assert (made.rms_px, made.filled_share, made.direction) == (pytest.approx(0, abs=0.02), 0, "left-to-right")
    assert [joint.overlap_px for joint in made.joints] == [OVERLAP, OVERLAP]


def test_staggered_parts_keep_every_pixel_and_the_rest_is_ground(whole: Array, tmp_path: Path) -> None:
    made, joined = join(tmp_path, [whole[:-40, :WIDE], whole[40:, STEP : STEP + WIDE]])
    assert joined.shape == (HIGH, STEP + WIDE, 3)
    assert np.array_equal(joined[:-40, :STEP], whole[:-40, :STEP])
    assert np.array_equal(joined[:40, STEP:WIDE], whole[:40, STEP:WIDE])  # the second part does not reach up here
    assert made.filled_share == pytest.approx(2 * 40 * STEP / (HIGH * (STEP + WIDE)), abs=1e-5)
    assert len(np.unique(joined[:40, WIDE:].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0)])
def test_the_order_of_the_parts_does_not_matter(order: tuple[int, ...], whole: Array, tmp_path: Path) -> None:
    parts = cut(whole)
    made, joined = join(tmp_path, [parts[at] for at in order])
    assert np.array_equal(joined, whole)
    assert made.direction == ("right-to-left" if order == (2, 1, 0) else "mixed")


def test_parts_one_below_the_other(whole: Array, tmp_path: Path) -> None:
    slip = np.ascontiguousarray(whole.transpose(1, 0, 2))
    made, joined = join(tmp_path, [slip[at * STEP : at * STEP + WIDE] for at in range(3)])
    assert np.array_equal(joined, slip)
    assert made.direction == "top-to-bottom"


def test_parts_that_overlap_more_than_their_neighbours(whole: Array, tmp_path: Path) -> None:
    made, joined = join(tmp_path, [whole[:, at : at + WIDE] for at in range(0, 921, 230)])
    assert np.array_equal(joined, whole[:, : joined.shape[1]])
    assert joined.shape[1] == 920 + WIDE
    assert len(made.joints) == 4


def test_a_bed_that_stands_still_below_the_scroll_is_not_what_is_joined(tmp_path: Path) -> None:
    bed = drawn.silk(WIDE, 800, seed=31) // 3
    scroll = drawn.silk(STEP + WIDE, 560, seed=32)
    parts = []
    for left in (0, STEP):
        part = bed.copy()
        part[120:680] = scroll[:, left : left + WIDE]
        parts.append(part)
    made, joined = join(tmp_path, parts)
    assert joined.shape == (800, STEP + WIDE, 3)
    assert np.array_equal(joined[120:680], scroll)
    assert made.model == "translation"


def test_a_part_that_stands_on_its_head_is_turned(whole: Array, tmp_path: Path) -> None:
    made, joined = join(tmp_path, [whole[:, :WIDE], np.ascontiguousarray(whole[::-1, STEP : STEP + WIDE][:, ::-1])])
    assert abs(made.parts[1].angle_deg - made.parts[0].angle_deg) == pytest.approx(180, abs=0.02)
    assert joined.shape[:2] == pytest.approx((HIGH, STEP + WIDE), abs=3)


def test_turns_gains_and_fractions_of_a_pixel_are_found(tmp_path: Path) -> None:
    whole = drawn.silk(1700, 900, seed=4)
    shots = [(30.0, 30.0, 0.15, 1.03), (480.4, 27.7, -0.1, 1.0), (905.2, 33.1, 0.0, 0.97)]
    parts = [drawn.grained(drawn.taken(whole, x, y, 740, 830, turn, gain), at)
             for at, (x, y, turn, gain) in enumerate(shots)]  # fmt: skip
    made, joined = join(tmp_path, parts)
    assert made.model == "similarity"
    angles = np.array([part.angle_deg for part in made.parts])
    assert angles - angles[2] == pytest.approx([-0.15, 0.1, 0], abs=0.005)  # ours count clockwise
    assert [part.scale for part in made.parts] == pytest.approx([1] * 3, abs=5e-5)
    product = np.array([np.mean(part.gains) * shot[3] for part, shot in zip(made.parts, shots, strict=True)])
    assert product / product.mean() == pytest.approx([1] * 3, abs=0.002)
    assert made.rms_px < 0.1
    assert joined.shape[0] < 860
    first, last = (np.array(made.parts[at].matrix) for at in (0, 2))
    apart = (last[:, 2] + last[:, :2] @ (370, 415)) - (first[:, 2] + first[:, :2] @ (370, 415))
    assert np.hypot(*apart) == pytest.approx(np.hypot(905.2 - 30, 33.1 - 30), abs=0.15)


def test_no_step_is_left_where_the_light_falls_off(tmp_path: Path) -> None:
    whole = drawn.blank(1160, 640)
    whole[:] = drawn.silk(1160, 640, seed=9) // 8 + 180
    parts = []
    for left in (0, 460):
        y, x = np.mgrid[0:640, 0:700]
        fall = 1 - 0.15 * ((x - 350) ** 2 + (y - 320) ** 2) / (350**2 + 320**2)
        parts.append(drawn.grained(np.rint(whole[:, left : left + 700] * fall[:, :, None]).astype(np.uint8), left))
    _made, joined = join(tmp_path, parts)
    columns = joined[200:440].astype(float).mean(axis=(0, 2))
    smooth = np.convolve(columns, np.ones(9) / 9, mode="valid")
    assert np.abs(smooth[12:] - smooth[:-12])[440:720].max() < 4


def test_sixteen_bits_stay_sixteen_and_grey_joins_colour(whole: Array, tmp_path: Path) -> None:
    left, right = whole[:, :WIDE], whole[:, STEP : STEP + WIDE]
    deep = (right.astype(np.uint16) << 8) + 131
    made, joined = join(tmp_path / "deep", [(left.astype(np.uint16) << 8) + 131, deep])
    assert (made.depth, joined.dtype) == (16, np.uint16)
    assert np.array_equal(joined[:, -200:], deep[:, -200:])
    grey = np.rint(left @ (0.2126, 0.7152, 0.0722)).astype(np.uint8)
    made, joined = join(tmp_path / "mixed", [grey, deep])
    assert (made.depth, made.channels, joined.shape[2]) == (16, 3, 3)
    made, joined = join(tmp_path / "grey", [grey, np.rint(right @ (0.2126, 0.7152, 0.0722)).astype(np.uint8)])
    assert (made.depth, made.channels, joined.ndim) == (8, 1, 2)


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    whole = drawn.silk(1300, 700, seed=6)
    parts = [drawn.taken(whole, 20, 20, 700, 640, 0.1), drawn.taken(whole, 500, 22, 700, 640, -0.1, 1.02)]
    join(tmp_path / "a", parts)
    join(tmp_path / "b", parts)
    assert (tmp_path / "a/whole.tif").read_bytes() == (tmp_path / "b/whole.tif").read_bytes()


# --- refusals ---------------------------------------------------------------------------------------------


def refused(folder: Path, parts: list[Array], tolerance: float = 3.0) -> errors.Heritage3dError:
    with pytest.raises(errors.Heritage3dError) as caught:
        join(folder, parts, tolerance)
    assert not (folder / "whole.tif").exists()
    return caught.value


def test_a_part_of_another_scroll_is_named(whole: Array, tmp_path: Path) -> None:
    first, _second, third = cut(whole)
    error = refused(tmp_path, [first, drawn.silk(WIDE, HIGH, seed=77), third])
    faults = getattr(error, "errors", [error])
    assert {type(fault) for fault in faults} == {errors.PartsDiffer}
    told = [(Path(fault.file).name, fault.fields["other"]) for fault in faults]
    assert told == [("part-2.tif", "part-1.tif"), ("part-3.tif", "part-2.tif")]
    assert "part-1.tif" in faults[0].line("zh-Hans")


def test_two_sheets_of_the_same_form_are_not_laid_on_top_of_each_other(tmp_path: Path) -> None:
    form = drawn.silk(800, 900, seed=40)
    sheets = []
    for seed in (41, 42):
        sheet = form.copy()
        sheet[300:560, 60:740] = drawn.silk(680, 260, seed=seed)
        sheets.append(drawn.grained(sheet, seed))
    assert isinstance(refused(tmp_path, sheets), errors.PartsDiffer)


def test_a_missing_part_is_noticed(whole: Array, tmp_path: Path) -> None:
    error = refused(tmp_path, [whole[:, :400], whole[:, 900:1300]])
    assert isinstance(error, errors.PartsDiffer)


def test_blank_paper_is_not_joined(tmp_path: Path) -> None:
    written = drawn.silk(1400, HIGH, seed=3)
    written[:, 500:900] = drawn.blank(400, HIGH)
    left, right = drawn.grained(written[:, :800], 1), drawn.grained(written[:, 560:], 2)
    assert isinstance(refused(tmp_path, [left, right]), errors.PartsBlank | errors.PartsDiffer)
    empty = [drawn.grained(drawn.blank(600, 500), seed) for seed in (1, 2)]
    assert isinstance(refused(tmp_path / "empty", empty), errors.PartsBlank)


def test_straight_edges_alone_do_not_tell_how_far(tmp_path: Path) -> None:
    ruled = drawn.blank(1400, HIGH)
    ruled[100:104], ruled[500:506] = 40, 60
    left, right = drawn.grained(ruled[:, :800], 1), drawn.grained(ruled[:, 560:], 2)
    assert isinstance(refused(tmp_path, [left, right]), errors.StitchError)


def test_a_pattern_that_repeats_is_ambiguous(tmp_path: Path) -> None:
    woven = drawn.brocade(1400, HIGH)
    error = refused(tmp_path, [drawn.grained(woven[:, :800], 1), drawn.grained(woven[:, 560:], 2)])
    assert isinstance(error, errors.PartsAmbiguous)
    assert error.fields["distance_px"] % 56 == pytest.approx(0, abs=2) or error.fields["distance_px"] > 56


def test_a_pattern_with_one_seal_in_it_is_joined(tmp_path: Path) -> None:
    woven = drawn.brocade(1400, HIGH)
    woven[200:420, 590:770] = drawn.silk(180, 220, seed=8)
    _made, joined = join(tmp_path, [drawn.grained(woven[:, :800], 1), drawn.grained(woven[:, 560:], 2)])
    assert joined.shape == (HIGH, 1400, 3)


def test_a_sheet_that_moved_is_refused_unless_allowed(tmp_path: Path) -> None:
    whole = drawn.silk(1200, 900, seed=5)
    y, x = np.mgrid[0:900, 0:700].astype(np.float32)
    bent = cv2.remap(whole, x + 480 + 5 * np.sin(y / 90), y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    assert isinstance(refused(tmp_path, [whole[:, :700], bent], tolerance=1.0), errors.PartsTwisted)
    made, _joined = join(tmp_path / "allowed", [whole[:, :700], bent], tolerance=8.0)
    assert made.joints[0].parallax_px > 2


def test_parts_in_two_rows_are_refused(tmp_path: Path) -> None:
    whole = drawn.silk(1100, 1100, seed=2)
    parts = [whole[y : y + 650, x : x + 650] for y in (0, 450) for x in (0, 450)]
    assert isinstance(refused(tmp_path, parts), errors.PartsScattered)


def test_every_part_that_cannot_be_read_is_named(whole: Array, tmp_path: Path) -> None:
    sources = drawn.written(tmp_path, cut(whole))
    for number in (1, 3):
        path = tmp_path / f"part-{number}.tif"
        path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(errors.ObjectErrors) as caught:
        joining.stitch(sources, tmp_path / "whole.tif", tolerance_px=3.0)
    assert [Path(fault.file).name for fault in caught.value.errors] == ["part-1.tif", "part-3.tif"]
