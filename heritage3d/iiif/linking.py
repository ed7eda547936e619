"""What a manifest links to: who holds the object, its home page, data and downloads elsewhere, where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from heritage3d import errors
from heritage3d.iiif.parts import ImagePart, ModelPart
from heritage3d.pipeline.addresses import HERE, here

Json = dict[str, Any]

# By the end of an address: the type that the Presentation API gives such a resource, and its media type.
_KINDS = {
    "html": ("Text", "text/html"),
    "htm": ("Text", "text/html"),
    "pdf": ("Text", "application/pdf"),
    "epub": ("Text", "application/epub+zip"),
    "txt": ("Text", "text/plain"),
    "zip": ("Dataset", "application/zip"),
    "tar": ("Dataset", "application/x-tar"),
    "json": ("Dataset", "application/json"),
    "jsonld": ("Dataset", "application/ld+json"),
    "xml": ("Dataset", "application/xml"),
    "rdf": ("Dataset", "application/rdf+xml"),
    "ttl": ("Dataset", "text/turtle"),
    "csv": ("Dataset", "text/csv"),
    "glb": ("Model", "model/gltf-binary"),
    "usdz": ("Model", "model/vnd.usdz+zip"),
    "png": ("Image", "image/png"),
    "jpg": ("Image", "image/jpeg"),
    "jpeg": ("Image", "image/jpeg"),
    "svg": ("Image", "image/svg+xml"),
    "webp": ("Image", "image/webp"),
}


def linked(links: Sequence[Json] | None, otherwise: str, media: str | None = None) -> list[Json]:
    """Resources elsewhere from links of the record; ``otherwise`` and ``media`` where the address does not tell."""
    found = []
    for link in links or ():
        kind, known = _kind_of(link["address"])
        entry: Json = {"id": link["address"], "type": kind or otherwise, "label": link["label"]}
        if form := known or media:
            entry["format"] = form
        found.append(entry)
    return found


def _kind_of(address: str) -> tuple[str | None, str | None]:
    ending = urlsplit(address).path.rpartition("/")[2].rpartition(".")
    return _KINDS.get(ending[2].lower(), (None, None)) if ending[1] else (None, None)


def provider(record: Json, name: str) -> list[Json] | None:
    """Who holds the object, with home page and logo where the record knows them."""
    holding, homepage, logo = record.get("holding"), record.get("holding_homepage"), record.get("logo")
    if not holding:
        return None
    agent: Json = {"id": homepage or f"{HERE}{name}#provider", "type": "Agent", "label": holding}
    if homepage:
        agent["homepage"] = [{"id": homepage, "type": "Text", "label": holding, "format": "text/html"}]
    if logo:
        known = _kind_of(logo)[1]
        agent["logo"] = [{"id": logo, "type": "Image"} | ({"format": known} if known else {})]
    return [agent]


def start_of(record: Json, images: Sequence[ImagePart], models: Sequence[ModelPart]) -> Json | None:
    """The canvas that an object opens with: the page or model that ``start_page`` names.

    By its name, by its file or by one of its labels. Raises StartUnknown.
    """
    wanted = record.get("start_page")
    if not wanted:
        return None
    names: dict[str, set[str]] = {}
    for entry in [*(record.get("pages") or []), *(record.get("models") or [])]:
        labels = {text for texts in (entry.get("label") or {}).values() for text in texts}
        file = str(entry.get("file") or "")
        names[entry["name"]] = labels | {file, file.rpartition("/")[2]}
    parts: list[ImagePart | ModelPart] = [*images, *models]
    by_name = [part for part in parts if part.name == wanted]
    told = [part for part in parts if wanted in names.get(part.name, set())]
    found = next(iter(by_name + told), None)
    if found is None:
        raise errors.StartUnknown(value=wanted)
    return {"id": here(f"canvas/{found.address}"), "type": "Canvas"}
