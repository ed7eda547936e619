"""Tiling beside libvips: CPU, wall time and memory of the same masters at the same tile size and JPEG quality.

    python -m tests.benchmarks.tiling FOLDER [--masters m140,g600] [--encodings strips,JPEG] [--repeat 3]

``ours`` writes what a level 0 service needs (full/max, whole images in several sizes, info.json), ``wheel``
and ``Debian`` are `dzsave --layout iiif3` of the pyvips wheel and of libvips-tools, ``ceiling`` encodes the
tiles of all levels from memory with libjpeg-turbo and writes nothing. Start-up is not counted: Python tools
are measured after their imports, the command-line tool minus its run on a picture of 16 x 16 pixels. The
best of the repeats is taken, which alternate between the tools.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MASTERS = {"m140": (10_000, 14_000), "g600": (20_000, 30_000)}
TILE = 512


def _ours(master: Path, out: Path, quality: int) -> None:
    from heritage3d.stages.tile import tile

    out.mkdir()
    tile(master, out, quality=quality, size=TILE)


def _wheel(master: Path, out: Path, quality: int) -> None:
    import pyvips

    image = pyvips.Image.new_from_file(str(master), access="sequential")
    image.dzsave(str(out), layout="iiif3", tile_size=TILE, Q=quality)


def _ceiling(master: Path, out: Path, quality: int) -> None:
    """Tiles of all levels, encoded from memory in two threads; the clock starts when they lie there."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    from heritage3d.image.encode import encode
    from heritage3d.image.reading import open_master
    from heritage3d.tiling.halving import halve, to_8_bits

    with open_master(master) as scan:
        level = np.empty((min(scan.height, 4 * TILE), scan.width, 3), np.uint8)
        scan.read_into(level)
        share = scan.height / len(level)  # these rows stand for all: the content repeats
    tiles = []
    while True:
        rows, columns = range(0, len(level), TILE), range(0, level.shape[1], TILE)
        tiles += [np.ascontiguousarray(level[top : top + TILE, left : left + TILE]) for top in rows for left in columns]
        if max(level.shape) <= TILE:
            break
        level = to_8_bits(halve(level), 256)
    began = _now()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pixels: encode(pixels, "jpg", quality), tiles))
    _tell(began, share)


TOOLS: dict[str, Callable[[Path, Path, int], None]] = {"ours": _ours, "wheel": _wheel, "ceiling": _ceiling}


def _now() -> tuple[float, resource.struct_rusage]:
    return time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)


def _tell(began: tuple[float, resource.struct_rusage], share: float = 1.0) -> None:
    wall, usage = _now()
    user, system = usage.ru_utime - began[1].ru_utime, usage.ru_stime - began[1].ru_stime
    told = {"wall": wall - began[0], "user": user, "sys": system}
    # Not ru_maxrss: that begins with the memory of the process that started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({key: value * share for key, value in told.items()} | {"rss": int(peak.split()[1]) / 1024}))


def _child(tool: str, master: Path, out: Path, quality: int) -> None:
    import pyvips  # noqa: F401  before the clock starts

    if tool != "wheel":  # the peer runs as its users run it
        import simplejpeg  # noqa: F401

        from heritage3d.iiif import cut_service  # noqa: F401
        from heritage3d.image import old_jpeg, raw, reading, through_imagecodecs, uncompressed  # noqa: F401
        from heritage3d.pipeline.process import prepare_process
        from heritage3d.tiling import pyramid, tree  # noqa: F401

        prepare_process()
    began = _now()
    TOOLS[tool](master, out, quality)
    if tool != "ceiling":
        _tell(began)


def _measured(tool: str, master: Path, out: Path, quality: int) -> dict[str, float]:
    os.sync()
    if tool == "Debian":
        options = ["--layout", "iiif3", "--tile-size", str(TILE), "--suffix", f".jpg[Q={quality}]"]
        return _command(["vips", "dzsave", str(master), str(out), *options])
    told = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(out), "--child", tool, str(master), "--quality", str(quality)],
        check=True,
        capture_output=True,
    )
    return dict(json.loads(told.stdout))


