"""The kinds of this room. Light: every command imports it."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind("photogrammetry/scale", "known distances and markers of a set of photographs (scale.yaml)"),
    Kind("photogrammetry/aligned", "photographs without distortion, where their cameras stood, and sparse points"),
    Kind("photogrammetry/dense", "points that several photographs agree on, with normals and colours"),
    Kind(
        "photogrammetry/report",
        "how a model was made from photographs: figures, where the cameras stood, the model from four sides",
        place="objects/{object}/photogrammetry",
        section="photogrammetry",
    ),
)
