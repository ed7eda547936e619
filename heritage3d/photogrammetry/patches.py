"""One photograph for each face, in patches as large as they can be without showing a place badly.

View selection as a labelling problem (Lempitsky and Ivanov, CVPR 2007; Waechter, Moehrle and Goesele, ECCV 2014):
first for clusters of faces, then for single faces at the borders, then tiny patches melt into their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import patch_kernels as kernels
from heritage3d.photogrammetry.sight import Sight
from heritage3d.photogrammetry.surface import Surface

CLUSTER_PX = 24.0  # side of a cluster, in pixels of the photographs
_BORDER_PRICE = 0.5  # of a cluster that is wholly surrounded by others
_EDGE_PRICE = 0.25  # of an edge between two faces
_ROUNDS = 30
_SPECK = 96  # faces; smaller patches melt
_MELTINGS = 12


@dataclass(frozen=True)
class Patches:
    """``label`` (m,) int32: the photograph of each face, -1 where none sees it; ``patch`` (m,) int32: which connected
    patch of one photograph (or of none) it belongs to, numbered from 0 to ``count``."""

    label: NDArray[np.int32]
    patch: NDArray[np.int32]
    count: int


def choose(surface: Surface, found: Sight, views: int, pixel: float) -> Patches:
    """The patches of a surface; ``views``: how many photographs there are, ``pixel``: what one covers, world units."""
    beside = neighbours(surface.faces)
    best = np.maximum(found.quality[:, :1], 1e-30)
    relative = np.sqrt(found.quality / best).astype(np.float32)  # lengths and not areas: pixels along an edge
    label = _coarse(surface, found, relative, beside, views, pixel)
    sees = (found.views == label[:, None]).any(axis=1)
    label = np.where(sees, label, found.views[:, 0]).astype(np.int32)
    three = np.arange(0, 3 * len(label) + 1, 3)
    edges = np.ones(3 * len(label), np.float32)
    kernels.settled(found.views, relative, three, beside.reshape(-1), edges, _EDGE_PRICE, _ROUNDS, label)
    patch, count = _connected(label, beside)
    for _turn in range(_MELTINGS):
        size = np.bincount(patch, minlength=count)
        if not kernels.melted(patch, size, _SPECK, beside, found.views, label):
            break
        patch, count = _connected(label, beside)
    return Patches(label, patch, count)


def neighbours(faces: NDArray[np.int64]) -> NDArray[np.int32]:
    """The face across each edge, (m, 3); -1 at borders and where more than two faces meet."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends.sort(axis=1)
    key = ends[:, 0] * (int(faces.max()) + 1) + ends[:, 1]
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    run = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    pair = run[np.diff(np.concatenate([run, [len(ranked)]])) == 2]
    beside = np.full(3 * len(faces), -1, np.int32)
    one, other = order[pair], order[pair + 1]
    beside[one], beside[other] = other % len(faces), one % len(faces)
    return np.ascontiguousarray(beside.reshape(3, -1).T)


def _coarse(
    surface: Surface,
    found: Sight,
    relative: NDArray[np.float32],
    beside: NDArray[np.int32],
    views: int,
    pixel: float,
) -> NDArray[np.int32]:
    """A view for each cluster of faces that lie in one cube and look one way, handed to its faces."""
    corners = surface.vertices[surface.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across, axis=1)
    cell = np.floor(corners.mean(axis=1) / (CLUSTER_PX * pixel)).astype(np.int64)
    axis = np.abs(across).argmax(axis=1)
    side = axis * 2 + (np.take_along_axis(across, axis[:, None], axis=1)[:, 0] > 0)
    _cells, cluster = np.unique(np.column_stack([cell, side]), axis=0, return_inverse=True)
    cluster = np.asarray(cluster.reshape(-1), np.int32)
    count = int(cluster.max()) + 1
    score = np.zeros((count, views), np.float32)
    kernels.voted(cluster, found.views, (relative * area[:, None]).astype(np.float32), score)
    score /= np.maximum(score.max(axis=1, keepdims=True), 1e-30)
    start, ends, shares = _borders(cluster, beside, count)
    label = np.where(score.max(axis=1) > 0, score.argmax(axis=1), -1).astype(np.int32)
    seen_by = np.where(score > 0, np.arange(views, dtype=np.int16), np.int16(-1))
    kernels.settled(seen_by, score, start, ends, shares, _BORDER_PRICE, _ROUNDS, label)
    return np.asarray(label[cluster])


def _borders(
    cluster: NDArray[Any], beside: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """The neighbours of each cluster (rows start at ``start``) and their shares of its border."""
    one = np.repeat(cluster.astype(np.int64), 3)
    flat = beside.reshape(-1)
    other = np.where(flat >= 0, cluster[np.maximum(flat, 0)], -1).astype(np.int64)
    differs = (other >= 0) & (other != one)
    key, edges = np.unique(one[differs] * count + other[differs], return_counts=True)
    first, ends = key // count, key % count
    start = np.searchsorted(first, np.arange(count + 1))
    whole = np.bincount(first, edges, count)
    return start, ends.astype(np.int32), (edges / np.maximum(whole[first], 1)).astype(np.float32)


def _connected(label: NDArray[np.int32], beside: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one = np.repeat(np.arange(len(label)), 3)
    other = beside.reshape(-1)
    joined = (other >= 0) & (label[one] == label[np.maximum(other, 0)])
    graph = coo_matrix((np.ones(int(joined.sum()), np.int8), (one[joined], other[joined])), (len(label),) * 2)
    count, patch = connected_components(graph, directed=False)
    return patch.astype(np.int32), int(count)
