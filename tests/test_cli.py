"""The command line as a technician meets it: help in two languages, exit statuses, one line per failure."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from heritage3d import __version__
from heritage3d.commands import MAIN
from heritage3d.pipeline.stage import stages

ROOT = Path(__file__).resolve().parents[1]


def heritage3d(
    *arguments: object, language: str = "en", cwd: Path | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """The installed command's entry point in a process of its own; one that hangs says where."""
    environment = {**os.environ, "H3D_LANG": language, "COLUMNS": "160", "PYTHONPATH": str(ROOT)}
    environment |= {"PYTHONFAULTHANDLER": "1"}
    environment.pop("H3D_DEBUG", None)
    command = [sys.executable, str(ROOT / "tests" / "command.py"), *map(str, arguments)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            out, err = process.communicate()
            pytest.fail(f"no end after {seconds} s: {arguments}\n{out}\n{err}")
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def page(seed: int, width: int = 700, height: int = 500) -> bytes:
    """A small JPEG."""
    pixels = np.random.default_rng(seed).integers(0, 255, (height // 20, width // 20, 3), dtype=np.uint8)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(pixels.repeat(20, 0).repeat(20, 1)), quality=80)


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good objects and one whose second page ends early."""
    folder = tmp_path_factory.mktemp("captures")
    for name, count in (("letter", 1), ("volume", 2), ("torn", 2)):
        (folder / name / "pages").mkdir(parents=True)
        for at in range(count):
            (folder / name / "pages" / f"{at + 1}.jpg").write_bytes(page(at))
    torn = folder / "torn" / "pages" / "2.jpg"
    torn.write_bytes(torn.read_bytes()[:-900])
    sheet = "id,title@zh-Hans,title@en\nletter,信札,A letter\nvolume,册,A volume\ntorn,残卷,Torn\n"
    (folder / "objects.csv").write_bytes(b"\xef\xbb\xbf" + sheet.encode())
    return folder


@pytest.fixture(scope="module")
def published(
    captures: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The output of a run over the captures."""
    out = tmp_path_factory.mktemp("published") / "out"
    return out, heritage3d("run", "manuscript", captures, "--out", out)


def test_a_run_publishes_the_good_and_names_the_bad(published: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, ran = published
    assert ran.returncode == 1
    assert "H3D-311" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert sorted(path.name for path in (out / "objects").iterdir()) == ["letter", "volume"]
    report = (out / ".heritage3d" / "report.csv").read_text("utf-8-sig")
    assert re.search(r"torn,FAILED,pages/2.jpg,H3D-311", report)
    assert "Copy it again" in (out / ".heritage3d" / "report.html").read_text("utf-8")


def test_status_verify_and_json(published: tuple[Path, subprocess.CompletedProcess[str]], captures: Path) -> None:
    out, _ran = published
    assert "torn: FAILED" in heritage3d("status", out).stdout
    assert "残卷" not in heritage3d("status", out).stderr
    assert heritage3d("verify", out).returncode == 0
    again = heritage3d("run", "manuscript", captures, "--out", out, "--json")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [event["event"] for event in events][-1] == "end"
    assert events[-1]["failed"] == 1
    assert events[-1]["unchanged"] == 2


def test_verify_names_every_bad_file(published: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "a copy"
    shutil.copytree(published[0], copy, ignore=shutil.ignore_patterns(".heritage3d"))
    assert heritage3d("verify", copy).returncode == 0
    tile = next((copy / "objects" / "letter" / "pages").rglob("default.jpg"))
    content = bytearray(tile.read_bytes())
    content[len(content) // 2] ^= 1
    tile.write_bytes(content)
    (copy / "objects" / "volume" / "manifest.json").unlink()
    (copy / "stray.txt").write_text("stray")
    verified = heritage3d("verify", copy)
    assert verified.returncode == 1
    assert len(verified.stdout.splitlines()) == 3
    assert f"{tile.relative_to(copy).as_posix()}: changed" in verified.stdout
    assert "objects/volume/manifest.json: missing" in verified.stdout
    assert "stray.txt: not in checksums.txt" in verified.stdout


def test_a_stage_alone(tmp_path: Path) -> None:
    scan = tmp_path / "scan.jpg"
    scan.write_bytes(page(1))
    assert heritage3d("tile", scan, tmp_path / "service", "--size", "256").returncode == 0
    info = json.loads((tmp_path / "service" / "info.json").read_text("utf-8"))
    assert info["id"] == "http://127.0.0.1:8000/service"
    assert info["tiles"][0]["width"] == 256
    assert "IIIF" in heritage3d("info", tmp_path / "service" / "info.json").stdout
    assert heritage3d("check", tmp_path / "service" / "info.json").returncode == 0
    taken = heritage3d("tile", scan, tmp_path / "service")
    assert taken.returncode == 4
    assert "H3D-604" in taken.stderr
    scan.write_bytes(page(1)[:-500])
    broken = heritage3d("tile", scan, tmp_path / "other")
    assert (broken.returncode, broken.stderr.count("\n")) == (1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan.jpg", "service"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["run", "no-such-workflow", ".", "--out", "out"], 2, "H3D-110"),
        (["run", "manuscript", "nowhere", "--out", "out"], 3, "H3D-20"),
        (["run", "manuscript", "{captures}", "--out", "out", "--only", "nobody"], 2, "H3D-120"),
        (["run", "manuscript", "{captures}", "--out", "out", "--base", "ftp://x"], 2, "H3D-100"),
        (["run", "manuscript", "{captures}", "--out", "/proc/version"], 4, "H3D-60"),
        (["status", "."], 2, "H3D-121"),
        (["verify", "."], 2, "H3D-121"),
        (["info", "notes.txt"], 2, "H3D-122"),
        (["run"], 2, ""),
    ],
)
def test_wrong_use_is_one_line_and_a_status(
    captures: Path, tmp_path: Path, arguments: list[str], status: int, code: str
) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    given = [argument.format(captures=captures) for argument in arguments]
    for language in ("en", "zh-Hans"):
        ran = heritage3d(*given, language=language, cwd=tmp_path)
        assert ran.returncode == status, ran.stderr
        assert code in ran.stderr
        assert "Traceback" not in ran.stderr
        assert not code or ran.stderr.count("\n") == 1


def test_dry_run_writes_nothing(captures: Path, tmp_path: Path) -> None:
    told = heritage3d("run", "manuscript", captures, "--out", tmp_path / "out", "--dry-run", "--json")
    figures = json.loads(told.stdout)
    assert (figures["objects"], figures["captures"], figures["jobs"]["tile"]) == (3, 5, 5)
    assert figures["fits"] is True
    assert figures["seconds"] > 0
    assert not (tmp_path / "out").exists()
    assert (
        "磁盘空间足够"
        in heritage3d("run", "manuscript", captures, "--out", tmp_path / "out", "--dry-run", language="zh-Hans").stdout
    )


def test_a_dry_run_names_files_that_can_be_seen_to_be_bad(tmp_path: Path) -> None:
    for name, content in (("good", page(1)), ("empty", b"")):
        (tmp_path / "captures" / name).mkdir(parents=True)
        (tmp_path / "captures" / name / "1.jpg").write_bytes(content)
    (tmp_path / "captures/objects.csv").write_text("id\ngood\nempty\n", "utf-8")
    arguments = ["run", "manuscript", tmp_path / "captures", "--out", tmp_path / "out", "--dry-run"]
    told = heritage3d(*arguments).stdout.splitlines()
    assert [line for line in told if "H3D" in line] == [line for line in told if line.startswith("H3D-259 empty 1.jpg")]
    assert told[-1].startswith("H3D-259 empty 1.jpg")
    assert json.loads(heritage3d(*arguments, "--json").stdout)["jobs"]["tile"] == 1


def test_help_speaks_chinese_and_the_version_is_told() -> None:
    told = heritage3d("--help", language="zh-Hans").stdout
    assert "核对" in told or "校验" in told
    assert (
        "切片" in heritage3d("run", "--help", "--lang", "zh").stdout
        or "工作流" in heritage3d("run", "--help", "--lang", "zh").stdout
    )
    assert heritage3d("--version").stdout == f"{__version__}\n"
    english = heritage3d("--help").stdout
    ours = (name for name, stage in stages().items() if stage.run.__module__.startswith("heritage3d."))
    for name in (*MAIN, *ours):
        assert re.search(rf"\b{name}\b", english)
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_stages_workflows_and_doctor_answer() -> None:
    assert "tile" in heritage3d("stages").stdout
    assert "exhibition" in heritage3d("workflows").stdout
    doctor = heritage3d("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "open3d" in doctor.stdout
