"""What the site tells of each published object, read from its manifest: one at a time, so that memory holds names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heritage3d import errors
from heritage3d.iiif.collection import Entry
from heritage3d.pipeline import addresses, limits
from heritage3d.record import naming
from heritage3d.record.record import LABELS

Words = dict[str, list[str]]

SEARCH_CHARACTERS = 4_000  # of one object's description, in the search index
FACETS = ("kind", "date", "material")  # columns of the sheet by whose values a reader narrows the gallery


@dataclass(frozen=True)
class Listed:
    """One object: its entry in the collection, what the search finds it by, its values of FACETS."""

    entry: Entry
    kind: Words
    pages: int
    models: int
    text: str
    facets: dict[str, Words]


def identifiers(root: Path) -> list[str]:
    """The objects below ``root`` (objects/<id>/manifest.json) in the natural order of their ids."""
    names = [path.parent.name for path in (root / "objects").glob("*/manifest.json")]
    return sorted((name for name in names if not name.startswith(".")), key=naming.natural)


def listed(root: Path, names: list[str]) -> Iterator[Listed]:
    """What the manifests of these objects say. Raises IiifError where one cannot be read."""
    for name in names:
        yield _listed(root / "objects" / name / "manifest.json", name)


def _listed(path: Path, identifier: str) -> Listed:
    document = _read(path, identifier)
    label = _words(document.get("label")) or {"none": [identifier]}
    metadata = [entry for entry in _list(document.get("metadata")) if isinstance(entry, dict)]
    facets = {name: _words(_value(metadata, LABELS[name])) for name in FACETS}
    described = [_words(entry.get("value")) for entry in metadata] + [_words(document.get("summary"))]
    said = dict.fromkeys(text for words in described for texts in words.values() for text in texts)
    bodies = [_body(canvas) for canvas in _list(document.get("items"))]
    return Listed(
        entry=Entry(identifier, label, _thumbnail(document)),
        kind=facets["kind"],
        pages=bodies.count("Image"),
        models=bodies.count("Model"),
        text="\n".join(said)[:SEARCH_CHARACTERS],
        facets={name: words for name, words in facets.items() if words},
    )


def _value(metadata: list[dict[str, Any]], label: Words) -> Any:
    return next((entry.get("value") for entry in metadata if entry.get("label") == label), None)


def _read(path: Path, identifier: str) -> dict[str, Any]:
    file = f"objects/{identifier}/manifest.json"
    try:
        if path.stat().st_size > limits.MAX_JSON_BYTES:
            raise errors.IiifError(object=identifier, file=file, detail="it is too large for a manifest")
        document = addresses.load(path)
    except (OSError, ValueError) as error:
        raise errors.IiifError(object=identifier, file=file, detail=f"it cannot be read as JSON ({error})") from None
    if not isinstance(document, dict) or document.get("type") != "Manifest":
        raise errors.IiifError(object=identifier, file=file, detail="it is no Presentation 3 manifest")
    return document


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: Any) -> Words:
    """A language map with everything left out that is none."""
    if not isinstance(value, dict):
        return {}
    kept = {str(tag): [text for text in _list(texts) if isinstance(text, str)] for tag, texts in value.items()}
    return {tag: texts for tag, texts in kept.items() if texts}


def _thumbnail(document: dict[str, Any]) -> tuple[int, int] | None:
    picture = next(iter(_list(document.get("thumbnail"))), None)
    if not isinstance(picture, dict):
        return None
    width, height = picture.get("width"), picture.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _body(canvas: Any) -> str:
    """Whether a picture or a model is painted on the canvas."""
    pages = _list(canvas.get("items")) if isinstance(canvas, dict) else []
    annotations = [entry for page in pages if isinstance(page, dict) for entry in _list(page.get("items"))]
    for annotation in annotations:
        body = annotation.get("body") if isinstance(annotation, dict) else None
        if isinstance(body, dict):
            return "Model" if body.get("type") == "Model" else "Image"
    return ""
