"""What of a published object can stand or hang in a room: its models and pages, their size in metres, what is said."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from heritage3d import errors
from heritage3d.gltf import container
from heritage3d.iiif import parts
from heritage3d.iiif.manifest import behavior_of
from heritage3d.iiif.pixels import pixel_size_of
from heritage3d.record import naming

Texts = dict[str, list[str]]

METRES_PER_INCH = 0.0254
UNKNOWN_LONGEST = 0.4  # metres: what nobody measured is shown as large as a hand can hold
UNKNOWN_PAGE = 0.3  # metres: the height of a page without resolution
DEFAULT_LABELS = {"holding": {"en": ["Holding institution"], "zh-Hans": ["收藏机构"], "zh-Hant": ["收藏機構"]}}


@dataclass(frozen=True)
class ModelLevel:
    """One file of a model: what it costs to draw."""

    file: str
    role: str
    triangles: int
    draw_calls: int
    texture_bytes: int


@dataclass(frozen=True)
class ShownModel:
    """A model: its levels from light to heavy, its box in metres (the file's own coordinates, y up)."""

    name: str
    address: str
    levels: tuple[ModelLevel, ...]
    least: tuple[float, float, float]
    greatest: tuple[float, float, float]
    scale_known: bool
    master_to_file: tuple[tuple[float, ...], ...] | None

    def factor(self, longest_mm: float | None) -> float:
        """By how much it is enlarged: 1 where its size is known."""
        if self.scale_known:
            return 1.0
        longest = max(high - low for low, high in zip(self.least, self.greatest, strict=True))
        return (longest_mm / 1000 if longest_mm else UNKNOWN_LONGEST) / max(longest, 1e-9)


@dataclass(frozen=True)
class ShownPage:
    """A page or scroll as an image service: pixels, metres a pixel (None: nobody knows), how it is tiled."""

    name: str
    address: str
    label: Texts
    width: int
    height: int
    tile: int
    factors: tuple[int, ...]
    format: str
    smallest: tuple[int, int]
    metres_per_px: float | None


@dataclass(frozen=True)
class Holding:
    """One published object."""

    id: str
    title: Texts
    summary: Texts
    facts: tuple[dict[str, Texts], ...]
    models: tuple[ShownModel, ...]
    pages: tuple[ShownPage, ...]
    behavior: str
    direction: str
    notes: tuple[dict[str, Any], ...] = field(default_factory=tuple)


def ids(root: Path) -> list[str]:
    """The ids of the objects below a published tree, in their natural order."""
    names = (path.parent.name for path in (root / "objects").glob("*/manifest.json"))
    return sorted((name for name in names if not name.startswith(".")), key=naming.natural)


def read(root: Path, identifier: str) -> Holding:
    """What an object shows. Raises PartUnreadable, GltfInvalid and the like where its files cannot be read."""
    try:
        return _read(root, identifier)
    except (TypeError, LookupError, ValueError, AttributeError, ArithmeticError) as error:
        # Runs wrote these documents, so their form is not judged value by value: somebody has changed them.
        detail = "its documents do not hold together; heritage3d verify names the one that was changed"
        raise errors.PartUnreadable(file=f"objects/{identifier}", detail=detail) from error


def _read(root: Path, identifier: str) -> Holding:
    home = root / "objects" / identifier
    record = _record(home / "record.json", identifier)
    listed = {page["name"]: page for page in record.get("pages") or []}
    rank = {name: at for at, name in enumerate(listed)}
    folders = [path.parent for path in (home / "pages").glob("*/info.json")]
    folders.sort(key=lambda path: (rank.get(path.name, len(rank)), naming.natural(path.name)))
    ppi = record.get("ppi")
    pages = [_page(folder, identifier, listed.get(folder.name), record, ppi) for folder in folders]
    return Holding(
        id=identifier,
        title=record.get("title") or {"none": [identifier]},
        summary=record.get("summary") or {},
        facts=tuple(_facts(record)),
        models=tuple(_models(home, identifier)),
        pages=tuple(pages),
        behavior=behavior_of(record, len(pages)),
        direction=str(record.get("viewing_direction") or "left-to-right"),
        notes=tuple(record.get("annotations") or ()),
    )


def _record(path: Path, identifier: str) -> dict[str, Any]:
    try:
        record = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        record = None
    return record if isinstance(record, dict) else {"title": {"none": [identifier]}}


def _facts(record: dict[str, Any]) -> list[dict[str, Texts]]:
    facts = [{"label": entry["label"], "value": entry["value"]} for entry in record.get("metadata") or []]
    if record.get("holding"):
        facts.append({"label": DEFAULT_LABELS["holding"], "value": record["holding"]})
    return facts


def _page(folder: Path, identifier: str, listed: Any, record: dict[str, Any], ppi: float | None) -> ShownPage:
    address = f"objects/{identifier}/pages/{folder.name}"
    part = parts.read_image(folder, folder.name, address)
    info = orjson.loads((folder / "info.json").read_bytes())
    tiles = (info.get("tiles") or [{}])[0]
    sizes = [(int(entry["width"]), int(entry["height"])) for entry in info.get("sizes") or []]
    formats = info.get("preferredFormats") or ["jpg"]
    return ShownPage(
        name=folder.name,
        address=address,
        # What was joined from several captures is in no list: it is the object, and is called like it.
        label=(listed or {}).get("label") or record.get("title") or {"none": [folder.name]},
        width=part.width,
        height=part.height,
        tile=int(tiles.get("width") or 512),
        factors=tuple(int(factor) for factor in tiles.get("scaleFactors") or [1]),
        format=str(formats[0]),
        smallest=min(sizes, default=(part.width, part.height), key=lambda size: size[0] * size[1]),
        metres_per_px=METRES_PER_INCH / ppi if ppi else None,
    )


def _models(home: Path, identifier: str) -> list[ShownModel]:
    alone = home / "models" / "evidence.json"
    found = [alone] if alone.is_file() else sorted((home / "models").glob("*/evidence.json"))
    models = []
    for path in found:
        address = f"objects/{identifier}/{path.parent.relative_to(home).as_posix()}"
        part = parts.read_model(path.parent, path.parent.name, address)
        levels: list[ModelLevel] = []
        boxes: list[tuple[list[float], list[float]]] = []
        for file in part.files:
            name = file.address.rpartition("/")[2]
            if file.role == "full":
                continue  # for study at the desk: no headset holds its frame rate with it
            document = container.read(path.parent / name).document
            drawn, box = _figures(document, path.parent / name)
            levels.append(ModelLevel(name, file.role, *drawn))
            boxes.append(box)
        if not levels:
            continue
        levels.sort(key=lambda level: level.triangles)
        least, greatest = boxes[0]
        known = part.extent_mm is not None
        models.append(
            ShownModel(
                path.parent.name, address, tuple(levels), _point(least), _point(greatest), known, part.master_to_file
            )
        )
    return models


def _point(values: list[float]) -> tuple[float, float, float]:
    return (values[0], values[1], values[2])


def _figures(document: dict[str, Any], path: Path) -> tuple[tuple[int, int, int], tuple[list[float], list[float]]]:
    """Triangles, draw calls and texture bytes of a file of ours; the box of what it draws, metres."""
    accessors = document.get("accessors") or []
    triangles = calls = 0
    least, greatest = [math.inf] * 3, [-math.inf] * 3
    for node in document.get("nodes") or []:
        mesh = node.get("mesh")
        for primitive in document["meshes"][mesh]["primitives"] if mesh is not None else ():
            positions = accessors[primitive["attributes"]["POSITION"]]
            indices = primitive.get("indices")
            triangles += (
                accessors[indices if indices is not None else primitive["attributes"]["POSITION"]]["count"] // 3
            )
            calls += 1
            divisor = _divisor(positions)
            for low in _corners(positions["min"], positions["max"]):
                placed = _moved([value / divisor for value in low], node)
                least = [min(a, b) for a, b in zip(least, placed, strict=True)]
                greatest = [max(a, b) for a, b in zip(greatest, placed, strict=True)]
    if not triangles:
        raise errors.PartUnreadable(file=path.name, detail="it draws no triangles")
    return (triangles, calls, _texture_bytes(document, path)), (least, greatest)


def _divisor(accessor: dict[str, Any]) -> float:
    """Normalised integers stand for numbers from -1 to 1 (glTF 2.0, section 3.11)."""
    if not accessor.get("normalized"):
        return 1.0
    return {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0}.get(accessor["componentType"], 1.0)


def _corners(low: list[float], high: list[float]) -> list[list[float]]:
    return [[(low, high)[at >> axis & 1][axis] for axis in range(3)] for at in range(8)]


def _moved(point: list[float], node: dict[str, Any]) -> list[float]:
    if matrix := node.get("matrix"):
        return [sum(matrix[4 * k + row] * point[k] for k in range(3)) + matrix[12 + row] for row in range(3)]
    scale, (x, y, z, w) = node.get("scale") or [1, 1, 1], node.get("rotation") or [0, 0, 0, 1]
    a, b, c = (value * factor for value, factor in zip(point, scale, strict=True))
    # p + 2 w (q x p) + 2 q x (q x p)
    ux, uy, uz = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    turned = [a + w * ux + y * uz - z * uy, b + w * uy + z * ux - x * uz, c + w * uz + x * uy - y * ux]
    return [value + shift for value, shift in zip(turned, node.get("translation") or [0, 0, 0], strict=True)]


def _texture_bytes(document: dict[str, Any], path: Path) -> int:
    """Bytes in graphics memory: four a pixel with mip levels; one a pixel where the texture stays compressed."""
    total = 0
    binary: memoryview | None = None
    for image in document.get("images") or []:
        view = (document.get("bufferViews") or [])[image["bufferView"]]
        binary = container.read(path).binary if binary is None else binary
        start = int(view.get("byteOffset", 0))
        data = bytes((binary or memoryview(b""))[start : start + int(view["byteLength"])][: 1 << 20])
        width, height = _pixels(data)
        each = 1.0 if data[1:7] == b"KTX 20" else 4.0
        total += round(width * height * each * 4 / 3)
    return total


def _pixels(data: bytes) -> tuple[int, int]:
    if data[1:7] == b"KTX 20":
        return int.from_bytes(data[20:24], "little"), int.from_bytes(data[24:28], "little")
    return pixel_size_of(data) or (2048, 2048)  # as large as the ladder makes them
