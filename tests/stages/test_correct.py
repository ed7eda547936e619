"""The stage ``correct`` on the disk: what it writes leads back to the master, or it writes nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from heritage3d.errors import ImageTruncated, SplitImpossible
from heritage3d.iiif.halves import with_halves
from heritage3d.image.raster import open_raster
from heritage3d.image.write_tiff import write_tiff
from heritage3d.pipeline.stage import Artefact, Output
from heritage3d.stages.correct import correct
from tests.correction import drawn, truth

ROOT = Path(__file__).resolve().parents[2]


def corrected(path: Path, **options: Any) -> list[Output]:
    dest = path.parent / "made"
    dest.mkdir(exist_ok=True)
    return correct(Artefact(path, "image/master", path.stem), dest, **options)


def saved(folder: Path, pixels: np.ndarray, name: str = "0001.tif", ppi: float = 400) -> Path:
    tifffile.imwrite(folder / name, pixels, resolution=(ppi, ppi), resolutionunit="INCH", photometric="rgb")
    return folder / name


def read(path: Path) -> np.ndarray:
    with open_raster(path) as raster:
        return raster.pixels.copy()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_pure_crop_copies_every_pixel(tmp_path: Path, dtype: type[np.unsignedinteger]) -> None:
    shot = drawn.on_stand(drawn.written(700, 1000)).astype(dtype)
    if dtype is np.uint16:
        shot = shot * 257 + np.random.default_rng(1).integers(0, 200, shot.shape, dtype=np.uint16)
    [output] = corrected(saved(tmp_path, shot))
    told = output.evidence
    assert told["pixels"] == "copied"
    left, top, width, height = (round(value) for value in told["crop_box"])
    assert np.array_equal(read(output.path), shot[top : top + height, left : left + width])
    with tifffile.TiffFile(output.path) as file:
        assert file.pages[0].dtype == dtype
        assert file.pages[0].tags["XResolution"].value[0] / file.pages[0].tags["XResolution"].value[1] == 400


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_quarter_turn_copies_every_pixel(tmp_path: Path, rotate: int) -> None:
    shot = drawn.paper(321, 234)
    [output] = corrected(saved(tmp_path, shot), rotate=rotate, crop="none")
    assert output.evidence["pixels"] == "copied"
    assert np.array_equal(read(output.path), np.rot90(shot, -rotate // 90))
    matrix = np.array(output.evidence["to_master"])
    made = read(output.path)
    for x, y in ((0, 0), (10, 200), (made.shape[1] - 1, made.shape[0] - 1)):
        there = np.rint(matrix @ (x, y, 1)).astype(int)
        assert np.array_equal(made[y, x], shot[there[1], there[0]])


def test_a_split_without_skew_copies_every_pixel(tmp_path: Path) -> None:
    shot, _gutter = drawn.opening()
    left, right = corrected(saved(tmp_path, shot), split="auto", crop="none", overlap=0)
    assert (left.name, right.name) == ("0001--left", "0001--right")
    assert [output.evidence["pixels"] for output in (left, right)] == ["copied", "copied"]
    assert shot.shape[1] <= left.evidence["width"] + right.evidence["width"] <= shot.shape[1] + 2
    for output in (left, right):
        x = round(output.evidence["crop_box"][0])
        assert np.array_equal(read(output.path), shot[:, x : x + output.evidence["width"]])


def test_nothing_to_do_leaves_the_file_itself(tmp_path: Path) -> None:
    picture = Image.fromarray(drawn.paper(640, 480))
    picture.save(tmp_path / "plain.jpg", quality=90)
    [output] = corrected(tmp_path / "plain.jpg")
    assert output.path.name == "plain.jpg"
    assert output.path.read_bytes() == (tmp_path / "plain.jpg").read_bytes()
    assert output.evidence["pixels"] == "untouched"
    assert output.evidence["skew"]["verdict"] == "unknown"


def test_a_turned_page_comes_out_upright_and_leads_back(tmp_path: Path) -> None:
    shot = truth.rotated(drawn.on_stand(drawn.written(700, 1000), 120), 2.4)
    [output] = corrected(saved(tmp_path, shot))
    told = output.evidence
    assert told["pixels"] == "resampled"
    assert told["skew"]["verdict"] == "turned"
    assert told["skew"]["angle_deg"] == pytest.approx(2.4, abs=0.05)
    assert told == json.loads((tmp_path / "made/0001.json").read_text())
    [again] = corrected(output.path, crop="none")
    assert again.evidence["skew"]["verdict"] == "straight"
    # What the matrix says lies at a place of the master is what is seen there.
    made, matrix = read(output.path).astype(float), np.array(told["to_master"])
    rng = np.random.default_rng(1)
    seen, meant = [], []
    for _ in range(300):
        x, y = int(rng.integers(30, made.shape[1] - 30)), int(rng.integers(30, made.shape[0] - 30))
        u, v, _one = matrix @ (x, y, 1)
        seen.append(made[y - 2 : y + 3, x - 2 : x + 3].mean())
        meant.append(shot[round(v) - 2 : round(v) + 3, round(u) - 2 : round(u) + 3].mean())
    assert np.corrcoef(seen, meant)[0, 1] > 0.99


def test_an_angle_that_was_asked_for_is_taken_back(tmp_path: Path) -> None:
    [output] = corrected(saved(tmp_path, drawn.paper(500, 400)), deskew=1.5, crop="none")
    assert output.evidence["skew"]["verdict"] == "asked"
    assert (output.evidence["width"], output.evidence["height"]) == (511, 413)
    assert 0 < output.evidence["beyond"] < 0.06


def test_a_truncated_master_leaves_nothing(tmp_path: Path) -> None:
    picture = Image.fromarray(drawn.on_stand(drawn.written(700, 1000)))
    picture.save(tmp_path / "whole.jpg", quality=90)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:60_000])
    with pytest.raises(ImageTruncated):
        corrected(tmp_path / "cut.jpg")
    assert list((tmp_path / "made").iterdir()) == []
    run = [sys.executable, "-c", "from heritage3d.cli import main; main()", "correct", "cut.jpg", "gone"]
    ended = subprocess.run(run, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("H3D-311")
    assert not (tmp_path / "gone").exists()


def test_too_narrow_for_two_pages(tmp_path: Path) -> None:
    with pytest.raises(SplitImpossible):
        corrected(saved(tmp_path, drawn.paper(12, 400)), split="always")


def test_the_same_master_gives_the_same_bytes(tmp_path: Path) -> None:
    shot = truth.rotated(drawn.on_stand(drawn.written(500, 700)), -1.1)
    digests = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        corrected(saved(tmp_path / folder, shot))
        files = sorted((tmp_path / folder / "made").iterdir())
        digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_a_large_master_stays_within_memory(tmp_path: Path) -> None:
    """A hundred megapixels; the limit is far below their 300 MB and far above the tool itself."""
    code = (
        "import re, sys; from pathlib import Path; from heritage3d.pipeline.stage import Artefact\n"
        "from heritage3d.stages.correct import correct\n"
        "correct(Artefact(Path(sys.argv[1]), 'image/master', 'x'), Path(sys.argv[2]), deskew=0.7, crop='none')\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    strip = drawn.paper(10_000, 100)
    rows = (strip for _ in range(100))
    write_tiff(tmp_path / "large.tif", rows, width=10_000, height=10_000, channels=3, depth=8)
    (tmp_path / "made").mkdir()
    arguments = [sys.executable, "-c", code, str(tmp_path / "large.tif"), str(tmp_path / "made")]
    made = subprocess.run(arguments, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    # Pages of the scratch file count as resident while there is room; they are not memory that is needed.
    assert int(made.stdout) < 1200


def page(name: str, label: dict[str, list[str]], side: str | None = None) -> dict[str, Any]:
    return {"name": name, "file": f"{name}.tif", "label": label, "side": side}


def test_halves_stand_in_the_place_of_their_page() -> None:
    record = {
        "viewing_direction": "left-to-right",
        "pages": [
            page("a", {"none": ["cover"]}),
            page("b", {"en": ["12v–13r"]}),
            page("c", {"en": ["Map"], "zh-Hans": ["图"]}),
        ],
    }
    names = {"a", "b--left", "b--right", "c--right", "c--left"}
    told = with_halves(record, names)
    assert [(entry["name"], entry["label"]) for entry in told["pages"]] == [
        ("a", {"none": ["cover"]}),
        ("b--left", {"en": ["12v"]}),
        ("b--right", {"en": ["13r"]}),
        ("c--left", {"en": ["Map (left)"], "zh-Hans": ["图（左）"]}),
        ("c--right", {"en": ["Map (right)"], "zh-Hans": ["图（右）"]}),
    ]
    backwards = with_halves(record | {"viewing_direction": "right-to-left"}, names)
    assert [(entry["name"], entry["label"].get("en")) for entry in backwards["pages"]][1:3] == [
        ("b--right", ["12v"]),
        ("b--left", ["13r"]),
    ]
    assert with_halves(record, {"a", "b", "c"}) == record
