"""Levels of detail with and without baked maps beside their master: seconds, density, and likeness from 24 views.

    python -m tests.benchmarks.baking [--columns 1414] [--side 2048] [--triangles 20000,100000] [--picture FILE.png]

The master is the inscribed relief with its texture. Three kinds of file for each count: its own texture places with
the kept colour alone, the same with a baked normal map, and cut anew with every map baked. "frame error" is how far
normals bend when a viewer builds MikkTSpace tangents, or the unequal ones of three.js, in place of those of each
triangle (degrees, mean and 99 %); no file has TANGENT.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from heritage3d.baking import compare, make
from heritage3d.baking.looks import Look, frames, length
from heritage3d.baking.maps import sheet
from heritage3d.gltf import textures
from heritage3d.gltf.model import Model
from heritage3d.simplification import by_error
from tests.benchmarks.relief import relief


def frame_error(model: Model, side: int) -> dict[str, tuple[float, float]]:
    """Degrees between normals in the frames that were baked for and those in the frames of viewers: mean and 99 %."""
    look = Look(model)
    uvs = np.concatenate([part.uvs[0] for part in model.primitives]).astype(np.float64)
    flat = sheet(uvs, look.faces, side)
    step = max(1, len(flat.texel) // 400_000)
    texel, face, weights = flat.texel[::step], flat.face[::step], flat.weights[::step]
    entry = model.materials[model.primitives[0].material or 0]["normalTexture"]
    picture = textures.pixels(model.textures[entry["index"]], "", side).reshape(-1, 4)
    bend = picture[texel, :3] / 127.5 - 1
    own = frames(look.positions, look.faces, uvs)
    normal = length(np.einsum("nk,nkj->nj", weights, look.normals[look.faces[face]].astype(np.float64)))
    tangent, across = own.at(face, normal)
    ours = length(tangent * bend[:, :1] + across * bend[:, 1:2] + normal * bend[:, 2:])
    # MikkTSpace: tangents of faces, flat on the vertex' normal, weighted by the corner's angle.
    total = np.zeros_like(look.positions)
    for corner in range(3):
        rows = look.faces[:, corner]
        here = look.positions[rows]
        one = length(look.positions[look.faces[:, (corner + 1) % 3]] - here)
        two = length(look.positions[look.faces[:, (corner + 2) % 3]] - here)
        angle = np.arccos(np.clip(np.einsum("ij,ij->i", one, two), -1, 1))
        upright = look.normals[rows].astype(np.float64)
        flat_on = length(own.right - np.einsum("ij,ij->i", own.right, upright)[:, None] * upright)
        for axis in range(3):
            total[:, axis] += np.bincount(rows, flat_on[:, axis] * angle, len(total))
    smooth = np.einsum("nk,nkj->nj", weights, length(total)[look.faces[face]])
    sign = np.where(np.einsum("ij,ij->i", np.cross(normal, tangent), across) < 0, -1.0, 1.0)[:, None]
    theirs = length(smooth * bend[:, :1] + np.cross(normal, smooth) * sign * bend[:, 1:2] + normal * bend[:, 2:])
    # three.js: gradients of u and v in the plane of the normal, both scaled by the longer one.
    here, places = look.positions[look.faces[face]], uvs[look.faces[face]]
    one, two = here[:, 1] - here[:, 0], here[:, 2] - here[:, 0]
    first, second = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    beside, below = np.cross(two, normal), np.cross(normal, one)
    right = beside * first[:, :1] + below * second[:, :1]
    up = -(beside * first[:, 1:] + below * second[:, 1:])
    turn = np.sign(np.einsum("ij,ij->i", np.cross(one, two), normal))[:, None]
    longer = np.sqrt(np.maximum((right**2).sum(axis=1), (up**2).sum(axis=1)))[:, None]
    pixel = length((right * bend[:, :1] + up * bend[:, 1:2]) * turn / longer + normal * bend[:, 2:])
    told = {}
    for name, other in (("MikkTSpace", theirs), ("three.js", pixel)):
        apart = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", ours, other), -1, 1)))
        told[name] = (float(apart.mean()), float(np.percentile(apart, 99)))
    return told


def _line(name: str, model: Model, master: Model, seconds: float, cpu: float) -> None:
    told = compare.likeness(model, master)
    print(
        f"{name:<34}{seconds:7.1f}{cpu:7.1f}{told.shaded_psnr_mean:9.2f}{told.shaded_psnr_worst:8.2f}"
        f"{told.shaded_ssim_mean:9.4f}{told.flat_psnr_mean:9.2f}{told.flat_ssim_mean:9.4f}{told.outline_worst:9.5f}",
        flush=True,
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=1414)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--triangles", default="20000,100000")
    parser.add_argument("--picture", type=Path, default=None)
    told = parser.parse_args()
    master = relief(told.columns, texture=told.side)
    print(f"{master.triangles} triangles, maps of {told.side} texels")
    print(
        f"{'level of detail':<34}{'wall s':>7}{'CPU s':>7}{'shaded':>9}{'worst':>8}{'SSIM':>9}{'flat dB':>9}{'SSIM':>9}"
        f"{'outline':>9}"
    )
    shown = []
    for count in (int(word) for word in told.triangles.split(",")):
        low = by_error.to_number(master, count)
        _line(f"{low.triangles}: colour kept", low, master, 0, 0)
        shown.append(low)
        for name, unwrap in (("normal, occlusion baked", False), ("cut anew, all baked", True)):
            start, cpu = time.perf_counter(), _cpu()
            made, evidence = make.baked(low, master, side=told.side, unwrap=unwrap)
            seconds, cpu = time.perf_counter() - start, _cpu() - cpu
            _line(f"{made.triangles}: {name}", made, master, seconds, cpu)
            error = frame_error(made, told.side)
            mm = [f"{value / 1000:.2f}" for value in (evidence.texels_per_unit, evidence.least_texels_per_unit)]
            print(
                f"    {mm[0]} texels per mm (95 % have {mm[1]}), {evidence.charts} charts, {evidence.covered:.0%} full,"
            )
            print(f"    {evidence.along_normals:.1%} along normals, reach {evidence.reach * 1000:.3f} mm,", end=" ")
            frame = ", ".join(f"{name} {mean:.2f} / {most:.2f}" for name, (mean, most) in error.items())
            print(f"frame error in degrees: {frame}", flush=True)
            shown.append(made)
    if told.picture:
        _picture([*shown, master], told.picture)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(f"peak memory {int(peak.split()[1]) / 1024:.0f} MB")


def _picture(models: list[Model], path: Path) -> None:
    low, high = models[-1].bounds()
    columns = []
    for model in models:
        drawn = compare.Scene(model, "", (low + high) / 2).drawn(
            compare.Camera(low, high, np.array([0.5, 0.4, 0.8]), 512)
        )
        columns.append(np.vstack([drawn.shaded, drawn.flat]))
    path.write_bytes(make.png(np.hstack(columns)))


if __name__ == "__main__":
    main()
