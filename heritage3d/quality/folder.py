"""Which files of a folder are captures to be inspected, in which order, and which belong together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import CaptureUnreadable
from heritage3d.image.header import sniff
from heritage3d.record import naming
from heritage3d.record.captures import is_junk
from heritage3d.record.pages import PAGE_LISTS

# A file of such a name claims to be a capture: what is wrong with it is said and not passed over.
_CLAIMS = re.compile(r"tiff?|jpe?g|png|webp|jp2|j2k|jp[xh]|jhc|dng|nef|cr[23]|arw|raf|orf|rw2|hei[cf]|bmp|gif|psd")


@dataclass(frozen=True)
class Series:
    """The images of one folder in natural order, paths below the root with "/", and its page list."""

    folder: str
    files: list[str]
    page_list: Path | None


def series_of(root: Path) -> Iterator[Series]:
    """Every folder at and below ``root`` that holds images; one that cannot be read stands for itself, to be told.

    Raises CaptureUnreadable for the root.
    """
    closed: list[str] = []

    def unreadable(error: OSError) -> None:
        if error.filename in (None, str(root)):
            raise CaptureUnreadable(file=root, detail=error.strerror or "no access") from error
        closed.append(Path(error.filename).relative_to(root).as_posix())

    for place, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = sorted((name for name in folders if not is_junk(name)), key=naming.natural)
        here = Path(place)
        below = "" if here == root else here.relative_to(root).as_posix() + "/"
        images = [below + name for name in sorted(files, key=naming.natural) if is_capture(here / name)]
        if images:
            yield Series(below.rstrip("/"), images, _page_list(here, root))
    yield from (Series(folder, [folder], None) for folder in closed)


def is_capture(path: Path) -> bool:
    """Whether a file is an image by its content, or claims to be one by its suffix."""
    if is_junk(path.name):
        return False
    if _CLAIMS.fullmatch(path.suffix.removeprefix(".").casefold()):
        return path.is_file()
    try:
        with path.open("rb") as stream:
            return sniff(stream.read(64)) is not None
    except OSError:
        return False


def _page_list(folder: Path, root: Path) -> Path | None:
    """Beside the images, or beside their folder ``pages``, as the captures folder has it."""
    places = [folder, folder.parent] if folder.name.casefold() == "pages" and folder != root else [folder]
    return next((place / name for place in places for name in PAGE_LISTS if (place / name).is_file()), None)
