"""The kinds and formats of this room: what counts as an image capture."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind("image/master", "a page scan or another picture of the object that is published"),
    Kind("image/target", "a shot of a colour or resolution target"),
    Kind("photo", "a photograph of a set taken around a relic, for photogrammetry"),
    Kind("mask", "what belongs to the object in the photograph of the same name"),
)
