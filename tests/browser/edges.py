"""A collection of awkward sizes, made by the project's own stages, and what each address of it promises.

One manifest names a thumbnail for every canvas, one names none, so that viewers compute their own addresses;
a third has its tiles in WebP. ``promised`` reads an address as the Image API does and shares nothing with
the code that writes the files.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from PIL import Image

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact
from heritage3d.record.record import describe
from heritage3d.stages.manifest import manifest
from heritage3d.stages.tile import tile

SIZES = (
    (1, 1), (1, 700), (700, 1), (40, 30), (89, 90), (90, 89), (91, 1000), (511, 513), (512, 512), (513, 1025),
    (1025, 512), (200, 60_000), (60_000, 200), (16_384, 16), (4097, 4097), (5000, 7000),
)  # fmt: skip
WEBP = ((40, 30), (257, 700), (1000, 3001))

_ADDRESS = re.compile(r"/(full|\d+,\d+,\d+,\d+)/(max|\d*,\d*)/0/default\.(jpg|webp)$")


def build(out: Path, base: str) -> None:
    """Write the manifests ``named``, ``bare`` and ``webp`` and their services into a folder, bound to ``base``."""
    services = _object(out, base, "named", SIZES, 512, "jpg")
    _object(out, base, "webp", WEBP, 256, "webp")
    bare = addresses.load(out / "objects" / "named" / "manifest.json")
    bare = addresses.rebind(bare, f"{services}canvas/", f"{addresses.join(base, 'objects/bare')}canvas/")
    bare["id"] = addresses.join(base, "objects/bare") + "manifest.json"
    for part in (bare, *bare["items"]):
        part.pop("thumbnail", None)
    (out / "objects" / "bare").mkdir()
    (out / "objects" / "bare" / "manifest.json").write_bytes(addresses.dump(bare))


def _object(out: Path, base: str, name: str, sizes: tuple[tuple[int, int], ...], side: int, form: Any) -> str:
    home = out / "objects" / name
    record = {**describe(name, {"title@en": f"Edge sizes, {name}"}), "pages": []}
    parts = []
    for width, height in sizes:
        page = f"{width}x{height}"
        folder = home / "pages" / page
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as place:
            picture = Path(place) / "master.tif"
            Image.fromarray(_picture(width, height)).save(picture)
            tile(picture, folder, size=side, format=form)
        record["pages"].append({"name": page, "label": {"none": [page]}, "side": None, "width": width})
        parts.append(Artefact(folder, "iiif/image", page, f"pages/{page}"))
    (home / "record.json").write_bytes(addresses.dump(record))
    manifest(home / "record.json", parts, home)
    place = addresses.join(base, f"objects/{name}")
    _bind(home / "manifest.json", place)
    for part in parts:
        _bind(part.path / "info.json", addresses.join(place, part.address))
    return place


def _bind(path: Path, place: str) -> None:
    path.write_bytes(addresses.dump(addresses.rebind(addresses.load(path), addresses.HERE, place)))


def _picture(width: int, height: int) -> np.ndarray:
    """Grey squares of 64 pixels that grow darker from corner to corner: a tile in the wrong place is seen."""
    across = 200 - 100 * np.arange(width) // width
    down = 55 - 55 * np.arange(height) // height
    odd = ((np.arange(height) // 64)[:, None] + (np.arange(width) // 64)[None, :]) % 2
    return (across[None, :] + down[:, None] - 40 * odd).astype(np.uint8)


def judged(tree: Path, base: str, requested: list[str]) -> tuple[int, list[str]]:
    """How many different pictures were asked of the services below ``base``, and what is wrong with any of them."""
    asked = sorted({url for url in requested if url.startswith(base) and "/pages/" in url and "info.json" not in url})
    return len(asked), [fault for url in asked if (fault := _fault(tree, unquote(url.removeprefix(base))))]


def _fault(tree: Path, place: str) -> str:
    found = _ADDRESS.search(place)
    if not found:
        return f"{place} is no address of an image"
    file = tree / place
    if not file.is_file():
        return f"{place} does not exist"
    with Image.open(file) as picture:
        real = picture.size
    expected = promised(addresses.load(tree / place[: found.start()] / "info.json"), found[1], found[2])
    return "" if real == expected else f"{place} is {real[0]} x {real[1]}, not {expected[0]} x {expected[1]}"


def promised(info: dict[str, Any], region: str, size: str) -> tuple[int, int]:
    """Width and height of the answer, by Image API 3.0, 4.1, 4.2 and 5.3."""
    whole = (info["width"], info["height"])
    if region == "full":
        width, height = whole
    else:
        x, y, width, height = map(int, region.split(","))
        width, height = min(width, whole[0] - x), min(height, whole[1] - y)
    if size == "max":
        bounds = (info.get("maxWidth", width), info.get("maxHeight", info.get("maxWidth", height)))
        scale = min(1.0, bounds[0] / width, bounds[1] / height)
        return round(width * scale), round(height * scale)
    across, down = (int(side) if side else 0 for side in size.split(","))
    # A width alone means the listed size of that width where there is one, else the proportion of the image.
    listed = [entry["height"] for entry in info["sizes"] if region == "full" and entry["width"] == across]
    return across, down or (listed[0] if listed else max(1, round(height * across / width)))
