"""The header of a JPEG: its frame, its EXIF, its profile (ITU-T T.81, JFIF 1.02, ICC.1 annex B.4)."""

from __future__ import annotations

from collections.abc import Iterator

from heritage3d.image.exif import read_exif
from heritage3d.image.header import Header, Read, damaged, sensible_ppi, truncated, unsupported

_FRAMES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive"}
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)


def parse(read: Read, size: int) -> Header:
    """The header of a JPEG file of ``size`` bytes. Raises header.Fault."""
    orientation, exif_ppi, jfif_ppi = 1, None, None
    profile: dict[int, bytes] = {}
    frame: tuple[int, bytes] | None = None
    for marker, body in _segments(read, size):
        if marker in _FRAMES:
            frame = (marker, body)
        elif marker in _OTHER_FRAMES:
            raise unsupported("it is a lossless, hierarchical or arithmetic-coded JPEG")
        elif marker == 0xE0 and body[:5] == b"JFIF\0" and len(body) >= 12:
            jfif_ppi = _density(body)
        elif marker == 0xE1 and body[:4] == b"Exif":
            orientation, exif_ppi = read_exif(body)
        elif marker == 0xE2 and body[:12] == b"ICC_PROFILE\0" and len(body) > 14:
            profile[body[12]] = body[14:]
    if frame is None or len(frame[1]) < 6:
        raise damaged("it has no frame header")
    bits, bands = frame[1][0], frame[1][5]
    height, width = int.from_bytes(frame[1][1:3], "big"), int.from_bytes(frame[1][3:5], "big")
    if bits != 8:
        raise unsupported(f"it is a {bits}-bit JPEG")
    if bands not in (1, 3, 4):
        raise unsupported(f"it is a JPEG of {bands} channels")
    return Header(
        format="JPEG",
        width=width,
        height=height,
        bits=8,
        bands=bands,
        colour={1: "grey", 3: "RGB", 4: "CMYK"}[bands],
        orientation=orientation,
        icc=b"".join(profile[key] for key in sorted(profile)) or None,
        ppi=exif_ppi or jfif_ppi,
        compression=f"JPEG {_FRAMES[frame[0]]}",
    )


def _segments(read: Read, size: int) -> Iterator[tuple[int, bytes]]:
    """Marker and body of each segment before the first scan."""
    at = 2
    while True:
        start = read(at, 4)
        if len(start) < 4:
            raise truncated("its header is cut off")
        if start[0] != 0xFF:
            raise damaged("its header is not a list of segments")
        if start[1] == 0xFF:  # a fill byte
            at += 1
            continue
        if start[1] == 0xDA:
            return
        length = int.from_bytes(start[2:4], "big")
        if length < 2 or at + 2 + length > size:
            raise truncated("its header is cut off")
        yield start[1], read(at + 4, length - 2)
        at += 2 + length


def _density(body: bytes) -> float | None:
    unit, x, y = body[7], int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    factor = {1: 1.0, 2: 2.54}.get(unit)
    return sensible_ppi(x * factor, y * factor) if factor else None
