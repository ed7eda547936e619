"""Levels of detail beside other tools: seconds, memory, triangles, bytes and the certified deviation of each.

    python -m tests.benchmarks.lod FOLDER [--models relief,cranium,nefertiti,bone] [--data ../shared/data]
                                   [--peers FOLDER_OF_NODE_MODULES] [--blender PYTHON_WITH_BPY] [--plot PICTURE.svg]

Peers run as their users run them: gltfpack and gltf-transform from npm (``npm install gltfpack @gltf-transform/cli``
in the folder of ``--peers``), Blender's decimate from the package bpy (GPL, hence in an environment of its own).
Whatever a tool writes is decoded and compared with its input by heritage3d's certified deviation, both ways. The
first table is at equal triangles, the second at an asked deviation, the plot shows bytes without pictures against
deviation. FOLDER keeps the figures: the plot shows those of earlier runs too, so that one model can be measured at a
time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from heritage3d.deviation import certified
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model
from heritage3d.gltf.writing import Encoding, write
from heritage3d.mesh import reading
from tests.benchmarks.lod_plot import plot
from tests.benchmarks.relief import relief

MM = 1000.0
RATIOS = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
EQUAL = (0.1, 0.01)
FIGURES = "figures.jsonl"
TOLERANCE_MM = 0.002
_DECIMATE = """
import bpy, sys
source, dest, ratio = sys.argv[-3], sys.argv[-2], float(sys.argv[-1])
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=source)
for thing in [entry for entry in bpy.data.objects if entry.type == "MESH"]:
    bpy.context.view_layer.objects.active = thing
    modifier = thing.modifiers.new("decimate", "DECIMATE")
    modifier.ratio = ratio
    bpy.ops.object.modifier_apply(modifier=modifier.name)
bpy.ops.export_scene.gltf(filepath=dest, export_format="GLB", export_draco_mesh_compression_enable=True,
    export_draco_position_quantization=16, export_image_format="AUTO")
"""


@dataclass(frozen=True)
class Made:
    """One file of one tool. Lengths in millimetres; ``geometry`` are its bytes without the pictures."""

    model: str
    tool: str
    asked: str
    seconds: float
    cpu: float
    peak_mb: float
    triangles: int
    bytes: int
    geometry: int
    rms: float
    lower: float
    upper: float

    def row(self) -> str:
        """A line of the table."""
        figures = (
            f"{self.seconds:.2f}",
            f"{self.cpu:.2f}",
            f"{self.peak_mb:.0f}",
            str(self.triangles),
            str(self.bytes),
            str(self.geometry),
        )
        lengths = (f"{self.rms * 1000:.2f}", f"{self.lower * 1000:.1f} to {self.upper * 1000:.1f}")
        return f"| {self.model} | {self.tool} | {self.asked} | {' | '.join((*figures, *lengths))} |"


HEAD = (
    "| model | tool | asked | s | CPU s | peak MB | triangles | bytes | without pictures | RMS µm | certified µm |\n|"
    + "---|" * 11
)


def gltfpack(peers: Path) -> Callable[[Path, Path, str, float], list[str]]:
    """``-si`` a share of the triangles, ``-se`` an error as a share of the extent."""

    def command(source: Path, dest: Path, how: str, value: float) -> list[str]:
        program = str(peers / "node_modules/.bin/gltfpack")
        asked = ["-si", f"{value:g}"] if how == "ratio" else ["-si", "0", "-se", f"{value:.8f}"]
        return [program, "-i", str(source), "-o", str(dest), "-cc", "-vp", "16", "-kv", *asked]

    return command


def gltf_transform(peers: Path) -> Callable[[Path, Path, str, float], list[str]]:
    """``simplify`` to a ratio without a bound, or to an error; written without compression of its own."""

    def command(source: Path, dest: Path, how: str, value: float) -> list[str]:
        program = str(peers / "node_modules/.bin/gltf-transform")
        asked = (
            ["--ratio", f"{value:g}", "--error", "1"] if how == "ratio" else ["--ratio", "0", "--error", f"{value:g}"]
        )
        return [program, "simplify", str(source), str(dest), *asked]

    return command


def blender(python: Path, folder: Path) -> Callable[[Path, Path, str, float], list[str]]:
    """Decimate to a ratio; it knows no error."""
    script = folder / "decimate.py"
    script.write_text(_DECIMATE)

    def command(source: Path, dest: Path, how: str, value: float) -> list[str]:
        return [str(python), str(script), str(source), str(dest), f"{value:g}"] if how == "ratio" else []

    return command


def ours(source: Path, dest: Path, how: str, value: float) -> list[str]:
    """Our own, in a process of its own."""
    return [sys.executable, "-m", __spec__.name, str(source), "--child", how, str(value), str(dest)]


def levelled(source: Path, dest: Path, how: str, value: float) -> list[str]:
    """Our own with a smaller greatest deviation, as vr.glb is made; at an asked deviation there is but one way."""
    return ours(source, dest, "level", value) if how == "ratio" else []


def _child(source: Path, how: str, value: float, dest: Path) -> None:
    """What ``heritage3d optimize`` does for one file, with the time of the work alone."""
    from heritage3d.levels import budgets
    from heritage3d.levels.ladder import Ladder

    if how in ("ratio", "level"):
        from heritage3d.simplification import by_error

        by_error.to_number(relief(48), 100)  # compile, or load what was compiled before, ahead of the clock
        began, cpu = time.perf_counter(), time.process_time()
        model = reading.read(source)
        wanted = round(model.triangles * value)
        if how == "level":
            positions, faces = model.surface()
            thin = by_error.levelled(model, Surface(positions * MM, faces), MM, wanted)
        else:
            thin = by_error.to_number(model, wanted)
        dest.write_bytes(write(thin, Encoding("draco", 16)))
    else:
        model = reading.read(source)
        began, cpu = time.perf_counter(), time.process_time()
        ladder = Ladder(model, dest.parent, source.name, value, budgets.budget("desktop"), "draco")
        dest.write_bytes(ladder.web().path.read_bytes())
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    told = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "peak": int(peak.split()[1]) / 1024,
    }
    print(json.dumps(told))


# A child begins with the peak of the process that started it: this one is small.
_WATCH = """
import json, os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
said = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
told = {"seconds": time.perf_counter() - began, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}
if said.startswith(b"{"):
    told.update(json.loads(said.splitlines()[-1]))
