"""Interruption: whatever is killed when, the same command finishes and the tree is that of an unbroken run.

H3D_KILLS says how many random kills of each kind are tried (`make soak`: 50).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.pipeline.conftest import Batch

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("H3D_KILLS", "3"))


def test_a_run_that_dies_at_any_step_is_finished_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.every_step", str(tmp_path / "steps")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr[-2000:]


def _batch(folder: Path) -> Batch:
    folder.mkdir()
    batch = Batch(folder)
    for at in range(6):
        batch.object(f"o{at}", *("page" + str(number) for number in range(5)))
    batch.sheet(*(f"o{at},Object" for at in range(6)))
    text = batch.workflow.read_text("utf-8")
    batch.workflow.write_text(text.replace("{stage: tiny-tile,", "{stage: tiny-tile, patience: 0.03,"), "utf-8")
    return batch


def _start(batch: Batch) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.command", "run", str(batch.workflow), str(batch.captures)]
    return subprocess.Popen(
        [*command, "--out", str(batch.out), "--workers", "2"],
        cwd=ROOT,
        env={**os.environ, "H3D_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The tree of a run that nobody disturbs, and its seconds."""
    batch = _batch(tmp_path_factory.mktemp("unbroken") / "batch")
    began = time.monotonic()
    run = _start(batch)
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    return batch.tree(), time.monotonic() - began


@pytest.mark.parametrize("target", ["group", "parent"])
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_is_finished_by_the_same_command(
    tmp_path: Path, unbroken: tuple[dict[str, bytes], float], target: str, number: int
) -> None:
    wanted, seconds = unbroken
    batch = _batch(tmp_path / "batch")
    run = _start(batch)
    time.sleep(random.Random(f"{target}{number}").uniform(0.5, max(1.0, seconds)))
    workers = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
    if target == "group":
        with contextlib.suppress(ProcessLookupError):  # it was quicker than we
            os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    run.communicate(timeout=20)
    _gone, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
    visible = batch.tree() if batch.out.exists() else {}
    partial = [name for name, content in visible.items() if name != "checksums.txt" and wanted.get(name) != content]
    assert [name for name in partial if name.startswith("objects/")] == []
    again = _start(batch)
    output, _ = again.communicate(timeout=120)
    assert again.returncode == 0, output
    assert batch.tree() == wanted


def test_ctrl_c_ends_at_once_and_says_how_to_go_on(tmp_path: Path) -> None:
    batch = _batch(tmp_path / "batch")
    text = batch.workflow.read_text("utf-8")
    batch.workflow.write_text(text.replace("patience: 0.03", "patience: 1.0"), "utf-8")
    run = _start(batch)
    time.sleep(4)
    os.kill(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=30)  # far less than the jobs that are left would take
    assert run.returncode == 130, output
    assert "H3D-910" in output
    assert "Traceback" not in output
