"""Kill a run of the workflow ``exhibition`` at random moments: ``python -m tests.crash.soak CAPTURES FOLDER``.

A first run is left alone; its tree is what every killed and finished run must equal, byte for byte. So many
runs lose their whole process group, so many only their parent (--group, --parent). Prints a line for each.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]


def tree(out: Path) -> dict[str, str]:
    """SHA-256 of every published file."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".heritage3d" not in path.relative_to(out).parts
    }


def start(captures: Path, out: Path) -> subprocess.Popen[bytes]:
    """A run in a process group of its own."""
    command = [sys.executable, str(ROOT / "tests" / "command.py"), "run", "exhibition", str(captures)]
    return subprocess.Popen(
        [*command, "--out", str(out), "--workers", "2"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"},
        stdout=subprocess.DEVNULL,
        stderr=out.with_suffix(".log").open("wb"),
        start_new_session=True,
    )


def finish(run: subprocess.Popen[bytes]) -> int:
    """The exit status of a run; one that hangs for ten minutes is ended and says where in its log."""
    try:
        return run.wait(timeout=600)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGABRT)
        return run.wait()


def killed(captures: Path, out: Path, wanted: dict[str, str], target: str, delay: float) -> list[str]:
    """Kill a run after some seconds and finish it; what is wrong then."""
    run = start(captures, out)
    time.sleep(delay)
    family = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL) if target == "group" else run.kill()
    run.wait()
    _gone, alive = psutil.wait_procs(family, timeout=10)
    faults = [f"{len(alive)} workers outlived their parent"] if alive else []
    seen = tree(out) if out.exists() else {}
    partial = [name for name, digest in seen.items() if name.startswith("objects/") and wanted.get(name) != digest]
    faults += [f"partial: {name}" for name in partial]
    status = finish(start(captures, out))
    if status not in {0, 1}:
        faults.append(f"the next run ended with {status}")
    now = tree(out)
    faults += [f"differs: {name}" for name in sorted(now.keys() ^ wanted.keys())]
    faults += [f"differs: {name}" for name in sorted(now.keys() & wanted.keys()) if now[name] != wanted[name]]
    return faults


def main() -> int:
    """Run, kill, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("captures", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--group", type=int, default=10)
    parser.add_argument("--parent", type=int, default=5)
    options = parser.parse_args()
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    status = finish(start(options.captures, folder / "unbroken"))
    seconds = time.monotonic() - began
    wanted = tree(folder / "unbroken")
    print(f"unbroken: {seconds:.1f} s, exit status {status}, {len(wanted)} files", flush=True)
    failed = 0
    for number, target in enumerate(["group"] * options.group + ["parent"] * options.parent):
        delay = random.Random(number).uniform(1.0, max(2.0, seconds))
        out = folder / f"killed-{number:02}"
        faults = killed(options.captures, out, wanted, target, delay)
        failed += bool(faults)
        print(f"{number:02} {target:6} killed after {delay:5.1f} s: {'; '.join(faults[:5]) or 'equal'}", flush=True)
        if not faults:
            shutil.rmtree(out)
    print(f"{failed} of {options.group + options.parent} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
