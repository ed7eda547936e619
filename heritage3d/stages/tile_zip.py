"""The stage ``tile-zip``: a scan becomes a deep-zoom image in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from heritage3d.pipeline.stage import Artefact, Evidence, Many, Output, Reads, stage
from heritage3d.stages.tile import TILE_LIBRARIES, TileFormat, TileQuality, TileSize


class TileZipEvidence(Evidence):
    """What was made of one master: the size people see (px), the files inside and the bytes of the zip."""

    width: int
    height: int
    format: Literal["jpg", "webp"]
    files: int
    bytes: int


@stage(
    writes=Many("iiif/image-zip"),
    version=1,
    libraries=TILE_LIBRARIES,
    seconds_per_mb=0.003,
    bytes_out_per_byte=0.08,
)
def tile_zip(
    master: Annotated[Artefact, Reads("image/master")],
    dest: Path,
    *,
    format: TileFormat = "jpg",
    quality: TileQuality = 85,
    size: TileSize = 512,
) -> list[Output]:
    """Cut a scan into the same service as `tile`, in one zip: quick to copy, to be unpacked where it is served.

    A tile takes four entries of a file system, its file and three folders. On a hard disk that travels, or on
    tape, thousands of them are what takes the time. info.json inside names the default address, to be changed
    where the zip is unpacked.
    """
    from heritage3d.iiif.cut_service import cut_service
    from heritage3d.iiif.image_service import ImageService
    from heritage3d.image.reading import open_master
    from heritage3d.pipeline.addresses import DEFAULT_BASE
    from heritage3d.tiling.zipped import Zipped

    name = master.name or "image"
    path = dest / f"{name}.zip"
    with open_master(master.path) as scan:
        service = ImageService(scan.width, scan.height, size, format)
        with Zipped(path, quality) as files:
            cut_service(scan, service, files, identifier=f"{DEFAULT_BASE}{name}")
    evidence = TileZipEvidence(
        width=service.width, height=service.height, format=format, files=files.files, bytes=path.stat().st_size
    )
    return [Output("iiif/image-zip", master.name, path, evidence=evidence.model_dump(mode="json"))]
