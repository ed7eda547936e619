"""The direction of what stands on a page, from its text lines, columns and ruling.

Along the right direction, lines of text and ruled lines are straight: their spectra in narrow upright strips
of the page differ by a linear phase only. For each angle the strips are shifted in the frequency domain and
summed; the share of the energy that adds up is the coherence c of a frequency. The score of an angle is
-sum log(1 - c), the likelihood ratio of one common profile against independent strips, which needs no
threshold, no binarisation and no polarity. It is computed in windows that overlap; windows that agree among
themselves are the evidence, and their scatter is the uncertainty. (Projection profiles: Postl 1986;
coherence as a likelihood ratio: the magnitude-squared coherence of Carter 1987.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Axis = Literal["lines", "columns"]

_WINDOWS = 9
_STRIP = 4  # pixels wide: at 5 degrees a line moves a third of a pixel in it
_PERIODS = (5.0, 96.0)  # pixels: from the thickness of a stroke to the pitch of large writing
_SURROUND = 14.0  # sigma in pixels of what counts as the ground of a stroke
_CONTRAST = 0.15  # stains and seals count no more than ink
_COARSE, _FINE, _SPAN, _AGAIN = 0.25, 0.04, 0.6, 1.25  # degrees
_ATTEMPTS = 6
_TOLERANCE = 0.3  # degrees from the common angle within which a window agrees
_SMALLEST = 48  # pixels: below this nothing is measured


@dataclass(frozen=True)
class Direction:
    """The common direction of lines or columns, in degrees, clockwise as people see it.

    ``sigma_deg`` is the standard error from the scatter of the windows. ``agreement`` is the share of the
    windows (by weight) that agree, ``strength`` how far the score rises above that of other angles.
    """

    angle_deg: float
    sigma_deg: float
    axis: Axis
    agreement: float
    strength: float

    @property
    def sure(self) -> bool:
        """Whether windows agree well enough to turn a master by it."""
        return self.agreement >= 0.7 and self.strength >= 3.0 and self.sigma_deg <= 0.12

    @property
    def trust(self) -> float:
        """For ranking one against another."""
        return self.agreement * self.strength / (self.sigma_deg + 0.02)


def directions(grey: np.ndarray, mask: np.ndarray, reach_deg: float) -> list[Direction]:
    """The directions of lines and of columns within ``mask``, each within ``reach_deg`` of upright.

    ``grey`` is (height, width) float32 in 0..255, ``mask`` bool of the same size. The list holds the axes
    that could be measured at all, the more trustworthy first; ask each whether it is ``sure``.
    """
    found = [
        _direction(grey, mask, reach_deg, "lines"),
        _direction(grey.T, mask.T, reach_deg, "columns"),
    ]
    known = [entry for entry in found if entry is not None]
    return sorted(known, key=lambda entry: (entry.sure, entry.trust), reverse=True)


def _direction(grey: np.ndarray, mask: np.ndarray, reach_deg: float, axis: Axis) -> Direction | None:
    sign = 1.0 if axis == "lines" else -1.0  # transposing mirrors the sense of rotation
    # Turned upright and measured again until it stays: every page is then judged in the same position, and
    # the windows of a slender one, which a steep line would leave, hold whole lines.
    start, reach, floors = 0.0, reach_deg, np.zeros(_WINDOWS)
    for attempt in range(_ATTEMPTS):
        windows = _Windows.of(*_turned(grey, mask, start))
        if windows is None:
            return None
        angles = np.arange(-reach, reach + 1e-9, _COARSE)
        coarse = windows.scores(angles)
        floors = np.median(coarse, axis=1) if attempt == 0 else floors
        shift = float(angles[coarse.sum(axis=0).argmax()])
        if attempt and abs(shift) < _COARSE / 2:
            break
        start, reach = float(np.clip(start + shift, -reach_deg, reach_deg)), _AGAIN
    else:
        return None
    fine = np.arange(-_SPAN, _SPAN + 1e-9, _FINE)
    scores = windows.scores(fine)
    rise = float(scores.sum(axis=0).max() / floors.sum()) - 1 if floors.sum() > 0 else 0.0
    peaks = np.array([_peak(fine, row) for row in scores])
    angle, sigma, agreement = _consensus(peaks, np.sqrt(np.maximum(scores.max(axis=1) - floors, 0)) + 1e-9)
    return Direction(sign * (start + angle), sigma, axis, agreement, rise)


def _consensus(peaks: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    """Weighted median, then the weighted mean of the windows near it; its standard error; their share."""
    order = np.argsort(peaks)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    angle = float(peaks[order][min(middle, len(peaks) - 1)])
    for _ in range(3):
        near = np.abs(peaks - angle) <= _TOLERANCE
        share = weights * near
        angle = float((share * peaks).sum() / share.sum())
        near = np.abs(peaks - angle) <= _TOLERANCE
        if not (weights * near).any():
            break
    share = weights * near
    if share.sum() <= 0:
        return angle, 1.0, 0.0
    agreement = float(share.sum() / weights.sum())
    variance = float((share * (peaks - angle) ** 2).sum() / share.sum())
    effective = float(share.sum() ** 2 / (share**2).sum()) * 2 / 3  # windows overlap by half
    return angle, float(np.sqrt((variance + 0.005**2) / max(effective - 1, 0.5))), agreement


def _peak(angles: np.ndarray, scores: np.ndarray) -> float:
    at = int(np.clip(scores.argmax(), 1, len(scores) - 2))
    before, top, after = scores[at - 1 : at + 2]
    bend = before - 2 * top + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(angles[at] + np.clip(shift, -1, 1) * (angles[1] - angles[0]))


def _turned(grey: np.ndarray, mask: np.ndarray, angle_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Both turned by an angle, on a canvas that holds all of them."""
    if not angle_deg:
        return np.ascontiguousarray(grey), np.ascontiguousarray(mask)
    height, width = grey.shape
    spin = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    size = np.abs(spin[:, :2]) @ (width, height)
    wide, high = (int(np.ceil(side)) for side in size)
    spin[:, 2] += ((wide - width) / 2, (high - height) / 2)
    border = cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(np.ascontiguousarray(grey), spin, (wide, high), flags=cv2.INTER_CUBIC, borderMode=border)
    inside = cv2.warpAffine(np.ascontiguousarray(mask).astype(np.float32), spin, (wide, high))
    return turned, inside > 0.99


