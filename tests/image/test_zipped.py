"""One zip for an image: the addresses and bytes of the folder, the same every time, nothing after an error."""

from __future__ import annotations

import concurrent.futures
import hashlib
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from heritage3d.errors import OutputError
from heritage3d.iiif.image_service import ImageService
from heritage3d.image.strips import gather
from heritage3d.tiling.pyramid import Piece, cut
from heritage3d.tiling.tree import Tree
from heritage3d.tiling.zipped import Zipped
from tests.image.pictures import noise, strips


def _fill(tree: Tree, width: int = 700, height: int = 530, threads: int = 4) -> None:
    service = ImageService(width, height, 128)

    def publish(piece: Piece) -> None:
        tree.write(piece.pixels, service.paths(piece.scale, piece.x, piece.y, piece.w, piece.h))
        for scale, across, down in service.icons if piece.whole else ():
            if piece.scale == scale:
                tree.write_resized(piece.pixels, (across, down), f"full/{across},/0/default.jpg")

    pixels = noise(width, height)
    cut(gather(strips(pixels), height), publish, width=width, height=height, channels=3, depth=8, tile=128,
        scales=len(service.scale_factors), whole=frozenset(service.whole), threads=threads)  # fmt: skip
    tree.write_document(b"{}", "info.json")


def test_it_holds_what_the_folder_would_hold(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Tree(tmp_path / "folder", 85) as folder:
        _fill(folder)
    with Zipped(tmp_path / "tiles.zip", 85) as zipped:
        _fill(zipped)
    files = {path.relative_to(tmp_path / "folder").as_posix(): path.read_bytes()
             for path in (tmp_path / "folder").rglob("*") if path.is_file()}  # fmt: skip
    with zipfile.ZipFile(tmp_path / "tiles.zip") as archive:
        assert archive.testzip() is None
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == files
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert (zipped.files, zipped.bytes) == (folder.files, folder.bytes) == (len(files) - 1, zipped.bytes)


def test_the_same_bytes_on_any_threads(tmp_path: Path) -> None:
    digests = set()
    for threads in (1, 4):
        with Zipped(tmp_path / f"{threads}.zip", 85) as zipped:
            _fill(zipped, threads=threads)
        digests.add(hashlib.sha256((tmp_path / f"{threads}.zip").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_more_files_than_an_old_zip_can_count(tmp_path: Path) -> None:
    names = [f"{number},0,1,1/1,1/0/default.jpg" for number in range(66_000)]
    random.Random(1).shuffle(names)
    pixel = np.zeros((1, 1, 1), np.uint8)
    with Zipped(tmp_path / "m.zip", 85) as zipped, concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: zipped.write(pixel, (name,)), names, chunksize=500))
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert len(archive.namelist()) == 66_000
        assert archive.namelist() == sorted(names)
    tool = shutil.which("unzip")
    if tool is not None:
        assert subprocess.run([tool, "-tqq", str(tmp_path / "m.zip")], check=False).returncode == 0


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="torn"):
        with Zipped(tmp_path / "m.zip", 85) as zipped:
            _fill(zipped)
            raise ValueError("torn")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "m.zip").write_bytes(b"another")
    with pytest.raises(OutputError), Zipped(tmp_path / "m.zip", 85) as zipped:
        _fill(zipped)
    assert (tmp_path / "m.zip").read_bytes() == b"another"
