"""A scan of 20 million triangles through ``heritage3d optimize`` as a whole: seconds and peak memory.

``python -m tests.benchmarks.whole FOLDER [--columns 4463]`` writes the relief as binary PLY in millimetres, with steps
of 2 µm between neighbours as a scanner leaves them, and prints what each level became.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.relief import relief

COLUMNS = 4463  # 20 million triangles
NOISE_MM = 0.002


def write(path: Path, columns: int) -> int:
    """The relief without its poles, as positions and faces; how many faces there are."""
    positions, faces = relief(columns).surface()
    noise = np.random.default_rng(5).normal(0, NOISE_MM, len(positions))
    # Both sides of the seam stay at one place.
    noise = noise.reshape(-1, columns + 1)
    noise[:, -1] = noise[:, 0]
    points = (positions * 1000 * (1 + noise.reshape(-1, 1) / 100)).astype("<f4")
    rows = np.empty(len(faces), [("count", "u1"), ("rows", "<i4", 3)])
    rows["count"], rows["rows"] = 3, faces
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    with path.open("wb") as file:
        file.write(head.encode())
        points.tofile(file)
        rows.tofile(file)
    return len(faces)


def main() -> None:
    """The table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    scan, dest = asked.folder / f"relief-{asked.columns}.ply", asked.folder / f"lods-{asked.columns}"
    if asked.write:
        print(write(scan, asked.columns))
        return
    if not scan.is_file():  # in a process of its own: the peak is that of the command alone
        subprocess.run([sys.executable, "-m", __spec__.name, *sys.argv[1:], "--write"], check=True)
    command = [str(Path(sys.executable).with_name("heritage3d")), "optimize", str(scan), str(dest), "--unit", "mm"]
    began = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(os.waitstatus_to_exitcode(status))
    told = json.loads((dest / "evidence.json").read_bytes())
    print(f"{told['master']['triangles']:,} triangles: {seconds:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of")
    print(f"processor time, {usage.ru_maxrss / 1024:.0f} MB at most\n")
    print("| level | triangles | bytes | deviation, mm |\n|---|---|---|---|")
    for level in told["files"]:
        bounds, figures = level["deviation_mm"], f"{level['triangles']:,} | {level['bytes']:,}"
        print(f"| {level['role']} | {figures} | {bounds['lower']} to {bounds['upper']} |")


if __name__ == "__main__":
    main()