@dataclass(frozen=True)
class _Windows:
    """The spectra of the strips in each window: (frequencies, strips) complex64, frequencies in cycles a pixel."""

    spectra: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    x: np.ndarray

    @classmethod
    def of(cls, grey: np.ndarray, mask: np.ndarray) -> _Windows | None:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0 or min(rows[-1] - rows[0], columns[-1] - columns[0]) < _SMALLEST:
            return None
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        field = _contrast(grey[part], mask[part])
        height, width = field.shape
        count = width // _STRIP
        strips = field[:, : count * _STRIP].reshape(height, count, _STRIP).mean(axis=2)
        x = (np.arange(count) + 0.5) * _STRIP
        step = height / (_WINDOWS + 1)
        spectra = []
        for window in range(1, _WINDOWS + 1):
            top, bottom = round((window - 1) * step), round((window + 1) * step)
            taper = np.hanning(bottom - top + 2)[1:-1].astype(np.float32)
            spectrum = np.fft.rfft(strips[top:bottom] * taper[:, None], axis=0).astype(np.complex64)
            frequency = np.arange(len(spectrum)) / (bottom - top)
            chosen = (frequency >= 1 / _PERIODS[1]) & (frequency <= 1 / _PERIODS[0])
            spectrum = spectrum[chosen]
            energy = (spectrum.real**2 + spectrum.imag**2).sum(axis=1)
            spectra.append((spectrum, energy, frequency[chosen]))
        return cls(spectra, x - x.mean())

    def scores(self, angles: np.ndarray) -> np.ndarray:
        """(windows, angles): how much better one common profile explains the strips than none."""
        return np.array([[_score(*entry, self.x, angle) for angle in angles] for entry in self.spectra])


def _score(spectrum: np.ndarray, energy: np.ndarray, frequency: np.ndarray, x: np.ndarray, angle_deg: float) -> float:
    shift = (2 * np.pi * np.tan(np.radians(angle_deg))) * np.multiply.outer(frequency, x)
    shift = shift.astype(np.float32)
    phase = np.empty(shift.shape, np.complex64)
    np.cos(shift, out=phase.real)
    np.sin(shift, out=phase.imag)
    common = np.abs(np.einsum("fs,fs->f", spectrum, phase)) ** 2 / np.maximum(energy * spectrum.shape[1], 1e-12)
    weight = energy / max(float(energy.mean()), 1e-12)  # strong writing counts for more than faint texture
    return float(-(weight * np.log1p(-np.minimum(common, 0.999))).sum())


def _contrast(grey: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Local contrast, zero mean, fading out towards the border of the mask, which must not count as a line."""
    inside = mask.astype(np.float32)
    weight = cv2.GaussianBlur(inside, (0, 0), _SURROUND) + 1e-3
    ground = cv2.GaussianBlur(grey * inside, (0, 0), _SURROUND) / weight
    field = np.clip((grey - ground) / (ground + 12), -_CONTRAST, _CONTRAST)
    rim = max(3, round(0.01 * min(grey.shape)))
    core = cv2.erode(inside, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=0)
    return np.asarray(field * cv2.GaussianBlur(core, (0, 0), rim / 2), np.float32)
