"""Motion blur: its length and direction, from what it takes out of the spectrum.

A shift of L pixels during the exposure multiplies the spectrum with sin(pi f L)/(pi f L) along the shift. Its
zeros lie 1/L apart, so the cepstrum (the transform of the logarithm of the power) has a trough at L in that
direction. What is alike in all directions (focus, noise) is taken off before.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.quality.samples import PATCH
from heritage3d.quality.sharpness import SECTORS, Sharpness

SHORTEST, LONGEST = 6.0, 38.0  # px; a shorter shift is no different from soft focus
_DEPTH = 0.03  # of the trough, in units of the mean logarithm
_CLEAR = 5.0  # times the deviation of the other directions
# A trough like this is none of content; edges that a ruling has kept sharp are no objection then.
_PLAIN_DEPTH, _PLAIN = 0.03, 6.5
_LENGTHS = np.arange(SHORTEST, LONGEST + 0.5, 0.5)
_ANGLES = np.arange(0, 180, 3)
_CONTENT = 4.0  # standard deviation of a patch that has any
_MOST = 40  # patches


@dataclass(frozen=True)
class Motion:
    """``length`` in px (0: none seen), ``direction`` in degrees counter-clockwise from the right, 0 to 180."""

    length: float
    direction: float


def motion(patches: list[np.ndarray], edges: Sharpness) -> Motion:
    """The shift that all patches share. ``edges``, of the same patches, must agree: soft along it, sharper across."""
    # Writing and texture tell more than the one straight edge of a sheet.
    chosen = np.argsort(-edges.crests, kind="stable")[:_MOST]
    held = [patches[at] - patches[at].mean() for at in chosen if patches[at].std() > _CONTENT]
    if len(held) < 4:
        return Motion(0.0, 0.0)
    troughs = _troughs(_cepstrum(np.stack(held)))
    spread = 1.4826 * np.median(np.abs(troughs), axis=1, keepdims=True)
    clear = troughs / np.maximum(spread, np.median(spread))
    row, column = divmod(int(np.argmin(clear)), len(_ANGLES))
    depth, clearness = -float(troughs[row, column]), -float(clear[row, column])
    # The trough at twice the length is often the clearer one, as less of the content lies there.
    for part in (3, 2):
        near = np.abs(_LENGTHS - _LENGTHS[row] / part) <= 1
        if near.any() and troughs[near, column].min() < 0.5 * troughs[row, column]:
            row = int(np.argmin(np.where(near, troughs[:, column], 0)))
            break
    length, direction = float(_LENGTHS[row]), float(_ANGLES[column])
    plain = depth >= _PLAIN_DEPTH and clearness >= _PLAIN
    if depth < _DEPTH or clearness < _CLEAR or not _agree(edges, direction, plain=plain):
        return Motion(0.0, 0.0)
    return Motion(length, direction)


def _cepstrum(patches: np.ndarray) -> np.ndarray:
    """Mean logarithm of the power, less its mean over all directions, transformed back; the origin in the middle."""
    window = np.hanning(PATCH).astype(np.float32)
    power = np.abs(np.fft.rfft2(patches * window * window[:, None])) ** 2
    logarithm = np.log(power + 1e-5 * power.mean((1, 2), keepdims=True)).mean(0)
    radius = np.hypot(np.fft.fftfreq(PATCH)[:, None], np.fft.rfftfreq(PATCH))
    ring = np.minimum((radius * PATCH).astype(int), PATCH).ravel()
    mean = np.bincount(ring, logarithm.ravel()) / np.maximum(np.bincount(ring), 1)
    taper = np.cos(np.clip(radius / 0.45, 0, 1) * np.pi / 2) ** 2
    back = np.fft.irfft2((logarithm - mean[ring].reshape(radius.shape)) * taper, s=(PATCH, PATCH))
    # irfft2 counts both halves of the plane; so must the energy of the taper.
    middle: np.ndarray = np.fft.fftshift(back) * PATCH**2 / (2 * taper.sum())
    return np.asarray(cv2.GaussianBlur(middle.astype(np.float32), (0, 0), 0.7))


def _troughs(cepstrum: np.ndarray) -> np.ndarray:
    """(lengths, angles): the cepstrum there, less the median of all directions."""
    turn = np.radians(_ANGLES)
    x = (PATCH // 2 + _LENGTHS[:, None] * np.cos(turn)).astype(np.float32)
    y = (PATCH // 2 - _LENGTHS[:, None] * np.sin(turn)).astype(np.float32)
    polar = cv2.remap(cepstrum, x, y, cv2.INTER_LINEAR)
    less: np.ndarray = polar - np.median(polar, axis=1, keepdims=True)
    return less


def _agree(edges: Sharpness, direction: float, *, plain: bool) -> bool:
    """Straight rulings leave traces like motion; but their edges are sharp."""
    along = edges.by_direction[round(direction * SECTORS / 180) % SECTORS]
    across = edges.by_direction[round(direction * SECTORS / 180 + SECTORS / 2) % SECTORS]
    if np.isfinite(along) and along < (0.7 if plain else 1.2):
        return False
    return bool(plain or not np.isfinite(along) or not np.isfinite(across) or along >= 1.4 * max(across, 0.5))