print(json.dumps(told))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command: Sequence[str]) -> dict[str, float]:
    """Seconds, CPU seconds and peak MB of a program; what our child tells of itself comes first."""
    done = subprocess.run([sys.executable, "-c", _WATCH, *command], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
    return dict(json.loads(done.stdout))


def measured(master: Surface, path: Path, limit: float | None) -> tuple[Model, certified.Deviation]:
    """What a tool wrote, and how far it is from the master in millimetres. What keeps the limit is proved to."""
    model = reading.read(path)
    positions, faces = model.surface()
    surface = Surface(positions * MM, faces, master.centre)
    kept = None if limit is None else certified.within(master, surface, limit, TOLERANCE_MM).deviation
    return model, kept or certified.certified(master, surface, TOLERANCE_MM)


def models(names: Sequence[str], folder: Path, data: Path) -> dict[str, tuple[Path, float]]:
    """The inputs as GLB, with the deviation that is asked of each in millimetres."""
    found: dict[str, tuple[Path, float]] = {}
    for name in names:
        path, asked = folder / f"{name}.glb", 0.1
        if name == "relief" and not path.is_file():
            path.write_bytes(write(relief(texture=4096), Encoding("none", 32)))
        elif name == "cranium":
            path = data / "scans/smithsonian-smk-glb/assets/whale/whale_cranium.glb"
        elif name == "nefertiti":  # its unit is unknown: taken as 500 mm high
            path.write_bytes(
                write(_scaled(data / "scans/nefertiti-skull/nefertiti/nefertiti-lowres.obj", 0.5), Encoding("none", 32))
            )
            asked = 0.25
        elif name == "bone":
            scan = next(Path("samples/collection/oracle-bone/mesh").glob("*.ply"))
            path.write_bytes(write(_scaled(scan, 0.0), Encoding("none", 32)))
        found[name] = (path, asked)
    return found


def _scaled(path: Path, height: float) -> Model:
    """The model in metres: of a stated height, or from millimetres where that is 0."""
    import numpy as np

    model = reading.read(path)
    low, high = model.bounds()
    factor = height / float((high - low).max()) if height else 0.001
    return model.transformed(np.diag([factor, factor, factor, 1.0]))


def kept(folder: Path) -> dict[tuple[str, str, str], Made]:
    """What was measured in a folder before, the last of each."""
    path = folder / FIGURES
    rows = [Made(**json.loads(line)) for line in path.read_text().splitlines()] if path.is_file() else []
    return {(row.model, row.tool, row.asked): row for row in rows}


def main() -> None:
    """Print the tables, write the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", default="relief,cranium,nefertiti,bone")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--blender", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--child", nargs=3, metavar=("HOW", "VALUE", "DEST"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked.folder, asked.child[0], float(asked.child[1]), Path(asked.child[2]))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    tools: dict[str, Callable[[Path, Path, str, float], list[str]]] = {
        "heritage3d": ours,
        "heritage3d, levelled": levelled,
    }
    if asked.peers:
        tools |= {"gltfpack": gltfpack(asked.peers), "gltf-transform": gltf_transform(asked.peers)}
    if asked.blender:
        tools["Blender"] = blender(asked.blender, asked.folder)
    print(HEAD)
    front = kept(asked.folder)
    for name, (source, limit) in models(asked.models.split(","), asked.folder, asked.data).items():
        model = reading.read(source)
        positions, faces = model.surface()
        master = Surface(positions * MM, faces)
        low, high = model.bounds()
        extent = float((high - low).max()) * MM
        for tool, command in tools.items():
            wanted = [("ratio", value, f"{value:.0%}") for value in (RATIOS if asked.plot else EQUAL)]
            share = {"gltfpack": limit / extent, "gltf-transform": limit / extent}.get(tool, limit)
            wanted.append(("error", share, f"{limit:g} mm"))
            for how, value, words in wanted:
                dest = asked.folder / f"{name}-{tool}-{words.replace(' ', '')}.glb"
                line = command(source, dest, how, value)
                if not line:
                    continue
                told = run(line)
                made, far = measured(master, dest, limit if how == "error" else None)
                size = dest.stat().st_size
                geometry = size - sum(len(texture.data) for texture in made.textures)
                figures = (told["seconds"], told["cpu"], told["peak"], made.triangles, size, geometry)
                row = Made(name, tool, words, *figures, far.rms, far.lower, far.upper)
                front[name, tool, words] = row
                with (asked.folder / FIGURES).open("a") as file:
                    file.write(json.dumps(asdict(row)) + "\n")
                print(row.row(), flush=True)
    if asked.plot:
        asked.plot.write_text(
            plot([(entry.model, entry.tool, entry.geometry, entry.upper) for entry in front.values()])
        )


if __name__ == "__main__":
    main()
