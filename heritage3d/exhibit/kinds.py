"""The kinds of this room: the site around the published objects."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind(
        "site",
        "the reading room: index.html, collection.json, the search index, changes and the viewer",
        place=".",
        spread=True,
        addressed=("collection.json", "all-changes.json", "page.json"),
    )
)
