"""What a manifest joins: image services and models as they lie on disk, read so that every address exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from heritage3d import errors
from heritage3d.iiif.pixels import pixel_size

THUMBNAIL_PX = 200  # the smallest picture of a page that a list of pages can use
MEDIA = {".jpg": "image/jpeg", ".webp": "image/webp", ".png": "image/png"}
ROLES = ("preview", "web", "vr", "full")


@dataclass(frozen=True)
class Picture:
    """An image file below the object's folder: relative address, size in pixels, media type."""

    address: str
    width: int
    height: int
    format: str


@dataclass(frozen=True)
class ImagePart:
    """A static image service: its address, the size of the whole image, two of its files."""

    name: str
    address: str
    width: int
    height: int
    full: Picture
    thumbnail: Picture | None


@dataclass(frozen=True)
class ModelFile:
    """One level of detail."""

    address: str
    role: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class ModelPart:
    """A model in levels of detail, from the smallest to the largest, and what is known of its scale.

    ``extent_mm`` is None where the scale is unknown.
    """

    name: str
    address: str
    files: tuple[ModelFile, ...]
    poster: Picture | None
    extent_mm: tuple[float, float, float] | None
    unit: str | None
    master_to_file: tuple[tuple[float, ...], ...] | None = None  # 4 x 4, from the scan's coordinates to the file's


def read_image(folder: Path, name: str, address: str) -> ImagePart:
    """The image service in a folder. Raises PartUnreadable where it is none or lacks its full image."""
    info = _document(folder / "info.json", f"{address}/info.json")
    width, height = info.get("width"), info.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        raise errors.PartUnreadable(file=f"{address}/info.json", detail="it has no width and height")
    full = _picture(folder, address, "full/max/0")
    if full is None:
        raise errors.PartUnreadable(file=address, detail="full/max is not there")
    return ImagePart(name, address, width, height, full, _thumbnail(folder, address))


def pictures(folder: Path, address: str) -> list[Picture]:
    """The pictures of the whole image that lie on disk in the sizes of info.json, from the smallest."""
    sizes = _document(folder / "info.json", f"{address}/info.json").get("sizes")
    sides = sorted(
        (size["width"], size["height"])
        for size in (sizes if isinstance(sizes, list) else [])
        if isinstance(size, dict) and isinstance(size.get("width"), int) and isinstance(size.get("height"), int)
    )
    found = (_picture(folder, address, f"full/{width},{height}/0") for width, height in sides)
    return [picture for picture in found if picture]


def _thumbnail(folder: Path, address: str) -> Picture | None:
    """The smallest picture that a list of pages can use, else the largest below it."""
    found = pictures(folder, address)
    large = [picture for picture in found if max(picture.width, picture.height) >= THUMBNAIL_PX]
    return large[0] if large else found[-1] if found else None


def _picture(folder: Path, address: str, place: str) -> Picture | None:
    for suffix, media in MEDIA.items():
        path = folder / place / f"default{suffix}"
        if path.is_file():
            size = pixel_size(path)
            return Picture(f"{address}/{place}/default{suffix}", *size, media) if size else None
    return None


def read_model(folder: Path, name: str, address: str) -> ModelPart:
    """The levels of detail in a folder, as its evidence.json lists them; those that are not there are left out.

    Raises PartUnreadable where there is none.
    """
    evidence = _document(folder / "evidence.json", f"{address}/evidence.json")
    named = evidence.get("files")
    listed = [entry for entry in named if isinstance(entry, dict)] if isinstance(named, list) else []
    files = [
        ModelFile(f"{address}/{entry['file']}", str(entry.get("role", "")), entry)
        for entry in listed
        if isinstance(entry.get("file"), str) and "/" not in entry["file"] and (folder / entry["file"]).is_file()
    ]
    if not files:
        raise errors.PartUnreadable(file=address, detail="no level of detail is there")
    rank = {role: at for at, role in enumerate(ROLES)}
    files.sort(key=lambda file: (rank.get(file.role, len(ROLES)), file.address))
    poster = folder / "poster.jpg"
    size = pixel_size(poster) if poster.is_file() else None
    return ModelPart(
        name,
        address,
        tuple(files),
        Picture(f"{address}/poster.jpg", *size, "image/jpeg") if size else None,
        _extent(evidence),
        evidence.get("unit") if isinstance(evidence.get("unit"), str) else None,
        _matrix(evidence.get("master_to_file")),
    )


def _matrix(rows: Any) -> tuple[tuple[float, ...], ...] | None:
    if not isinstance(rows, list) or len(rows) != 4 or not all(isinstance(row, list) and len(row) == 4 for row in rows):
        return None
    if not all(isinstance(value, (int, float)) for row in rows for value in row):
        return None
    return tuple(tuple(float(value) for value in row) for row in rows)


def _extent(evidence: dict[str, Any]) -> tuple[float, float, float] | None:
    extent = evidence.get("extent_mm")
    if evidence.get("scale") != "known" or not isinstance(extent, list) or len(extent) != 3:
        return None
    if not all(isinstance(side, (int, float)) for side in extent):
        return None
    return (float(extent[0]), float(extent[1]), float(extent[2]))


def _document(path: Path, address: str) -> dict[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise errors.PartUnreadable(file=address, detail=error.strerror or "it cannot be read") from None
    except orjson.JSONDecodeError:
        raise errors.PartUnreadable(file=address, detail="it is no JSON") from None
    if not isinstance(document, dict):
        raise errors.PartUnreadable(file=address, detail="it is no JSON object")
    return document
