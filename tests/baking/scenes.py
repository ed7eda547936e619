"""Small models with something to lose: writing that tells left from right, and relief."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heritage3d.gltf.model import Model, Primitive
from heritage3d.mesh.shading import shaded


def letters(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether a place of the unit square (y upwards) is ink: an F and an R, which no mirror maps to themselves."""

    def box(left: float, right: float, low: float, high: float) -> np.ndarray:
        return (x > left) & (x < right) & (y > low) & (y < high)

    f = box(0.1, 0.18, 0.2, 0.8) | box(0.1, 0.4, 0.72, 0.8) | box(0.1, 0.32, 0.48, 0.56)
    r = box(0.58, 0.66, 0.2, 0.8) | box(0.58, 0.86, 0.72, 0.8) | box(0.78, 0.86, 0.5, 0.8) | box(0.58, 0.86, 0.48, 0.56)
    leg = (np.abs((x - 0.66) - (0.48 - y) * 0.7) < 0.04) & (y < 0.5) & (y > 0.2)
    return f | r | leg


def shield(columns: int, *, written: bool, relief: float = 0.0) -> Model:
    """A bulging plate of one unit, seen from +Z, with letters in vertex colours and carved ``relief`` deep."""
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, columns + 1))
    ink = letters(u, 1 - v)
    z = 0.25 * (1 - (2 * u - 1) ** 2) * (1 - (2 * v - 1) ** 2) - relief * ink
    positions = np.stack([u - 0.5, 0.5 - v, z], axis=-1).reshape(-1, 3)
    at = (np.arange(columns)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    below = at + columns + 1
    faces = np.stack([at, below, at + 1, at + 1, below, below + 1], axis=1).reshape(-1, 3).astype(np.uint32)
    colours = np.ones((len(positions), 4), np.float32)
    colours[:, :3] = np.where(ink.reshape(-1, 1), [0.05, 0.02, 0.02], [0.6, 0.5, 0.35])
    part = Primitive(positions, faces, colours=colours if written else None)
    return shaded(Model((part,), unit="m"))


def mirrored(model: Model) -> Model:
    """The same surface with its textures' u turned round."""
    return replace(
        model,
        primitives=tuple(
            replace(part, uvs=tuple(np.column_stack([1 - uv[:, 0], uv[:, 1]]).astype(np.float32) for uv in part.uvs))
            for part in model.primitives
        ),
    )
