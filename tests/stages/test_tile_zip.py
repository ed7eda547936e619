"""The stage tile-zip: the files of the folder, in one file, with the same bytes every time."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from heritage3d.errors import ImageTruncated
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.tile import tile
from heritage3d.stages.tile_zip import tile_zip
from tests.image import pictures


def _scan(folder: Path) -> Artefact:
    path = folder / "scan.png"
    Image.fromarray(pictures.noise(700, 500)).save(path)
    return Artefact(path, "image/master", "001r")


def test_the_zip_holds_the_files_of_the_folder(tmp_path: Path) -> None:
    scan = _scan(tmp_path)
    for name in ("folder", "zip", "again"):
        (tmp_path / name).mkdir()
    tile(scan.path, tmp_path / "folder", size=128)
    (output,) = tile_zip(scan, tmp_path / "zip", size=128)
    tile_zip(scan, tmp_path / "again", size=128)
    assert output.path == tmp_path / "zip" / "001r.zip"
    assert output.path.read_bytes() == (tmp_path / "again" / "001r.zip").read_bytes()
    with zipfile.ZipFile(output.path) as archive:
        assert archive.testzip() is None
        inside = {name: archive.read(name) for name in archive.namelist()}
    info = json.loads(inside.pop("info.json"))
    assert info["id"].startswith("http://127.0.0.1:8000/")
    beside = {
        path.relative_to(tmp_path / "folder").as_posix(): path.read_bytes()
        for path in (tmp_path / "folder").rglob("default.*")
    }
    assert inside == beside
    assert output.evidence["files"] == len(beside)


def test_nothing_is_left_of_a_scan_that_ends_too_early(tmp_path: Path) -> None:
    scan = _scan(tmp_path)
    scan.path.write_bytes(scan.path.read_bytes()[:-20_000])
    dest = tmp_path / "zip"
    dest.mkdir()
    with pytest.raises(ImageTruncated):
        tile_zip(scan, dest)
    assert list(dest.iterdir()) == []
