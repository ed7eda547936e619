"""The kind of this room: what was judged of an object's pictures."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind(
        "image/quality",
        "the quality of an object's pictures: a verdict for each page, the figures and colour charts of its targets",
        place="objects/{object}/quality",
    )
)
