"""Which parts of a reconstructed surface rest on evidence: distances to the cloud, confidence, invented faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.fusion import Cloud

NEAR_FOOTPRINTS = 3.0  # a vertex within so many pixels' worth of a point rests on evidence
_AROUND = 8  # points that a vertex asks

Floats = NDArray[np.float32]


def evidence(vertices: NDArray[np.float64], cloud: Cloud) -> tuple[Floats, Floats, Floats]:
    """For each vertex: distance to the nearest point in footprints; confidence (the mean number of photographs that
    agree on the nearest points, 0 where none is near); density (points per square world unit around it)."""
    from scipy.spatial import cKDTree

    if not len(cloud.points):
        nothing = np.zeros(len(vertices), np.float32)
        return np.full(len(vertices), np.inf, np.float32), nothing, nothing
    around = min(_AROUND, len(cloud.points))
    far, which = cKDTree(cloud.points).query(vertices, k=around, workers=1)
    far, which = far.reshape(len(vertices), around), which.reshape(len(vertices), around)
    distance = far[:, 0] / cloud.footprint[which[:, 0]]
    confidence = np.where(distance <= NEAR_FOOTPRINTS, cloud.views[which].mean(axis=1), 0)
    density = around / (np.pi * np.maximum(far[:, -1], 1e-12) ** 2)
    return distance.astype(np.float32), confidence.astype(np.float32), density.astype(np.float32)


def trimmed(
    faces: NDArray[np.int64], distance: Floats, bridge_px: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which faces stay, and which of all faces are invented.

    Invented faces (a corner farther than NEAR_FOOTPRINTS from every point) stay where they close a gap of at most
    ``bridge_px`` pixels across: where no corner of their connected patch is farther than half of that from a point,
    however long the gap is. Others go, as does what Poisson's surface adds beyond the rim of what was seen.
    """
    invented = np.asarray((distance[faces] > NEAR_FOOTPRINTS).any(axis=1))
    stays = np.logical_not(invented)
    if bridge_px > 0 and invented.any():
        stays[invented] = _narrow(faces[invented], distance, bridge_px / 2)
    return stays, invented


def _narrow(faces: NDArray[np.int64], distance: Floats, reach: float) -> NDArray[np.bool_]:
    """Which of these faces belong to a connected patch that nowhere is farther than ``reach`` from a point."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    used, flat = np.unique(faces, return_inverse=True)
    local = flat.reshape(faces.shape)
    ends = np.concatenate([local[:, [0, 1]], local[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), (len(used), len(used)))
    count, part = connected_components(graph, directed=False)
    farthest = np.zeros(count, np.float32)
    np.maximum.at(farthest, part, distance[used])
    return np.asarray((farthest <= reach)[part[local[:, 0]]])


def largest(faces: NDArray[np.int64], count: int, share: float) -> NDArray[np.bool_]:
    """Which faces belong to a connected part with at least ``share`` of the faces of the largest one."""
    part = parts(faces, count)
    sizes = np.bincount(part[faces[:, 0]])
    return np.asarray((sizes >= share * sizes.max())[part[faces[:, 0]]])


def parts(faces: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """The connected part that each of ``count`` vertices belongs to, numbered from 0."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), (count, count))
    _parts, part = connected_components(graph, directed=False)
    return np.asarray(part)
