"""exhibit: the reading room of a collection."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import Field

from heritage3d.pipeline.stage import Beside, Collection, Evidence, stage


class ExhibitEvidence(Evidence):
    """What the site shows."""

    objects: int
    pages: int
    models: int
    exhibits: int  # things in the VR room
    left_out: int  # objects that found no place in it
    room: dict[str, int]  # what its heaviest frame costs: triangles, draw calls, bytes of textures


def _foresee(text: str, known: set[str]) -> None:
    from heritage3d.hall.foreseeing import foresee

    foresee(text, known)


@stage(
    writes="site",
    version=2,
    libraries=("heritage3d",),
    assets=("viewer/dist",),
    seconds_per_mb=0.01,
    bytes_out_per_byte=0.01,
)
def exhibit(
    collection: Collection,
    dest: Path,
    *,
    title: Annotated[
        str | None, Field(max_length=300, description="Name of the collection (in English, or its only name)")
    ] = None,
    title_zh: Annotated[str | None, Field(max_length=300, description="Name of the collection in Chinese")] = None,
    summary: Annotated[
        str | None, Field(max_length=2000, description="A sentence or two below the name of the collection")
    ] = None,
    summary_zh: Annotated[str | None, Field(max_length=2000, description="The same sentences in Chinese")] = None,
    room: Annotated[
        str | None, Beside("room.yaml", _foresee), Field(description="What room.yaml says of the VR room")
    ] = None,
) -> ExhibitEvidence:
    """Make the reading room of all published objects: a static site that any web server can host.

    Writes index.html with a plain link to every object, collection.json (IIIF Presentation 3, in pages where it
    is large), changes/ (IIIF Change Discovery, for harvesters), a search index and the viewer. Everything is found
    relative to index.html, so the site opens at any address. vr.html is a room to walk through, with or without
    a headset: as the file room.yaml beside the sheet describes it, or laid out by itself.
    """
    from heritage3d.exhibit import site
    from heritage3d.hall import writing
    from heritage3d.iiif.collection import TITLE

    named = _words(title, title_zh) or TITLE
    objects, pages, models = site.write(collection, dest, title=named, summary=_words(summary, summary_zh))
    hall = writing.write(collection, dest, room, title=named, viewer=site.VIEWER)
    return ExhibitEvidence(
        objects=objects,
        pages=pages,
        models=models,
        exhibits=hall.exhibits,
        left_out=len(hall.left_out),
        room=asdict(hall.cost),
    )


def _words(text: str | None, chinese: str | None) -> dict[str, list[str]] | None:
    """One text suits every reader; beside a Chinese one it counts as English."""
    if text and chinese:
        return {"en": [text], "zh-Hans": [chinese]}
    return {"none": [text]} if text else {"zh-Hans": [chinese]} if chinese else None
