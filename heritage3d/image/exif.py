"""Two facts from an EXIF block: the orientation and the resolution (EXIF 2.32). Bad EXIF is no error."""

from __future__ import annotations

from heritage3d.image import tiff
from heritage3d.image.header import Fault


def read_exif(block: bytes) -> tuple[int, float | None]:
    """Orientation (1 to 8; 1 where the block does not tell) and pixels per inch or None."""
    if block[:6] in (b"Exif\0\0", b"Exif\0\xff"):
        block = block[6:]
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return 1, None
    order = "<" if block[:2] == b"II" else ">"
    start = int.from_bytes(block[4:8], "little" if order == "<" else "big")
    try:
        tags, _next = tiff.directory(lambda at, length: block[at : at + length], len(block), start, order, False)
    except Fault:
        return 1, None
    page = tiff.Page(0, order, tags)
    orientation = page.number(274, 1)
    return orientation if 1 <= orientation <= 8 else 1, tiff.resolution(page)
