"""Where could two parts lie together? Candidates from features, and from the correlation of the whole pictures."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import fft

from heritage3d.stitching import plane
from heritage3d.stitching.part import Part

_MODELS = 3  # the bed below a scroll stands still between shots: the true place may be the second best
_FEWEST = 8
_SCALES = (0.8, 1.25)
_LEAST_SHARE = 0.02  # of the smaller picture that two parts must share
_NEAR = 5  # pixels of the correlation within which two places are one


def by_features(first: Part, second: Part) -> list[np.ndarray]:
    """Maps from the second to the first part (full pixels) on which features agree, the best supported first."""
    if min(len(first.points), len(second.points)) < _FEWEST:
        return []
    pairs = _mutual(first.descriptors, second.descriptors)
    there, here = second.points[pairs[:, 1]].copy(), first.points[pairs[:, 0]].copy()
    models = []
    for _model in range(_MODELS):
        if len(here) < _FEWEST:
            break
        found, inside = cv2.estimateAffinePartial2D(
            there, here, method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=5000, confidence=0.999
        )
        chosen = np.zeros(len(here), bool) if inside is None else inside[:, 0].astype(bool)
        if found is None or chosen.sum() < _FEWEST:
            break
        matrix = np.vstack([found, (0.0, 0.0, 1.0)])
        if _SCALES[0] < plane.scale(matrix) < _SCALES[1]:
            models.append(plane.enlarged(matrix, first.factor))
        there, here = there[~chosen], here[~chosen]
    return models


def _mutual(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pairs (n, 2) of descriptors that choose each other, clearly before all others (Lowe's ratio 0.85)."""
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    there = {match[0].queryIdx: match for match in matcher.knnMatch(first, second, k=2) if len(match) == 2}
    back = {match.queryIdx: match.trainIdx for match in matcher.match(second, first)}
    pairs = [
        (index, best.trainIdx)
        for index, (best, other) in sorted(there.items())
        if best.distance < 0.85 * other.distance and back.get(best.trainIdx) == index
    ]
    return np.array(pairs, int).reshape(-1, 2)


def by_correlation(first: Part, second: Part, around: np.ndarray, count: int) -> list[np.ndarray]:
    """The places of highest correlation when the second part, turned as ``around`` says, is slid over the first.

    Masked normalised correlation (Padfield 2012) of the pictures without their slow changes, the highest first.
    """
    factor = first.factor * 2
    here, there = _detail(first.reduced), _detail(second.reduced)
    coarse = plane.reduced(around, factor)
    linear = coarse.copy()
    linear[:2, 2] = 0
    box = plane.applied(linear, np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (there.shape[1] - 1, there.shape[0] - 1))
    low = np.floor(box.min(axis=0))
    width, height = (np.ceil(box.max(axis=0)) - low).astype(int) + 1
    placed = plane.shift(-low[0], -low[1]) @ linear
    turned = cv2.warpAffine(there, placed[:2], (int(width), int(height)), flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(np.ones_like(there), placed[:2], (int(width), int(height)), flags=cv2.INTER_LINEAR) > 0.99
    surface, overlap = _correlated(here, turned, mask.astype(np.float32))
    least = _LEAST_SHARE * min(here.size, float(mask.sum()))
    # Chance correlates in small overlaps: what counts is how far above chance a place lies.
    strength = np.where(overlap >= least, surface * np.sqrt(np.maximum(overlap, 1)), 0)
    places = []
    for _peak in range(count):
        y, x = np.unravel_index(int(np.argmax(strength)), strength.shape)
        if strength[y, x] <= 0:
            break
        strength[max(y - _NEAR, 0) : y + _NEAR + 1, max(x - _NEAR, 0) : x + _NEAR + 1] = 0
        dy, dx = int(y) - (turned.shape[0] - 1), int(x) - (turned.shape[1] - 1)
        places.append(plane.enlarged(plane.shift(dx, dy) @ placed, factor))
    return places


def _detail(reduced: np.ndarray) -> np.ndarray:
    half = cv2.resize(reduced, (reduced.shape[1] // 2, reduced.shape[0] // 2), interpolation=cv2.INTER_AREA)
    detail = half - cv2.GaussianBlur(half, (0, 0), 8)
    limit = 3 * float(detail.std()) + 1e-3  # one dark border must not outweigh everything
    return np.asarray(np.clip(detail, -limit, limit))


def _correlated(here: np.ndarray, there: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation (-1 to 1) and overlap (px) for every shift of the second over the first."""
    shape = (here.shape[0] + there.shape[0] - 1, here.shape[1] + there.shape[1] - 1)
    padded = [fft.next_fast_len(side, real=True) for side in shape]
    there = there * mask

    def forward(picture: np.ndarray) -> np.ndarray:
        return np.asarray(fft.rfft2(picture, padded))

    def back(spectrum: np.ndarray) -> np.ndarray:
        return np.asarray(fft.irfft2(spectrum, padded)[: shape[0], : shape[1]])

    one, two = forward(np.ones_like(here)), forward(mask[::-1, ::-1])
    f, g = forward(here), forward(there[::-1, ::-1])
    overlap = np.maximum(back(one * two), 1.0)
    sum_f, sum_g = back(f * two), back(one * g)
    energy_f = back(forward(here**2) * two) - sum_f**2 / overlap
    energy_g = back(one * forward((there**2)[::-1, ::-1])) - sum_g**2 / overlap
    floor = 1e-3 * overlap
    surface = (back(f * g) - sum_f * sum_g / overlap) / np.sqrt(
        np.maximum(energy_f, floor) * np.maximum(energy_g, floor)
    )
    return surface, overlap
