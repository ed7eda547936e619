"""A published tree without a pixel: the documents that a room is laid out from, and GLBs that are only a header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.gltf import container
from heritage3d.pipeline import addresses


def add(root: Path, identifier: str, record: dict[str, Any] | None = None) -> Path:
    """An object with its record; its folder."""
    home = root / "objects" / identifier
    home.mkdir(parents=True)
    told = {"id": identifier, "title": {"en": [identifier.title()]}, "metadata": [], "pages": [], **(record or {})}
    (home / "record.json").write_bytes(addresses.dump(told))
    (home / "manifest.json").write_text("{}")
    return home


def page(home: Path, name: str, width: int, height: int, tile: int = 256) -> None:
    """An image service of that size."""
    folder = home / "pages" / name
    factors = [2**at for at in range(12) if at == 0 or 2**at * tile < 2 * max(width, height)]
    small = [-(-width // factors[-1]), -(-height // factors[-1])]
    place = folder / "full" / "max" / "0"
    place.mkdir(parents=True)
    # As far as any reader of headers looks: a PNG of the smallest size.
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + small[0].to_bytes(4, "big") + small[1].to_bytes(4, "big") + bytes(9)
    (place / "default.png").write_bytes(header)
    sizes = [{"width": small[0], "height": small[1]}]
    tiles = [{"width": tile, "height": tile, "scaleFactors": factors}]
    info = {"type": "ImageService3", "width": width, "height": height, "sizes": sizes, "tiles": tiles}
    (folder / "info.json").write_bytes(addresses.dump(info))


def model(
    home: Path, size_mm: tuple[float, float, float], *, triangles: int = 1000, known: bool = True, calls: int = 1
) -> None:
    """A model in three levels; the preview has a tenth of the triangles."""
    folder = home / "models"
    folder.mkdir(parents=True)
    files = []
    for role, count in (("preview", triangles // 10), ("web", triangles), ("vr", triangles)):
        width, height, depth = (side / 1000 for side in size_mm)
        accessors = [
            {"count": 3, "componentType": 5126, "type": "VEC3", "min": [-width / 2, 0, -depth / 2],
             "max": [width / 2, height, depth / 2]},
            {"count": 3 * count // calls, "componentType": 5125, "type": "SCALAR"},
        ]  # fmt: skip
        primitive = {"attributes": {"POSITION": 0}, "indices": 1}
        document = {
            "asset": {"version": "2.0"},
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [primitive] * calls}],
        }
        (folder / f"{role}.glb").write_bytes(container.pack(document | {"accessors": accessors}, b""))
        files.append({"file": f"{role}.glb", "role": role, "triangles": count})
    evidence = {
        "scale": "known" if known else "unknown",
        "extent_mm": list(size_mm) if known else None,
        "master_to_file": [[0.001, 0, 0, 0], [0, 0.001, 0, 0], [0, 0, 0.001, 0], [0, 0, 0, 1]],
        "files": files,
    }
    (folder / "evidence.json").write_bytes(addresses.dump(evidence))


def sample(root: Path) -> Path:
    """A bone and a statue, a scroll of 60,000 pixels, a book read from the right, and a page that nobody measured."""
    notes = [
        {"model": "models", "box": None, "point": [0.0, 20.0, 4.0], "title": None, "text": {"en": ["The first sign"]}}
    ]
    model(add(root, "bone", {"annotations": notes}), (80, 60, 9))
    model(add(root, "statue"), (600, 2300, 500), triangles=40_000)
    model(add(root, "jar"), (2, 3, 2), known=False)
    page(
        add(root, "scroll", {"ppi": 300, "viewing_direction": "right-to-left", "kind": "scroll"}),
        "whole",
        60_000,
        4_000,
    )
    book = {"kind": "manuscript", "ppi": 300, "viewing_direction": "right-to-left"}
    pages = [{"name": f"{number:03}", "label": {"none": [str(number)]}, "side": None} for number in range(1, 8)]
    home = add(root, "book", book | {"pages": pages})
    for entry in pages:
        page(home, entry["name"], 1800, 2500)
    said = [{"page": "photo", "box": [100, 50, 200, 100], "point": None, "title": None, "text": {"en": ["Here"]}}]
    page(add(root, "letter", {"annotations": said}), "photo", 1000, 1500)
    return root
