"""The engine on 10,000 and 100,000 tiny objects: `python -m tests.benchmarks.engine --objects 10000 100000`.

Each object is a folder with one text file of one sign; its four jobs (hash, ingest, tile, manifest) do next to
nothing, so what is measured is the engine: planning, Dask, renames, fsync, ledger, publishing, the lists that are
written once for the tree. Every figure is of the command itself, run as a process of its own:

- wall; the parent's CPU time per object with all its threads (Dask's scheduler is one), and that of the engine alone;
- the parent's memory when a tenth of the objects were done, and at its peak;
- the same command again on the finished batch, and `status`;
- bytes of the ledger, inodes of the output.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import heritage3d.stages  # noqa: F401  registers the kinds
import tests.pipeline.tiny
from tests.pipeline.conftest import Silent

ROOT = Path(__file__).resolve().parents[2]


def fill(captures: Path, objects: int) -> None:
    """Write so many captures of one page."""
    captures.mkdir(parents=True)
    for number in range(objects):
        folder = captures / f"o{number:07}"
        folder.mkdir()
        (folder / "p1.txt").write_text(chr(0x4E00 + number % 20_000), "utf-8")
    rows = "".join(f"o{number:07},Object {number},甲骨 {number}\n" for number in range(objects))
    (captures / "objects.csv").write_text("id,title,title@zh-Hans\n" + rows, "utf-8")


class Counting(Silent):
    """Counts the objects that are done."""

    done = 0

    def object(self, result: Any) -> None:
        self.done += 1


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def child(folder: Path, workers: int, profile: Path | None) -> None:
    """One run in this process; its figures as JSON on standard output."""
    import cProfile

    from heritage3d.pipeline import report
    from heritage3d.pipeline import workflow as workflows
    from heritage3d.pipeline.run import run
    from heritage3d.record.objects import read_objects

    began, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
    watched = Counting()
    seen: list[tuple[float, int, float]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            seen.append((time.perf_counter() - began, watched.done, _megabytes()))

    threading.Thread(target=watch, daemon=True).start()
    profiler = cProfile.Profile(time.thread_time) if profile else None
    if profiler:
        profiler.enable()
    objects = read_objects(folder / "captures", [])
    count = len(objects)
    result = run(
        workflow=workflows.load(str(folder / "tiny.yaml")),
        objects=objects,
        captures=folder / "captures",
        out=folder / "out",
        base=None,
        workers=workers,
        scheduler=None,
        listener=watched,
    )
    report.write_reports(folder / "out" / ".heritage3d", result)
    if profiler:
        profiler.disable()
        profiler.dump_stats(str(profile))
    over.set()
    told = {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "own": time.thread_time() - own,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "early": next((size for _at, done, size in seen if done >= count / 10), 0.0),
        "jobs": result.jobs,
        "changed": result.changed,
        "exit_status": result.exit_status,
    }
    print(json.dumps(told))


def _run(folder: Path, options: argparse.Namespace, profile: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.engine", "--child", str(folder)]
    command += ["--workers", str(options.workers)] + (["--profile", str(profile)] if profile else [])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _status(out: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "tests.crash.command", "status", str(out)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _inodes(root: Path) -> int:
    return 1 + sum(len(folders) + len(names) for _folder, folders, names in os.walk(root))


def measure(folder: Path, objects: int, options: argparse.Namespace) -> None:
    """One line of the table."""
    if not (folder / "captures").is_dir():
        fill(folder / "captures", objects)
        (folder / "tiny.yaml").write_text(tests.pipeline.tiny.WORKFLOW, "utf-8")
    first = _run(folder, options, options.profile)
    again = _run(folder, options, options.profile and options.profile.with_suffix(".again"))
    assert (first["exit_status"], again["exit_status"], again["jobs"], again["changed"]) == (0, 0, 0, False)
    ledger = (folder / "out" / ".heritage3d" / "ledger.sqlite").stat().st_size
    each = 1e3 / objects
    figures = [
        f"{objects:>9,} {first['wall']:8.1f} {first['cpu'] * each:7.2f} {first['own'] * each:7.2f}",
        f"{first['early']:7.0f} {first['peak']:7.0f} {again['wall']:8.1f} {again['peak']:7.0f}",
        f"{_status(folder / 'out'):8.2f} {ledger / 1e6:8.1f} {_inodes(folder / 'out'):10,}",
    ]
    print(" ".join(figures), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for captures and output (else a temporary one)")
    parser.add_argument("--profile", type=Path, help="where to write the figures of cProfile")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.workers, options.profile)
        return
    print("  objects   wall s  ms/obj  engine  MB 10% MB peak  again s      MB status s ledger MB    inodes")
    for objects in options.objects:
        with tempfile.TemporaryDirectory() as temporary:
            measure((options.keep or Path(temporary)) / str(objects), objects, options)


if __name__ == "__main__":
    main()
