"""Read IIIF Presentation 4 (draft of May 2026), anyone's: what is painted where in each Timeline, Canvas and Scene.

Tolerant: a wrong type is an absent property. What is wrong with a document, check_scenes says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Point = tuple[float, float, float]

CONTAINERS = ("Timeline", "Canvas", "Scene")
CAMERAS = ("PerspectiveCamera", "OrthographicCamera")
LIGHTS = ("AmbientLight", "DirectionalLight", "PointLight", "SpotLight", "ImageBasedLight")
EMITTERS = ("AmbientAudio", "PointAudio", "SpotAudio")
TRANSFORMS = ("ScaleTransform", "RotateTransform", "TranslateTransform")
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0, "in": 0.0254, "ft": 0.3048}


@dataclass(frozen=True)
class Painted:
    """One resource in a container: Model, Image, a camera, a light, a Canvas …; where it stands and what it faces.

    ``point`` is in the units of the container, None where none is given (its origin); ``transforms`` are to be done
    in their order, as (kind, x, y, z); ``look_at`` is the id of what a camera or light faces, or a point.
    """

    kind: str
    id: str
    annotation: str
    point: Point | None = None
    transforms: tuple[tuple[str, float, float, float], ...] = ()
    look_at: str | Point | None = None


@dataclass(frozen=True)
class Container:
    """A Timeline, Canvas or Scene. ``metres`` are those of a unit of its coordinates, None where nobody says."""

    kind: str
    id: str
    label: Json
    width: float | None
    height: float | None
    duration: float | None
    background: str | None
    metres: float | None
    painted: tuple[Painted, ...] = field(default=())
    notes: int = 0


def containers(document: Any) -> list[Container]:
    """The containers of a manifest in their order, and those that are painted into others and told of inside them."""
    found = [_container(node) for node in objects(_dict(document).get("items")) if node.get("type") in CONTAINERS]
    inside = [
        _container(body)
        for node in objects(_dict(document).get("items"))
        for annotation in painting(node)
        for body in _bodies(annotation)
        if body.get("type") in CONTAINERS and "items" in body
    ]
    return found + inside


def painting(container: Json) -> Iterator[Json]:
    """The painting annotations of a container."""
    for page in objects(container.get("items")):
        for annotation in objects(page.get("items")):
            if "painting" in _list(annotation.get("motivation")):
                yield annotation


def objects(value: Any) -> list[Json]:
    """The objects of a list; a single one counts as a list of itself."""
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def source(node: Any) -> Any:
    """What a SpecificResource is of; anything else is itself."""
    for _ in range(8):
        if not (isinstance(node, dict) and node.get("type") == "SpecificResource" and "source" in node):
            break
        node = node["source"]
    return node


def _container(node: Json) -> Container:
    return Container(
        kind=str(node["type"]),
        id=str(node.get("id", "")),
        label=_dict(node.get("label")),
        width=_number(node.get("width")),
        height=_number(node.get("height")),
        duration=_number(node.get("duration")),
        background=node["backgroundColor"] if isinstance(node.get("backgroundColor"), str) else None,
        metres=_metres(node.get("spatialScale")),
        painted=tuple(_painted(annotation, body) for annotation in painting(node) for body in _bodies(annotation)),
        notes=sum(len(objects(page.get("items"))) for page in objects(node.get("annotations"))),
    )


def _bodies(annotation: Json) -> list[Json]:
    """What an annotation paints; of a choice all, for the reader chooses."""
    found = []
    for body in objects(annotation.get("body")):
        found += objects(body.get("items")) if body.get("type") in ("Choice", "List") else [body]
    return found


def _painted(annotation: Json, body: Json) -> Painted:
    what = _dict(source(body))
    transforms = [entry for entry in objects(body.get("transform")) if entry.get("type") in TRANSFORMS]
    faced = what.get("lookAt")
    return Painted(
        kind=str(what.get("type", "")),
        id=str(what.get("id", source(body) if isinstance(source(body), str) else "")),
        annotation=str(annotation.get("id", "")),
        point=_point(annotation.get("target")),
        transforms=tuple((str(entry["type"]), *_axes(entry)) for entry in transforms),
        look_at=_point_of(faced) or str(_dict(faced).get("id", "")) or None,
    )


def _point(target: Any) -> Point | None:
    for node in objects(target):
        for selector in objects(node.get("selector")):
            if found := _point_of(selector):
                return found
    return None


def _point_of(selector: Any) -> Point | None:
    if not isinstance(selector, dict) or selector.get("type") != "PointSelector":
        return None
    return _axes(selector)


def _axes(node: Json) -> Point:
    default = 1.0 if node.get("type") == "ScaleTransform" else 0.0
    x, y, z = (value if (value := _number(node.get(axis))) is not None else default for axis in "xyz")
    return (x, y, z)


def _metres(quantity: Any) -> float | None:
    value, unit = _number(_dict(quantity).get("quantityValue")), _dict(quantity).get("unit")
    return value * METRES[unit] if value is not None and isinstance(unit, str) and unit in METRES else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
