"""The bundle of slips as a textured mesh: swept slips on a curve, cords woven around them, one atlas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from . import noise
from .mesh_files import TexturedMesh, write_obj
from .picture import Pixels, surface

THICKNESS_MM = 1.7
GAP_MM = 0.9
CORD_RADIUS_MM = 0.55
ROWS = 380  # cross-sections of a whole slip at scale 1
ACROSS = 10  # steps across one side
CORD_SHARE = 1 / 32  # of the atlas, its right border


@dataclass(frozen=True)
class Shape:
    """Width of a slip, lengths of all, length of a whole one, heights of the cords from the upper end: mm."""

    width_mm: float
    lengths_mm: Sequence[float]
    whole_mm: float
    cords_mm: Sequence[float]


def texture(rng: np.random.Generator, slips: Sequence[tuple[Pixels, Pixels]], side_px: int) -> Pixels:
    """The square atlas: faces from left to right, then backs, then cord."""
    atlas = np.zeros((side_px, side_px, 3), np.uint8)
    pictures = [face for face, _ in slips] + [back for _, back in slips]
    edges = np.linspace(0, side_px * (1 - CORD_SHARE), len(pictures) + 1).astype(int)
    for picture, left, right in zip(pictures, edges[:-1], edges[1:], strict=True):
        atlas[:, left:right] = cv2.resize(picture, (right - left, side_px), interpolation=cv2.INTER_AREA)
    wide = side_px - edges[-1]
    twist = np.sin((np.arange(side_px)[:, None] + 2.0 * np.arange(wide)[None, :]) / max(side_px / 400, 1.2))
    light = 1 + 0.16 * twist + 0.08 * noise.clouds(rng, side_px, wide, 12, 3)
    atlas[:, edges[-1] :] = surface((124, 92, 56), light.astype(np.float32))
    return atlas


def write(path: Path, rng: np.random.Generator, shape: Shape, scale: float, texture_name: str) -> None:
    """Write the mesh as OBJ in mm: x to the right, y up, the written side towards +z; first slip on the right."""
    parts = []
    count = len(shape.lengths_mm)
    for index, length_mm in enumerate(shape.lengths_mm):
        rows = max(int(ROWS * scale * length_mm / shape.whole_mm), 24)
        parts.append(_slip(rng, shape, index, rows, count))
    for cord_mm in shape.cords_mm:
        for side in (1, -1):
            parts.append(_cord(rng, shape, cord_mm, side, max(int(16 * min(scale * 2, 1)), 6)))  # noqa: PERF401  a random draw each
    write_obj(path, _joined(parts), texture_name)


def _joined(parts: Sequence[TexturedMesh]) -> TexturedMesh:
    vertices = np.cumsum([0, *(len(part.vertices_mm) for part in parts)])
    places = np.cumsum([0, *(len(part.texture) for part in parts)])
    return TexturedMesh(
        np.concatenate([part.vertices_mm for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, vertices, strict=False)]),
        np.concatenate([part.texture for part in parts]),
        np.concatenate([part.texture_triangles + start for part, start in zip(parts, places, strict=False)]),
    )


def _on_curve(shape: Shape, across: NDArray, out: NDArray) -> tuple[NDArray, NDArray]:
    """(x, z) in mm of a place ``across`` mm leftwards from the right border and ``out`` mm above the unrolled sheet.

    The sheet lies flat on the right and rolls up on the left, where its curvature grows.
    """
    total = len(shape.lengths_mm) * (shape.width_mm + GAP_MM)
    steps = np.linspace(0, total, 400)
    angle = 1.35 * np.clip((steps - 0.35 * total) / (0.65 * total), 0, 1) ** 2
    x = -np.concatenate([[0], np.cumsum(np.cos(angle[:-1]) * np.diff(steps))])
    z = np.concatenate([[0], np.cumsum(np.sin(angle[:-1]) * np.diff(steps))])
    tilt = np.interp(across, steps, angle)
    return (
        np.interp(across, steps, x) + total / 2 + out * np.sin(tilt),
        np.interp(across, steps, z) + out * np.cos(tilt),
    )


def _slip(rng: np.random.Generator, shape: Shape, index: int, rows: int, count: int) -> TexturedMesh:
    length = shape.lengths_mm[index]
    side = np.linspace(-1, 1, ACROSS + 1)  # from left to right, seen from the front
    round_side = np.sin(side * np.pi / 2)
    bulge = np.sqrt(np.clip(1 - np.abs(round_side) ** 6, 0, 1))
    front = np.stack([round_side, bulge * (0.86 + 0.14 * round_side**2)], 1)
    back = np.stack([-round_side[1:-1], -bulge[1:-1]], 1)
    loop = np.concatenate([front, back]) * (shape.width_mm / 2, THICKNESS_MM / 2)
    down = np.linspace(0, 1, rows)
    bend = 0.5 * noise.ridge(rng, rows, rows / 2, 3)
    sway = 0.25 * noise.ridge(rng, rows, rows / 2, 3)
    twist = 0.03 * noise.ridge(rng, rows, rows / 1.5, 2)
    swell = 1 + 0.03 * noise.ridge(rng, rows, rows / 6, 4)
    across = (index + 0.5) * (shape.width_mm + GAP_MM) - loop[None, :, 0] * swell[:, None] + sway[:, None]
    out = loop[None, :, 1] + bend[:, None] + loop[None, :, 0] * np.tan(twist)[:, None]
    x, z = _on_curve(shape, across, out)
    y = np.broadcast_to((shape.whole_mm / 2 - rng.normal(0, 0.8) - down * length)[:, None], x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3)
    ends = np.stack([vertices.reshape(rows, -1, 3)[0].mean(0), vertices.reshape(rows, -1, 3)[-1].mean(0)])
    triangles, places, place_triangles = _wrap(len(loop), rows, _chart(index, count), _chart(count + index, count))
    return TexturedMesh(np.concatenate([vertices, ends]).astype(np.float32), triangles, places, place_triangles)


def _chart(number: int, slips: int) -> tuple[float, float]:
    """Left and right border in the atlas, a little inside."""
    wide = (1 - CORD_SHARE) / (2 * slips)
    return (number + 0.03) * wide, (number + 0.97) * wide


def _wrap(
    around: int, rows: int, face: tuple[float, float], back: tuple[float, float]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Triangles and texture of a swept loop: its first ACROSS + 1 points are the face, from left to right."""
    v = 1 - np.linspace(0.001, 0.999, rows)
    u = np.concatenate([np.linspace(*face, ACROSS + 1), np.linspace(*back, ACROSS + 1)])
    places = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), -1).reshape(-1, 2)
    point = np.concatenate([np.arange(ACROSS + 1), np.arange(ACROSS, around + 1) % around])
    step = np.concatenate([np.arange(ACROSS), np.arange(ACROSS + 1, 2 * ACROSS + 1)])
    row = np.arange(rows - 1)[:, None]

    def quads(ids: NDArray, wide: int) -> NDArray:
        upper_left, upper_right = ids[step] + row * wide, ids[step + 1] + row * wide
        lower_left, lower_right = upper_left + wide, upper_right + wide
        first = np.stack([upper_left, lower_left, upper_right], -1)
        second = np.stack([upper_right, lower_left, lower_right], -1)
        return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])

    caps, cap_places = [], []
    for end, base, turn in ((rows * around, 0, 1), (rows * around + 1, rows - 1, -1)):
        a, b = base * around + point[step], base * around + point[step + 1]
        ta, tb = base * len(u) + step, base * len(u) + step + 1
        caps.append(np.stack([np.full_like(a, end), a, b], -1)[:, ::turn])
        cap_places.append(np.stack([ta, ta, tb], -1)[:, ::turn])
    triangles = np.concatenate([quads(point, around), *caps]).astype(np.int32)
    place_triangles = np.concatenate([quads(np.arange(len(u)), len(u)), *cap_places]).astype(np.int32)
    return triangles, places.astype(np.float32), place_triangles


