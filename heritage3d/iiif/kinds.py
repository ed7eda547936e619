"""The kinds and formats of this room: image services, manifests, collections."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(
    Kind(
        "iiif/image",
        "a static IIIF Image API 3 service, level 0: info.json and tiles",
        place="objects/{object}/pages/{name}",
        addressed=("info.json",),
    ),
    Kind(
        "iiif/manifest",
        "a IIIF Presentation 3 manifest with the thumbnail of the object",
        place="objects/{object}",
        spread=True,
        addressed=("manifest.json",),
    ),
)
