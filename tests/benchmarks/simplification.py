"""Simplifiers beside one another: ``python -m tests.benchmarks.simplification [CASE…] [--limits MM,…]``.

Prints a Markdown table: to 10 % and 1 % of the triangles and to an asked deviation, seconds of wall clock and of all
processors, peak memory (each method in a process of its own, the model and compiled loops ready beforehand), RMS and
the certified interval of the deviation, both ways. Cases: relief, cranium, nefertiti, bone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from heritage3d.deviation import certified
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive
from heritage3d.mesh import reading
from heritage3d.mesh.open3d_loader import load_open3d
from heritage3d.mesh.places import welded
from heritage3d.simplification import by_error
from tests.benchmarks.relief import relief

ROOT = Path(__file__).resolve().parents[2]
SCANS = ROOT / ".." / "shared" / "data" / "scans"
_FILES = {
    "cranium": (SCANS / "smithsonian-smk-glb/assets/whale/whale_cranium.glb", 1000.0),
    "nefertiti": (SCANS / "nefertiti-skull/nefertiti/nefertiti-lowres.obj", 1.0),
    "bone": (ROOT / "samples/collection/oracle-bone/mesh/oracle-bone.ply", 1.0),
}
_QUESTIONS = 8


def case(name: str) -> tuple[Model, float]:
    """A model and what brings its unit to millimetres."""
    if name == "relief":
        return relief(), 1000.0
    path, scale = _FILES[name]
    return reading.read(path), scale


def surface(model: Model, scale: float, centre: np.ndarray | None = None) -> Surface:
    """The model's surface in millimetres."""
    positions, faces = model.surface()
    return Surface(positions * scale, faces, centre)


def to_limit(model: Model, scale: float, limit: float) -> tuple[Model, int]:
    """The fewest triangles within the limit, proved; and after how many questions."""
    master = surface(model, scale)
    thinner = by_error.ByError(model, master, scale, limit)
    for number in range(1, _QUESTIONS + 1):
        thin = thinner.next()
        if thin is None:
            return model, number
        small = surface(thin, scale, master.centre)
        far = [certified.beyond(one, other, limit) for one, other in ((master, small), (small, master))]
        if not any(len(points) for points in far):
            return thin, number
        thinner.forbid(np.concatenate(far))
    return model, number


def _peak() -> float:
    told = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return int(told[1]) / 1024 if told else 0.0


def _row(name: str, method: str, work: Callable[[Model, float], Model]) -> None:
    small = relief(40)
    work(small, 1000.0)  # compiled and loaded
    model, scale = case(name)
    wall, cpu = time.perf_counter(), time.process_time()
    thin = work(model, scale)
    wall, cpu, peak = time.perf_counter() - wall, time.process_time() - cpu, _peak()
    master = surface(model, scale)
    told = certified.certified(master, surface(thin, scale, master.centre), 0.0005)
    print(
        f"| {name} | {method} | {thin.triangles:,} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {told.rms * 1000:.2f} |"
        f" {told.lower * 1000:.1f}–{told.upper * 1000:.1f} |",
        flush=True,
    )


def _by(method: str) -> Callable[[Model, float], Model]:
    kind, value = method.split(" ", 1)
    if kind == "limit":
        return lambda model, scale: to_limit(model, scale, float(value))[0]
    if kind == "open3d":
        return lambda model, scale: open3d(model, float(value))
    return lambda model, scale: by_error.to_number(model, int(model.triangles * float(value)))


def open3d(model: Model, share: float) -> Model:
    """Open3D's quadric decimation, of positions alone."""
    library = load_open3d()
    positions, faces = model.surface()
    place = welded(positions)
    _, first = np.unique(place, return_index=True)
    faces = place[faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)]
    tensor = library.core.Tensor
    mesh = library.t.geometry.TriangleMesh(tensor(positions[first].astype(np.float32)), tensor(faces.astype(np.int32)))
    made = mesh.simplify_quadric_decimation(1.0 - share)
    places = made.vertex.positions.numpy().astype(np.float64)
    return Model((Primitive(places, made.triangle.indices.numpy().astype(np.uint32)),), unit=model.unit)


def _child(name: str, method: str) -> None:
    _row(name, method, _by(method))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=["relief", "cranium", "nefertiti", "bone"])
    parser.add_argument("--limits", default="0.1")
    parser.add_argument("--shares", default="0.1,0.01")
    parser.add_argument("--open3d", action="store_true", help="Open3D's quadrics too (positions only)")
    told = parser.parse_args()
    print("| model | method | triangles | s | CPU s | peak MB | RMS µm | certified µm |")
    print("|---|---|---|---|---|---|---|---|")
    methods = [f"ours {share}" for share in told.shares.split(",") if share]
    methods += [f"open3d {share}" for share in told.shares.split(",") if share and told.open3d]
    methods += [f"limit {limit}" for limit in told.limits.split(",") if limit]
    start = multiprocessing.get_context("spawn")
    for name in told.cases:
        for method in methods:
            process = start.Process(target=_child, args=(name, method))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
