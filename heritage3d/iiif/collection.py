"""Write the IIIF Presentation 3 collection of a batch: one reference to each published manifest.

Presentation 3 knows no pages of a collection, so a large one is a collection of collections: collection.json names
collections/1/collection.json and on, each with up to 1,000 manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heritage3d.iiif.manifest import CONTEXT, Json
from heritage3d.pipeline.addresses import here

TITLE = {"en": ["Collection"], "zh-Hans": ["藏品"], "zh-Hant": ["藏品"]}
PAGE = 1_000  # manifests that one document lists


@dataclass(frozen=True)
class Entry:
    """One object of a collection: its id, its label by language, its thumbnail as width and height in pixels."""

    id: str
    label: dict[str, list[str]]
    thumbnail: tuple[int, int] | None = None


def collection(
    entries: Iterable[Entry], label: dict[str, list[str]] = TITLE, *, summary: dict[str, list[str]] | None = None
) -> Json:
    """The collection of these objects, in the given order, for ``collection.json`` beside ``objects/``."""
    return _document("collection.json", label, summary) | {"items": [_reference(entry) for entry in entries]}


def collection_of_pages(
    names: Sequence[str], label: dict[str, list[str]] = TITLE, *, summary: dict[str, list[str]] | None = None
) -> Json:
    """The same for more than PAGE objects: it names a collection for each PAGE of them, in their order."""
    starts = range(0, len(names), PAGE)
    return _document("collection.json", label, summary) | {
        "items": [
            {"id": here(page_address(at)), "type": "Collection", "label": _span(names[start : start + PAGE], start)}
            for at, start in enumerate(starts, start=1)
        ]
    }


def page_of(entries: Sequence[Entry], number: int, label: dict[str, list[str]] = TITLE) -> Json:
    """Page ``number`` (from 1) of such a collection."""
    document = _document(page_address(number), _span([entry.id for entry in entries], (number - 1) * PAGE), None)
    whole = {"id": here("collection.json"), "type": "Collection", "label": label}
    return document | {"partOf": [whole], "items": [_reference(entry) for entry in entries]}


def page_address(number: int) -> str:
    """Where page ``number`` (from 1) lies."""
    return f"collections/{number}/collection.json"


def _document(place: str, label: dict[str, list[str]], summary: dict[str, list[str]] | None) -> Json:
    document: Json = {"@context": CONTEXT, "id": here(place), "type": "Collection", "label": label}
    return document | ({"summary": summary} if summary else {})


def _span(names: Sequence[str], start: int) -> dict[str, list[str]]:
    """What a page is called: the numbers and ids of its first and last object."""
    return {"none": [f"{start + 1}–{start + len(names)}: {names[0]} … {names[-1]}"]}


def _reference(entry: Entry) -> Json:
    place = f"objects/{entry.id}"
    reference: Json = {"id": here(f"{place}/manifest.json"), "type": "Manifest", "label": entry.label}
    if entry.thumbnail:
        width, height = entry.thumbnail
        picture = {"id": here(f"{place}/thumbnail.jpg"), "type": "Image", "format": "image/jpeg"}
        reference["thumbnail"] = [{**picture, "height": height, "width": width}]
    return reference
