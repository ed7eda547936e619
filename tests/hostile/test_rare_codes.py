"""The errors that no room's own tests meet, each raised by what a person may do."""

from __future__ import annotations

from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.pipeline import captures, job, limits
from heritage3d.record import sheet
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
