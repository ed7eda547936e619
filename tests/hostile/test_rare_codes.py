"""The errors that no room's own tests meet, each raised by what a person may do."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from heritage3d import errors
from heritage3d.pipeline import captures, job, limits
from heritage3d.pipeline.stage import Artefact
from heritage3d.record import sheet
from tests.hostile import corpus
from tests.photogrammetry import cards
from tests.stitching import drawn


def test_a_device_that_nobody_knows_is_answered_with_those_that_are_known() -> None:
    from heritage3d.levels.budgets import budget

    with pytest.raises(errors.DeviceUnknown) as told:
        budget("quest9")
    assert "quest3" in told.value.line("en")


def test_an_axis_that_points_nowhere_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "objects.csv").write_text("id,up\nbone,sideways\n", "utf-8")
    (fault,) = sheet.read_sheet(tmp_path).rows[0].errors
    assert isinstance(fault, errors.UpUnknown)
    assert "sideways" in fault.line("en")


def test_a_capture_that_changes_while_it_is_read_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = tmp_path / "scan.tif"
    scan.write_bytes(b"first half")
    digest = job.sha256_of

    def while_it_grows(path: Path) -> str:
        found = digest(path)
        scan.write_bytes(b"first half, second half")
        return found

    monkeypatch.setattr(job, "sha256_of", while_it_grows)
    with pytest.raises(errors.CaptureChanged):
        job._hashed(scan)


def test_a_folder_with_more_files_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"{number}.tif").write_bytes(b"x")
    monkeypatch.setattr(limits, "MAX_FILES_PER_OBJECT", 3)
    with pytest.raises(errors.TooManyCaptures) as told:
        captures.capture_files(tmp_path)
    assert told.value.fields["limit"] == 3


def test_a_whole_beyond_the_limit_of_pixels_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from heritage3d.stitching import joining

    whole = drawn.silk(1160, 620)
    parts = drawn.written(tmp_path, [whole[:, :700], whole[:, 460:]])
    monkeypatch.setattr(limits, "MAX_PIXELS", 700 * 620 + 1)
    with pytest.raises(errors.StitchTooLarge):
        joining.stitch(parts, tmp_path / "whole.tif", tolerance_px=3.0)
    assert not (tmp_path / "whole.tif").exists()


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_part_that_says_nothing_is_named(content: str, tmp_path: Path) -> None:
    from heritage3d.iiif import parts

    (tmp_path / "info.json").write_text(content, "utf-8")
    with pytest.raises(errors.PartUnreadable):
        parts._document(tmp_path / "info.json", "pages/1/info.json")


def test_parts_that_one_small_seal_ties_together_are_too_loose(tmp_path: Path) -> None:
    """Fourteen spots close together, on paper that moved a little: the far end of the scroll may lie anywhere."""
    from heritage3d.stitching import joining

    whole = drawn.blank(700, 1000)
    whole[40:140, 270:430] = drawn.silk(160, 100)
    second = whole[:, 230:]
    y, x = np.mgrid[: second.shape[0], : second.shape[1]].astype(np.float32)
    moved = cv2.remap(
        second, x + np.sin(y / 9), y + np.sin(x / 11), cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )
    parts = drawn.written(tmp_path, [drawn.grained(whole[:, :510], 1, 2.0), drawn.grained(moved, 2, 2.0)])
    with pytest.raises(errors.PartsLoose) as told:
        joining.stitch(parts, tmp_path / "whole.tif", tolerance_px=3.0)
    assert told.value.fields["ties"] < 60
    assert told.value.fields["open_px"] > 1.0
    assert not (tmp_path / "whole.tif").exists()


def test_a_model_that_no_level_brings_into_the_budget_of_its_device_is_refused(tmp_path: Path) -> None:
    from heritage3d.levels import budgets
    from heritage3d.levels.ladder import Ladder
    from heritage3d.mesh import reading

    (tmp_path / "scan.ply").write_bytes(corpus.formats(tmp_path)["ply"][1])
    scan = reading.read(tmp_path / "scan.ply")
    tight = dataclasses.replace(budgets.budget("quest3"), bytes=600)
    with pytest.raises(errors.BudgetExceeded) as told:
        Ladder(scan, tmp_path, "scan.ply", 1.0, tight).make()
    assert "over the 600 allowed" in told.value.line("en")
    assert "quest3" in told.value.line("zh-Hans")


def test_a_photograph_of_something_else_is_left_out_by_name(tmp_path: Path) -> None:
    from heritage3d.stages.align import align

    files = cards.write(tmp_path / "photos", cards.take(4))
    speckled = np.random.default_rng(9).integers(0, 255, (cards.HEIGHT // 4, cards.WIDTH // 4), np.uint8)
    stranger = cv2.resize(speckled, (cards.WIDTH, cards.HEIGHT), interpolation=cv2.INTER_CUBIC)
    files.append(("stranger.jpg", cards.save(stranger, tmp_path / "photos" / "stranger.jpg")))
    photos = [Artefact(path, "photo", name, evidence={"file": f"photos/{name}"}) for name, path in files]
    (tmp_path / "aligned").mkdir()
    told = align(photos, tmp_path / "aligned", size=320, features=400).photogrammetry
    left_out = {entry.photograph: entry.code for entry in told.left_out}
    assert left_out["stranger.jpg"] == errors.PhotographUnconnected.code


def test_a_disk_that_is_full_says_how_many_bytes_are_needed_and_free() -> None:
    line = errors.DiskFull(file="/media/disk", needed=4_000_000, free=512)
    assert "about 4000000 bytes are needed, 512 are free" in line.line("en")
    assert "约需 4000000 字节，仅剩 512 字节" in line.line("zh-Hans")
    assert "about 1048576 bytes" in errors.DiskFull(file="/media/disk", free=0).line("en")
