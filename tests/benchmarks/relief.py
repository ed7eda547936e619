"""An inscribed sphere of any size, always the same: 200 mm wide, strokes 0.4 mm deep, texture places and a seam.

``python -m tests.benchmarks.relief FILE.glb [--columns 1414] [--texture 4096]`` writes it. The usual 1414 columns make
2,007,880 triangles. Both poles are open, so that there are borders; the seam runs from pole to pole.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Model, Primitive, Texture, unit

COLUMNS = 1414
RADIUS = 0.1  # metres
DEPTH = 0.0004
STROKES = 400
_HALF = 0.0018  # half the width of a stroke
_WIDEST = np.radians(86.0)  # the greatest latitude: beyond lie the open poles

Grid = NDArray[np.float64]


def relief(columns: int = COLUMNS, *, texture: int = 0, strokes: int = STROKES) -> Model:
    """The sphere in metres, +Y up, with normals and one set of texture places, about ``columns``² triangles.

    ``texture`` is the side of a square base colour texture in pixels (JPEG), 0 for none.
    """
    rows = max(2, round(columns * 710 / 1414))
    u = np.linspace(0.0, 1.0, columns + 1)
    v = np.linspace(0.0, 1.0, rows + 1)
    radius = RADIUS + _swell(u, v) - DEPTH * _carved(u, v, strokes)
    radius[:, -1] = radius[:, 0]
    longitude, latitude = 2 * np.pi * u, _WIDEST * (1 - 2 * v)
    longitude[-1] = 0.0  # both sides of the seam at the same places, to the bit
    flat = radius * np.cos(latitude)[:, None]
    positions = np.stack(
        [flat * np.cos(longitude), radius * np.sin(latitude)[:, None], -flat * np.sin(longitude)], axis=-1
    )
    at = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    below = at + columns + 1
    faces = np.stack([at, below, at + 1, at + 1, below, below + 1], axis=1).reshape(-1, 3).astype(np.uint32)
    places = np.stack(np.broadcast_arrays(u, v[:, None]), axis=-1).reshape(-1, 2).astype(np.float32)
    part = Primitive(positions.reshape(-1, 3), faces, _normals(positions), (places,), None, 0 if texture else None)
    if not texture:
        return Model((part,), unit="m")
    material = {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": 0.9}
    }
    return Model((part,), (material,), (Texture(picture(texture, strokes), "image/jpeg"),), unit="m")


def picture(side: int, strokes: int = STROKES) -> bytes:
    """A base colour for the sphere as JPEG: clay of uneven tone, ink in the strokes, on every 16th line a mark."""
    import cv2

    across = (np.arange(side) + 0.5) / side
    tone = 150 + 25 * np.sin(17 * across)[None, :] * np.cos(11 * across)[:, None]
    grain = np.random.default_rng(11).normal(0, 6, (side, side))
    ink = _carved(across, across, strokes)
    shade = tone + grain - 90 * ink
    shade[::16, ::16] += 60
    rgb = np.clip(np.stack([shade, shade * 0.87, shade * 0.7], axis=-1), 0, 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    return data.tobytes()


def _swell(u: Grid, v: Grid) -> Grid:
    """Slow waves of some millimetres, as a shaped stone has."""
    around, down = 2 * np.pi * u[None, :], np.pi * v[:, None]
    waves = 0.0015 * np.sin(2 * around + 1) * np.sin(3 * down) ** 2
    waves = waves + 0.001 * np.cos(3 * around) * np.sin(2 * down) ** 3
    return waves + 0.0005 * np.sin(7 * around + 2) * np.sin(5 * down) * np.sin(down) ** 2


def _carved(u: Grid, v: Grid, strokes: int) -> Grid:
    """How deep the strokes are at each place (v, u), 0 to 1: a rounded groove 3.6 mm wide along each line."""
    depth = np.zeros((len(v), len(u)))
    if not strokes:
        return depth
    chance = np.random.default_rng(4)
    centres = np.stack([chance.uniform(0.03, 0.97, strokes), chance.uniform(0.12, 0.88, strokes)], axis=1)
    turns, lengths = chance.uniform(0, np.pi, strokes), chance.uniform(0.006, 0.022, strokes)  # radians, metres
    down = 2 * _WIDEST * RADIUS  # length of a meridian
    for (x, y), turn, length in zip(centres, turns, lengths, strict=True):
        around = 2 * np.pi * RADIUS * np.cos(_WIDEST * (1 - 2 * y))  # length of this parallel
        reach = length / 2 + 1.2 * _HALF
        left, right = np.searchsorted(u, [x - reach / around, x + reach / around])
        top, low = np.searchsorted(v, [y - reach / down, y + reach / down])
        across, along = (u[left:right] - x)[None, :] * around, (v[top:low] - y)[:, None] * down
        on = across * np.cos(turn) + along * np.sin(turn)
        beside = along * np.cos(turn) - across * np.sin(turn)
        beyond = np.maximum(np.abs(on) - length / 2, 0)
        away = np.sqrt(beside**2 + beyond**2) / _HALF
        groove = np.where(away < 1, (1 - away**2) ** 2, 0.0)
        np.maximum(depth[top:low, left:right], groove, out=depth[top:low, left:right])
    return depth


def _normals(positions: Grid) -> NDArray[np.float32]:
    """Normals of the grid, the same on both sides of the seam."""
    wrapped = np.concatenate([positions[:, -2:-1], positions, positions[:, 1:2]], axis=1)
    along = wrapped[:, 2:] - wrapped[:, :-2]
    down = np.gradient(positions, axis=0)
    return unit(np.cross(down, along).reshape(-1, 3))


def main() -> None:
    """Write the sphere as GLB without compression."""
    from heritage3d.gltf import writing

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--texture", type=int, default=0)
    told = parser.parse_args()
    model = relief(told.columns, texture=told.texture)
    told.file.write_bytes(writing.write(model, writing.Encoding("none", 32)))
    print(f"{model.triangles} triangles, {model.vertices} vertices, {told.file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
