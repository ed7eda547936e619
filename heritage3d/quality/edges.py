"""Slanted edges in a frame: the sides of the bright neutral patches of its targets, and other slanted squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from heritage3d.quality.sfr import Edge, measure_edge
from heritage3d.quality.targets import Target

#: White, neutral 8 and neutral 6.5 (column, row): neutral, and in clear contrast to the black frame.
_BRIGHT = ((0, 3), (1, 3), (2, 3))
_MOST_SQUARES = 12


def find_edges(pixels: np.ndarray, targets: Sequence[Target]) -> list[Edge]:
    """Every usable slanted edge of the targets and of the squares beside them."""
    found = [measure_edge(pixels, *side) for target in targets for side in _sides_of_patches(target)]
    squares = targets[0].beside if targets else np.empty((0, 4, 2))
    found += [measure_edge(pixels, *side) for square in squares[:_MOST_SQUARES] for side in _sides_of_square(square)]
    return [edge for edge in found if edge is not None]


def _sides_of_patches(target: Target) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    pitch = min(target.pitch_px)
    half, gap = target.fill / 2, pitch * (1 - target.fill)
    for column, row in _BRIGHT:
        corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]]) + np.array([column, row])
        mapped = np.column_stack([corners, np.ones(4)]) @ target.grid.T
        yield from _sides(mapped[:, :2] / mapped[:, 2:], 0.9 * gap - 2)


def _sides_of_square(square: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    side = float(np.hypot(*(square[1] - square[0])))
    yield from _sides(square, 0.2 * side)


def _sides(corners: np.ndarray, room: float) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        yield one, other, room
