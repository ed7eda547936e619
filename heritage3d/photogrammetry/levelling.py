"""Seams that do not show: where two photographs meet, both are brought to the colour between them.

Every vertex gets a correction for each photograph that it is painted from, such that both sides of a seam agree and
the correction changes as little as it can from vertex to vertex of a patch (Lempitsky and Ivanov, CVPR 2007;
Waechter, Moehrle and Goesele, ECCV 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import patch_kernels
from heritage3d.photogrammetry.patches import Patches

_SEAM, _SMOOTH = 1.0, 0.5
_ANCHOR = 1e-4
_ROUNDS = 400
_MOST = 48.0  # grey values; what would need more is no matter of exposure


@dataclass(frozen=True)
class Corners:
    """Vertices of the textured surface, one for each vertex and patch: ``vertex`` (k,) and ``patch`` (k,), and
    ``faces`` (m, 3) of them."""

    vertex: NDArray[np.int64]
    patch: NDArray[np.int32]
    faces: NDArray[np.int64]


def corners_of(faces: NDArray[np.int64], patches: Patches) -> Corners:
    """Part the vertices where patches meet."""
    key = np.repeat(patches.patch.astype(np.int64), 3) * (int(faces.max()) + 1) + faces.reshape(-1)
    rows, made = np.unique(key, return_inverse=True)
    vertex, patch = rows % (int(faces.max()) + 1), (rows // (int(faces.max()) + 1)).astype(np.int32)
    return Corners(vertex, patch, made.reshape(-1, 3))


def corrections(
    corners: Corners, shown: Callable[[NDArray[np.int64]], NDArray[np.float32]], painted: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], float, float]:
    """What is to be added to the sRGB values at each corner, (k, 3); the usual step at seams before and after.

    ``shown`` tells the colours (n, 3) that the photographs of some corners have there; ``painted`` (k,): corners of
    patches that have a photograph.
    """
    one, other = _seams(corners, painted)
    if not len(one):
        return np.zeros((len(corners.vertex), 3), np.float32), 0.0, 0.0
    at_seam, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    colour = shown(at_seam).astype(np.float64)
    step = colour[place[len(one) :]] - colour[place[: len(one)]]
    step = np.clip(step, -_MOST, _MOST)
    along = _edges(corners)
    first = np.concatenate([one, along[:, 0]])
    second = np.concatenate([other, along[:, 1]])
    wanted = np.concatenate([step, np.zeros((len(along), 3))])
    weight = np.concatenate([np.full(len(one), _SEAM), np.full(len(along), _SMOOTH)])
    out = np.zeros((len(corners.vertex), 3))
    patch_kernels.relaxed(first, second, wanted, weight, _ANCHOR, _ROUNDS, out)
    after = step - (out[one] - out[other])
    usual = float(np.median(np.abs(step).mean(axis=1))), float(np.median(np.abs(after).mean(axis=1)))
    return np.clip(out, -_MOST, _MOST).astype(np.float32), *usual


def _seams(corners: Corners, painted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of corners at one vertex, each with the next."""
    order = np.argsort(corners.vertex, kind="stable")
    order = order[painted[order]]
    ranked = corners.vertex[order]
    same = np.flatnonzero(ranked[1:] == ranked[:-1])
    return order[same], order[same + 1]


def _edges(corners: Corners) -> NDArray[np.int64]:
    faces = corners.faces
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends.sort(axis=1)
    key = np.unique(ends[:, 0] * len(corners.vertex) + ends[:, 1])
    return np.stack([key // len(corners.vertex), key % len(corners.vertex)], axis=1)
