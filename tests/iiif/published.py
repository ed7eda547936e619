"""Small published things for tests of manifests: an image service and a model on disk, made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from heritage3d.pipeline import addresses


def jpeg(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", np.full((height, width, 3), 200, np.uint8))[1].tobytes())


def image_service(folder: Path, width: int = 900, height: int = 1200) -> Path:
    """A level 0 service without its tiles: info.json, full/max and one picture for each size."""
    sizes = [{"width": -(-width // factor), "height": -(-height // factor)} for factor in (1, 2, 4)]
    for size in sizes:
        jpeg(folder / f"full/{size['width']},{size['height']}/0/default.jpg", size["width"], size["height"])
    jpeg(folder / "full/max/0/default.jpg", width, height)
    info = {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": addresses.here(),
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": width,
        "height": height,
        "sizes": sizes[::-1],
    }
    (folder / "info.json").write_bytes(addresses.dump(info))
    return folder


def model(folder: Path, *, scale: bool = True) -> Path:
    """A model with four levels of detail (their bytes do not matter to a manifest) and its poster."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for role in ("preview", "web", "vr", "full"):
        (folder / f"{role}.glb").write_bytes(b"glTF" + (2).to_bytes(4, "little") + (12).to_bytes(4, "little"))
        files.append({"file": f"{role}.glb", "role": role, "triangles": 10, "vertices": 12, "bytes": 12})
    jpeg(folder / "poster.jpg", 640, 480)
    known = {"scale": "known", "unit": "mm", "extent_mm": [120.0, 80.0, 10.0]}
    evidence = {**(known if scale else {"scale": "unknown", "unit": None, "extent_mm": None}), "files": files}
    (folder / "evidence.json").write_text(json.dumps(evidence))
    return folder


def record(**more: Any) -> dict[str, Any]:
    """What ingest writes, with two pages."""
    page = {"side": None, "width": 900, "height": 1200, "sha256": "0" * 64}
    pages = [{"name": name, "file": f"{name}.tif", "label": {"none": [name]}, **page} for name in ("2r", "1v")]
    return {
        "id": "slip-1",
        "title": {"zh-Hans": ["竹简"], "en": ["Bamboo slip"]},
        "summary": None,
        "kind": None,
        "metadata": [{"label": {"en": ["Date"]}, "value": {"none": ["西汉"]}}],
        "rights": "http://creativecommons.org/licenses/by/4.0/",
        "required_statement": None,
        "holding": {"zh-Hans": ["湖北省博物馆"]},
        "holding_homepage": None,
        "viewing_direction": None,
        "unit": None,
        "size_mm": None,
        "ppi": None,
        "pages": pages,
        "models": [],
        "photographs": 0,
        **more,
    }
