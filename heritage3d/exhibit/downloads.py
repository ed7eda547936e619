"""What a visitor takes away of an object: its offline package as one zip, which the object's manifests name.

The zip is a bag in one folder of the object's id (RFC 8493, 4.2), so that it unpacks to something that opens by a
double click and that `verify` judges. Entries stand in the order of their names and without times.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

from heritage3d.pipeline import addresses, zips
from heritage3d.pipeline.digests import files_below, relative
from heritage3d.pipeline.store import translated

MEDIA = "application/zip"
OVERHEAD = 3_000_000  # bytes of the viewer in each zip, on the safe side
_LABEL = {
    "en": "Take it with you: opens without a network (ZIP, {size})",
    "zh-Hans": "下载本件：无需网络即可打开（ZIP，{size}）",
    "zh-Hant": "下載本件：無需網路即可開啟（ZIP，{size}）",
}


def place(identifier: str) -> str:
    """Where the zip of an object lies below the tree."""
    return f"objects/{identifier}/{identifier}.zip"


def is_download(path: str) -> bool:
    """Whether this published path is such a zip."""
    parts = path.split("/")
    return len(parts) == 3 and path == place(parts[1])


def pack(folder: Path, path: Path) -> int:
    """Write everything below ``folder`` as the zip ``path``; its bytes. Raises OutputError, DiskFull."""
    with translated(path), zipfile.ZipFile(path, "w") as archive:
        for file in files_below(folder):
            # Tiles and models are text in these packages: a quarter less.
            entry = zips.entry(relative(file, folder), zipfile.ZIP_DEFLATED)
            with file.open("rb") as content, archive.open(entry, "w") as packed:
                shutil.copyfileobj(content, packed, 1 << 20)
    return path.stat().st_size


def tell(home: Path, base: str, size: int) -> None:
    """Name the zip in the manifests of the object at ``home`` (…/objects/<id>), with its size in words."""
    identifier = home.name
    entry = {
        "id": base + addresses.join("", place(identifier)).strip("/"),
        "type": "Dataset",
        "label": {tag: [text.format(size=_in_words(size))] for tag, text in _LABEL.items()},
        "format": MEDIA,
    }
    for path in (home / "manifest.json", home / "scene.json"):
        if path.is_file():
            path.write_bytes(addresses.dump(_with_rendering(addresses.load(path), entry)))


def _with_rendering(document: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """The document with one more rendering, before what it lists at length."""
    renderings = [*document.pop("rendering", []), entry]
    last: dict[str, Any] = {name: document.pop(name) for name in ("start", "items", "structures") if name in document}
    return {**document, "rendering": renderings, **last}


def _in_words(size: int) -> str:
    """As the reading room says sizes: 0.9 MB, 24 MB, 1.2 GB."""
    number, unit = (size / 1e9, "GB") if size >= 1e9 else (size / 1e6, "MB")
    return f"{number:.0f} {unit}" if number >= 10 else f"{max(number, 0.1):.1f} {unit}"
