"""The gate before the hours of work: photographs that show nothing, are blurred, or came twice."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from heritage3d.errors import Heritage3dError, PhotographBlank, PhotographBlurred, PhotographRepeated
from heritage3d.photogrammetry.pixels import Grey, reduced

LONGEST = 1600  # px at which sharpness is judged
_FINE, _COARSE = 1.0, 2.0  # sigma of two Gaussian derivatives, px
_EDGES = 0.02  # the share of pixels that count as edges
_MAX_BLUR = 10.0
_BLUR_RATIO, _BLUR_BEYOND = 1.6, 1.0  # times the usual blur of the set, and at least so many px more
_FLAT_SD = 1.5  # 8-bit values: a picture with less contrast shows nothing
_THUMB = 48
_SAME = 1.0  # 8-bit values between thumbnails of the same picture saved twice


@dataclass(frozen=True)
class Look:
    """Figures of one photograph. ``blur_px``: sigma of its edges at 1600 px (NaN without edges).

    ``mean``: grey value; ``dark``, ``bright``: share of pixels at the ends of the scale; ``thumb`` (48, 48).
    """

    blur_px: float
    mean: float
    deviation: float
    dark: float
    bright: float
    thumb: Grey


def look_at(grey: Grey) -> Look:
    """Judge the pixels of one photograph, (height, width) uint8 of any size."""
    small = reduced(grey, LONGEST)
    tiny = reduced(small, 256)
    return Look(
        blur_px=_blur(small),
        mean=float(tiny.mean()),
        deviation=float(tiny.std()),
        dark=float((tiny <= 4).mean()),
        bright=float((tiny >= 252).mean()),
        thumb=np.asarray(cv2.resize(tiny, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)),
    )


def _blur(grey: Grey) -> float:
    """Sigma of the blur of the strongest edges, from how their gradients fall when they are blurred once more
    (the idea of Zhuo and Sim, Pattern Recognition 44, 2011)."""
    pixels = grey.astype(np.float32)
    fine, coarse = _gradient(pixels, _FINE), _gradient(pixels, _COARSE)
    level = max(float(np.quantile(fine[::3, ::3], 1 - _EDGES)), 36.0)
    # On the crest of an edge only: beside it the two derivatives fall off unlike each other.
    crest = (fine >= level) & (fine >= cv2.dilate(fine, np.ones((3, 3), np.uint8)) * 0.999)
    if crest.sum() < 50:
        return float("nan")
    ratio = fine[crest] / np.maximum(coarse[crest], 1e-6)
    variance = (_COARSE**2 - ratio * _FINE**2) / np.maximum(ratio - 1, 1e-3)
    return float(np.sqrt(np.median(np.clip(variance, 0, _MAX_BLUR**2))))


def _gradient(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Squared gradient of the picture blurred by ``sigma``."""
    soft = cv2.GaussianBlur(pixels, (0, 0), sigma)
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=1)
    return np.asarray(across * across + down * down)


def judge(looks: dict[str, Look]) -> tuple[dict[str, Heritage3dError], dict[str, Heritage3dError]]:
    """What to leave out for sure (blank, came twice), and what is much less sharp than the rest of the set.

    Both name photographs and say why, in the order of ``looks``.
    """
    useless: dict[str, Heritage3dError] = {}
    kept: dict[str, Look] = {}
    for name, look in looks.items():
        if look.deviation < _FLAT_SD or max(look.dark, look.bright) > 0.995:
            told = "black" if look.mean < 32 else "white" if look.mean > 223 else "one even grey"
            useless[name] = PhotographBlank(file=name, detail=told)
        elif other := next((entry for entry, seen in kept.items() if _same(seen, look)), None):
            useless[name] = PhotographRepeated(file=name, other=other)
        else:
            kept[name] = look
    return useless, _blurred(kept)


def _same(one: Look, other: Look) -> bool:
    difference = np.abs(one.thumb.astype(np.int16) - other.thumb)
    return float(difference.mean()) < _SAME and int(difference.max()) < 12


def _blurred(looks: dict[str, Look]) -> dict[str, Heritage3dError]:
    known = [look.blur_px for look in looks.values() if np.isfinite(look.blur_px)]
    if len(known) < 5:
        return {}
    usual = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(np.array(known) - usual)))
    limit = max(usual * _BLUR_RATIO, usual + _BLUR_BEYOND, usual + 4 * spread)
    return {
        name: PhotographBlurred(file=name, blur_px=round(look.blur_px, 1), usual_px=round(usual, 1))
        for name, look in looks.items()
        if look.blur_px > limit
    }
