"""The kinds and formats of this room: image services, manifests, collections."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, Kind, register

register(
    Kind(
        "iiif/image",
        "a static IIIF Image API 3 service, level 0: info.json and tiles",
        place="objects/{object}/pages/{name}",
        addressed=("info.json",),
    ),
    Kind(
        "iiif/image-zip",
        "the files of such a service in one zip, to be unpacked where it is served",
        place="objects/{object}/zips/{name}.zip",
    ),
    Kind(
        "iiif/manifest",
        "a IIIF Presentation 3 manifest with the thumbnail of the object",
        place="objects/{object}",
        spread=True,
        addressed=("manifest.json", "scene.json"),
    ),
)

_TYPE = re.compile(rb'"@?type"\s*:\s*"(?:sc:)?(Manifest|Collection)"')


def _is_presentation(wanted: bytes, _path: Path, head: bytes) -> bool:
    """JSON that names the Presentation API; the first type that it says is mostly its own."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or b"iiif.io/api/presentation/" not in head:
        return False
    found = _TYPE.search(head)
    return (found[1] if found else b"Manifest") == wanted


def _presentation_info(path: Path) -> dict[str, Any]:
    from heritage3d.iiif.describe import describe

    return describe(path)


def _presentation_check(path: Path) -> list[Finding]:
    from heritage3d.iiif.check_presentation import check

    return check(path)


for _name, _wanted in (("IIIF manifest", b"Manifest"), ("IIIF collection", b"Collection")):
    register(Format(_name, functools.partial(_is_presentation, _wanted), _presentation_info, _presentation_check))


def _is_image_service(_path: Path, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    named = b"iiif.io/api/image" in head or b"library.stanford.edu/iiif/image-api" in head
    return start.startswith(b"{") and named and b"iiif.io/api/presentation/" not in head


def _image_service_info(path: Path) -> dict[str, Any]:
    from heritage3d.iiif.check_image_service import info

    return info(path)


def _image_service_check(path: Path) -> list[Finding]:
    from heritage3d.iiif.check_image_service import check

    return check(path)


register(Format("IIIF image service", _is_image_service, _image_service_info, _image_service_check))
