"""What certifying costs: ``python -m tests.benchmarks.deviation [--only NAME] [--large]`` prints the table.

Each pair runs in a process of its own, from decoded arrays to the closed interval (2 µm or 1 %), both directions, the
RMS included; reading is left out. The cranium is the Smithsonian's, beside its own Draco twin and beside simplified
copies made here; the relief is ``tests.benchmarks.relief``. ``--large`` adds 18 million triangles against 2 million
and 200 thousand (each triangle of the relief in nine, with ripples of 5 µm).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from heritage3d.deviation import certified
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model
from heritage3d.mesh import reading
from heritage3d.simplification import by_error
from tests.benchmarks.relief import relief

Arrays = tuple[np.ndarray, np.ndarray]
CRANIUM = Path(__file__).parents[3] / "shared/data/scans/smithsonian-smk-glb/assets/whale"
TOLERANCE_MM = 0.002


def arrays(model: Model) -> Arrays:
    """In millimetres."""
    positions, faces = model.surface()
    return positions * 1000, faces


def cranium(triangles: int) -> tuple[Arrays, Arrays]:
    """The scan, and its Draco twin (100,000) or a simplified copy."""
    model = reading.read(CRANIUM / "whale_cranium.glb")
    if triangles == model.triangles:
        return arrays(model), arrays(reading.read(CRANIUM / "whale_cranium_draco.glb"))
    return arrays(model), arrays(by_error.to_number(model, triangles))


def sphere(triangles: int) -> tuple[Arrays, Arrays]:
    """The relief of 2 M triangles and a simplified copy."""
    model = relief()
    return arrays(model), arrays(by_error.to_number(model, triangles))


def large(triangles: int) -> tuple[Arrays, Arrays]:
    """The relief with every triangle in nine and ripples, and the relief itself or a simplified copy."""
    model = relief()
    positions, faces = arrays(model)
    other = (positions, faces) if triangles >= len(faces) else arrays(by_error.to_number(model, triangles))
    places = [(i, j) for i in range(4) for j in range(4 - i)]
    weights = np.array([(i, j, 3 - i - j) for i, j in places]) / 3
    at = {place: row for row, place in enumerate(places)}
    parts = [(at[i, j], at[i + 1, j], at[i, j + 1]) for i, j in places if i + j < 3]
    parts += [(at[i + 1, j], at[i + 1, j + 1], at[i, j + 1]) for i, j in places if i + j < 2]
    points = np.empty((len(faces), 10, 3))
    for start in range(0, len(faces), 1 << 17):
        fine = np.einsum("wk,nkj->nwj", weights, positions[faces[start : start + (1 << 17)]]).round(9)
        ripple = 0.005 * np.sin(37 * fine[..., 0]) * np.sin(41 * fine[..., 1]) * np.sin(43 * fine[..., 2])
        points[start : start + (1 << 17)] = fine * (1 + ripple / 100)[..., None]
    rows = np.arange(len(faces), dtype=np.uint32)[:, None, None] * np.uint32(10) + np.array(parts, np.uint32)
    return (points.reshape(-1, 3), rows.reshape(-1, 3)), other


PAIRS: dict[str, Callable[[], tuple[Arrays, Arrays]]] = {
    "cranium / Draco twin": lambda: cranium(100_000),
    "cranium / 50,000": lambda: cranium(50_000),
    "cranium / 20,000": lambda: cranium(20_000),
    "cranium / 5,000": lambda: cranium(5_000),
    "relief 2 M / 200,000": lambda: sphere(200_000),
    "relief 2 M / 20,000": lambda: sphere(20_000),
}
LARGE: dict[str, Callable[[], tuple[Arrays, Arrays]]] = {
    "relief 18 M / 2 M": lambda: large(1 << 31),
    "relief 18 M / 200,000": lambda: large(200_000),
}


def measure(folder: Path) -> dict[str, object]:
    """The figures of one pair, whose arrays lie in a folder; the peak is that of this process."""
    given = [np.load(folder / f"{name}.npy") for name in ("a", "b", "c", "d")]
    wall, cpu = time.perf_counter(), time.process_time()
    one = Surface(given[0], given[1])
    other = Surface(given[2], given[3], one.centre)
    found = certified.certified(one, other, TOLERANCE_MM)
    status = Path("/proc/self/status").read_text()
    return {
        "forward": f"{found.forward.lower:.5f} – {found.forward.upper:.5f}",
        "backward": f"{found.backward.lower:.5f} – {found.backward.upper:.5f}",
        "rms": f"{found.rms:.5f}",
        "pieces": f"{found.forward.pieces:,} + {found.backward.pieces:,}",
        "closed": found.forward.closed and found.backward.closed,
        "wall": round(time.perf_counter() - wall, 1),
        "cpu": round(time.process_time() - cpu, 1),
        "peak_mb": round(int(status.split("VmHWM:")[1].split()[0]) / 1024),
    }


def _compile() -> None:
    """What is compiled at its first use is compiled before the clock runs."""
    rng = np.random.default_rng(1)
    one, other = (Surface(rng.random((30, 3)), np.arange(30).reshape(-1, 3), np.zeros(3)) for _ in range(2))
    certified.certified(one, other)


def main() -> None:
    """The table, in Markdown."""
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="pairs whose name contains this")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        _compile()
        print(json.dumps(measure(asked.measure)))
        return
    print("| pair | A→B, mm | B→A, mm | RMS, mm | pieces | wall s | CPU s | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, make in (PAIRS | (LARGE if asked.large else {})).items():
        if asked.only and asked.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for letter, values in zip("abcd", [part for mesh in make() for part in mesh], strict=True):
                np.save(Path(folder) / f"{letter}.npy", values)
            answer = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.deviation", "--measure", folder],
                capture_output=True,
                check=True,
                text=True,
            )
        told = json.loads(answer.stdout)
        cells = [told[key] for key in ("forward", "backward", "rms", "pieces", "wall", "cpu", "peak_mb")]
        print(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
