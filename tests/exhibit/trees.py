"""A small published tree with pages and models, complete with its lists."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import files_below
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.exhibit import exhibit
from heritage3d.stages.manifest import manifest
from tests.iiif import published

BASE = "https://museum.example/collection/"


def tree(out: Path, names: tuple[str, ...] = ("slip-1", "竹简 2", "vase-3")) -> Path:
    """Objects with two pages and a model each, bound to BASE, with checksums.txt."""
    for name in names:
        home = out / "objects" / name
        parts = []
        for page in ("2r", "1v"):
            published.image_service(home / "pages" / page)
            tile = home / "pages" / page / "0,0,512,512" / "512,512" / "0" / "default.jpg"
            published.jpeg(tile, 512, 512)
            parts.append(Artefact(home / "pages" / page, "iiif/image", page, f"pages/{page}"))
        published.model(home / "models")
        parts.append(Artefact(home / "models", "gltf/lods", "models", "models"))
        (home / "record.json").write_bytes(addresses.dump(published.record(id=name)))
        manifest(home / "record.json", parts, home)
        published.jpeg(home / "thumbnail.jpg", 300, 400)
        bind(home, f"objects/{name}/", ("manifest.json", "scene.json"))
        for page in ("2r", "1v"):
            bind(home / "pages" / page, f"objects/{name}/pages/{page}", ("info.json",))
    with tempfile.TemporaryDirectory() as folder:
        exhibit(out, Path(folder), title="Sample collection", title_zh="示例馆藏")
        for path in Path(folder).iterdir():
            path.rename(out / path.name)
    for path in (out / "collection.json", *(out / "changes").rglob("*.json")):
        bind(path.parent, "", (path.name,))
    return listed(out)


def bind(folder: Path, place: str, names: tuple[str, ...]) -> None:
    for name in names:
        if (path := folder / name).is_file():
            bound = addresses.rebind(addresses.load(path), addresses.HERE, addresses.join(BASE, place))
            path.write_bytes(addresses.dump(bound))


def listed(out: Path) -> Path:
    """Write the list of everything that is there."""
    files = [path.relative_to(out).as_posix() for path in files_below(out) if path.name != "checksums.txt"]
    lines = (f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(files))
    (out / "checksums.txt").write_text("".join(lines), "utf-8")
    return out