def _command(arguments: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {child.returncode}")
    wall = time.perf_counter() - began
    return {"wall": wall, "user": usage.ru_utime, "sys": usage.ru_stime, "rss": usage.ru_maxrss / 1024}


def compare(master: Path, out: Path, quality: int, repeat: int, tools: list[str]) -> dict[str, dict[str, float]]:
    """The best figures of each tool: wall, user, sys, cpu in seconds, rss in MB, files, bytes."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(repeat):
        for tool in tools:
            target = out / f"{tool} {time.monotonic_ns()}"
            told = _measured(tool, master, target, quality)
            told["cpu"] = told["user"] + told["sys"]
            found = [path.stat().st_size for path in target.rglob("*") if path.is_file()] if target.is_dir() else []
            told |= {"files": len(found), "bytes": sum(found)}
            old = best.get(tool, told)
            best[tool] = {key: min(value, old[key]) for key, value in told.items()}
            shutil.rmtree(target, ignore_errors=True)
    return best


def _made(folder: Path, name: str, width: int, height: int, encoding: str) -> Path:
    """The master, made in a process of its own: what this one holds would count as memory of its children."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tests.benchmarks.masters import make

    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(make, folder, name, width, height, encoding).result()


def _rows(master: str, best: dict[str, dict[str, float]], start: dict[str, float]) -> list[str]:
    if "Debian" in best:
        for key in ("wall", "user", "sys", "cpu"):
            best["Debian"][key] = max(0.0, best["Debian"][key] - start[key])
    peers = [best[tool] for tool in ("wheel", "Debian") if tool in best]
    lines = []
    for tool, told in best.items():
        ratio = " / ".join(f"{told['cpu'] / peer['cpu']:.2f}" for peer in peers) if tool in ("ours", "ceiling") else ""
        quick = (
            " / ".join(f"{told['wall'] / peer['wall']:.2f}" for peer in peers) if tool in ("ours", "ceiling") else ""
        )
        lines.append(
            f"| {master} | {tool} | {told['wall']:.2f} | {told['user']:.2f} | {told['sys']:.2f} | {told['cpu']:.2f} "
            f"| {ratio} | {quick} | {told['rss']:.0f} | {told['files']:.0f} | {told['bytes'] / 1e6:.1f} |"
        )
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the masters and the trees lie; the masters stay")
    parser.add_argument("--masters", default="m140,g600")
    parser.add_argument("--encodings", default="")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quality", type=int, default=75)
    parser.add_argument("--trees", type=Path, help="another folder for the trees, as on a memory disk")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked.child[0], Path(asked.child[1]), asked.folder, asked.quality)
        return
    from tests.benchmarks.masters import ENCODINGS

    asked.folder.mkdir(parents=True, exist_ok=True)
    trees = asked.trees or asked.folder
    tools = ["wheel", "ours", "ceiling"] + (["Debian"] if shutil.which("vips") else [])
    start: dict[str, Any] = {}
    if "Debian" in tools:
        start = compare(_made(asked.folder, "tiny", 16, 16, "strips"), trees, 75, 5, ["Debian"])["Debian"]
    print("| master | tool | wall s | user s | sys s | CPU s | CPU / wheel, Debian | wall / wheel, Debian "
          "| peak MB | files | MB |\n|" + "---|" * 11)  # fmt: skip
    for name in asked.masters.split(","):
        for encoding in asked.encodings.split(";") if asked.encodings else ENCODINGS:
            master = _made(asked.folder, name, *MASTERS[name], encoding)
            best = compare(master, trees, asked.quality, asked.repeat, tools)
            print("\n".join(_rows(f"{name}, {encoding}", best, start)), flush=True)


if __name__ == "__main__":
    main()
