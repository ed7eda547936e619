"""One plane for all parts: every tie point of every overlap adjusted together, with the simplest map that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from heritage3d.stitching import plane
from heritage3d.stitching.ties import Ties

Model = Literal["translation", "similarity", "affine"]
_PLAIN_PX = 0.1  # a richer map must move some tie point by more than this
_WHOLE_PX = 0.1  # offsets this close to whole pixels are whole: nothing is resampled
_BETTER = 0.75  # an affine map must bring the residuals down to this share
_AFFINE_PRIOR = 2e-4  # shear and unequal scales are small; this keeps a narrow overlap from inventing them


@dataclass(frozen=True)
class Adjusted:
    """The map (3 x 3) of each part into the plane of the reference, and the residual (px) of each tie point."""

    model: Model
    places: list[np.ndarray]
    residuals: dict[tuple[int, int], np.ndarray]

    @property
    def rms(self) -> float:
        """Root mean square of all residuals, px."""
        return _rms(self.residuals)


def adjusted(count: int, ties: Mapping[tuple[int, int], Ties], reference: int) -> Adjusted:
    """The simplest of translation, similarity and affine map that the tie points allow.

    ``ties`` holds the tie points of pairs of parts. The reference keeps its place. Residuals count by the
    loss of Huber, so that few wrong ones do not pull.
    """
    similar = _solved("similarity", count, ties, reference)
    moved = _solved("translation", count, ties, reference)
    gap = max(
        float(np.linalg.norm(_gaps(similar.places, pair, found) - _gaps(moved.places, pair, found), axis=1).max())
        for pair, found in ties.items()
    )
    if gap <= _PLAIN_PX or moved.rms <= 1.02 * similar.rms:
        return _whole(moved, ties)
    affine = _solved("affine", count, ties, reference)
    return affine if affine.rms < _BETTER * similar.rms and similar.rms > 0.25 else similar


def _gaps(places: list[np.ndarray], pair: tuple[int, int], found: Ties) -> np.ndarray:
    first, second = pair
    return np.asarray(plane.applied(places[first], found.first) - plane.applied(places[second], found.second))


def _rms(residuals: Mapping[tuple[int, int], np.ndarray]) -> float:
    every = np.concatenate(list(residuals.values()))
    return float(np.sqrt((every**2).mean()))


def _told(model: Model, places: list[np.ndarray], ties: Mapping[tuple[int, int], Ties]) -> Adjusted:
    return Adjusted(
        model, places, {pair: np.linalg.norm(_gaps(places, pair, found), axis=1) for pair, found in ties.items()}
    )


def _whole(moved: Adjusted, ties: Mapping[tuple[int, int], Ties]) -> Adjusted:
    offsets = np.array([place[:2, 2] for place in moved.places])
    if np.abs(offsets - np.rint(offsets)).max() > _WHOLE_PX:
        return moved
    return _told("translation", [plane.shift(*np.rint(offset)) for offset in offsets], ties)


def _solved(model: Model, count: int, ties: Mapping[tuple[int, int], Ties], reference: int) -> Adjusted:
    rows, pairs, ends, priors = _system(model, count, ties)
    held = {"translation": 2, "similarity": 4, "affine": 6}[model]
    free = np.ones(count * held, bool)
    free[reference * held : (reference + 1) * held] = False
    known = np.zeros(count * held)
    start = {"translation": [0, 0], "similarity": [1, 0, 0, 0], "affine": [1, 0, 0, 1, 0, 0]}[model]
    known[~free] = start
    right = ends - rows[:, ~free] @ known[~free]
    weights = np.ones(len(rows))
    for _round in range(8):
        solution, *_rest = np.linalg.lstsq(rows[:, free] * weights[:, None], right * weights, rcond=None)
        miss = (rows[:, free] @ solution - right)[: 2 * pairs].reshape(2, pairs)
        length = np.hypot(*miss)
        limit = max(2 * 1.4826 * float(np.median(length)), 0.05)
        weights[: 2 * pairs] = np.tile(np.sqrt(np.minimum(1, limit / np.maximum(length, 1e-9))), 2)
        weights[2 * pairs :] = priors
    known[free] = solution
    return _told(model, [_matrix(model, entry) for entry in known.reshape(count, held)], ties)


def _system(
    model: Model, count: int, ties: Mapping[tuple[int, int], Ties]
) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
    """Rows of the linear system (x of every tie, then y, then priors), number of ties, right side, prior weights."""
    held = {"translation": 2, "similarity": 4, "affine": 6}[model]
    total = sum(len(found) for found in ties.values())
    prior = 2 * count if model == "affine" else 0
    rows, right = np.zeros((2 * total + prior, count * held)), np.zeros(2 * total + prior)
    at = 0
    for (first, second), found in ties.items():
        here, there = slice(at, at + len(found)), slice(total + at, total + at + len(found))
        for part, points, sign in ((first, found.first, 1.0), (second, found.second, -1.0)):
            x, y = points.T * sign
            column = part * held
            if model == "translation":
                rows[here, column], rows[there, column + 1] = sign, sign
                right[here] -= x
                right[there] -= y
            elif model == "similarity":
                rows[here, column], rows[here, column + 1], rows[here, column + 2] = x, -y, sign
                rows[there, column], rows[there, column + 1], rows[there, column + 3] = y, x, sign
            else:
                rows[here, column], rows[here, column + 1], rows[here, column + 4] = x, y, sign
                rows[there, column + 2], rows[there, column + 3], rows[there, column + 5] = x, y, sign
        at += len(found)
    for part in range(count if prior else 0):
        column = part * held
        rows[2 * total + 2 * part, [column, column + 3]] = 1.0, -1.0
        rows[2 * total + 2 * part + 1, [column + 1, column + 2]] = 1.0, 1.0
    return rows, total, right, np.full(prior, 0.1 / _AFFINE_PRIOR)


def _matrix(model: Model, entry: np.ndarray) -> np.ndarray:
    if model == "translation":
        return plane.shift(*entry)
    if model == "similarity":
        a, b, x, y = entry
        return np.array([[a, -b, x], [b, a, y], [0, 0, 1]])
    a, b, c, d, x, y = entry
    return np.array([[a, b, x], [c, d, y], [0, 0, 1]])


def levelled(places: list[np.ndarray], centres: np.ndarray) -> float:
    """The turn (radians) that sets the whole upright: the smallest that the parts and their row ask for.

    A part is upright to about 0.1 degree, and a row of parts keeps its line to about 1 % of their distance;
    each has a say in proportion. ``centres`` (n, 2) are those of the parts in the plane.
    """
    # A part may stand on its head, as the reference does not: what is set right is the rest of a quarter turn.
    turns = np.array([plane.angle(place) for place in places])
    upright = -float((turns - np.rint(turns / (np.pi / 2)) * np.pi / 2).mean())
    spread = centres - centres.mean(axis=0)
    length = float(np.linalg.norm(spread, axis=1).max()) * 2
    if length < 1:
        return upright
    _values, axes = np.linalg.eigh(spread.T @ spread)
    line = float(np.arctan2(axes[1, -1], axes[0, -1]))
    level = (np.rint(line / (np.pi / 2)) * np.pi / 2) - line
    if abs(level - upright) > np.radians(1):  # a row that climbs on purpose
        return upright
    turn_weight = len(places) / np.radians(0.1) ** 2
    pitch = length / max(len(places) - 1, 1)
    line_weight = (length / (0.01 * pitch)) ** 2
    return float((turn_weight * upright + line_weight * level) / (turn_weight + line_weight))
