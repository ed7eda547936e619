"""What is told of photographs before any of them is used: sharpness, repetition, lenses, masks, coverage."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import heritage3d.image.kinds  # noqa: F401
from heritage3d.commands import preflight as command
from heritage3d.errors import MaskUnfit, PhotographsTooFew
from heritage3d.photogrammetry import masks
from heritage3d.photogrammetry.lens import read_lens
from heritage3d.photogrammetry.photographs import mask_of, read_set

from . import cards


@pytest.fixture(scope="module")
def taken() -> list[cards.Taken]:
    return cards.take(12)


def test_blurred_repeated_and_white_photographs_are_told_apart(taken: list[cards.Taken], tmp_path: Path) -> None:
    files = cards.write(tmp_path, taken)
    soft = cv2.GaussianBlur(taken[2].pixels, (0, 0), 3.5)
    files[2] = ("soft.jpg", cards.save(soft, tmp_path / "soft.jpg"))
    files.append(("again.png", cards.save(taken[5].pixels, tmp_path / "again.png")))
    white = np.full((cards.HEIGHT, cards.WIDTH), 255, np.uint8)
    files.append(("white.jpg", cards.save(white, tmp_path / "white.jpg")))
    found = read_set(files)
    told = {name: error.code for name, error in found.left_out.items()}
    assert told == {"soft.jpg": "H3D-433", "again.png": "H3D-434", "white.jpg": "H3D-432"}
    assert len(found.photographs) == 11
    kept = read_set(files, keep_blurred=True)
    assert set(kept.doubtful) == {"soft.jpg"}
    assert len(kept.photographs) == 12


def test_black_photographs_alone_are_too_few(tmp_path: Path) -> None:
    black = np.zeros((60, 80), np.uint8)
    files = [(f"{at}.jpg", cards.save(black, tmp_path / f"{at}.jpg")) for at in range(5)]
    with pytest.raises(PhotographsTooFew, match=r"0 of 5.*black"):
        read_set(files)


def test_the_lens_is_read_from_a_photograph(data: Path) -> None:
    lens = read_lens(data / "photos/banana-photogrammetry/images/DSC_0423.JPG")
    assert "NIKON D3200" in lens.device
    assert (lens.focal_mm, lens.focal_share) == (40, pytest.approx(60 / 36))


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe1\x00", b"II*\0\xff\xff\xff\xff", b"MM\0*" + b"\0" * 20])
def test_a_broken_block_of_a_lens_is_no_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert read_lens(path).device == ""


def test_a_mask_lies_beside_its_photograph_and_must_fit(taken: list[cards.Taken], tmp_path: Path) -> None:
    files = cards.write(tmp_path, taken[:4])
    half = np.zeros((cards.HEIGHT // 2, cards.WIDTH // 2), np.uint8)
    half[50:100, 60:200] = 255
    good = cards.save(half, tmp_path / "masks" / "shot 01.png")
    bad = cards.save(half[:, :200], tmp_path / "masks" / "shot 02.png")
    photos = read_set(files, {"shot 01": good, "shot 02": bad}).photographs
    mask = mask_of(photos[0])
    assert mask is not None
    assert mask.shape == (cards.HEIGHT, cards.WIDTH)
    assert mask[150, 200] == 255
    assert mask[10, 10] == 0
    with pytest.raises(MaskUnfit, match=r"shot 02\.png.*200 x 240"):
        mask_of(photos[1])
    assert mask_of(photos[2]) is None


def test_what_turns_before_a_still_background_is_the_object() -> None:
    rng = np.random.default_rng(0)
    wall = cv2.resize(rng.integers(40, 220, (60, 80), np.uint8), (800, 600), interpolation=cv2.INTER_CUBIC)
    truth = np.zeros((600, 800), np.uint8)
    cv2.circle(truth, (420, 330), 150, 255, -1)
    shots = []
    for _turn in range(8):
        skin = cv2.resize(rng.integers(20, 235, (40, 53), np.uint8), (800, 600), interpolation=cv2.INTER_CUBIC)
        noise = rng.normal(0, 2, wall.shape)
        shots.append(np.clip(np.where(truth > 0, skin, wall) + noise, 0, 255).astype(np.uint8))
    made = masks.on_turntable(shots)
    assert all(mask is not None for mask in made)
    both = ((made[3] > 0) & (truth > 0)).sum() / ((made[3] > 0) | (truth > 0)).sum()
    assert both > 0.85
    assert (made[3][truth > 0] > 0).mean() > 0.99


def test_a_camera_that_walks_around_gets_no_mask(taken: list[cards.Taken]) -> None:
    assert masks.on_turntable([one.pixels for one in taken]) == [None] * len(taken)


def test_the_object_before_a_plain_backdrop_is_found() -> None:
    rng = np.random.default_rng(0)
    picture = np.clip(rng.normal((60, 70, 160), 3, (450, 600, 3)), 0, 255).astype(np.uint8)
    truth = np.zeros((450, 600), np.uint8)
    cv2.ellipse(truth, (300, 230), (160, 110), 20, 0, 360, 255, -1)
    picture[truth > 0] = rng.integers(90, 200, ((truth > 0).sum(), 3))
    made = masks.before_backdrop(picture)
    assert made is not None
    assert (made[truth > 0] > 0).mean() > 0.99
    assert (made[truth == 0] > 0).mean() < 0.12
    busy = rng.integers(0, 255, (450, 600, 3), np.uint8)
    assert masks.before_backdrop(cv2.GaussianBlur(busy, (0, 0), 4) * 2) is None


def test_preflight_says_where_to_shoot_more(taken: list[cards.Taken], tmp_path: Path) -> None:
    half_around = cards.take(8, spread_deg=150)
    cards.write(tmp_path / "photos", half_around)
    odd = cv2.resize(np.random.default_rng(1).integers(0, 255, (60, 80), np.uint8), (640, 480))
    cards.save(odd, tmp_path / "photos" / "other thing.jpg")
    app = typer.Typer()
    app.command()(command.preflight)
    answer = CliRunner().invoke(app, [str(tmp_path), "--threads", "1"])
    assert answer.exit_code == 0, answer.output
    assert "do not connect with the others: other thing.jpg" in answer.output
    told = re.search(r"From half height.*, nobody looked between shot \d+.jpg and shot \d+.jpg \((\d+)", answer.output)
    assert told
    assert int(told[1]) > 180
