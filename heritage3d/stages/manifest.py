"""manifest: join the pages and models of an object for every IIIF viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from heritage3d import errors
from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Reads, stage

SCENE = {
    "en": ["3D scene (IIIF 4 draft)"],
    "zh-Hans": ["三维场景（IIIF 4 草案）"],
    "zh-Hant": ["三維場景（IIIF 4 草案）"],
}


FROM_PHOTOGRAPHS = {
    "en": ["How the model was made from photographs"],
    "zh-Hans": ["由照片建立模型的过程与数据"],
    "zh-Hant": ["由照片建立模型的過程與資料"],
}
QUALITY = {"en": ["Quality of the pictures"], "zh-Hans": ["图像质量"], "zh-Hant": ["影像品質"]}


class ManifestEvidence(Evidence):
    """What the manifest joins."""

    pages: int
    models: int
    languages: list[str]
    thumbnail: bool


@stage(writes="iiif/manifest", version=7, libraries=("pyvips-binary",), seconds_per_mb=0.01, bytes_out_per_byte=0.001)
def manifest(
    record: Annotated[Path, Reads("record")],
    parts: list[Annotated[Artefact, Reads("iiif/image", "gltf/lods", "image/quality", "photogrammetry/report")]],
    dest: Path,
    *,
    behavior: Annotated[
        Literal["auto", "paged", "continuous", "individuals"],
        Field(description="How the pages belong together; auto asks the kind of the object and the sides of its pages"),
    ] = "auto",
    thumbnail: Annotated[int, Field(ge=64, le=1024, description="Longest side of the thumbnail in pixels")] = 400,
) -> ManifestEvidence:
    """Write the IIIF Presentation 3 manifest of an object, with its thumbnail.

    Pages become canvases with their image service, models become canvases with their GLB; order, labels,
    rights and metadata come from the record; the halves of a split double page stand in its place, in
    reading order. What was judged of the pictures is linked, and how a model was made from photographs. An
    object with a model gets scene.json too, the draft of Presentation 4, in which the model stands at true
    size with its pages beside it.
    """
    from heritage3d.iiif import manifest as room
    from heritage3d.iiif.halves import with_halves
    from heritage3d.iiif.parts import Picture, read_image, read_model
    from heritage3d.iiif.scene import MEDIA_TYPE, scene_manifest
    from heritage3d.iiif.thumbnail import thumbnail_of

    told = with_halves(addresses.load(record), {part.name for part in parts if part.kind == "iiif/image"})
    images, models, see_also, faults = [], [], [], []
    for part in parts:
        try:
            if part.kind == "iiif/image":
                images.append(read_image(part.path, part.name, part.address))
            elif part.kind in ("image/quality", "photogrammetry/report"):
                told_in = addresses.here(f"{part.address}/evidence.json")
                label = QUALITY if part.kind == "image/quality" else FROM_PHOTOGRAPHS
                see_also.append({"id": told_in, "type": "Dataset", "label": label, "format": "application/json"})
            else:
                models.append(read_model(part.path, part.name, part.address))
        except errors.PartUnreadable as error:
            faults.append(error)
    if faults:
        raise errors.gathered(faults)
    rank = {page["name"]: at for at, page in enumerate(told.get("pages") or [])}
    images.sort(key=lambda part: rank.get(part.name, len(rank)))
    folders = {part.address: part.path for part in parts}
    size = thumbnail_of(images, models, folders, dest / "thumbnail.jpg", thumbnail)
    picture = Picture("thumbnail.jpg", *size, "image/jpeg") if size else None
    if models:
        (dest / "scene.json").write_bytes(addresses.dump(scene_manifest(told, images, models, thumbnail=picture)))
        scene = {"id": addresses.here("scene.json"), "type": "Manifest", "label": SCENE, "format": MEDIA_TYPE}
        see_also.append(scene)
    written = room.manifest(
        told,
        images,
        models,
        thumbnail=picture,
        behavior=None if behavior == "auto" else behavior,
        see_also=see_also,
    )
    (dest / "manifest.json").write_bytes(addresses.dump(written))
    return ManifestEvidence(
        pages=len(images), models=len(models), languages=sorted(told["title"]), thumbnail=picture is not None
    )
