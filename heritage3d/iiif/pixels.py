"""The size in pixels that a JPEG, PNG or WebP file has by its header: what a document's claim is held against."""

from __future__ import annotations

from pathlib import Path

_HEAD = 65_536
# JPEG start-of-frame markers (ITU T.81, table B.1): all of C0-CF but DHT, JPG, DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def pixel_size(path: Path) -> tuple[int, int] | None:
    """Width and height; None where the header tells none. Raises OSError."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if head.startswith(b"\xff\xd8"):
            return _jpeg(head) or _jpeg(head + stream.read(16 * _HEAD))
    return pixel_size_of(head)


def pixel_size_of(head: bytes) -> tuple[int, int] | None:
    """The same of the first bytes of such a file."""
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        standalone = marker == 0xFF or 0xD0 <= marker <= 0xD8
        at += (1 if marker == 0xFF else 2) if standalone else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and len(data) >= 30:
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None
