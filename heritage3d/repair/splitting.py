"""Edges of more than two faces: the sheets that meet there get vertices of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from heritage3d.gltf.model import Model, Primitive
from heritage3d.repair.whole import Whole


def split(whole: Whole) -> tuple[Whole, int, int]:
    """The surface whose every edge, by vertices, has two faces at most; how many vertices were doubled for it; and
    how many edges have more all the same, because their sheets hang together again at both ends.

    Faces around a crowded edge stay together in pairs that enclose solid (``kernels.mates``); nothing moves.
    """
    edges, ends = whole.crowded
    if not edges:
        return whole, 0, 0
    near = np.flatnonzero(ends[whole.faces.reshape(-1)])  # corners 3 f + k at the ends of crowded edges
    sheet = _sheets(whole, near, whole.faces.reshape(-1)[near])
    row = whole.rows[near // 3, near % 3].astype(np.int64)
    key = row * (int(sheet.max()) + 1) + sheet
    distinct, inverse = np.unique(key, return_inverse=True)
    of_row = distinct // (int(sheet.max()) + 1)
    first = np.concatenate([[True], of_row[1:] != of_row[:-1]])
    added = of_row[~first]
    if not len(added):
        return whole, 0, edges
    target = of_row.copy()
    target[~first] = -1 - np.arange(len(added))
    model, moved, fresh = _with_rows(whole, added)
    rows = moved[whole.rows]
    wanted = target[inverse]
    rows[near // 3, near % 3] = np.where(wanted < 0, fresh[np.maximum(-1 - wanted, 0)], moved[np.maximum(wanted, 0)])
    near = np.unique(near // 3)
    sides = np.stack([rows[near].reshape(-1), np.roll(rows[near], -1, axis=1).reshape(-1)], axis=1).astype(np.int64)
    key = sides.min(axis=1) * (int(rows.max()) + 1) + sides.max(axis=1)
    left = int((np.unique(key, return_counts=True)[1] > 2).sum())
    return replace(whole, model=model, rows=rows), len(added), left


def _sheets(whole: Whole, near: NDArray[np.int64], at: NDArray[np.int32]) -> NDArray[np.int64]:
    """The sheet of each of those corners: corners of one place that hang together over mated edges."""
    number = np.full(whole.faces.size, -1, np.int64)
    number[near] = np.arange(len(near))
    flat, mate = whole.faces.reshape(-1), whole.mate
    pairs = []
    for half in (
        near,
        near - near % 3 + (near + 2) % 3,
    ):  # the half-edge that leaves the corner, and the one that comes
        other = mate[half]
        there = other >= 0
        ends = np.stack([other[there], other[there] - other[there] % 3 + (other[there] + 1) % 3])
        corner = np.where(flat[ends[0]] == at[there], ends[0], ends[1])
        pairs.append(np.stack([np.flatnonzero(there), number[corner]]))
    joined = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(joined.shape[1], np.int8), joined), shape=(len(near), len(near)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _with_rows(whole: Whole, added: NDArray[np.int64]) -> tuple[Model, NDArray[np.uint32], NDArray[np.uint32]]:
    """The model with copies of some rows behind each primitive's own; where old rows went, and where the new are."""
    starts = np.cumsum([0, *(len(entry.positions) for entry in whole.model.primitives)])
    owner = np.searchsorted(starts, added, side="right") - 1
    moved = np.arange(starts[-1], dtype=np.uint32)
    fresh = np.empty(len(added), np.uint32)
    made: list[Primitive] = []
    before = 0
    for number, entry in enumerate(whole.model.primitives):
        mine = np.flatnonzero(owner == number)
        moved[starts[number] : starts[number + 1]] += np.uint32(before)
        fresh[mine] = starts[number + 1] + before + np.arange(len(mine))
        before += len(mine)
        made.append(_doubled(entry, added[mine] - starts[number]))
    return replace(whole.model, primitives=tuple(made)), moved, fresh


def _doubled(entry: Primitive, rows: NDArray[np.int64]) -> Primitive:
    if not len(rows):
        return entry
    order = np.concatenate([np.arange(len(entry.positions)), rows])
    return replace(
        entry,
        positions=entry.positions[order],
        normals=None if entry.normals is None else entry.normals[order],
        uvs=tuple(uv[order] for uv in entry.uvs),
        colours=None if entry.colours is None else entry.colours[order],
    )
