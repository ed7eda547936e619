"""Where a simplified surface went too far from its master, it gets corners that lie on the master."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation import certified
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model
from heritage3d.simplification.splitting import Splitting

Points = NDArray[np.float64]

_PASSES = 30
# A new corner this near to an edge (as a weight) goes into it, and keeps so far from its ends.
_EDGE, _END = 0.15, 0.2
# What is asked again after a pass: the master within so many limits of what was changed.
_AROUND = 1.2


def deviation(model: Model, master: Surface, scale: float) -> float:
    """The certified greatest deviation of a model from its master, to five per cent."""
    return certified.certified(master, _surface(model, master, scale), share=0.05).upper


def beyond(model: Model, master: Surface, scale: float, limit: float) -> Points:
    """Points (n, 3), centred as the master is, at which a model and its master are not proved to be within ``limit``
    of one another; none where all is. ``scale`` brings model units to those of the master and of the limit."""
    surface = _surface(model, master, scale)
    return np.concatenate([certified.beyond(master, surface, limit), certified.beyond(surface, master, limit)])


def mended(model: Model, master: Surface, scale: float, limit: float, far: Points) -> tuple[Model, Points]:
    """The model with corners where it is farther than ``limit`` from the master, at the points ``far``; and those of
    the points where none could be put.

    Only what was changed is asked again, so the caller proves the whole.
    """
    surface = _surface(model, master, scale)
    for _ in range(_PASSES):
        if not len(far):
            break
        split, waiting = _split(model, surface, master, scale, far)
        gone = split.gone
        if not len(gone):
            break
        around = surface.part(_rows(surface, model, gone))
        model, new = split.result()
        surface = _surface(model, master, scale)
        changed = surface.part(_rows(surface, model, new))
        far = np.concatenate([waiting, _still(changed, surface, master, around, limit)])
    return model, far


def _surface(model: Model, master: Surface, scale: float) -> Surface:
    """What was captured of a model, as the master is."""
    positions, faces = model.evidence().surface()
    return Surface(positions * scale, faces, master.centre)


def _captured(model: Model) -> NDArray[np.int64]:
    """The faces of the model that its evidence consists of."""
    owner = np.repeat([entry.invented for entry in model.primitives], [len(entry.faces) for entry in model.primitives])
    return np.flatnonzero(~owner)


def _rows(surface: Surface, model: Model, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of a surface that some faces of its model are."""
    return np.flatnonzero(np.isin(_captured(model)[surface.kept], faces))


def _still(changed: Surface, surface: Surface, master: Surface, around: Surface, limit: float) -> Points:
    """Where what was changed, or the master around it, is too far away still."""
    close = around.close_to(master.positions, _AROUND * limit)[master.faces].any(axis=1)
    parts = [certified.beyond(changed, master, limit)] if len(changed.faces) else []
    if close.any():
        parts.append(certified.beyond(master.part(np.flatnonzero(close)), surface, limit))
    return np.concatenate([np.empty((0, 3)), *parts])


def _split(model: Model, surface: Surface, master: Surface, scale: float, far: Points) -> tuple[Splitting, Points]:
    """The model with a corner at the worst of some places wherever faces are free; the places that have to wait."""
    split = Splitting(model)
    captured = _captured(model)[surface.kept]
    near, foot = surface.nearest(far), master.nearest(far)
    ground = np.einsum("nk,nkj->nj", foot.weights, master.corners(foot.triangle))
    order = np.argsort(-np.maximum(near.distance, foot.distance), kind="stable")
    waiting = []
    for row in order:
        face, weights = int(captured[near.triangle[row]]), near.weights[row]
        if not split.free(face):
            continue
        target = (ground[row] + master.centre) / scale
        least = int(np.argmin(weights))
        done = weights[least] >= _EDGE and split.inside(face, weights, target)
        if not done:
            side = (least + 1) % 3
            share = float(weights[(side + 1) % 3] / max(weights[side] + weights[(side + 1) % 3], 1e-300))
            kept = min(max(share, _END), 1 - _END)
            if weights[least] >= _EDGE or kept != share:
                corners = surface.corners(near.triangle[row : row + 1])[0]
                place = (1 - kept) * corners[side] + kept * corners[(side + 1) % 3]
                found = master.nearest(place[None])
                ground_there = np.einsum("nk,nkj->nj", found.weights, master.corners(found.triangle))[0]
                target = (ground_there + master.centre) / scale
            done = split.along(face, side, kept, target)
        if not done:
            waiting.append(far[row])
    return split, np.array(waiting).reshape(-1, 3)
