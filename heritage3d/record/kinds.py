"""The kinds of this room: what an object's folder is, and its record."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind("capture", "the folder of one object, as it came from the camera or scanner"),
    Kind("collection", "a folder of published objects: objects/<id>/manifest.json"),
    Kind("record", "the object's description and page order, as JSON", place="objects/{object}/record.json"),
)
