"""CIELAB under D50 and the CIEDE2000 difference, vectorised."""

from __future__ import annotations

import functools

import numpy as np

#: Linear sRGB to XYZ under D50: IEC 61966-2-1 primaries, Bradford adaptation (as in the ICC profile of sRGB).
TO_XYZ_D50 = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
WHITE_D50 = TO_XYZ_D50.sum(axis=1)


@functools.cache
def _table(depth: int) -> np.ndarray:
    code = np.arange(1 << depth) / ((1 << depth) - 1)
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)
    linear.setflags(write=False)
    return linear


def linear(pixels: np.ndarray) -> np.ndarray:
    """Light of sRGB samples, uint8 or uint16 of any shape, as float32 from 0 to 1 (IEC 61966-2-1)."""
    return np.asarray(_table(8 * pixels.dtype.itemsize)[pixels])


def encoded(light: np.ndarray) -> np.ndarray:
    """sRGB code values 0 to 1 of linear light; what lies outside is clipped."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB (D50) of linear sRGB (..., 3)."""
    ratio = np.asarray(light, np.float64) @ TO_XYZ_D50.T / WHITE_D50
    f = _f(ratio)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def light_of(lab_values: np.ndarray) -> np.ndarray:
    """Linear sRGB (..., 3) of CIELAB (D50); colours outside sRGB have samples below 0 or above 1."""
    high = (lab_values[..., 0] + 16) / 116
    f = np.stack([high + lab_values[..., 1] / 500, high, high - lab_values[..., 2] / 200], axis=-1)
    ratio = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2)
    return np.asarray((ratio * WHITE_D50) @ np.linalg.inv(TO_XYZ_D50).T)


def lightness(light: np.ndarray) -> np.ndarray:
    """L* of linear sRGB: (..., 3), or grey light (...) as it is."""
    return np.asarray(116 * _f(np.asarray(light)) - 16)


def luminance(light: np.ndarray) -> np.ndarray:
    """Relative luminance Y of linear sRGB (..., 3) or of grey (..., 1)."""
    return light[..., 0] if light.shape[-1] == 1 else light @ TO_XYZ_D50[1].astype(light.dtype)


def _f(ratio: np.ndarray) -> np.ndarray:
    return np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)


def ciede2000(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIEDE2000 between CIELAB colours (..., 3), kL = kC = kH = 1 (Sharma, Wu and Dalal 2005)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(chroma7 / (chroma7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1 = np.degrees(np.arctan2(b1, stretch * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, stretch * a2)) % 360
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    turn = np.where((turn == -180) & (h2 > h1), 180.0, turn)
    hue = np.where(grey, h1 + h2, np.where(np.abs(h1 - h2) <= 180, (h1 + h2) / 2, ((h1 + h2 + 360) / 2) % 360))
    level, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (level - 50) ** 2 / np.sqrt(20 + (level - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * weight
    theta = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    r_t = -np.sin(np.radians(2 * theta)) * 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    in_l, in_c, in_h = (l2 - l1) / s_l, (c2 - c1) / s_c, delta_h / s_h
    return np.asarray(np.sqrt(np.maximum(in_l**2 + in_c**2 + in_h**2 + r_t * in_c * in_h, 0)))
