"""The stage ``pyramid``: a file that image servers open, with our levels, the same every time."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from heritage3d.errors import ImageError
from heritage3d.image.reading import describe
from heritage3d.image.strips import gather
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.pyramid import PyramidEvidence, pyramid
from heritage3d.tiling import pyramid_tiff
from heritage3d.tiling.pyramid import cut
from tests.image.pictures import delta_e_2000, gradient, lab, noise, read, strips


def make(path: Path, dest: Path, **options: object) -> tuple[Path, PyramidEvidence]:
    dest.mkdir()
    (made,) = pyramid(Artefact(path, "image/master", "001r"), dest, **options)
    assert made.path == dest / "001r.tif"
    assert [entry.name for entry in dest.iterdir()] == ["001r.tif"]
    return made.path, PyramidEvidence.model_validate(made.evidence)


def levels(pixels: np.ndarray, tile: int, scales: int) -> dict[int, np.ndarray]:
    """The levels as the tiles of the static service have them."""
    height, width, channels = pixels.shape
    found = {1 << step: np.zeros((-(-height // (1 << step)), -(-width // (1 << step)), channels), np.uint8)
             for step in range(scales)}  # fmt: skip
    lock = threading.Lock()

    def receive(piece: pyramid_tiff.Piece) -> None:
        with lock:
            top, left = piece.y // piece.scale, piece.x // piece.scale
            rows, columns = piece.pixels.shape[:2]
            found[piece.scale][top : top + rows, left : left + columns] = piece.pixels

    read_into = gather(strips(pixels), height)
    cut(read_into, receive, width=width, height=height, channels=channels, depth=8, tile=tile, scales=scales)
    return found


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (128, 128), (129, 40), (700, 530), (30, 900)])
def test_every_level_equals_that_of_the_tiles(width: int, height: int, channels: int, tmp_path: Path) -> None:
    pixels = noise(width, height, channels)
    tifffile.imwrite(tmp_path / "m.tif", np.squeeze(pixels, 2) if channels == 1 else pixels,
                     photometric="rgb" if channels == 3 else "minisblack")  # fmt: skip
    path, evidence = make(tmp_path / "m.tif", tmp_path / "out", compression="deflate", size=128)
    wanted = levels(pixels, 128, len(evidence.sizes))
    with tifffile.TiffFile(path) as tif:
        assert [page.shape[:2] for page in tif.pages] == [level.shape[:2] for level in wanted.values()]
        assert [page.shape[1::-1] for page in tif.pages] == evidence.sizes
        assert [int(page.subfiletype) for page in tif.pages] == [0] + [1] * (len(evidence.sizes) - 1)
        for page, level in zip(tif.pages, wanted.values(), strict=True):
            assert (page.asarray().reshape(level.shape) == level).all()
            assert page.is_tiled
    with Image.open(path) as picture:  # libtiff
        for number, level in enumerate(wanted.values()):
            picture.seek(number)
            assert (np.asarray(picture).reshape(level.shape) == level).all()
    assert (np.round(read(path) * 255) == pixels).all()  # our own reader takes it for one picture


@pytest.mark.parametrize("quality", [85, 95])
def test_jpeg_tiles_are_read_alike_by_other_readers(quality: int, tmp_path: Path) -> None:
    value = gradient(700, 530)
    exact = np.round(value * 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", exact, photometric="rgb", resolution=(400, 400), resolutionunit="inch")
    path, evidence = make(tmp_path / "m.tif", tmp_path / "out", quality=quality, size=256)
    assert evidence.tiles == 9 + 4 + 1
    assert describe(path)["ppi"] == 400
    with Image.open(path) as picture:
        assert "icc_profile" in picture.info
        first = np.asarray(picture.convert("RGB"))
    with tifffile.TiffFile(path) as tif:
        second = tif.pages[0].asarray()
    assert np.abs(first.astype(int) - second).max() <= 3  # two libraries, two ways to smooth the colour
    assert delta_e_2000(lab(read(path)), lab(exact / 255)).mean() < 0.6
    assert (np.abs(read(path) * 255 - first)).mean() < 0.5


def test_the_same_master_gives_the_same_bytes(tmp_path: Path) -> None:
    Image.fromarray(noise(600, 500)).save(tmp_path / "m.jpg", quality=95)
    made = [make(tmp_path / "m.jpg", tmp_path / name, size=128)[0].read_bytes() for name in ("one", "two")]
    assert made[0] == made[1]


def test_large_files_become_bigtiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid_tiff, "_BIG_FROM", 1000)
    pixels = noise(300, 200)
    Image.fromarray(pixels).save(tmp_path / "m.png")
    path, evidence = make(tmp_path / "m.png", tmp_path / "out", compression="deflate", size=128)
    assert evidence.big
    assert path.read_bytes()[:4] == b"II+\0"
    assert (np.round(read(path) * 255) == pixels).all()


def test_a_master_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    Image.fromarray(noise(900, 900)).save(tmp_path / "m.jpg")
    content = (tmp_path / "m.jpg").read_bytes()
    (tmp_path / "m.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "out").mkdir()
    with pytest.raises(ImageError, match="H3D-311"):
        pyramid(Artefact(tmp_path / "m.jpg", "image/master", "001r"), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_libtiff_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    tools = [shutil.which("tiffinfo"), shutil.which("tiffcp")]
    if None in tools:
        pytest.skip("tiffinfo and tiffcp are not installed (Debian: libtiff-tools)")
    Image.fromarray(noise(700, 530)).save(tmp_path / "m.png")
    for compression in ("jpeg", "deflate"):
        path, evidence = make(tmp_path / "m.png", tmp_path / compression, compression=compression, size=256)
        told = subprocess.run([str(tools[0]), str(path)], capture_output=True, text=True, check=True)
        assert told.stderr == ""
        assert told.stdout.count("Tile Width: 256 Tile Length: 256") == len(evidence.sizes)
        copy = [str(tools[1]), "-c", "none", str(path), str(tmp_path / "copy.tif")]  # decodes every tile of every page
        assert subprocess.run(copy, capture_output=True, text=True, check=True).stderr == ""
