"""``heritage3d inspect`` as a technician meets it: real files, the real command, one line each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import simplejpeg

from heritage3d.image.write_tiff import write_tiff
from tests.quality.pages import banded, finished, page, shaken
from tests.test_cli import heritage3d


def jpeg(path: Path, picture: np.ndarray) -> None:
    path.write_bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=92))


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume with every kind of fault that a single run should name; 第六页 is missing."""
    folder = tmp_path_factory.mktemp("卷") / "卷一"
    folder.mkdir()
    pictures = {
        "一": page(1),
        "二": cv2.GaussianBlur(page(2), (0, 0), 5),
        "三": shaken(page(3), 16, 0),
        "四": banded(page(4), 3, 60, 0),
        "五": page(5) * 1.7,
        "七": page(1),
    }
    for number, picture in pictures.items():
        jpeg(folder / f"第{number}页.jpg", finished(picture))
    torn = folder / "第八页.jpg"
    jpeg(torn, finished(page(8)))
    torn.write_bytes(torn.read_bytes()[:-20_000])
    (folder / "第九页.tif").write_bytes(b"no image at all")
    (folder / "notes.txt").write_text("not a capture", "utf-8")
    (folder / ".hidden.jpg").write_bytes(b"")
    return folder


def test_a_folder_gets_a_line_for_each_file_and_one_for_each_fault_of_the_series(volume: Path) -> None:
    ended = heritage3d("inspect", volume)
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    verdicts = dict(re.match(r"(.*?): (pass|WARN|FAIL), ", line).groups() for line in lines if "第" in line[:2])  # type: ignore[union-attr]
    assert verdicts == {"第一页.jpg": "pass", **{f"第{n}页.jpg": "FAIL" for n in "二三四五八"}, "第七页.jpg": "pass",
                        "第九页.tif": "FAIL"}  # fmt: skip
    for name, sign in (("二", "out of focus"), ("三", "moved by 16 px"), ("四", "horizontal bands"),
                       ("五", "burnt out"), ("八", "H3D-311"), ("九", "H3D-312")):  # fmt: skip
        assert sign in next(line for line in lines if line.startswith(f"第{name}页"))
    assert any(line.startswith("The series: FAIL, 1 page(s) missing in the numbers: 6.") for line in lines)
    assert any("第一页.jpg, 第七页.jpg show the same page" in line for line in lines)
    assert lines[-1] == "8 file(s): 2 pass, 0 with a warning, 6 failed."
    assert "Traceback" not in ended.stderr


def test_the_same_in_chinese(volume: Path) -> None:
    ended = heritage3d("inspect", volume, language="zh-Hans")
    assert ended.returncode == 1
    assert "第二页.jpg：不合格，未合焦" in ended.stdout
    assert "整册：不合格，页码缺 1 页：6。" in ended.stdout
    assert (
        re.search(
            r"[a-z]{4,}",
            re.sub(r"[\w/.-]+\.(jpg|tif|csv)|H3D-\d+|（[^）]*）|px|heritage3d|TIFF|JPEG.*", "", ended.stdout),
        )
        is None
    )


def test_json_has_an_object_for_each_file_and_one_for_the_series(volume: Path) -> None:
    told = [json.loads(line) for line in heritage3d("inspect", volume, "--json").stdout.splitlines()]
    files = {entry["file"]: entry for entry in told if "file" in entry}
    assert len(files) == 8
    good, torn = files["第一页.jpg"], files["第八页.jpg"]
    assert (good["verdict"], good["width"], good["height"], good["bits"]) == ("pass", 1400, 1900, 8)
    assert {"edge_blur", "brightest", "clipped_highlights"} <= {entry["name"] for entry in good["measures"]}
    assert torn["error"]["code"] == "H3D-311"
    assert torn["error"]["cure"]
    series = told[-1]
    assert series["verdict"] == "fail"
    assert [entry["name"] for entry in series["findings"]] == ["page_missing", "same_content"]


def test_one_good_file_passes_whatever_its_depth(tmp_path: Path) -> None:
    path = tmp_path / "0001.tif"
    deep = finished(page()).astype(np.uint16) * 257
    write_tiff(path, iter([deep]), width=1400, height=1900, channels=3, depth=16, ppi=400)
    ended = heritage3d("inspect", path)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"{path}: pass, 1400 × 1900 px, 16 bit, 400 ppi")
    assert ended.stdout.count("\n") == 1


def test_the_report_holds_a_picture_of_each_file_in_its_frame(volume: Path, tmp_path: Path) -> None:
    for _again in range(2):
        ended = heritage3d("inspect", volume, "--report", tmp_path / "report", language="zh-Hans")
        assert "contact-sheet.html" in ended.stderr
    text = (tmp_path / "report" / "contact-sheet.html").read_text("utf-8")
    assert [text.count(f'<li class="{verdict}"><figure>') for verdict in ("pass", "fail")] == [2, 6]
    assert "<strong>第二页.jpg</strong> <b>不合格</b>" in text
    pictures = sorted(path.name for path in (tmp_path / "report" / "pictures").iterdir())
    assert pictures == [f"{number:05}.jpg" for number in (1, 2, 3, 4, 5, 6)]
    assert all(name in text for name in pictures)


def test_a_report_never_covers_other_files(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", "utf-8")
    ended = heritage3d("inspect", volume / "第一页.jpg", "--report", tmp_path)
    assert (ended.returncode, "H3D-604" in ended.stderr) == (4, True)


def test_names_and_words_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    jpeg(folder / "<img src=x>\x1b[31m {file}.jpg", finished(page(width=500, height=600)))
    ended = heritage3d("inspect", folder, "--report", tmp_path / "report")
    assert "\x1b" not in ended.stdout
    assert "{file}" in ended.stdout
    assert "<img src=x>" not in (tmp_path / "report" / "contact-sheet.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "sign"),
    [
        (["{}", "--category", "fine"], 2, "known are"),
        (["{}/nothing.tif"], 2, "nothing.tif"),
        (["{}/notes.txt"], 1, "H3D-312"),
        (["{}/notes.txt", "--watch"], 2, "H3D-100"),
    ],
)
def test_wrong_use_ends_in_a_line(volume: Path, arguments: list[str], status: int, sign: str) -> None:
    ended = heritage3d("inspect", *(argument.format(volume) for argument in arguments))
    assert ended.returncode == status
    assert sign in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    ended = heritage3d("inspect", tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "There is no image" in ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_closed_folder_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    jpeg(tmp_path / "1.jpg", finished(page(width=500, height=600)))
    (tmp_path / "closed").mkdir(mode=0)
    ended = heritage3d("inspect", tmp_path)
    assert "closed: FAIL, H3D-256" in ended.stdout
    assert "1.jpg: pass" in ended.stdout


def test_help_loads_nothing_heavy() -> None:
    code = "import heritage3d.cli, sys; sys.exit(bool({'cv2', 'numpy', 'pyvips'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
