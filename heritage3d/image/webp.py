"""The header of a WebP file (RFC 9649)."""

from __future__ import annotations

from heritage3d.image.exif import read_exif
from heritage3d.image.header import Header, Read, damaged, truncated, unsupported


def parse(read: Read, size: int) -> Header:
    """The header of a WebP file. Raises header.Fault."""
    head = read(0, 12)
    end = 8 + int.from_bytes(head[4:8], "little")
    if end > size:
        raise truncated(f"{end - size} bytes are missing at its end")
    at, icc, orientation, alpha = 12, None, 1, False
    frame: tuple[int, int] | None = None
    while at + 8 <= end:
        chunk = read(at, 8)
        name, length = chunk[:4], int.from_bytes(chunk[4:8], "little")
        if at + 8 + length > end:
            raise damaged("a chunk is longer than the file says")
        if name in (b"VP8 ", b"VP8L"):
            frame = _frame(name, read(at + 8, 10))
            alpha = alpha or (name == b"VP8L" and bool(read(at + 12, 1)[0] & 0x10))
        elif name == b"VP8X":
            flags = read(at + 8, 1)[0]
            alpha = bool(flags & 0x10)
            if flags & 0x02:
                raise unsupported("it is an animated WebP")
        elif name == b"ICCP" and length < 16 << 20:
            icc = read(at + 8, length)
        elif name == b"EXIF" and length < 16 << 20:
            orientation, _ppi = read_exif(read(at + 8, length))
        at += 8 + length + length % 2
    if frame is None:
        raise damaged("it holds no picture")
    return Header(
        format="WebP",
        width=frame[0],
        height=frame[1],
        bits=8,
        bands=4 if alpha else 3,
        colour="RGB",
        orientation=orientation,
        alpha=alpha,
        icc=icc,
        compression="WebP",
    )


def _frame(name: bytes, body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        raise truncated("its picture is cut off")
    if name == b"VP8L":
        if body[0] != 0x2F:
            raise damaged("its lossless picture has no signature")
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if body[3:6] != b"\x9d\x01\x2a":
        raise damaged("its picture has no start code")
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
