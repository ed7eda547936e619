"""The thumbnail of an object, made from pictures that are published already."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from heritage3d import errors
from heritage3d.iiif.parts import ImagePart, ModelPart, Picture, pictures

QUALITY = 85


def thumbnail_of(
    images: Sequence[ImagePart],
    models: Sequence[ModelPart],
    folders: Mapping[str, Path],
    dest: Path,
    side: int,
) -> tuple[int, int] | None:
    """Write a JPEG of at most ``side`` pixels and return its width and height; None where nothing can be shown.

    It shows the model where there is one, else the first of ``images``. ``folders`` maps addresses of parts to folders.
    Raises PartUnreadable.
    """
    sources: list[tuple[str, Picture]] = [(part.address, part.poster) for part in models if part.poster]
    sources += [(part.address, _picture(folders[part.address], part, side)) for part in images[:1]]
    if not sources:
        return None
    address, picture = sources[0]
    return _shrink(folders[address] / picture.address.removeprefix(f"{address}/"), picture.address, dest, side)


def _picture(folder: Path, part: ImagePart, side: int) -> Picture:
    """The smallest picture of a page on disk that is at least as large as the thumbnail."""
    found = pictures(folder, part.address)
    large = [picture for picture in found if max(picture.width, picture.height) >= side]
    return large[0] if large else part.full


def _shrink(source: Path, address: str, dest: Path, side: int) -> tuple[int, int]:
    os.environ.setdefault("VIPS_BLOCK_UNTRUSTED", "1")
    import pyvips

    try:
        image = pyvips.Image.thumbnail(str(source), side, height=side, size="down", fail_on="warning")
        image.jpegsave(str(dest), Q=QUALITY, keep="none", optimize_coding=True)
    except pyvips.Error as error:
        detail = str(error).strip().splitlines()[-1:] or ["it cannot be decoded"]
        raise errors.PartUnreadable(file=address, detail=detail[0][:200]) from None
    return int(image.width), int(image.height)
