"""Where artefacts lie: their published place, and where a killed run may have left them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from heritage3d.pipeline.digests import holds, print_of
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.store import Store
from heritage3d.pipeline.tables import ArtefactRow


@functools.lru_cache(4096)  # the same place is asked for by the plan, the documents and the publication
def place_of(kind_name: str, object_id: str, name: str, *, several: bool) -> str | None:
    """Where an artefact is published, relative to OUT; None for kinds that are not published."""
    template = kind(kind_name).place
    if template is None:
        return None
    return template.replace("{/name}", f"/{name}" if several else "").format(object=object_id, name=name)


def folder_of(kind_name: str, place: str | None) -> str:
    """The folder that "here" means inside an artefact: its own, or the one around a single file."""
    told = kind(kind_name)
    if place is None or place == ".":
        return ""
    single_file = told.place is not None and "." in told.place.rsplit("/", 1)[-1]
    return place.rsplit("/", 1)[0] if single_file else place


def locate(row: ArtefactRow, store: Store, candidates: Callable[[], list[Path]] | list[Path]) -> Path | None:
    """Where an artefact lies undamaged, or None. Contents are hashed only where the prints differ."""
    location = store.out / row.location
    if Path(row.location).is_absolute():
        return location if location.exists() else None
    names = [entry.path for entry in row.files]
    elsewhere = candidates if isinstance(candidates, list) else candidates()
    roots = [location, *(root for root in elsewhere if root != location)]
    for root in roots:
        if print_of(root, names) == row.print:
            return root
    for root in roots:
        if all(holds(root / entry.path if entry.path else root, entry) for entry in row.files):
            return root
    return None
