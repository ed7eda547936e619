"""Judge anyone's static IIIF image service: does every address that a client may compute exist, at its size?

Works on Image API 2 and 3. A service that claims level 1 or 2 is answered by a program, not by files, so
only its info.json is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heritage3d.iiif.pixels import pixel_size
from heritage3d.iiif.untrusted import read_json
from heritage3d.pipeline.kinds import Finding

FORM, ABSENT, SIZE, VERSION = (f"H3D-{number}" for number in range(330, 334))

MAX_FINDINGS = 500
_MAX_ADDRESSES = 4_000_000


def info(path: Path) -> dict[str, Any]:
    """Version, level, size, tiles and sizes of an info.json. Raises DocumentUnreadable, DocumentTooLarge."""
    document = read_json(path)
    document = document if isinstance(document, dict) else {}
    version = _version(document)
    return {
        "format": f"IIIF Image API {version or '?'}",
        "id": document.get("id", document.get("@id")),
        "level": _level(document),
        "width": document.get("width"),
        "height": document.get("height"),
        "tiles": document.get("tiles"),
        "sizes": document.get("sizes"),
    }


def check(path: Path) -> list[Finding]:
    """Every fault of the service whose info.json this is. Raises DocumentUnreadable, DocumentTooLarge."""
    document = read_json(path)
    if not isinstance(document, dict):
        return [Finding(FORM, "info.json is not an object", "/")]
    version = _version(document)
    if version is None:
        return [Finding(VERSION, "only the Image API 2 and 3 are judged", "/@context", severity="warning")]
    findings = list(_form(document, version))
    shapeless = any(finding.where.startswith(("/width", "/height", "/sizes", "/tiles")) for finding in findings)
    if shapeless or _level(document) != 0:
        return findings
    for place, size in _addresses(document, version):
        fault = _file(path.parent, place, size)
        if fault:
            findings.append(fault)
        if len(findings) >= MAX_FINDINGS:
            findings.append(Finding(ABSENT, "and perhaps more: the check stopped here", "/"))
            break
    return findings


def _version(document: dict[str, Any]) -> int | None:
    context = document.get("@context")
    named = context if isinstance(context, list) else [context]
    return next((n for n in (2, 3) if f"http://iiif.io/api/image/{n}/context.json" in named), None)


def _level(document: dict[str, Any]) -> int | None:
    profile = document.get("profile")
    first = profile[0] if isinstance(profile, list) and profile else profile
    name = str(first).removesuffix(".json").rpartition("/")[2]
    return int(name[-1]) if name in ("level0", "level1", "level2") else None


def _form(document: dict[str, Any], version: int) -> Iterator[Finding]:
    for name in ("width", "height"):
        if not _positive(document.get(name)):
            yield Finding(FORM, f"{name} must be a positive whole number", f"/{name}")
    if document.get("protocol") != "http://iiif.io/api/image":
        yield Finding(FORM, "protocol must be http://iiif.io/api/image", "/protocol")
    name = "id" if version == 3 else "@id"
    if not str(document.get(name, "")).startswith(("http://", "https://")):
        yield Finding(FORM, f"{name} must be an http address", f"/{name}")
    if version == 3 and document.get("type") != "ImageService3":
        yield Finding(FORM, "type must be ImageService3", "/type")
    if _level(document) is None:
        yield Finding(FORM, "profile names no compliance level", "/profile")
    for at, size in enumerate(_list(document, "sizes")):
        if not (isinstance(size, dict) and _positive(size.get("width")) and _positive(size.get("height"))):
            yield Finding(FORM, "a size needs width and height", f"/sizes/{at}")
    for at, tiles in enumerate(_list(document, "tiles")):
        good = isinstance(tiles, dict) and _positive(tiles.get("width")) and _positive(tiles.get("height", 1))
        factors = tiles.get("scaleFactors") if isinstance(tiles, dict) else None
        if not (good and isinstance(factors, list) and factors and all(map(_positive, factors))):
            yield Finding(FORM, "tiles need a width and scaleFactors", f"/tiles/{at}")


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31


def _list(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []


def _addresses(document: dict[str, Any], version: int) -> Iterator[tuple[tuple[str, ...], tuple[int, int] | None]]:
    """The paths under which a file may lie (any of them will do), and its width and height where known."""
    width, height = document["width"], document["height"]
    form = (_list(document, "preferredFormats") or ["jpg"])[0] if version == 3 else "jpg"
    limited = any(name in document for name in ("maxWidth", "maxHeight", "maxArea"))
    largest = "max" if version == 3 else "full"
    yield (f"full/{largest}/0/default.jpg",), None if limited else (width, height)
    for size in _list(document, "sizes"):
        w, h = size["width"], size["height"]
        names = [f"{w},{h}", f"{w},"] if version == 2 else [f"{w},{h}"]
        if (w, h) == (width, height):
            names.append(largest)
        yield tuple(f"full/{name}/0/default.jpg" for name in names), (w, h)
    count = 0
    for tiles in _list(document, "tiles"):
        for path, size in _tiles(width, height, tiles, version):
            count += 1
            if count > _MAX_ADDRESSES:
                return
            yield tuple(f"{name}.{form}" for name in path), size


def _tiles(
    width: int, height: int, tiles: dict[str, Any], version: int
) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    across, down = tiles["width"], tiles.get("height", tiles["width"])
    for scale in tiles["scaleFactors"]:
        for y in range(0, height, down * scale):
            for x in range(0, width, across * scale):
                w, h = min(across * scale, width - x), min(down * scale, height - y)
                size = (-(-w // scale), -(-h // scale))
                full = (w, h) == (width, height)
                region = "full" if full else f"{x},{y},{w},{h}"
                names = [f"{size[0]},{size[1]}"] + ([f"{size[0]},"] if version == 2 else [])
                if full and size == (width, height):
                    names.append("max" if version == 3 else "full")
                yield tuple(f"{region}/{name}/0/default" for name in names), size


def _file(folder: Path, places: tuple[str, ...], wanted: tuple[int, int] | None) -> Finding | None:
    found = next((place for place in places if (folder / place).is_file()), None)
    if found is None:
        return Finding(ABSENT, f"{places[0]} does not exist", places[0])
    size = pixel_size(folder / found)
    if size is None:
        return Finding(SIZE, f"{found} is no image that can be read", found)
    if wanted and size != wanted:
        return Finding(SIZE, f"{found} is {size[0]} x {size[1]} pixels", found)
    return None
