"""Pictures with a known answer, and the colour science that the answers need."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Linear RGB to XYZ (D50), the colorants of the profiles: columns are red, green, blue.
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
ADOBE_RGB = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
ECI_RGB = np.array([[0.65028, 0.17804, 0.13596], [0.32026, 0.60196, 0.07779], [0.0, 0.06778, 0.75724]])
D50 = np.array([0.9642, 1.0, 0.8249])


def strips(pixels: Array, rows: int = 37) -> Iterator[Array]:
    """A picture as a reader hands it over, in strips of an awkward number of rows."""
    for top in range(0, len(pixels), rows):
        yield pixels[top : top + rows]


def noise(width: int, height: int, channels: int = 3, dtype: Any = np.uint8, seed: int = 1) -> Array:
    """Independent samples: the hardest picture for a mean and for an encoder."""
    top = int(np.iinfo(dtype).max)
    return np.random.default_rng(seed).integers(0, top, (height, width, channels), dtype=dtype, endpoint=True)


def gradient(width: int, height: int) -> Array:
    """All hues at many lightnesses, smooth: (height, width, 3) float in 0..1."""
    x = np.linspace(0, 2 * np.pi, width)[None, :]
    y = np.linspace(0.08, 0.92, height)[:, None]
    return np.stack([y + 0.07 * np.sin(x + turn) * np.ones_like(y) for turn in (0.0, 2.1, 4.2)], axis=2).clip(0, 1)


def srgb_to_linear(value: Array) -> Array:
    """IEC 61966-2-1."""
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(value: Array) -> Array:
    """IEC 61966-2-1, clipped to what sRGB can show."""
    value = value.clip(0, 1)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


def l_star_to_linear(value: Array) -> Array:
    """The tone curve of eciRGB v2: samples are CIE L* / 100."""
    return np.where(value > 0.08, ((value * 100 + 16) / 116) ** 3, value * 100 * 27 / 24389)


def xyz_to_srgb(xyz: Array) -> Array:
    """XYZ (D50) to sRGB in 0..1, by matrix, in double precision: the reference conversion."""
    return linear_to_srgb(xyz @ np.linalg.inv(SRGB).T)


def lab(srgb: Array) -> Array:
    """CIELAB (D50) of sRGB in 0..1."""
    return xyz_to_lab(srgb_to_linear(srgb) @ SRGB.T)


def xyz_to_lab(xyz: Array) -> Array:
    """CIE 15:2018."""
    t = xyz / D50
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def lab_to_xyz(values: Array) -> Array:
    """The inverse of ``xyz_to_lab``."""
    fy = (values[..., 0] + 16) / 116
    f = np.stack([fy + values[..., 1] / 500, fy, fy - values[..., 2] / 200], axis=-1)
    return np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50


def delta_e_2000(one: Array, other: Array) -> Array:
    """CIEDE2000 of two Lab arrays (Sharma, Wu, Dalal 2005)."""
    l1, a1, b1 = np.moveaxis(one, -1, 0)
    l2, a2, b2 = np.moveaxis(other, -1, 0)
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    dh = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    big_dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    c, el = (c1 + c2) / 2, (l1 + l2) / 2
    h = np.where(c1 * c2 == 0, h1 + h2, (h1 + dh / 2) % 360)
    t = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
    t = t + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    sl = 1 + 0.015 * (el - 50) ** 2 / np.sqrt(20 + (el - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    turn = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    return np.sqrt(np.maximum(dl**2 + dc**2 + (big_dh / sh) ** 2 + turn * dc * big_dh / sh, 0))


def matrix_profile(colorants: Array, curve: Array, name: str) -> bytes:
    """An ICC v2 display profile: ``curve`` is the linear light of equal steps of a sample, 0 to 1."""
    table = b"curv\0\0\0\0" + struct.pack(">I", len(curve)) + (curve * 65535 + 0.5).astype(">u2").tobytes()
    tags = {b"desc": _description(name), b"wtpt": _xyz(D50), b"cprt": b"text\0\0\0\0none\0"}
    tags |= {key: _xyz(column) for key, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants.T, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), table)
    return _profile(b"RGB ", tags)


def grey_profile(curve: Array, name: str) -> bytes:
    """An ICC v2 grey profile."""
    table = b"curv\0\0\0\0" + struct.pack(">I", len(curve)) + (curve * 65535 + 0.5).astype(">u2").tobytes()
    tags = {b"desc": _description(name), b"wtpt": _xyz(D50), b"cprt": b"text\0\0\0\0none\0", b"kTRC": table}
    return _profile(b"GRAY", tags)


def _xyz(values: Array) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _description(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    at = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += struct.pack(">4sII", key, at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x02400000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + table + body


def read(path: Path) -> Array:
    """All rows of a master, in 0..1: (height, width, channels)."""
    from heritage3d.image.reading import open_master

    with open_master(path) as master:
        pixels = np.concatenate([strip.copy() for strip in master.strips()])
        assert pixels.shape == (master.height, master.width, master.channels)
    return pixels.astype(np.float64) / (65535 if pixels.dtype == np.uint16 else 255)
