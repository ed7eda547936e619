"""Bands: stripes of a line sensor or of flickering light, told from content by where they are.

A band runs through the whole frame, ground and margins alike, in the same phase; lines of text do not reach
the margins and are left out with the ink. So the profiles of separate blocks are compared: what they share
is bands, what they do not share is content and noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SLOWEST = 8  # bands have more than so many periods in the frame; slower is the fall-off of the light
_NEEDED = 5  # blocks
_KNOWN = 0.6  # share of the lines of a block that must show ground
SHARED = 0.8  # of the power at a period; lines of text and laid paper stay below
_CUT = 5.0  # deviations; what lies further out is an edge of the object


@dataclass(frozen=True)
class Bands:
    """The strongest band: ``amplitude`` in percent of the level (half of peak to peak), ``period`` in pixels.

    ``shared``: how alike the blocks are in it, 0 to 1. ``amplitude`` is 0 where nothing is alike enough;
    ``known`` is False where there is too little ground to say anything.
    """

    amplitude: float
    period: float
    shared: float
    known: bool


def bands(profiles: np.ndarray) -> Bands:
    """What ``profiles`` (blocks, lines), levels of the ground with NaN where there is none, have in common."""
    known = np.isfinite(profiles)
    # The ground of one stretch need not be that of the next: take the longest stretch that most blocks know.
    kept = profiles[known.mean(1) >= _KNOWN] if profiles.size else profiles
    if len(kept) < _NEEDED or kept.shape[1] < 32 * _SLOWEST:
        return Bands(0.0, 0.0, 0.0, known=False)
    lines = np.stack([_levelled(profile) for profile in kept])
    count = lines.shape[1]
    spectra = np.fft.rfft(lines * np.hanning(count), axis=1)
    power = np.abs(spectra) ** 2
    # Quiet blocks (margins) tell more than written ones; but never fewer than five decide.
    spread = np.sort(lines.var(1))[_NEEDED - 1]
    weight = 1 / np.maximum(lines.var(1), spread)[:, None]
    # The mean of the products of all pairs of blocks: noise of its own in each block averages to nothing.
    common = np.abs((weight * spectra).sum(0)) ** 2 - (weight**2 * power).sum(0)
    common /= weight.sum() ** 2 - (weight**2).sum()
    power = (weight * power).sum(0) / weight.sum()
    common[:_SLOWEST] = power[:_SLOWEST] = 0
    around = np.ones(5)
    common_near, power_near = np.convolve(common, around, "same"), np.convolve(power, around, "same")
    shared = common_near / np.maximum(power_near, 1e-9)
    found = np.where(shared >= SHARED, common_near, 0.0)
    at = int(np.argmax(found))
    if not found[at]:
        return Bands(0.0, 0.0, float(shared.max()), known=True)
    peak = max(0, at - 2) + int(np.argmax(common[max(0, at - 2) : at + 3]))
    # One-sided, for the energy of the Hann window; a sine of this mean square has twice its square as amplitude.
    amplitude = np.sqrt(2 * found[at] * 2 / (count * 0.375 * count))
    return Bands(float(amplitude), count / peak, float(shared[at]), known=True)


def _levelled(profile: np.ndarray) -> np.ndarray:
    """Percent above and below the level nearby, gaps and edges of the object set to nothing."""
    known = np.isfinite(profile)
    position = np.arange(len(profile))
    filled = 100 * np.log(np.interp(position, position[known], profile[known]))
    span = max(9, len(profile) // _SLOWEST // 2 * 2 + 1)
    padded = np.pad(filled, span // 2, mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    above = filled - (total[span:] - total[:-span]) / span
    spread = 1.4826 * np.median(np.abs(above[known])) + 1e-6
    clipped: np.ndarray = np.where(known, np.clip(above, -_CUT * spread, _CUT * spread), 0.0)
    return clipped
