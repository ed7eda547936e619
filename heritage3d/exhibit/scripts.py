"""Documents, models and tiles as classic scripts, for a package that a browser opens from a disk.

A page on a disk may load pictures and classic scripts, and nothing else. `viewer/src/offline/data.ts` reads what
this writes: ``heritage3d(path, form, content, part)`` for every file, ``heritage3dFiles(table, services)`` for
what lies in further scripts.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from heritage3d.pipeline import addresses

FILES = "assets/offline/files.js"
PIECE_BYTES = 24_000_000  # of a model in one script; a base64 string stays far below what browsers hold
FIRST_PACK_BYTES = 700_000  # the coarse tiles of a page, which are seen first
PACK_BYTES = 6_000_000
LARGEST_WHOLE = 1024  # px of a picture of the whole page that a package carries beside the tiles
_DOCUMENTS = frozenset({".json"})
_TILE = re.compile(r"(full|\d+,\d+,(\d+),\d+)/(max|(\d*),\d*)/0/default\.\w+$")


@dataclass
class ObjectFiles:
    """The files of one object, sorted by how an offline package carries them. Paths are below the tree."""

    documents: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    services: dict[str, list[str]] = field(default_factory=dict)  # folder of an image service -> its files


def sorted_files(paths: Iterable[str]) -> ObjectFiles:
    """Sort the files of one object."""
    every = sorted(paths)
    found = ObjectFiles()
    found.services = {path.rpartition("/")[0]: [] for path in every if path.endswith("/info.json")}
    for path in every:
        if (service := _service(path, found.services)) is not None:
            found.services[service].append(path)
        elif path.endswith(".glb"):
            found.models.append(path)
        else:
            suffix = PurePosixPath(path).suffix
            (found.documents if suffix in _DOCUMENTS else found.plain).append(path)
    return found


def _service(path: str, services: dict[str, list[str]]) -> str | None:
    return next((str(folder) for folder in PurePosixPath(path).parents if str(folder) in services), None)


def thumbnails(documents: Iterable[Any]) -> set[str]:
    """The addresses of everything that is a thumbnail anywhere in these documents."""
    found: set[str] = set()
    waiting = list(documents)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for entry in value.get("thumbnail") or () if isinstance(value.get("thumbnail"), list) else ():
                if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                    found.add(entry["id"])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def write_object(source: Path, data: Path, home: str, files: ObjectFiles) -> None:
    """Write object.js, the models and the tiles of one object (``home``: objects/<id>) below ``data``."""
    table = {path: list(_pieces(source / path, data, path)) for path in files.models}
    lines = [_text(path, (data / path).read_bytes()) for path in files.documents]
    lines.append(f"heritage3dFiles({_json(table)}, {_json(sorted(files.services))});\n")
    _write(data / home / "object.js", lines)
    for path in files.documents:
        (data / path).unlink()
    for folder, paths in files.services.items():
        _write_tiles(source, data, folder, paths)


def write_root(data: Path, paths: list[str]) -> None:
    """Documents of the site (collection, search, changes), each in a script of its own, and the table of them."""
    table = {}
    for path in paths:
        table[path] = [f"{path}.js"]
        _write(data / f"{path}.js", [_text(path, (data / path).read_bytes())])
        (data / path).unlink()
    (data / FILES).parent.mkdir(parents=True, exist_ok=True)
    _write(data / FILES, [f"heritage3dFiles({_json(table)});\n"])


def _write_tiles(source: Path, data: Path, folder: str, paths: list[str]) -> None:
    info = f"{folder}/info.json"
    tiles = sorted((path for path in paths if path != info), key=lambda path: _order(path.removeprefix(f"{folder}/")))
    cut = any(not path.startswith(f"{folder}/full/") for path in tiles)
    packs = list(_packs(source, [path for path in tiles if not (cut and _large_whole(path))]))
    table = {path: [f"{folder}/tiles-{number}.js"] for number, pack in enumerate(packs) if number for path in pack}
    for number, pack in enumerate(packs or [[]]):
        head = [_text(info, (source / info).read_bytes()), f"heritage3dFiles({_json(table)});\n"] if not number else []
        body = (_binary(path, (source / path).read_bytes()) for path in pack)
        _write(data / folder / f"tiles-{number}.js", [*head, *body])


def _large_whole(path: str) -> bool:
    """Whether this is the whole page in one large picture, which the tiles hold already."""
    found = re.search(r"/full/(max|(\d+),(\d*))/0/", path)
    return found is not None and (found[1] == "max" or max(int(found[2]), int(found[3] or 0)) > LARGEST_WHOLE)


def _order(tile: str) -> tuple[float, str]:
    """Coarse tiles first: they are what is seen first."""
    found = _TILE.match(tile)
    if not found or found[1] == "full":
        return (-1e9, tile)
    return (-int(found[2]) / max(int(found[4] or found[2]), 1), tile)


def _packs(source: Path, tiles: list[str]) -> Iterator[list[str]]:
    pack: list[str] = []
    held, limit = 0, FIRST_PACK_BYTES
    for path in tiles:
        size = (source / path).stat().st_size
        if pack and held + size > limit:
            yield pack
            pack, held, limit = [], 0, PACK_BYTES
        pack.append(path)
        held += size
    if pack:
        yield pack


def _pieces(file: Path, data: Path, path: str) -> Iterator[str]:
    with file.open("rb") as stream:
        number = 0
        while piece := stream.read(PIECE_BYTES):
            script = f"{path}.{number}.js"
            _write(data / script, [_binary(path, piece, number)])
            yield script
            number += 1


def _text(path: str, content: bytes) -> str:
    return f'heritage3d({_json(path)}, "text", {_json(content.decode("utf-8"))});\n'


def _binary(path: str, content: bytes, part: int = 0) -> str:
    return f'heritage3d({_json(path)}, "base64", "{base64.b64encode(content).decode("ascii")}", {part});\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(lines)


def classic_page(page: str, script: str) -> str:
    """An HTML page of the viewer with its module replaced by one classic script. ``script`` is below the site."""
    page = re.sub(r'\s*<link rel="modulepreload"[^>]*>', "", page)
    page = re.sub(r'<script type="module"[^>]*></script>', f'<script defer src="./{script}"></script>', page)
    return page.replace(' rel="stylesheet" crossorigin', ' rel="stylesheet"')


def documents_of(data: Path, files: ObjectFiles) -> list[Any]:
    """The documents of an object, read."""
    return [addresses.load(data / path) for path in files.documents]
