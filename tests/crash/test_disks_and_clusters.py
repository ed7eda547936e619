"""Disks that are full or may not be written, and an engine of several machines of which one dies."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from heritage3d.errors import EngineError
from heritage3d.pipeline import executor
from tests.crash import programs
from tests.crash.every_step import inline
from tests.pipeline.conftest import Batch

PRELOADED = {**os.environ, "H3D_LANG": "en", "PYTHONPATH": str(programs.ROOT)}


def _may_mount() -> bool:
    program = shutil.which("unshare")
    tried = [program or "", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k none /tmp"]
    return program is not None and subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="this system lets nobody mount a small disk")
def test_a_disk_that_fills_up_or_may_not_be_written(tmp_path: Path) -> None:
    levels = 20 if programs.LONG else 5
    programs.said_by("disk_full", tmp_path, levels, inside=["unshare", "-rm"])


def _batch(folder: Path, patience: float = 0.05) -> Batch:
    folder.mkdir()
    batch = Batch(folder)
    for at in range(4):
        batch.object(f"o{at}", *("page" + str(number) for number in range(5)))
    batch.sheet(*(f"o{at},Object" for at in range(4)))
    text = batch.workflow.read_text("utf-8")
    slow = text.replace("{stage: tiny-tile,", f"{{stage: tiny-tile, patience: {patience},")
    batch.workflow.write_text(slow, "utf-8")
    return batch


def _start(batch: Batch, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.command", "run", str(batch.workflow), str(batch.captures)]
    return subprocess.Popen(
        [*command, "--out", str(batch.out), *more],
        cwd=programs.ROOT,
        env=PRELOADED,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finished(batch: Batch, *more: str) -> bool:
    run = _start(batch, *more)
    output, _ = run.communicate(timeout=180)
    assert run.returncode == 0, output
    return True


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """`dask scheduler` and `dask worker`s as a person starts them; the address, and the processes in that order."""
    told = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": PRELOADED}
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    running = [subprocess.Popen([*scheduler, "--scheduler-file", str(told)], **quiet)]  # type: ignore[call-overload]
    try:
        end = time.monotonic() + 60
        while not told.exists() or not (found := re.search(r'"address": "(tcp://[^"]+)"', told.read_text("utf-8"))):
            assert time.monotonic() < end, "the scheduler does not start"
            time.sleep(0.1)
        for _ in range(workers):
            worker = [*dask, "worker", found[1], "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
            running.append(subprocess.Popen(worker, **quiet))  # type: ignore[call-overload]
        yield found[1], running
    finally:
        family = [child for process in running for child in _family(process)]
        for process in running:
            process.kill()
            process.wait()
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    for one in _family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.kill()


def test_two_machines_of_which_one_is_lost_give_the_same_bytes(tmp_path: Path) -> None:
    alone = _batch(tmp_path / "alone", 0.0)
    alone.start = inline  # type: ignore[assignment]  the same interface
    assert alone.run().exit_status == 0
    many = _batch(tmp_path / "many", 0.3)
    with cluster(tmp_path) as (address, running):
        run = _start(many, "--scheduler", address)
        time.sleep(4)
        _kill_all(running[1])
        output, _ = run.communicate(timeout=180)
    assert run.returncode == 0, output
    assert many.tree() == alone.tree()


def test_a_scheduler_without_workers_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_JOINING_S", 1.0)
    with cluster(tmp_path, workers=0) as (address, _running), pytest.raises(EngineError) as refused:
        with executor.engine(1, address):
            pass
    assert "no worker has joined" in refused.value.line("en")


@pytest.mark.skipif(not programs.LONG, reason="the long form: make soak")
def test_a_scheduler_that_dies_is_told_in_one_line_and_the_next_run_goes_on(tmp_path: Path) -> None:
    batch = _batch(tmp_path / "batch", 0.3)
    with cluster(tmp_path) as (address, running):
        run = _start(batch, "--scheduler", address)
        time.sleep(5)
        running[0].send_signal(signal.SIGKILL)
        output, _ = run.communicate(timeout=120)
    assert run.returncode == 5, output
    assert "H3D-750" in output
    assert "Traceback" not in output
    assert _finished(batch, "--workers", "2")
    assert len([name for name in batch.tree() if name.endswith("manifest.json")]) == 4
