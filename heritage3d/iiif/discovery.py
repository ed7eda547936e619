"""Write IIIF Change Discovery 1.0 as static files, so that harvesters can pull every manifest of a collection.

Level 0 of the specification (2.2.1): the list of the resources without times, because no clock goes into what is
published; a harvester compares what it pulls by digest or by the server's own dates.
"""

from __future__ import annotations

from collections.abc import Sequence

from heritage3d.iiif.manifest import Json
from heritage3d.pipeline.addresses import here

CONTEXT = "http://iiif.io/api/discovery/1/context.json"
PAGE = 1_000  # activities in one document
ALL = "changes/all-changes.json"


def all_changes(objects: int) -> Json:
    """The OrderedCollection for ``changes/all-changes.json``: how many activities, the first and the last page."""
    pages = max(-(-objects // PAGE), 1)
    return {
        "@context": CONTEXT,
        "id": here(ALL),
        "type": "OrderedCollection",
        "totalItems": objects,
        "partOf": [{"id": here("collection.json"), "type": "Collection"}],
        "first": _page(1),
        "last": _page(pages),
    }


def page_of_changes(names: Sequence[str], number: int, pages: int) -> Json:
    """Page ``number`` (from 1) of ``pages``, with one activity for each of these objects."""
    document: Json = {"@context": CONTEXT, **_page(number)}
    document["partOf"] = {"id": here(ALL), "type": "OrderedCollection"}
    document["startIndex"] = (number - 1) * PAGE
    if number > 1:
        document["prev"] = _page(number - 1)
    if number < pages:
        document["next"] = _page(number + 1)
    return document | {"orderedItems": [_activity(name) for name in names]}


def page_address(number: int) -> str:
    """Where page ``number`` (from 1) lies."""
    return f"changes/{number}/page.json"


def _page(number: int) -> Json:
    return {"id": here(page_address(number)), "type": "OrderedCollectionPage"}


def _activity(name: str) -> Json:
    place = f"objects/{name}"
    record = {"id": here(f"{place}/record.json"), "type": "Dataset", "format": "application/json"}
    return {
        "type": "Update",
        "object": {"id": here(f"{place}/manifest.json"), "type": "Manifest", "seeAlso": [record]},
    }
