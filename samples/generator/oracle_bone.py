"""The oracle bone: a fragment of a turtle's plastron with cut signs, heat cracks and the hollows behind them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from . import noise, plate, remarks
from .incision import crack, cut, engrave
from .mesh_files import ColouredMesh, write_ply
from .noise import Field
from .picture import Pixels, cover_with, lay, surface
from .plate import Points, Raster

SIZE_MM = (84.0, 66.0)
STEP_MM = 0.3
MAP_PX_PER_MM = 16.0
THICKNESS_MM = 5.2
WALL_RINGS = 9
NATURAL_EDGE = ((-36, 18), (-39.5, 8), (-40, -3), (-37, -15), (-30, -26))
BROKEN_EDGE = (
    (-30, -26), (-12, -30), (1, -25), (14, -29.5), (29, -21), (37, -7), (33, 5),
    (38.5, 16), (27, 26), (12, 24), (3, 30.5), (-13, 26.5), (-24, 29), (-36, 18),
)  # fmt: skip
COLUMNS = (
    (26.0, 16.5, ("癸", "子", "卜", "貞")),
    (16.0, 19.0, ("旬", "亡", "火", "今", "日")),
    (5.5, 22.5, ("王", "田", "不", "雨", "大", "木")),
    (-22.5, 20.0, ("五", "月", "三", "牛", "羊")),
    (-31.5, 10.0, ("山", "水", "人")),
)
SIGN_MM = 6.9
OMENS_MM = ((-13.0, 12.0, 1), (-11.5, -9.0, 1))  # x, y, side of the branch: heat cracks, each with a hollow behind it
FRONT, DIRT, INNER, SCORCH = (196, 163, 116), (74, 54, 36), (214, 192, 152), (58, 42, 32)


@dataclass(frozen=True)
class Bone:
    """The maps of the bone: heights in mm, colours, at ``raster``; its mesh; how many vertices belong to the front."""

    raster: Raster
    front_colour: Pixels
    mesh: ColouredMesh
    front_vertices: int


def make(folder: Path, seed: int, scale: float) -> None:
    """Write ``mesh/oracle-bone.ply``, millimetres, about 185,000 triangles at scale 1, and ``annotations.csv``."""
    (folder / "mesh").mkdir(parents=True)
    made = bone(seed, scale)
    write_ply(folder / "mesh" / "oracle-bone.ply", made.mesh)
    remarks.write(folder / "annotations.csv", _remarks(made))


def _remarks(made: Bone) -> list[remarks.Remark]:
    """What is said of a column of signs, of a crack, and of the hollow behind it: points of the surface."""
    front, back = made.mesh.vertices_mm[: made.front_vertices], made.mesh.vertices_mm[made.front_vertices :]

    def at(side: Points, x: float, y: float) -> tuple[float, float, float]:
        nearest = side[np.argmin(np.hypot(side[:, 0] - x, side[:, 1] - y))]
        return tuple(round(float(value), 2) for value in nearest)

    file, (omen_x, omen_y, _side) = "oracle-bone.ply", OMENS_MM[0]
    x, y, _signs = COLUMNS[0]
    return [
        remarks.Remark(
            file, ("“癸子卜貞”", "The day of the question"),
            ("右起第一行为前辞：记占卜之日，并以“卜貞”起问。", "The first column from the right names the day and opens the question."),
            point=at(front, x, y),
        ),
        remarks.Remark(
            file, ("卜兆", "Heat crack"),
            ("竖兆与横兆相交作“卜”形，占者据以判断吉凶。", "The upright and the branch cross like the sign bu; diviners read them."),
            point=at(front, omen_x, omen_y),
        ),
        remarks.Remark(
            file, ("钻凿与灼痕", "Hollow and scorch"),
            ("背面的钻凿使甲变薄，在此灼烧，正面即现卜兆。", "On the back the shell was hollowed and burnt here, so that it cracked in front."),
            point=at(back, omen_x, omen_y),
        ),
    ]  # fmt: skip


def bone(seed: int, scale: float) -> Bone:
    """The bone; ``scale`` below 1 makes maps and mesh coarser, not the bone smaller."""
    rng = noise.source(seed, "oracle-bone")
    px_per_mm = max(MAP_PX_PER_MM * scale, 5.0)
    raster = Raster(-SIZE_MM[0] / 2, SIZE_MM[1] / 2, *(int(side * px_per_mm) for side in SIZE_MM), px_per_mm)
    natural, broken = _edges(rng)
    inside_mm = raster.inside_mm(np.concatenate([natural[:-1], broken[:-1]]))
    roundness_mm = _roundness(raster, natural, broken)
    cuts, cracks, hollows, burnt = _incisions(raster, rng)
    front_mm, back_mm = _heights(raster, rng, inside_mm, roundness_mm)
    front_colour = _front_colour(raster, rng, cuts, cracks, burnt)
    back_colour = _back_colour(raster, rng, hollows, burnt)
    cut_front_mm = cv2.GaussianBlur(front_mm - cuts - cracks, (0, 0), 0.3 * STEP_MM * px_per_mm)
    grid = plate.fill(raster, inside_mm, cut_front_mm, STEP_MM / max(scale, 0.1))
    at = grid.points_mm
    front_z = raster.sample(cut_front_mm, at)
    back_z = raster.sample(back_mm + hollows, at)
    wall, wall_colour = _wall(raster, rng, inside_mm, roundness_mm, grid, front_z, back_z)
    vertices, triangles = plate.close(grid, front_z, back_z, wall)
    colours = np.concatenate([raster.sample(front_colour, at), raster.sample(back_colour, at), wall_colour])
    mesh = ColouredMesh(vertices.astype(np.float32), triangles, colours.astype(np.uint8))
    return Bone(raster, front_colour, mesh, len(at))


def _edges(rng: np.random.Generator) -> tuple[Points, Points]:
    corners = np.array(NATURAL_EDGE, float)
    where = np.linspace(0, len(corners) - 1, 60)
    degree = np.polyfit(np.arange(len(corners)), corners, 4)
    natural = np.stack([np.polyval(degree[:, axis], where) for axis in (0, 1)], 1)
    pairs = itertools.pairwise(BROKEN_EDGE)
    parts = [crack(rng, np.array(a, float), np.array(b, float), 0.085, 5)[:-1] for a, b in pairs]
    return natural, np.concatenate([*parts, [BROKEN_EDGE[-1]]])


def _roundness(raster: Raster, natural: Points, broken: Points) -> Field:
    """Radius of the edge in mm: worn where the plate grew, sharp where it broke."""
    from scipy.spatial import cKDTree

    rows, columns = np.mgrid[0 : raster.height : 8, 0 : raster.width : 8]
    x, y = raster.left_mm + columns / raster.px_per_mm, raster.top_mm - rows / raster.px_per_mm
    at = np.stack([x, y], -1)
    nearer = cKDTree(broken).query(at)[0] - cKDTree(natural).query(at)[0]
    coarse = 0.35 + 1.75 * noise.smooth_step(-2, 4, nearer.astype(np.float32))
    return cv2.resize(coarse, (raster.width, raster.height), interpolation=cv2.INTER_LINEAR)


def _incisions(raster: Raster, rng: np.random.Generator) -> tuple[Field, Field, Field, Field]:
    """Maps in mm: depth of the signs, of the cracks, of the hollows behind; and how burnt (0..1)."""
    cuts, cracks, hollows = (np.zeros((raster.height, raster.width), np.float32) for _ in range(3))
    for x, y, signs in COLUMNS:
        engrave(cuts, raster, rng, signs, x, y, SIGN_MM)
    rows, columns = np.mgrid[0 : raster.height, 0 : raster.width].astype(np.float32)
    burnt = np.zeros_like(cuts)
    for x, y, side in OMENS_MM:
        middle = np.array([x, y])
        upper, lower, aside = (middle + np.array(by) for by in ((0.5, 7.5), (-0.3, -7.0), (7.0 * side, 2.6)))
        cut(cracks, raster, crack(rng, upper, lower), 0.32, 0.16)
        cut(cracks, raster, crack(rng, middle, aside), 0.26, 0.14)
        for dx, long, wide, deep in ((0.0, 5.2, 1.9, 2.4), (3.4 * side, 2.6, 2.6, 1.9)):
            px = raster.pixels(middle + np.array([dx, 0.0]))
            away = np.hypot((columns - px[0]) / wide, (rows - px[1]) / long) / raster.px_per_mm
            np.maximum(hollows, deep * np.sqrt(np.clip(1 - away**2, 0, 1)), out=hollows)
            np.maximum(burnt, np.exp(-((away / 1.5) ** 2)), out=burnt)
    for _ in range(5):  # cracks of age, from the rim inwards
        start = np.array([rng.uniform(-30, 34), rng.choice([-24.0, 22.0])])
        line = crack(rng, start, start + rng.normal(0, 7, 2), 0.1)
        cut(cracks, raster, line, 0.16, 0.1)
    return cuts, cracks, hollows, burnt


def _heights(raster: Raster, rng: np.random.Generator, inside_mm: Field, radius_mm: Field) -> tuple[Field, Field]:
    """z of front and back in mm without signs and hollows."""
    height, width, px = raster.height, raster.width, raster.px_per_mm
    x = (raster.left_mm + np.arange(width, dtype=np.float32) / px)[None, :]
    y = (raster.top_mm - np.arange(height, dtype=np.float32) / px)[:, None]
    dome = -0.0021 * x**2 - 0.0012 * y**2 + 0.35 * noise.clouds(rng, height, width, 26 * px, 2)
    suture = np.exp(-(((x + 5.5 + 0.9 * np.sin(y / 4.5)) / 0.5) ** 2)) + 0.7 * np.exp(
        -(((y + 15 - 0.06 * x) / 0.55) ** 2)
    )
    relief = 0.03 * noise.clouds(rng, height, width, 2.2 * px, 4, 0.62) + 0.014 * noise.clouds(
        rng, height, width, (0.7 * px, 5 * px), 3
    )
    pits = noise.smooth_step(2.3, 3.3, noise.clouds(rng, height, width, 1.3 * px, 2)) * 0.22
    thick = THICKNESS_MM + 0.4 * noise.clouds(rng, height, width, 20 * px, 2) + 0.02 * x
    worn = radius_mm - np.sqrt(np.clip(radius_mm**2 - np.clip(radius_mm - inside_mm, 0, radius_mm) ** 2, 0, None))
    back_relief = 0.09 * noise.clouds(rng, height, width, 1.6 * px, 4, 0.6)
    front = dome + relief - 0.28 * suture - pits - worn
    back = dome - thick + back_relief + worn
    return front.astype(np.float32), back.astype(np.float32)


def _front_colour(raster: Raster, rng: np.random.Generator, cuts: Field, cracks: Field, burnt: Field) -> Pixels:
    height, width, px = raster.height, raster.width, raster.px_per_mm
    light = (
        1
        + 0.07 * noise.clouds(rng, height, width, 18 * px, 5)
        + 0.045 * noise.clouds(rng, height, width, 1.0 * px, 3, 0.7)
    )
    light += 0.03 * noise.clouds(rng, height, width, (0.4 * px, 4 * px), 2) + 0.02 * noise.grain(rng, height, width)
    pixels = surface(FRONT, light)
    brown = noise.smooth_step(0.2, 2.0, noise.clouds(rng, height, width, 14 * px, 5, 0.6))
    lay(pixels, 0.55 * brown, (150, 96, 52))
    pale = noise.smooth_step(0.8, 2.2, noise.clouds(rng, height, width, 9 * px, 5, 0.6))
    cover_with(pixels, (226, 208, 172), 0.5 * pale)
    specks = noise.smooth_step(1.9, 3.0, noise.clouds(rng, height, width, 1.2 * px, 4, 0.7))
    lay(pixels, 0.75 * specks, (90, 66, 44))
    lay(pixels, 0.35 * burnt, (120, 84, 56))
    lay(pixels, np.clip(0.9 * noise.smooth_step(0.03, 0.3, cuts), 0, 1), DIRT)
    lay(pixels, np.clip(0.9 * noise.smooth_step(0.02, 0.14, cracks), 0, 1), (52, 38, 28))
    return pixels


def _back_colour(raster: Raster, rng: np.random.Generator, hollows: Field, burnt: Field) -> Pixels:
    height, width, px = raster.height, raster.width, raster.px_per_mm
    light = (
        1
        + 0.08 * noise.clouds(rng, height, width, 14 * px, 5, 0.6)
        + 0.06 * noise.clouds(rng, height, width, 1.2 * px, 3, 0.7)
    )
    pixels = surface((188, 160, 120), light)
    lay(pixels, 0.25 * noise.smooth_step(0.05, 0.6, hollows), DIRT)
    lay(pixels, np.clip(0.9 * burnt + 0.12 * noise.clouds(rng, height, width, 2 * px, 3) * burnt, 0, 1), SCORCH)
    return pixels


def _wall(
    raster: Raster,
    rng: np.random.Generator,
    inside_mm: Field,
    roundness_mm: Field,
    grid: plate.Grid,
    front_z: NDArray,
    back_z: NDArray,
) -> tuple[list[Points], NDArray[np.float32]]:
    """Rings (rim, 3) of the broken edge from front to back, spongy in the middle, and their colours."""
    at, top, bottom = grid.points_mm[grid.rim], front_z[grid.rim], back_z[grid.rim]
    outward = np.stack(
        [raster.sample(inside_mm, at - n) - raster.sample(inside_mm, at + n) for n in ((2.0, 0), (0, 2.0))], 1
    )
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    outward = np.stack([np.roll(outward, shift, 0) for shift in range(-3, 4)]).mean(0)
    fresh = np.clip(1.1 - 0.6 * raster.sample(roundness_mm, at), 0.05, 1)  # worn edges are smooth
    sponge = np.clip(noise.clouds(rng, WALL_RINGS, len(at), (3, 5), 3, 0.7), -1.6, 1.6) * fresh
    sponge[:, :20] += np.linspace(1, 0, 20) * (sponge[:, -1:] - sponge[:, :1])  # the ring closes without a step
    rings, colours = [], []
    for ring in range(WALL_RINGS):
        part = (ring + 1) / (WALL_RINGS + 1)
        rough = (0.2 * sponge[ring] + 0.1) * np.sin(np.pi * part)
        z = top + (bottom - top) * (part + 0.02 * sponge[ring])
        rings.append(np.column_stack([at + outward * rough[:, None], z]))
        shade = np.clip(0.92 + 0.16 * sponge[ring], 0.45, 1.1)
        colours.append(np.clip(np.array(INNER) * shade[:, None], 0, 255))
    return rings, np.concatenate(colours).astype(np.float32)
