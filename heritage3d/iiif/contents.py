"""The table of contents: ranges in ranges (Presentation API 3.0, 5.4), from the sections that the page list tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from heritage3d.iiif.parts import ImagePart
from heritage3d.pipeline.addresses import here

Json = dict[str, Any]
_Entry = tuple[Sequence[Json], str]  # what is left of the sections of a page, and its address

LABEL = {"en": ["Table of contents"], "zh-Hans": ["目录"], "zh-Hant": ["目錄"]}


def contents(images: Sequence[ImagePart], listed: dict[str, Json]) -> list[Json]:
    """One range that holds all others, or [] where no page belongs to a section.

    Each run of pages in one section is a range; a page outside of all sections is in none.
    """
    pages: list[_Entry] = [(listed.get(part.name, {}).get("sections") or (), part.address) for part in images]
    items = list(_items([entry for entry in pages if entry[0]], "range"))
    return [_range("range", LABEL, items)] if items else []


def _items(pages: list[_Entry], place: str) -> Iterator[Json]:
    """Pages that belong to a section itself, and a range for each run of those that go deeper."""
    number = 0
    for section, run in groupby(pages, key=lambda entry: entry[0][0] if entry[0] else None):
        if section is None:
            yield from ({"id": here(f"canvas/{address}"), "type": "Canvas"} for _none, address in run)
            continue
        number += 1
        inside = f"{place}/{number}"
        yield _range(inside, section, list(_items([(rest[1:], address) for rest, address in run], inside)))


def _range(place: str, label: Json, items: list[Json]) -> Json:
    return {"id": here(place), "type": "Range", "label": label, "items": items}
