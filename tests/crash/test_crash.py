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

from tests.crash import programs
from tests.crash.every_step import EDITIONS, inline
from tests.pipeline.conftest import Batch

KILLS = int(os.environ.get("H3D_KILLS", "1"))
LONGEST_S = 5.0  # a run takes about as long; one that has ended already is not hurt


@pytest.mark.timeout(3600)
def test_a_run_that_dies_at_any_step_is_finished_by_the_next(tmp_path: Path) -> None:
    """The short form dies at every eighth step."""
    told = programs.said_by("every_step", tmp_path / "steps", 1 if programs.LONG else 8, seconds=3600)
    assert told.count("tree equal") == len(EDITIONS)


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
        cwd=programs.ROOT,
        env={**os.environ, "H3D_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tree of a run that nobody disturbs, made in this process."""
    batch = _batch(tmp_path_factory.mktemp("unbroken") / "batch")
    batch.start = inline  # type: ignore[assignment]  the same interface
    assert batch.run().exit_status == 0
    return batch.tree()


@pytest.mark.parametrize("target", ["group", "parent"])
@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_is_finished_by_the_same_command(
    tmp_path: Path, wanted: dict[str, bytes], target: str, number: int
) -> None:
    batch = _batch(tmp_path / "batch")
    run = _start(batch)
    time.sleep(random.Random(f"{target}{number}").uniform(0.5, LONGEST_S))
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
    end = time.monotonic() + 60
    while not list((batch.out / ".heritage3d").glob("work/*")):
        assert time.monotonic() < end, "no job has begun"
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=30)  # far less than the jobs that are left would take
    assert run.returncode == 130, output
    assert "H3D-910" in output
    assert "Traceback" not in output
