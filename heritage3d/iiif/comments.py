"""What people say of an object, as Web Annotations: on canvases of Presentation 3, in scenes of Presentation 4."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from heritage3d.iiif.parts import ImagePart, ModelPart
from heritage3d.pipeline.addresses import here

Json = dict[str, Any]


def on_page(part: ImagePart, page: Json | None, record: Json, joined: Collection[str] = ()) -> Json:
    """The property ``annotations`` of a page's canvas; {} where nobody said anything of it, or of what it was
    ``joined`` from.

    Boxes are in pixels of the capture. A canvas of another size (the page was cropped, turned or joined) gets its
    annotations on the whole: a wrong place is worse than none.
    """
    said = [entry for entry in record.get("annotations") or [] if entry.get("page") in {part.name, *joined}]
    same = page is not None and (page.get("width"), page.get("height")) == (part.width, part.height)
    canvas = here(f"canvas/{part.address}")
    items = [_of_page(entry, part.address, at, canvas, placed=same) for at, entry in enumerate(said, start=1)]
    return _pages(f"comments/{part.address}", items)


def on_model(part: ModelPart, record: Json) -> Json:
    """The same for the canvas of a model, which is flat: the text counts for the whole, scene.json has the points."""
    canvas = here(f"canvas/{part.address}")
    items = [_annotation(entry, part.address, at, canvas) for at, entry in enumerate(_of_model(part, record), start=1)]
    return _pages(f"comments/{part.address}", items)


def in_scene(part: ModelPart, record: Json, scene: str) -> Json:
    """The property ``annotations`` of a scene of Presentation 4: each at its point, in the scene's own coordinates."""
    items = []
    for at, entry in enumerate(_of_model(part, record), start=1):
        place = f"v4/comment/{part.address}/{at}"
        target: Json = {"id": scene, "type": "Scene"}
        if entry["point"] is not None and part.master_to_file is not None:
            point = [*entry["point"], 1.0]
            x, y, z = (sum(a * b for a, b in zip(row, point, strict=True)) for row in part.master_to_file[:3])
            selector = {"type": "PointSelector", "x": _rounded(x), "y": _rounded(y), "z": _rounded(z)}
            target = {
                "id": here(f"v4/target/comment/{part.address}/{at}"),
                "type": "SpecificResource",
                "source": target,
                "selector": [selector],
            }
        said: Json = {"id": here(place), "type": "Annotation", "motivation": ["commenting"]}
        # In this version a language is a list and a body one object; texts in several languages are a choice.
        bodies = [body | {"language": [body["language"]]} if "language" in body else body for body in _bodies(entry)]
        choice = {"id": here(f"v4/choice/{part.address}/{at}"), "type": "Choice", "items": bodies}
        items.append(said | {"body": bodies[0] if len(bodies) == 1 else choice, "target": target})
    return _pages(f"v4/comments/{part.address}", items)


def _of_model(part: ModelPart, record: Json) -> list[Json]:
    return [entry for entry in record.get("annotations") or [] if entry.get("model") == part.name]


def _of_page(entry: Json, address: str, at: int, canvas: str, *, placed: bool) -> Json:
    target: Any = canvas
    if entry["box"] is not None and placed:
        x, y, width, height = entry["box"]
        if width and height:
            target = f"{canvas}#xywh={x:g},{y:g},{width:g},{height:g}"
        else:
            selector = {"type": "PointSelector", "x": x, "y": y}
            target = {"type": "SpecificResource", "source": canvas, "selector": selector}
    return _annotation(entry, address, at, target)


def _annotation(entry: Json, address: str, at: int, target: Any) -> Json:
    return {
        "id": here(f"comment/{address}/{at}"),
        "type": "Annotation",
        "motivation": "commenting",
        "body": _bodies(entry),
        "target": target,
    }


def _bodies(entry: Json) -> list[Json]:
    """A text for each language; a title stands in the line before its text."""
    titles, bodies = entry.get("title") or {}, []
    for language, texts in entry["text"].items():
        said = "\n".join([*titles.get(language, []), *texts])
        body: Json = {"type": "TextualBody", "value": said, "format": "text/plain"}
        bodies.append(body | ({"language": language} if language != "none" else {}))
    return bodies


def _pages(place: str, items: list[Json]) -> Json:
    return {"annotations": [{"id": here(place), "type": "AnnotationPage", "items": items}]} if items else {}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
