"""Two parts: do they overlap, where exactly, and could it as well be elsewhere?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from heritage3d.stitching import matching, plane
from heritage3d.stitching.part import Part
from heritage3d.stitching.ties import DETAIL, PATCH, Patches, Ties, alike, patches, ties

_FEW, _MANY = 60, 160  # patches looked at to judge a place, and to measure it
_FEWEST = 8  # tie points
_SHARE = 0.5  # of the patches with detail that must agree: the bed around a scroll need not
_SHARE_ATOP = 0.9  # where one part lies all but on top of the other: forms with the same print are no parts
_ONLY_HERE = 4  # patches that are found nowhere else prove a place
_SHARE_BENT, _ALIKE_BENT, _BENT_PX = 0.8, 0.8, 12.0  # the same for a sheet that moved between the shots
_WIN = 0.05  # difference of correlation that tells two places apart

Reason = Literal["different", "blank", "ambiguous", "loose"]


@dataclass(frozen=True)
class Pair:
    """Two parts that overlap. ``place`` maps pixels of the second to the first; ``rejected`` ties did not agree.

    ``uncertainty_px`` is the standard error of the place at the worst corner of the overlap.
    """

    place: np.ndarray
    ties: Ties
    rejected: int
    uncertainty_px: float


@dataclass(frozen=True)
class Refusal:
    """Why two parts are not joined, with the figures that the message needs."""

    reason: Reason
    figures: dict[str, float] = field(default_factory=dict)


def joined(first: Part, second: Part, tolerance_px: float) -> Pair | Refusal:
    """How the second part lies on the first; tie points may differ by ``tolerance_px`` from a similar map."""
    candidates = matching.by_features(first, second)
    judged = [_judged(first, second, place, tolerance_px) for place in candidates]
    if not any(judged):
        candidates = matching.by_correlation(first, second, np.eye(3), 4)
        judged = [_judged(first, second, place, tolerance_px) for place in candidates]
    pairs = [pair for pair in judged if pair]
    if not pairs:
        return _unmatched(first, second, candidates)
    best = max(pairs, key=lambda pair: len(pair.ties))
    if distance := _rival(first, second, best, tolerance_px):
        return Refusal("ambiguous", {"distance_px": round(distance)})
    pair = _measured(first, second, best, tolerance_px) or best
    if pair.uncertainty_px > 1.0:
        return Refusal("loose", {"ties": len(pair.ties), "open_px": round(pair.uncertainty_px, 1)})
    return pair


def _judged(first: Part, second: Part, place: np.ndarray, tolerance_px: float) -> Pair | None:
    spots = patches(first, second, place, _FEW)
    found = ties(first, second, place, spots.centres, 3 * first.factor + 4)
    return _agreed(first, second, spots, found, tolerance_px)


def _measured(first: Part, second: Part, pair: Pair, tolerance_px: float) -> Pair | None:
    spots = patches(first, second, pair.place, _MANY)
    found = ties(first, second, pair.place, spots.centres, 6 + 2 * int(np.ceil(tolerance_px)))
    return _agreed(first, second, spots, found, tolerance_px)


def _agreed(first: Part, second: Part, spots: Patches, found: Ties, tolerance_px: float) -> Pair | None:
    """The similar map on which the tie points agree, if enough of them do."""
    detailed = min(int((spots.detail > DETAIL).sum()), len(spots.centres))
    chosen = _consensus(found, tolerance_px)
    if chosen.sum() < max(_FEWEST, _needed(first, second, found, chosen) * detailed):
        # The same things in another shape are told apart from other things: nearly all are there, and alike.
        chosen = _consensus(found, max(3 * tolerance_px, _BENT_PX))
        if chosen.sum() < max(_FEWEST, _SHARE_BENT * detailed) or np.median(found.alike[chosen]) < _ALIKE_BENT:
            return None
    place, _residuals = fitted(found.chosen(chosen))
    # What lies off but not far off stays: a sheet that moved must show in the residuals.
    residuals = np.linalg.norm(plane.applied(place, found.second) - found.first, axis=1)
    close = residuals < max(4 * 1.4826 * float(np.median(residuals)), 0.3)
    kept = found.chosen(close)
    place, residuals = fitted(kept)
    return Pair(place, kept, len(found) - len(kept), _uncertainty(first, second, place, kept, residuals))


def _consensus(found: Ties, within_px: float) -> np.ndarray:
    """Which tie points agree on one similar map."""
    if len(found) < _FEWEST:
        return np.zeros(len(found), bool)
    _matrix, inside = cv2.estimateAffinePartial2D(
        np.ascontiguousarray(found.second),
        np.ascontiguousarray(found.first),
        method=cv2.RANSAC,
        ransacReprojThreshold=within_px,
        maxIters=5000,
    )
    return np.zeros(len(found), bool) if inside is None else inside[:, 0].astype(bool)


def _needed(first: Part, second: Part, found: Ties, chosen: np.ndarray) -> float:
    """Which share of the patches with detail must agree."""
    if chosen.sum() < _FEWEST:
        return _SHARE
    place, _residuals = fitted(found.chosen(chosen))
    common = plane.area(plane.shared(first.corners, plane.applied(place, second.corners)))
    smaller = min(first.pixels.shape[0] * first.pixels.shape[1], second.pixels.shape[0] * second.pixels.shape[1])
    return _SHARE_ATOP if common > 0.8 * smaller else _SHARE


def fitted(found: Ties) -> tuple[np.ndarray, np.ndarray]:
    """The similar map from second to first with the least squares of residuals, and the residuals (px)."""
    centre = found.second.mean(axis=0)
    x, y = (found.second - centre).T
    one, nil = np.ones_like(x), np.zeros_like(x)
    system = np.concatenate([np.stack([x, -y, one, nil], 1), np.stack([y, x, nil, one], 1)])
    (a, b, u, v), *_rest = np.linalg.lstsq(system, np.concatenate(found.first.T), rcond=None)
    place = np.array([[a, -b, u], [b, a, v], [0, 0, 1]]) @ plane.shift(-centre[0], -centre[1])
    return place, np.linalg.norm(plane.applied(place, found.second) - found.first, axis=1)


def _uncertainty(first: Part, second: Part, place: np.ndarray, kept: Ties, residuals: np.ndarray) -> float:
    """Standard error (px) of the fitted map at the worst corner of the overlap."""
    polygon = plane.shared(first.corners, plane.applied(place, second.corners))
    centre = kept.first.mean(axis=0)
    lever = float(((kept.first - centre) ** 2).sum())
    sigma = max(float(np.sqrt((residuals**2).mean())), 0.05)
    reach = float(np.linalg.norm(polygon - centre, axis=1).max())
    return float(sigma * np.sqrt(1 / len(kept) + reach**2 / max(lever, 1e-6)))


def _rival(first: Part, second: Part, best: Pair, tolerance_px: float) -> float:
    """How far on (px) the parts fit about as well; 0 where they do not."""
    centres = patches(first, second, best.place, _FEW).centres
    search = 2 * first.factor + 2
    scores = alike(first, second, best.place, centres, search)
    middle = np.array([second.size]) / 2
    for place in matching.by_correlation(first, second, best.place, 8):
        moved = plane.applied(place, middle) - plane.applied(best.place, middle)
        distance = float(np.linalg.norm(moved))
        if distance <= 6 * first.factor:
            continue
        others = alike(first, second, place, centres, search)
        common = (np.minimum(scores, others) > -1) & (np.maximum(scores, others) >= 0.5)
        if common.sum() >= 4:
            wins = int((scores[common] - others[common] > _WIN).sum())
            losses = int((others[common] - scores[common] > _WIN).sum())
            fits = wins < max(4, 0.15 * common.sum()) or wins < 5 * losses
        else:
            rival = _judged(first, second, place, tolerance_px)
            fits = rival is not None and len(rival.ties) >= len(best.ties) / 2
            fits = fits and _unique(first, second, best) < _ONLY_HERE
        if fits:
            return distance
    return 0.0


def _unique(first: Part, second: Part, best: Pair) -> int:
    """How many of the tied patches are found in the whole second part at their place only (in reduced pixels)."""
    half = max(8, round(0.75 * PATCH / first.factor))
    count = 0
    for here, there in zip(best.ties.first, best.ties.second, strict=True):
        x, y = ((here + 0.5) / first.factor - 0.5).round().astype(int)
        template = first.reduced[max(y - half, 0) : y + half, max(x - half, 0) : x + half]
        scores = cv2.matchTemplate(second.reduced, template, cv2.TM_CCOEFF_NORMED)
        left, top = ((there + 0.5) / first.factor - 0.5).round().astype(int) - np.minimum((x, y), half)
        home = np.s_[max(top - 4, 0) : max(top + 5, 0), max(left - 4, 0) : max(left + 5, 0)]
        own = float(scores[home].max(initial=-1.0))
        scores[home] = -1
        count += own > 0.5 and own - float(scores.max()) > 4 * _WIN
    return count


def _unmatched(first: Part, second: Part, candidates: list[np.ndarray]) -> Refusal:
    """Why no place was found: two places that fit alike, nothing to see at the edges, or different things."""
    likely = [place for place in candidates if _correlates(first, second, place)]
    if len(likely) > 1:
        apart = plane.applied(likely[0], np.zeros((1, 2))) - plane.applied(likely[1], np.zeros((1, 2)))
        return Refusal("ambiguous", {"distance_px": round(float(np.linalg.norm(apart)))})
    if all(look.blank for look in _edges(first, second) + _edges(second, first)):
        return Refusal("blank")
    return Refusal("different")


def _edges(first: Part, second: Part) -> list[Patches]:
    """What the first part shows along its four edges, as far as parts usually overlap."""
    depth = [min(max(0.15 * side, 3 * PATCH), 0.5 * side) for side in first.size]
    width, height = (side - edge for side, edge in zip(first.size, depth, strict=True))
    nominal = [(width, 0.0), (depth[0] - second.size[0], 0.0), (0.0, height), (0.0, depth[1] - second.size[1])]
    looks = [patches(first, second, plane.shift(np.rint(x), np.rint(y)), _FEW) for x, y in nominal]
    return [look for look in looks if len(look.centres)]


def _correlates(first: Part, second: Part, place: np.ndarray) -> bool:
    spots = patches(first, second, place, _FEW)
    if spots.blank:
        return False
    scores = alike(first, second, place, spots.centres, 2 * first.factor + 2)
    seen = scores > -1
    return bool(seen.sum() >= 6 and (scores[seen] > 0.7).mean() > 0.6)
