"""How long the doors for meshes take with 20 million triangles, and how much memory: PLY, STL, GLB, OBJ, and repair.

``python -m tests.benchmarks.reading_large [--columns 4464] [--folder F] [FORMAT ...]``: each format is read in a
process of its own; printed are seconds of wall clock and of the processor, and the peak memory of that process
(VmHWM). The relief sphere is worn: it has 40 small holes, 30 specks beside it, doubled faces and a patch turned over.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from heritage3d.gltf import writing
from heritage3d.gltf.model import Model, Primitive
from tests.benchmarks.relief import relief

FORMATS = ("ply", "stl", "glb", "obj", "text.ply", "text.stl")


def worn(columns: int) -> Model:
    """The relief sphere as a bad scanner leaves it."""
    part = relief(columns).primitives[0]
    faces = part.faces
    gone = np.zeros(len(faces), bool)
    rng = np.random.default_rng(5)
    # Two triangles to a cell, ``columns`` cells to a row; both poles and the seam are left alone.
    rows = len(faces) // (2 * columns)
    for row, column in zip(rng.integers(9, rows - 9, 40), rng.integers(9, columns - 9, 40), strict=True):
        for line in range(row, row + 4):
            gone[2 * (line * columns + column) : 2 * (line * columns + column + 4)] = True
    patch = slice(2 * columns * 20 + 200, 2 * columns * 20 + 400)
    faces = faces.copy()
    faces[patch] = faces[patch][:, ::-1]
    faces = np.concatenate([faces[~gone], faces[1000:2000]])
    specks = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64) * 1e-5
    places = rng.normal(size=(30, 1, 3))
    loose = (places / np.linalg.norm(places, axis=2, keepdims=True) * 0.12 + specks).reshape(-1, 3)
    first = len(part.positions)
    faces = np.concatenate([faces, (first + np.arange(90)).reshape(-1, 3)]).astype(np.uint32)
    return Model((Primitive(np.concatenate([part.positions, loose]), faces),), unit="m")


def write(model: Model, path: Path) -> None:
    """The model in the format of the suffix, with float32 positions."""
    part = model.primitives[0]
    positions = part.positions.astype("<f4")
    if path.name.endswith("text.ply"):
        head = f"ply\nformat ascii 1.0\nelement vertex {len(positions)}\n"
        head += "property float x\nproperty float y\nproperty float z\n"
        head += f"element face {len(part.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
        with path.open("wb") as stream:
            stream.write(head.encode())
            np.savetxt(stream, positions, "%.7g %.7g %.7g")
            np.savetxt(stream, part.faces, "3 %d %d %d")
    elif path.name.endswith("text.stl"):
        vertex = "vertex %.7g %.7g %.7g\n"
        facet = "facet normal 0 0 1\nouter loop\n" + vertex * 3 + "endloop\nendfacet"
        with path.open("wb") as stream:
            np.savetxt(
                stream, positions[part.faces].reshape(-1, 9), facet, header="solid a", footer="endsolid a", comments=""
            )
    elif path.suffix == ".ply":
        head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(positions)}\n"
        head += "property float x\nproperty float y\nproperty float z\n"
        head += f"element face {len(part.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
        rows = np.empty(len(part.faces), np.dtype([("n", "u1"), ("i", "<i4", 3)]))
        rows["n"], rows["i"] = 3, part.faces
        path.write_bytes(head.encode() + positions.tobytes() + rows.tobytes())
    elif path.suffix == ".stl":
        records = np.zeros(len(part.faces), np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")]))
        records["c"] = positions[part.faces]
        path.write_bytes(b"relief".ljust(80) + len(records).to_bytes(4, "little") + records.tobytes())
    elif path.suffix == ".obj":
        with path.open("wb") as stream:
            np.savetxt(stream, positions, "v %.7g %.7g %.7g")
            np.savetxt(stream, part.faces + 1, "f %d %d %d")
    else:
        path.write_bytes(writing.write(model, writing.Encoding("none", 32)))


def read(path: Path) -> None:
    """Read one file in this process and mend it; print what that cost as JSON."""
    from heritage3d.mesh import reading
    from heritage3d.repair import repairing

    costs: dict[str, object] = {"file": path.name, "megabytes of file": path.stat().st_size >> 20}
    for name in ("read", "repair"):
        wall, processor = time.perf_counter(), time.process_time()
        if name == "read":
            model = reading.read(path)
        else:
            model, counts = repairing.repaired(model, path.name)
            costs["counts"] = {key: value for key, value in counts.items() if value}
        costs[name] = {
            "seconds": round(time.perf_counter() - wall, 1),
            "processor": round(time.process_time() - processor, 1),
            "triangles": model.triangles,
            "VmHWM_MB": _peak() >> 10,
        }
    print(json.dumps(costs))


def _peak() -> int:
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Make the files and read each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("formats", nargs="*", default=list(FORMATS))
    asked.add_argument("--columns", type=int, default=4464)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.read:
        read(given.read)
        return
    if given.make:
        write(worn(given.columns), given.make)
        return
    itself = [sys.executable, "-m", "tests.benchmarks.reading_large"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        for kind in given.formats:
            path = folder / f"relief{given.columns}.{kind}"
            if not path.exists():
                # In a process of its own, so that its memory is given back before the reading.
                subprocess.run([*itself, "--make", str(path), "--columns", str(given.columns)], check=True)
            subprocess.run([*itself, "--read", str(path)], check=True)


if __name__ == "__main__":
    main()
