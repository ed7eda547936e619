"""Samples of a surface that ride on what replaces it: its corners, and so many points on edges and faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.simplification.preparing import Bundle
from heritage3d.simplification.rounds import Riders

_MOST = 450_000
_FINEST = 4


def riders(source: Bundle, limit: float, drift: float) -> Riders:
    """Samples on a grid that is finer the fewer faces there are, all allowed to be ``limit`` away; units are the
    model's."""
    places = source.place[source.faces]
    steps = 1
    while steps < _FINEST and _count(len(source.points), len(places), steps + 1) <= _MOST:
        steps += 1
    home, weights = _grid(places, len(source.points), steps)
    # Places are numbered along a curve through space: what is asked together lies together in memory.
    near = np.argsort(places[home].min(axis=1), kind="stable")
    home, weights = home[near], weights[near]
    corners = source.points[places[home]]
    samples = np.einsum("nk,nkj->nj", weights, corners)
    texture = np.zeros((0, 2))
    if source.lengths:
        texture = np.einsum(
            "nk,nkj->nj", weights, source.attributes[source.wedge[source.faces[home]], :2].astype(float)
        )
    return Riders(
        np.ascontiguousarray(samples),
        np.full(len(samples), (limit / source.scale) ** 2),
        home.astype(np.int32),
        np.ascontiguousarray(texture),
        drift / source.scale,
        source.points,
        places,
        neighbours(places, len(source.points)),
    )


def _count(points: int, faces: int, steps: int) -> int:
    return points + faces * 3 // 2 * (steps - 1) + faces * (steps - 1) * (steps - 2) // 2


def _grid(places: NDArray[np.int32], count: int, steps: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The face of each sample and its weights there: corners and edges once, whichever faces share them."""
    faces = len(places)
    first = np.full(count, -1, np.int64)
    first[places.reshape(-1)[::-1]] = np.arange(3 * faces)[::-1]
    used = first[first >= 0]
    homes, weights = [used // 3], [np.eye(3)[used % 3]]
    if steps > 1:
        low, high = np.minimum(places, np.roll(places, -1, axis=1)), np.maximum(places, np.roll(places, -1, axis=1))
        _, edges = np.unique(low.reshape(-1).astype(np.int64) * count + high.reshape(-1), return_index=True)
        for step in range(1, steps):
            share = step / steps
            homes.append(edges // 3)
            weights.append((1 - share) * np.eye(3)[edges % 3] + share * np.eye(3)[(edges + 1) % 3])
    for one in range(1, steps):
        for two in range(1, steps - one):
            homes.append(np.arange(faces))
            weights.append(np.broadcast_to(np.array([one, two, steps - one - two]) / steps, (faces, 3)))
    return np.concatenate(homes), np.concatenate(weights)


def neighbours(places: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """For each face those beyond its three edges, (m, 3); -1 at a border. Of more than two, some."""
    ahead = np.roll(places, -1, axis=1)
    key = (np.minimum(places, ahead).astype(np.int64) * count + np.maximum(places, ahead)).reshape(-1)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    result = np.full(len(key), -1, np.int32)
    result[order[same]] = order[same + 1] // 3
    result[order[same + 1]] = order[same] // 3
    return result.reshape(-1, 3)
