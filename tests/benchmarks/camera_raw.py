"""What developing camera raw files costs: processor seconds and memory of the process that LibRaw runs in.

    python -m tests.benchmarks.camera_raw [MEGAPIXELS ...]

The files are DNG mosaics made here; no camera's own files are part of the project.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from heritage3d.image.header import read_header
from heritage3d.image.reading import open_master
from tests.image.dng import write_dng


def main() -> None:
    """Print the table."""
    print("| DNG | header s | developed, wall s | CPU s | memory MB (of LibRaw's process) |\n|---|---|---|---|---|")
    for megapixels in [int(value) for value in sys.argv[1:]] or [12, 24, 50]:
        side = int((megapixels * 1e6) ** 0.5) // 2 * 2
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "m.dng"
            scene = np.random.default_rng(1).uniform(0.2, 0.8, (side // 8, side // 8, 3))
            write_dng(path, scene.repeat(8, axis=0).repeat(8, axis=1))
            # A process of its own: the memory of a child counts that of its parent until it has started.
            with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                header, wall, cpu, memory = pool.submit(measure, path).result()
        print(f"| {megapixels} MP | {header:.1f} | {wall:.1f} | {cpu:.1f} | {memory} |", flush=True)


def measure(path: Path) -> tuple[float, float, float, int]:
    """Seconds of the header; seconds, processor seconds and megabytes of developing."""
    start = time.monotonic()
    read_header(path)
    header = time.monotonic() - start
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open_master(path) as master:
        for _strip in master.strips():
            pass
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return header, wall, cpu, after.ru_maxrss // 1024


if __name__ == "__main__":
    main()
