"""Write the IIIF Presentation 3 collection of a batch: one reference to each published manifest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heritage3d.iiif.manifest import CONTEXT, Json
from heritage3d.pipeline.addresses import here

TITLE = {"en": ["Collection"], "zh-Hans": ["藏品"], "zh-Hant": ["藏品"]}


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
    document: Json = {"@context": CONTEXT, "id": here("collection.json"), "type": "Collection", "label": label}
    if summary:
        document["summary"] = summary
    return document | {"items": [_reference(entry) for entry in entries]}


def _reference(entry: Entry) -> Json:
    place = f"objects/{entry.id}"
    reference: Json = {"id": here(f"{place}/manifest.json"), "type": "Manifest", "label": entry.label}
    if entry.thumbnail:
        width, height = entry.thumbnail
        picture = {"id": here(f"{place}/thumbnail.jpg"), "type": "Image", "format": "image/jpeg"}
        reference["thumbnail"] = [{**picture, "height": height, "width": width}]
    return reference
