"""The kinds and formats of this room: what counts as an image capture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, Kind, register

register(
    Kind("image/master", "a page scan or another picture of the object that is published"),
    Kind("image/part", "one of several overlapping pictures of a scroll or a slip, to be joined"),
    Kind("image/target", "a shot of a colour or resolution target"),
    Kind(
        "image/pyramid",
        "a pyramidal TIFF for an image server such as IIPImage or Cantaloupe",
        place="objects/{object}/pyramids/{name}.tif",
    ),
    Kind("photo", "a photograph of a set taken around a relic, for photogrammetry"),
    Kind("mask", "what belongs to the object in the photograph of the same name"),
)


def _recognise(name: str, head: bytes) -> bool:
    from heritage3d.image.header import sniff

    return sniff(head) == name


def _is_raw(path: Path, head: bytes) -> bool:
    from heritage3d.image.header import is_raw, sniff

    return sniff(head) in ("camera raw", "TIFF") and is_raw(path)


def _info(path: Path) -> dict[str, Any]:
    from heritage3d.image.reading import describe

    return describe(path)


def _check(path: Path) -> list[Finding]:
    """Decode every pixel once, without keeping any."""
    from heritage3d.errors import ImageError
    from heritage3d.image.reading import open_master

    try:
        with open_master(path) as master:
            for _strip in master.strips():
                pass
    except ImageError as error:
        return [Finding(error.code, error.what())]
    return []


register(
    Format("camera raw", _is_raw, _info, _check, captured_as="image/master"),  # before TIFF: many begin as one
    Format("TIFF", lambda _path, head: _recognise("TIFF", head), _info, _check, captured_as="image/master"),
    Format("JPEG", lambda _path, head: _recognise("JPEG", head), _info, _check, captured_as="image/master"),
    Format("PNG", lambda _path, head: _recognise("PNG", head), _info, _check, captured_as="image/master"),
    Format("WebP", lambda _path, head: _recognise("WebP", head), _info, _check, captured_as="image/master"),
    Format("JPEG 2000", lambda _path, head: _recognise("JPEG 2000", head), _info, _check, captured_as="image/master"),
)
