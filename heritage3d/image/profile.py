"""What an ICC profile is for and whether it is sRGB, read without a colour engine (ICC.1:2022)."""

from __future__ import annotations

import struct
from collections.abc import Callable

_SPACES = {b"RGB ": "RGB", b"GRAY": "grey", b"CMYK": "CMYK", b"Lab ": "Lab"}
_MOST_GAMMA = 10.0
# Colorants of sRGB adapted to D50 (IEC 61966-2-1 amendment 1), as every sRGB profile states them.
_SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def space(profile: bytes) -> str | None:
    """The colour model of the device: RGB, grey, CMYK, Lab, another signature; None for no ICC profile."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return None
    if int.from_bytes(profile[:4], "big") > len(profile):
        return None
    return _SPACES.get(profile[16:20], profile[16:20].decode("latin-1"))


def name(profile: bytes) -> str:
    """The description of a profile, "" where it has none that can be read."""
    body = _tags(profile).get(b"desc", b"")
    if body[:4] == b"mluc" and len(body) >= 28:
        length, at = struct.unpack(">II", body[20:28])
        return body[at : at + length].decode("utf-16-be", "replace").strip("\0 ")
    if body[:4] == b"desc" and len(body) >= 12:
        length = int.from_bytes(body[8:12], "big")
        return body[12 : 12 + length].decode("latin-1").split("\0")[0].strip()
    return ""


def is_srgb(profile: bytes) -> bool:
    """Whether converting from this profile to sRGB would change nothing that a 16-bit file can show.

    True for matrix profiles with the colorants of sRGB (within 0.0005) and its tone curve (within 0.0006).
    """
    tags = _tags(profile)
    if space(profile) != "RGB" or any(key in tags for key in (b"A2B0", b"A2B1", b"D2B0")):
        return False
    for key, wanted in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _SRGB, strict=True):
        body = tags.get(key, b"")
        if len(body) < 20:
            return False
        found = (value / 65536 for value in struct.unpack(">iii", body[8:20]))
        if any(abs(a - b) > 0.0005 for a, b in zip(found, wanted, strict=True)):
            return False
    return all(_srgb_curve(tags.get(key, b"")) for key in (b"rTRC", b"gTRC", b"bTRC"))


def grey_curve(profile: bytes) -> Callable[[float], float] | None:
    """Linear light (0 to 1) of a grey sample (0 to 1); None where the profile has no simple curve."""
    tags = _tags(profile)
    if space(profile) != "grey" or any(key in tags for key in (b"A2B0", b"A2B1", b"D2B0")):
        return None
    return _curve(tags.get(b"kTRC", b""))


def to_srgb(linear: float) -> float:
    """The sRGB sample (0 to 1) of linear light, IEC 61966-2-1."""
    light = min(max(linear, 0.0), 1.0)
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)


def _srgb_curve(body: bytes) -> bool:
    curve = _curve(body)
    if curve is None:
        return False
    steps = (step / 32 for step in range(33))
    return all(abs(curve(x) - (((x + 0.055) / 1.055) ** 2.4 if x > 0.04045 else x / 12.92)) <= 0.0006 for x in steps)


def _curve(body: bytes) -> Callable[[float], float] | None:
    """A tone curve of type curv or para (ICC.1:2022, 10.6 and 10.18)."""
    if body[:4] == b"curv" and len(body) >= 12:
        count = int.from_bytes(body[8:12], "big")
        table = struct.unpack(f">{count}H", body[12 : 12 + 2 * count]) if 12 + 2 * count <= len(body) else ()
        if count == 0:
            return lambda x: x
        if len(table) == 1:
            gamma = table[0] / 256
            return lambda x: float(x**gamma)
        return (lambda x: _between(table, x * (count - 1)) / 65535) if table else None
    numbers = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(int.from_bytes(body[8:10], "big"), 0) if body[:4] == b"para" else 0
    if not numbers or len(body) < 12 + 4 * numbers:
        return None
    given = [value / 65536 for value in struct.unpack(f">{numbers}i", body[12 : 12 + 4 * numbers])]
    # Types 1 and 2 change over at -b/a; all others are type 4 with defaults.
    g, a, b, c, d, e, f = (given + [1.0, 0.0, 0.0, 0.0, 0.0, 0.0][len(given) - 1 :])[:7]
    if not 0 < g <= _MOST_GAMMA:
        return None  # no tone curve: dark would be infinitely bright, or the power beyond all numbers
    if numbers in (3, 4):
        e, c, d, f = (c, 0.0, -b / a if a else 0.0, c) if numbers == 4 else (0.0, 0.0, -b / a if a else 0.0, 0.0)
    return lambda x: float(max(a * x + b, 0.0) ** g + e) if x >= d else c * x + f


def _between(table: tuple[int, ...], at: float) -> float:
    low = min(int(at), len(table) - 2)
    return table[low] + (table[low + 1] - table[low]) * (at - low)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = int.from_bytes(profile[128:132], "big")
    tags: dict[bytes, bytes] = {}
    for at in range(132, min(132 + 12 * min(count, 200), len(profile) - 11), 12):
        key, offset, length = struct.unpack(">4sII", profile[at : at + 12])
        tags[key] = profile[offset : offset + length]
    return tags
