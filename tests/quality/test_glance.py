"""Figures without a target, against pictures whose answer is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from heritage3d.image.raster import open_raster
from heritage3d.image.reading import open_master
from heritage3d.quality.glance import Glance
from tests.quality.pages import banded, blank, finished, page, shaken, turned

ROWS = 37  # of a strip: no divisor of anything


def glance(picture: np.ndarray, rows: int = ROWS) -> Glance:
    seen = Glance(picture.shape[1], picture.shape[0], picture.shape[2], 8 * picture.dtype.itemsize)
    for top in range(0, len(picture), rows):
        strip = picture[top : top + rows].copy()
        seen.add(strip)
        strip[:] = 0  # it is valid only during the call
    return seen


def values(seen: Glance) -> dict[str, float]:
    return {entry.name: entry.value for entry in seen.measures()}


def told(seen: Glance) -> dict[str, str]:
    return {entry.name: entry.verdict for entry in seen.findings()}


def test_a_good_page_passes_without_a_word() -> None:
    seen = glance(finished(page()))
    assert told(seen) == {}
    assert values(seen)["edge_blur"] < 1
    assert values(seen)["motion_blur"] == 0


def test_how_the_rows_arrive_changes_nothing() -> None:
    picture = finished(page(width=700, height=900))
    assert glance(picture, 1).measures() == glance(picture, 64).measures() == glance(picture, 900).measures()


def test_sixteen_bits_and_grey_give_the_figures_of_eight_bits_and_colour() -> None:
    picture = finished(page())
    plain, deep = values(glance(picture)), values(glance(picture.astype(np.uint16) * 257))
    assert deep == pytest.approx(plain, abs=0.02)
    grey = values(glance(picture[..., 1:2].copy()))
    assert grey["edge_blur"] == plain["edge_blur"]


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 4.0])
def test_blur_is_measured_in_pixels(sigma: float) -> None:
    seen = glance(finished(cv2.GaussianBlur(page(), (0, 0), sigma)))
    assert values(seen)["edge_blur"] == pytest.approx(sigma, rel=0.25, abs=0.3)
    assert told(seen).get("blurred") == {1.0: None, 4.0: "fail"}.get(sigma, told(seen).get("blurred"))


def test_contrast_and_noise_do_not_change_the_blur() -> None:
    soft = cv2.GaussianBlur(page(), (0, 0), 2)
    faint = 140 + 0.4 * (soft - 140)
    figures = [values(glance(finished(picture, noise)))["edge_blur"]
               for picture, noise in ((soft, 0), (soft, 4), (faint, 1))]  # fmt: skip
    assert max(figures) - min(figures) < 0.4


@pytest.mark.parametrize("noise", [1.0, 6.0, 15.0])
def test_a_blank_page_is_unknown_and_not_blurred(noise: float) -> None:
    sheet = np.full((1500, 1200, 3), 200, np.float32)
    seen = glance(finished(sheet, noise))
    assert told(seen) == {"focus_unknown": "pass"}
    assert "edge_blur" not in values(seen)
    assert np.isnan(seen.sharpness.blur).all()


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_soft_side_is_named(side: str) -> None:
    picture = page()
    soft = cv2.GaussianBlur(picture, (0, 0), 4.5)
    share = np.clip(np.linspace(2, -1, picture.shape[1 if side in ("left", "right") else 0]), 0, 1).astype(np.float32)
    share = share[::-1] if side in ("right", "bottom") else share
    share = share[None, :, None] if side in ("left", "right") else share[:, None, None]
    assert told(glance(finished(soft * share + picture * (1 - share)))) == {f"soft_{side}": "warn"}


@pytest.mark.parametrize(("length", "degrees"), [(10, 0), (14, 90), (20, 30), (30, 135)])
def test_motion_is_told_with_length_and_direction(length: float, degrees: float) -> None:
    seen = glance(finished(shaken(page(), length, degrees)))
    assert told(seen)["motion_blur"] == "fail"
    assert seen.motion.length == pytest.approx(length, abs=1.5)
    assert abs((seen.motion.direction - degrees + 90) % 180 - 90) <= 4


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("percent", "period"), [(1.0, 40), (2.0, 90)])
def test_bands_are_told_apart_from_lines_of_writing(axis: int, percent: float, period: float) -> None:
    plain, seen = glance(finished(page())), glance(finished(banded(page(), percent, period, axis)))
    name = ("bands_horizontal", "bands_vertical")[axis]
    assert values(plain)[name] == 0
    assert values(seen)[name] == pytest.approx(percent, rel=0.3)
    assert seen.bands[axis].period == pytest.approx(period, rel=0.06)
    assert told(seen)[name] == ("warn" if percent < 1.5 else "fail")


def test_skew_of_real_pages_follows_the_turn(data: Path) -> None:
    for path in sorted(data.glob("pages/pelerinage/*/*.jpg")):
        with open_raster(path) as raster:
            picture = cv2.resize(raster.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
        plain = values(glance(finished(picture)))["skew"]
        assert "skew" not in told(glance(finished(picture)))
        for degrees in (-4.0, 3.5):
            seen = glance(finished(turned(picture, degrees)))
            assert values(seen)["skew"] - plain == pytest.approx(degrees, abs=0.3)
            assert told(seen)["skew"] == "warn"


def test_skew_can_be_left_out() -> None:
    seen = Glance(300, 300, 3, 8, skew=False)
    seen.add(np.full((300, 300, 3), 90, np.uint8))
    assert "skew" not in values(seen)


def test_clipping_counts_the_page_and_not_the_table() -> None:
    burnt = page()
    burnt[600:900, 400:900] = 255
    share = 100 * 300 * 500 / burnt[..., 0].size
    assert values(glance(finished(burnt)))["clipped_highlights"] == pytest.approx(share, rel=0.1)
    assert told(glance(finished(burnt)))["clipped_highlights"] == "fail"
    table = page()
    table[:90] = table[-90:] = table[:, :80] = table[:, -80:] = 0
    assert "clipped_shadows" not in told(glance(finished(table, 0)))


def test_a_dark_picture_says_by_how_much() -> None:
    seen = glance(finished(page(level=70)))
    (found,) = [entry for entry in seen.findings() if entry.name == "dark"]
    assert 2.5 <= float(found.fields["stops"]) <= 4


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (95, 95), (96, 97), (200, 6000), (6000, 200)])
def test_every_size_is_seen(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    assert glance(picture).measures()


def test_what_is_kept_is_bounded() -> None:
    kept = Glance(60_000, 70_000, 3, 16).samples
    assert sum(array.nbytes for array in (kept.thinned, kept.across, kept._band, kept._chunk)) < 40e6


def test_good_photographs_raise_no_alarm(data: Path) -> None:
    """Sharp, well lit, nothing moved. DSC_0433 is really soft."""
    folders = ("pages/pelerinage/*/*.jpg", "photos/oracle-bones/*.jpg", "photos/banana-photogrammetry/images/*.JPG")
    wrong = []
    for path in sorted(path for folder in folders for path in data.glob(folder)):
        with open_master(path) as master:
            seen = Glance(master.width, master.height, master.channels, master.depth)
            for strip in master.strips():
                seen.add(strip)
        if any(entry.verdict != "pass" for entry in seen.findings()):
            wrong.append(path.name)
    assert wrong == ["DSC_0433.JPG"]


def test_a_blank_page_with_edges_of_its_sheet_is_no_failure() -> None:
    assert "fail" not in told(glance(finished(blank()))).values()
