"""What a photograph says of the camera that took it: maker, model, focal length, size of the sensor (EXIF 2.32)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from heritage3d.image import tiff
from heritage3d.image.header import Fault

_HEAD_BYTES = 1 << 20  # EXIF of a JPEG lies in its first segments
_FULL_FRAME_MM = 36.0  # the longer side of the frame that "35 mm equivalent" speaks of
_UNITS_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_MAKE, _MODEL, _EXIF_IFD = 271, 272, 34665
_FOCAL, _FOCAL_35, _PIXELS_X, _PIXELS_Y = 37386, 41989, 40962, 40963
_PLANE_X, _PLANE_UNIT, _LENS = 41486, 41488, 42036


@dataclass(frozen=True)
class Lens:
    """``device`` names camera and lens, "" where the file does not say. ``focal_mm`` as set on the lens.

    ``focal_share`` is the focal length as a share of the longer side of the picture, None where nothing tells.
    """

    device: str = ""
    focal_mm: float | None = None
    focal_share: float | None = None


def read_lens(path: Path) -> Lens:
    """The lens of a JPEG, TIFF or raw file; an empty Lens where it does not say or the block is broken."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)

            def read(at: int, length: int) -> bytes:
                stream.seek(at)
                return stream.read(length)

            if head[:3] == b"\xff\xd8\xff":
                block = _exif_of_jpeg(head)
                return _lens(lambda at, length: block[at : at + length], len(block)) if block else Lens()
            if head[:15] == b"FUJIFILMCCD-RAW":  # its preview is a JPEG with the EXIF of the shot
                start = int.from_bytes(head[84:88], "big")
                block = _exif_of_jpeg(read(start, _HEAD_BYTES))
                return _lens(lambda at, length: block[at : at + length], len(block)) if block else Lens()
            return _lens(read, path.stat().st_size) if head[:2] in (b"II", b"MM") else Lens()
    except (OSError, Fault, ValueError, OverflowError):
        return Lens()


def _exif_of_jpeg(head: bytes) -> bytes:
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if marker == 0xE1 and head[at + 4 : at + 8] == b"Exif":
            return head[at + 10 : at + 2 + length]
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    return b""


def _lens(read: Any, size: int) -> Lens:
    order = "<" if read(0, 2) == b"II" else ">"
    start = int.from_bytes(read(4, 4), "little" if order == "<" else "big")
    main, _next = tiff.directory(read, size, start, order, False)
    where = main.get(_EXIF_IFD, (0,))[0]
    exif = tiff.directory(read, size, int(where), order, False)[0] if isinstance(where, int) and where else {}
    names = [_text(main, _MAKE), _text(main, _MODEL), _text(exif, _LENS)]
    focal = _number(exif, _FOCAL)
    return Lens(" ".join(name for name in names if name), focal, _share(exif, focal))


def _share(exif: dict[int, tuple[Any, ...]], focal_mm: float | None) -> float | None:
    """From the sensor where its pixels are stated, else from the 35 mm equivalent; absurd values are no values."""
    pitch, unit = _number(exif, _PLANE_X), _UNITS_MM.get(int(_number(exif, _PLANE_UNIT) or 2), 25.4)
    longer = max(_number(exif, _PIXELS_X) or 0, _number(exif, _PIXELS_Y) or 0)
    share = focal_mm * pitch / unit / longer if focal_mm and pitch and longer else None
    if share is None or not 0.3 < share < 30:
        equivalent = _number(exif, _FOCAL_35)
        share = equivalent / _FULL_FRAME_MM if equivalent else None
    return share if share and 0.3 < share < 30 else None


def _number(tags: dict[int, tuple[Any, ...]], tag: int) -> float | None:
    value = tags.get(tag, (None,))
    first = value[0] if value else None
    return float(first) if isinstance(first, int | float | Fraction) and first > 0 else None


def _text(tags: dict[int, tuple[Any, ...]], tag: int) -> str:
    value = tags.get(tag, (b"",))
    raw = value[0] if value and isinstance(value[0], bytes) else b""
    return " ".join(raw.split(b"\0")[0].decode("utf-8", "replace").split())[:80]
