"""Judge IIIF Presentation manifests and collections, anyone's, more strictly than the official schemas do.

Version 3 here, version 4 in check_scenes.

Besides the form of each property: identifiers are unique, annotations paint the canvas that they stand in,
ranges and start name canvases that exist, and where the tree lies on disk beside the document every address
below its base exists with the size that it claims.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from heritage3d.iiif import rules
from heritage3d.iiif.untrusted import read_json
from heritage3d.pipeline.kinds import Finding

# Codes of findings; a finding says in its own words what is wrong.
MISSING, FORM, UNKNOWN, VALUE, ID, TWICE, DANGLING, LANGUAGE, SERVICE, MOTIVATION = (
    f"H3D-{n}" for n in range(520, 530)
)
ABSENT, SIZE, RECOMMENDED, VERSION = (f"H3D-{n}" for n in range(530, 534))

MAX_FINDINGS = 500


def check(path: Path) -> list[Finding]:
    """Every fault of a manifest, collection or annotation page, each with its JSON pointer.

    Raises DocumentUnreadable and DocumentTooLarge where it is no JSON that one may read.
    """
    document = read_json(path)
    judge = Judge()
    judge.document(document)
    if isinstance(document, dict) and not judge.foreign:
        from heritage3d.iiif.check_tree import check_tree

        judge.findings += check_tree(path, document)
    if len(judge.findings) > MAX_FINDINGS:
        more = len(judge.findings) - MAX_FINDINGS
        judge.findings[MAX_FINDINGS:] = [Finding(FORM, f"and {more} findings more", "/")]
    return judge.findings


def version_of(document: Any) -> int | None:
    """The Presentation API version that a document declares in its @context; None where it declares none."""
    context = document.get("@context") if isinstance(document, dict) else None
    named = context if isinstance(context, list) else [context]
    return next((version for version, address in rules.CONTEXTS.items() if address in named), None)


class Judge:
    """One walk through one document."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.foreign = False  # of another version: not judged
        self._extended = False  # declares contexts beyond the specification: properties of others are welcome
        self._defined: dict[str, str] = {}
        self._canvases: set[str] = set()
        self._ranges: set[str] = set()

    def say(self, code: str, what: str, where: str, severity: Literal["error", "warning"] = "error") -> None:
        """Note a fault."""
        self.findings.append(Finding(code, what, where or "/", severity))

    # --- the document -----------------------------------------------------------------------------------------

    def document(self, document: Any) -> None:
        """Judge a whole document by its type."""
        if not isinstance(document, dict):
            self.say(FORM, "the document is no JSON object", "")
            return
        version = version_of(document)
        if version == 2:
            self.foreign = True
            self.say(VERSION, "this is Presentation API 2; versions 3 and 4 are judged", "/@context", "warning")
            return
        if version == 4:
            from heritage3d.iiif.check_scenes import judge_scenes

            judge_scenes(self, document)
            return
        if version is None:
            self.say(MISSING, f"@context does not name {rules.CONTEXTS[3]}", "/@context")
        self._context(document.get("@context"))
        kind = document.get("type")
        if kind == "Manifest":
            self._manifest(document, "")
        elif kind == "Collection":
            self._collection(document, "")
        elif kind == "AnnotationPage":
            self._annotation_page(document, "", None)
        elif kind == "Annotation":
            self._annotation(document, "", None)
        elif kind != "AnnotationCollection":
            self.say(VALUE, f"the type {shown(kind)} is no document of the Presentation API", "/type")

    def _context(self, context: Any) -> None:
        if isinstance(context, list):
            self._extended = len(context) > 1
            if rules.CONTEXTS[3] in context[:-1]:
                self.say(VALUE, "the Presentation API must be the last of the contexts", "/@context")

    def _manifest(self, node: dict[str, Any], where: str) -> None:
        self._resource(node, "Manifest", where)
        canvases = self._items(node, where)
        if isinstance(node.get("items"), list) and not canvases:
            self.say(MISSING, "a manifest needs at least one canvas", f"{where}/items")
        for at, canvas in enumerate(canvases):
            if self._typed(canvas, ("Canvas",), f"{where}/items/{at}") and isinstance(canvas.get("id"), str):
                self._canvases.add(canvas["id"])
        self._note_ranges(node.get("structures"))
        for at, canvas in enumerate(canvases):
            if isinstance(canvas, dict):
                self._canvas(canvas, f"{where}/items/{at}")
        for at, entry in enumerate(_list(node.get("structures"))):
            if self._typed(entry, ("Range",), f"{where}/structures/{at}"):
                self._range(entry, f"{where}/structures/{at}")
        if "start" in node:
            self._points_to_canvas(node["start"], f"{where}/start")

    def _collection(self, node: dict[str, Any], where: str) -> None:
        self._resource(node, "Collection", where)
        for at, entry in enumerate(self._items(node, where)):
            place = f"{where}/items/{at}"
            if not self._typed(entry, ("Manifest", "Collection"), place):
                continue
            if entry["type"] == "Collection" and "items" in entry:
                self._collection(entry, place)
                continue
            self._required(entry, ("id", "type", "label"), place)
            self._properties(entry, place)
            self._define(entry, place)

    def _canvas(self, node: dict[str, Any], where: str) -> None:
        self._resource(node, "Canvas", where)
        if isinstance(node.get("id"), str) and "#" in node["id"]:
            self.say(ID, "the id of a canvas has no fragment", f"{where}/id")
        if ("height" in node) != ("width" in node):
            self.say(MISSING, "height and width come together", where)
        elif "height" not in node and "duration" not in node:
            self.say(MISSING, "a canvas has height and width, or a duration", where)
        if "label" not in node:
            self.say(RECOMMENDED, "a canvas without a label cannot be read aloud", where, "warning")
        for at, page in enumerate(self._items(node, where)):
            if self._typed(page, ("AnnotationPage",), f"{where}/items/{at}"):
                self._annotation_page(page, f"{where}/items/{at}", str(node.get("id")))

    def _range(self, node: dict[str, Any], where: str) -> None:
        self._resource(node, "Range", where)
        for at, entry in enumerate(self._items(node, where)):
            place = f"{where}/items/{at}"
            if not self._typed(entry, ("Canvas", "Range", "SpecificResource"), place):
                continue
            if entry["type"] == "Range" and "items" in entry:
                self._range(entry, place)
            elif entry["type"] == "Range":
                if entry.get("id") not in self._ranges:
                    self.say(DANGLING, f"the range {shown(entry.get('id'))} is not in this manifest", place)
            else:
                self._points_to_canvas(entry, place)
        if "start" in node:
            self._points_to_canvas(node["start"], f"{where}/start")

    def _note_ranges(self, entries: Any) -> None:
        for entry in _list(entries):
            if isinstance(entry, dict) and entry.get("type") == "Range" and "items" in entry:
                self._ranges.add(str(entry.get("id")))
                self._note_ranges(entry["items"])

    # --- annotations ------------------------------------------------------------------------------------------

    def _annotation_page(self, node: dict[str, Any], where: str, painted: str | None) -> None:
        self._resource(node, "AnnotationPage", where, defines="items" in node)
        for at, entry in enumerate(_list(node.get("items"))):
            if self._typed(entry, ("Annotation",), f"{where}/items/{at}"):
                self._annotation(entry, f"{where}/items/{at}", painted)

    def _annotation(self, node: dict[str, Any], where: str, painted: str | None) -> None:
        """``painted`` is the id of the canvas whose content this must be; None for a comment."""
        from heritage3d.iiif.check_properties import CHECKS

        self._required(node, rules.REQUIRED["Annotation"], where)
        self._define(node, where)
        if "id" in node:
            CHECKS["id"](self, node["id"], f"{where}/id", "Annotation")
        motivation = node.get("motivation")
        motivations = motivation if isinstance(motivation, list) else [motivation]
        if painted is not None and "painting" not in motivations:
            self.say(MOTIVATION, "the content of a canvas is annotated with the motivation painting", where)
        elif painted is None and motivation is None:
            self.say(MOTIVATION, "the annotation has no motivation", where)
        elif painted is None and "painting" in motivations and where.count("/") > 2:
            self.say(MOTIVATION, "a painting annotation belongs into the items of its canvas", where)
        if painted is not None:
            for target in node["target"] if isinstance(node.get("target"), list) else [node.get("target")]:
                if target is not None and _without_fragment(_source(target)) != painted:
                    self.say(DANGLING, f"it paints {shown(_source(target))} and stands in {painted}", f"{where}/target")
            if not node.get("body"):
                self.say(MISSING, "body is missing", where)
        for at, body in enumerate(node["body"] if isinstance(node.get("body"), list) else [node.get("body")]):
            if isinstance(body, dict):
                self._content(body, f"{where}/body" + (f"/{at}" if isinstance(node["body"], list) else ""))
            elif body is not None and not isinstance(body, str):
                self.say(FORM, "body is no object", f"{where}/body")

    def _content(self, node: dict[str, Any], where: str) -> None:
        kind = node.get("type")
        if not isinstance(kind, str):
            self.say(MISSING, "type is missing", where)
        elif kind == "Choice":
            for at, entry in enumerate(self._items(node, where)):
                if isinstance(entry, dict):
                    self._content(entry, f"{where}/items/{at}")
        elif kind == "SpecificResource":
            if isinstance(node.get("source"), dict):
                self._content(node["source"], f"{where}/source")
            elif not isinstance(node.get("source"), str):
                self.say(MISSING, "source is missing", where)
        elif kind == "TextualBody":
            if not isinstance(node.get("value"), str):
                self.say(MISSING, "value is missing", where)
        elif kind not in {"Canvas", "Manifest", "Feature", "FeatureCollection"}:
            self._required(node, ("id",), where)
            self._properties(node, where)

    # --- what all resources share -------------------------------------------------------------------------------

    def _resource(self, node: dict[str, Any], kind: str, where: str, *, defines: bool = True) -> None:
        self._required(node, rules.REQUIRED[kind], where)
        if defines:
            self._define(node, where)
        if not self._extended:
            for name in node.keys() - rules.ALLOWED[kind]:
                self.say(UNKNOWN, f"a {kind} has no property {shown(name)}", f"{where}/{escaped(name)}")
        self._properties(node, where)

    def _properties(self, node: dict[str, Any], where: str) -> None:
        from heritage3d.iiif.check_properties import CHECKS

        for name, value in node.items():
            if name in CHECKS:
                CHECKS[name](self, value, f"{where}/{name}", str(node.get("type")))
        for name in ("placeholderCanvas", "accompanyingCanvas"):
            if name in node and self._typed(node[name], ("Canvas",), f"{where}/{name}"):
                self._canvas(node[name], f"{where}/{name}")
        if node.get("type") != "AnnotationPage":
            for at, page in enumerate(_list(node.get("annotations"))):
                if self._typed(page, ("AnnotationPage",), f"{where}/annotations/{at}"):
                    self._annotation_page(page, f"{where}/annotations/{at}", None)

    def _required(self, node: dict[str, Any], names: tuple[str, ...], where: str) -> None:
        for name in names:
            if node.get(name) is None or node[name] == {}:
                self.say(MISSING, f"{name} is missing", where)

    def _define(self, node: dict[str, Any], where: str) -> None:
        identifier = node.get("id")
        if isinstance(identifier, str):
            first = self._defined.setdefault(identifier, where)
            if first != where:
                self.say(TWICE, f"the id {shown(identifier)} is there already, at {first or '/'}", f"{where}/id")

    def _items(self, node: dict[str, Any], where: str) -> list[Any]:
        items = node.get("items")
        if items is not None and not isinstance(items, list):
            self.say(FORM, "items is no list", f"{where}/items")
        return _list(items)

    def _typed(self, node: Any, kinds: tuple[str, ...], where: str) -> bool:
        if isinstance(node, dict) and node.get("type") in kinds:
            return True
        kind = node.get("type") if isinstance(node, dict) else node
        self.say(FORM, f"{shown(kind)} stands where a {' or '.join(kinds)} belongs", where)
        return False

    def _points_to_canvas(self, node: Any, where: str) -> None:
        canvas = _without_fragment(_source(node))
        if canvas not in self._canvases:
            self.say(DANGLING, f"the canvas {shown(canvas)} is not in this manifest", where)

    def each(self, value: Any, where: str, judge: Callable[[dict[str, Any], str], None]) -> None:
        """Judge each object of a list; anything else is a fault of form."""
        if not isinstance(value, list):
            self.say(FORM, "it is no list", where)
        for at, entry in enumerate(_list(value)):
            if isinstance(entry, dict):
                judge(entry, f"{where}/{at}")
            else:
                self.say(FORM, f"{shown(entry)} is no object", f"{where}/{at}")


def shown(value: Any) -> str:
    """A value as a finding quotes it: short and on one line."""
    text = value if isinstance(value, str) else type(value).__name__
    return " ".join(text.split())[:120] or '""'


def escaped(name: str) -> str:
    """A key in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _source(node: Any) -> str:
    """The address that a target, a reference or a specific resource is about."""
    for _ in range(4):
        if not isinstance(node, dict):
            break
        node = node.get("source", node.get("id"))
    return node if isinstance(node, str) else ""


def _without_fragment(address: str) -> str:
    return address.partition("#")[0]
