"""Whether two captures show the same page: a coarse correlation finds candidates, a fine one decides.

A hash of few bits does not do for pages: those of one volume are laid out alike, and the same page lies a little
elsewhere in its second shot. So the candidates come from correlations over all shifts, in the frequency domain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 192
_COARSE_SIDE = 64
# The edges of the sheet are alike in all captures of a volume.
_INNER = (slice(SIDE // 6, -(SIDE // 6)), slice(SIDE // 6, -(SIDE // 6)))
_COARSE = 6.0  # px of the small picture; slower changes are light and paper, not content
_BLANK = 2.5  # 8-bit values: detail of a page that bears nothing
_SAME = 0.75  # correlation; two pages of one printed form reach 0.5, the same page twice 0.9
_CANDIDATE = 0.5  # coarse correlation at the best shift
_AT_ONCE = 256


@dataclass(frozen=True)
class Fingerprint:
    """``small``: (SIDE, SIDE) uint8, the picture squeezed to a square."""

    small: np.ndarray

    @property
    def blank(self) -> bool:
        """Nothing on it that could tell it from another blank page."""
        return float(_detail(self.small)[_INNER].std()) < _BLANK

    def same(self, other: Fingerprint) -> float:
        """How alike the details are, -1 to 1, after the shift between the two is taken out."""
        here, there = _detail(self.small), _detail(other.small)
        window = cv2.createHanningWindow((SIDE, SIDE), cv2.CV_32F)
        (right, down), _response = cv2.phaseCorrelate(here, there, window)
        if abs(right) > SIDE / 8 or abs(down) > SIDE / 8:
            right = down = 0.0
        shift = np.array([[1, 0, -right], [0, 1, -down]], np.float32)
        moved = cv2.warpAffine(there, shift, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        a, b = here[_INNER].ravel(), moved[_INNER].ravel()
        return float(np.corrcoef(a, b)[0, 1]) if a.std() and b.std() else 0.0


def fingerprint(thinned: np.ndarray) -> Fingerprint:
    """Of the thinned picture of a glance, (h, w, 1 or 3) uint8."""
    grey = cv2.cvtColor(thinned, cv2.COLOR_RGB2GRAY) if thinned.shape[2] == 3 else thinned[..., 0]
    return Fingerprint(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def candidates(prints: Sequence[Fingerprint]) -> Iterator[tuple[int, int]]:
    """Pairs (first, second) that may show the same content, in order."""
    if len(prints) < 2:
        return
    spectra = np.stack([_spectrum(one) for one in prints])
    for first in range(len(prints) - 1):
        for begin in range(first + 1, len(prints), _AT_ONCE):
            products = spectra[begin : begin + _AT_ONCE] * np.conj(spectra[first])
            best = np.fft.irfft2(products, s=(_COARSE_SIDE, _COARSE_SIDE)).max((1, 2))
            yield from ((first, begin + int(step)) for step in np.flatnonzero(best >= _CANDIDATE))


def _spectrum(one: Fingerprint) -> np.ndarray:
    """Of the details of the inner part, with the energy of one."""
    inner = np.ascontiguousarray(_detail(one.small)[_INNER])
    coarse = cv2.resize(inner, (_COARSE_SIDE, _COARSE_SIDE), interpolation=cv2.INTER_AREA)
    window = np.hanning(_COARSE_SIDE)
    held = (coarse - coarse.mean()) * window * window[:, None]
    return np.asarray(np.fft.rfft2(held / max(float(np.linalg.norm(held)), 1e-9)).astype(np.complex64))


def is_same(first: Fingerprint, second: Fingerprint) -> bool:
    """Whether both show the same content."""
    return first.same(second) >= _SAME


def _detail(small: np.ndarray) -> np.ndarray:
    picture = small.astype(np.float32)
    detail: np.ndarray = cv2.GaussianBlur(picture, (0, 0), 0.8) - cv2.GaussianBlur(picture, (0, 0), _COARSE)
    return detail
