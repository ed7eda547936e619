"""Judge IIIF Presentation 4 manifests (draft of May 2026): form, unique ids, what refers to what, units, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from heritage3d.iiif import rules
from heritage3d.iiif.check_presentation import (
    DANGLING,
    FORM,
    ID,
    MISSING,
    MOTIVATION,
    RECOMMENDED,
    TWICE,
    VALUE,
    Judge,
    shown,
)
from heritage3d.iiif.check_properties import CHECKS
from heritage3d.iiif.scenes import CAMERAS, CONTAINERS, EMITTERS, LIGHTS, METRES, TRANSFORMS, objects, source

Json = dict[str, Any]

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
# Only these define what they name; a SpecificResource or selector may be told of again.
_NAMED = ("Manifest", "Collection", "Range", "AnnotationPage", "Annotation")
_DEFINED = frozenset({*_NAMED, *CONTAINERS, *CAMERAS, *LIGHTS})
_REFERENCES = frozenset({"target", "source", "partOf", "start", "lookAt"})  # here things are named, told of elsewhere
_SHARED = ("label", "summary", "metadata", "requiredStatement", "rights", "navDate", "provider", "thumbnail",
           "homepage", "rendering", "seeAlso", "partOf", "viewingDirection", "format")  # fmt: skip


def judge_scenes(judge: Judge, document: Json) -> None:
    """Note every fault of a manifest or collection of Presentation 4."""
    kind = document.get("type")
    if kind not in ("Manifest", "Collection", "AnnotationPage", "AnnotationCollection", "Annotation"):
        judge.say(VALUE, f"the type {shown(kind)} is no document of the Presentation API", "/type")
        return
    for name in rules.REQUIRED.get(str(kind), ("id", "type")):
        if document.get(name) in (None, {}) and not (name == "items" and kind == "Collection"):
            judge.say(MISSING, f"{name} is missing", "")
    if kind == "Manifest" and not document.get("items"):
        judge.say(MISSING, "a manifest needs at least one container", "/items")
    seen: dict[str, str] = {}
    nodes = list(_walk(document, ""))
    for node, where in nodes:
        _node(judge, node, where, seen)
    for node, where in nodes:
        _references(judge, node, where, seen)
    for at, entry in enumerate(objects(document.get("items")) if kind == "Manifest" else []):
        _container(judge, entry, f"/items/{at}")


def _walk(node: Any, where: str) -> Iterator[tuple[Json, str]]:
    waiting = [(node, where)]
    while waiting:
        node, where = waiting.pop()
        if isinstance(node, dict):
            yield node, where
            waiting.extend((value, f"{where}/{name}") for name, value in node.items() if name != "service")
        elif isinstance(node, list):
            waiting.extend((entry, f"{where}/{at}") for at, entry in enumerate(node))


def _node(judge: Judge, node: Json, where: str, seen: dict[str, str]) -> None:
    kind = node.get("type")
    if kind is None and ("id" in node or "items" in node):
        judge.say(MISSING, "type is missing", where)
    if not isinstance(kind, str):
        return
    if kind in _DEFINED and "id" in node:
        CHECKS["id"](judge, node["id"], f"{where}/id", kind)
    # With no more than id, type and label it is named, not defined.
    defines = kind in _DEFINED and where.rpartition("/")[2] not in _REFERENCES
    if defines and isinstance(node.get("id"), str) and node.keys() - {"id", "type", "label", "@context"}:
        first = seen.setdefault(node["id"], where)
        if first != where:
            judge.say(TWICE, f"the id {shown(node['id'])} is there already, at {first or '/'}", f"{where}/id")
    _values(judge, node, where, kind)


def _values(judge: Judge, node: Json, where: str, kind: str) -> None:
    for name in _SHARED:
        if name in node and (name != "format" or kind != "TextualBody"):
            CHECKS[name](judge, node[name], f"{where}/{name}", kind)
    for name in ("backgroundColor", "color"):
        if name in node and not (isinstance(node[name], str) and _COLOUR.fullmatch(node[name])):
            judge.say(VALUE, f"{shown(str(node[name]))} is no colour like #E4DCCB", f"{where}/{name}")
    if "spatialScale" in node:
        _scale(judge, node["spatialScale"], f"{where}/spatialScale")
    if kind in (*TRANSFORMS, "PointSelector") and not any(axis in node for axis in ("x", "y", "z", "instant")):
        judge.say(MISSING, f"a {kind} without x, y or z", where)
    if kind == "PerspectiveCamera" and "fieldOfView" in node and not _between(node["fieldOfView"], 0, 180):
        judge.say(VALUE, f"{shown(str(node['fieldOfView']))} is no angle of view in degrees", f"{where}/fieldOfView")


def _scale(judge: Judge, value: Any, where: str) -> None:
    unit = value.get("unit") if isinstance(value, dict) else None
    if not isinstance(value, dict) or value.get("type") != "Quantity":
        judge.say(FORM, "a scale is a Quantity", where)
    elif unit not in METRES or not _between(value.get("quantityValue"), 0, 1e12):
        judge.say(VALUE, f"{shown(str(value.get('quantityValue')))} {shown(str(unit))} is no length", where)


def _references(judge: Judge, node: Json, where: str, seen: dict[str, str]) -> None:
    faced = node.get("lookAt")
    if isinstance(faced, dict) and faced.get("type") == "Annotation" and faced.get("id") not in seen:
        judge.say(DANGLING, f"nothing here is called {shown(faced.get('id'))}", f"{where}/lookAt")


def _container(judge: Judge, node: Json, where: str) -> None:
    kind = node.get("type")
    if kind not in CONTAINERS:
        judge.say(FORM, f"{shown(kind)} stands where a Timeline, Canvas or Scene belongs", where)
        return
    needed = {"Canvas": ("height", "width"), "Timeline": ("duration",)}.get(str(kind), ())
    for name in ("id", *needed):
        if name not in node:
            judge.say(MISSING, f"{name} is missing", where)
    for name in needed:
        if name in node and not _between(node[name], 0, 1e12):
            judge.say(VALUE, f"{shown(str(node[name]))} is no {name} above zero", f"{where}/{name}")
    if not isinstance(node.get("id"), str):
        return
    if "#" in node["id"]:
        judge.say(ID, f"the id of a {kind} has no fragment", f"{where}/id")
    for at, page in enumerate(objects(node.get("items"))):
        for number, annotation in enumerate(objects(page.get("items"))):
            _painting(judge, annotation, node["id"], f"{where}/items/{at}/items/{number}")


def _painting(judge: Judge, node: Json, container: str, where: str) -> None:
    motivation = node.get("motivation")
    if not isinstance(motivation, list) or "painting" not in motivation:
        judge.say(MOTIVATION, "the content of a container is annotated with the motivation [painting]", where)
    target = source(node.get("target"))
    named = target.get("id") if isinstance(target, dict) else target
    if not isinstance(named, str):
        judge.say(MISSING, "target is missing", where)
    elif named.partition("#")[0] != container:
        judge.say(DANGLING, f"it paints {shown(named)} and stands in {container}", f"{where}/target")
    if not objects(node.get("body")):
        judge.say(MISSING, "body is missing", where)
    for body in objects(node.get("body")):
        what = source(body)
        kind = what.get("type") if isinstance(what, dict) else "?"
        if kind == "Model" and not what.get("format"):
            judge.say(RECOMMENDED, "a viewer cannot choose a model without its format", f"{where}/body", "warning")
        if kind in EMITTERS and not isinstance(what.get("source"), dict):
            judge.say(MISSING, "a sound in a scene needs its source", f"{where}/body")


def _between(value: Any, least: float, most: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least < value < most
