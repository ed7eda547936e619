"""Evenly spread samples of a surface, and what is a mean over them: no sample ever tells a maximum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.surface import Nearest, Points, Surface

SAMPLES = 100_000


def rms(start: Surface, end: Surface, samples: int | None = None) -> float:
    """The root of the mean squared distance from ``start`` to ``end`` over evenly spread samples (``SAMPLES``)."""
    return float(np.sqrt(np.mean(meeting(start, end, samples or SAMPLES)[2].distance ** 2)))


def meeting(start: Surface, end: Surface, samples: int) -> tuple[NDArray[np.int64], Points, Nearest]:
    """The faces of evenly spread samples of ``start``, the weights of their corners (n, 3), and the places of ``end``
    that are nearest to them. Asked once for two surfaces, as long as there is ``end``."""
    known = start.met.setdefault(end, {})
    found: tuple[NDArray[np.int64], Points, Nearest] | None = known.get(samples)
    if found is None:
        faces, weights = strata(start, samples)
        found = (faces, weights, end.nearest(np.einsum("nk,nkj->nj", weights, start.corners(faces))))
        known[samples] = found
    return found


def spread(surface: Surface, count: int) -> Points:
    """Points evenly over the area, always the same ones: equal strata of area, R2 sequence inside. Those that follow
    one another mostly lie near to one another."""
    owner, weights = strata(surface, count)
    return np.asarray(np.einsum("nk,nkj->nj", weights, surface.corners(owner)))


def strata(surface: Surface, count: int) -> tuple[NDArray[np.int64], Points]:
    """The faces of evenly spread points and the weights of their corners there, (n, 3)."""
    order = surface.tree.order
    edges = np.cumsum(surface.areas[order])
    row = np.searchsorted(edges, (np.arange(count) + 0.5) / count * edges[-1])
    owner = order[np.minimum(row, len(order) - 1)].astype(np.int64)
    u, v = (np.arange(count) * 0.7548776662466927) % 1.0, (np.arange(count) * 0.5698402909980532) % 1.0
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    return owner, np.column_stack([1 - u - v, u, v])