def _cord(rng: np.random.Generator, shape: Shape, height_mm: float, side: int, steps_per_slip: int) -> TexturedMesh:
    """A tube that passes the slips alternately before and behind; ``side`` says where it begins."""
    pitch = shape.width_mm + GAP_MM
    count = len(shape.lengths_mm)
    if height_mm > min(shape.lengths_mm):
        count -= 1
    along = np.linspace(0.0, count, count * steps_per_slip + 1)
    wave = side * np.sin(np.pi * along)
    reach = THICKNESS_MM / 2 + CORD_RADIUS_MM * 1.3
    out = reach * np.sign(wave) * np.abs(wave) ** 0.45
    y = (
        shape.whole_mm / 2
        - height_mm
        + 0.25 * side * np.cos(np.pi * along)
        + 0.15 * noise.ridge(rng, len(along), 20, 3)
    )
    x, z = _on_curve(shape, along * pitch, out)
    middle = np.stack([x, y, z], 1)
    forward = np.gradient(middle, axis=0)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    upward = np.array([0.0, 1.0, 0.0]) - forward * forward[:, 1:2]
    upward /= np.linalg.norm(upward, axis=1, keepdims=True)
    sideways = np.cross(forward, upward)
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.cos(turn)[None, :, None] * upward[:, None] + np.sin(turn)[None, :, None] * sideways[:, None]
    vertices = (middle[:, None] + CORD_RADIUS_MM * ring).reshape(-1, 3)
    ends = middle[[0, -1]]
    return _tube(np.concatenate([vertices, ends]).astype(np.float32), len(along), len(turn))


def _tube(vertices: NDArray[np.float32], rings: int, around: int) -> TexturedMesh:
    ring, spoke = np.mgrid[0 : rings - 1, 0:around]
    a, b = ring * around + spoke, ring * around + (spoke + 1) % around
    c, d = a + around, b + around
    faces = [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]
    spokes = np.arange(around)
    last = (rings - 1) * around
    faces.append(np.stack([np.full(around, rings * around), (spokes + 1) % around, spokes], 1))
    faces.append(np.stack([np.full(around, rings * around + 1), last + spokes, last + (spokes + 1) % around], 1))
    triangles = np.concatenate(faces).astype(np.int32)
    turn = np.tile(np.linspace(0.2, 0.8, around), rings)
    forth = np.repeat(np.linspace(0, 0.2, rings), around)
    place = np.stack([1 - CORD_SHARE * turn, forth], 1)
    ends = [[1 - CORD_SHARE / 2, 0.0], [1 - CORD_SHARE / 2, 0.2]]
    return TexturedMesh(vertices, triangles, np.concatenate([place, ends]).astype(np.float32), triangles)
