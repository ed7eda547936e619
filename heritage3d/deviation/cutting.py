"""Pieces of a surface and how they are cut: along the borders of the triangles that serve them best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.surface import Surface


@dataclass
class Pieces:
    """Flat triangles of one surface, (n, 3, 3), each with a guess at the triangle that serves it (-1: none)."""

    corners: NDArray[np.float64]
    guess: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.corners)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Pieces:
        """Some of them."""
        return Pieces(self.corners[chosen], self.guess[chosen])


def together(parts: list[Pieces]) -> Pieces:
    """All of them in one."""
    return Pieces(np.concatenate([part.corners for part in parts]), np.concatenate([part.guess for part in parts]))


def cut(end: Surface, corners: NDArray[np.float64], near: NDArray[np.int64], depth: int) -> Pieces:
    """The parts of pieces, whose centroids lie nearest to the triangles ``near``.

    A piece is cut where it reaches farthest out over an edge of that triangle: one part then lies before
    the triangle, the other before its neighbour. Pieces that lie before it altogether are quartered.
    """
    if not len(corners):
        return Pieces(corners, near)
    offset, edge = _overhang(end, corners, near)
    size = 1e-9 * np.abs(offset).max(axis=1)
    good = (offset.min(axis=1) < -size) & (offset.max(axis=1) > size)
    if depth >= 12 and depth % 3 == 2:  # so that pieces surely become small
        good[:] = False
    beyond = end.neighbours[near, edge]
    beyond = np.where(beyond >= 0, beyond, near)
    parts = []
    if good.any():
        parts.append(_halves(corners[good], offset[good], near[good], beyond[good]))
    if not good.all():
        parts.append(_quarters(corners[~good], near[~good]))
    return together(parts)


def _overhang(
    end: Surface, corners: NDArray[np.float64], near: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For the edge over which a piece reaches out farthest: the offsets of its corners, and which edge it is.

    An offset is the distance from the plane that bisects the triangle and its neighbour at the edge,
    positive before the triangle.
    """
    best = np.full((len(corners), 3), np.inf)
    least = np.full(len(corners), np.inf)
    which = np.zeros(len(corners), np.int64)
    for edge in range(3):
        start = end.positions[end.faces[near, (edge + 1) % 3]]
        offset = np.einsum("nij,nj->ni", corners - start[:, None], end.fences[near, edge])
        lowest = offset.min(axis=1)
        # A plane with the whole piece beyond it cannot cut it.
        lower = (lowest < least) & (offset.max(axis=1) > 0)
        best[lower], least[lower], which[lower] = offset[lower], lowest[lower], edge
    return np.where(np.isfinite(best), best, 0.0), which


def _quarters(corners: NDArray[np.float64], near: NDArray[np.int64]) -> Pieces:
    """Each piece in four at the middles of its sides."""
    middle = (corners + np.roll(corners, -1, axis=1)) / 2  # middle[:, i] lies between corners i and i + 1
    points = np.concatenate([corners, middle], axis=1)
    parts = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]])
    return Pieces(points[:, parts].reshape(-1, 3, 3), np.repeat(near, 4))


def _halves(
    corners: NDArray[np.float64], offset: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> Pieces:
    """Each piece in three along a plane: the corner on one side, and the quadrilateral on the other in two."""
    positive = offset > 0
    few = positive.sum(axis=1) == 1
    # The corner that is alone on its side; where one lies in the plane itself, any split will do.
    alone = np.where(few, np.argmax(positive, axis=1), np.argmin(positive, axis=1))
    rows = np.arange(len(corners))[:, None]
    turn = (alone[:, None] + np.arange(3)) % 3
    corners, offset = corners[rows, turn], offset[rows, turn]
    cuts = []
    for other in (1, 2):
        share = offset[:, 0] / (offset[:, 0] - offset[:, other])
        cuts.append(corners[:, 0] + np.clip(share, 0.0, 1.0)[:, None] * (corners[:, other] - corners[:, 0]))
    points = np.concatenate([corners, np.stack(cuts, axis=1)], axis=1)
    parts = np.array([[0, 3, 4], [3, 1, 2], [3, 2, 4]])
    lone, both = np.where(few, left, right), np.where(few, right, left)
    return Pieces(points[:, parts].reshape(-1, 3, 3), np.column_stack([lone, both, both]).reshape(-1))
