"""The kinds and formats of this room: published models."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind(
        "gltf/lods",
        "a model in levels of detail: preview.glb, web.glb, vr.glb, full.glb, poster.jpg, evidence.json",
        place="objects/{object}/models{/name}",
    )
)
