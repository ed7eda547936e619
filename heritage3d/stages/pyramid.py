"""The stage ``pyramid``: a scan becomes one file for an image server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from heritage3d.pipeline.stage import Artefact, Evidence, Many, Output, Reads, stage
from heritage3d.stages.tile import TILE_LIBRARIES, TileSize


class PyramidEvidence(Evidence):
    """What was made of one master: the size people see (px), its levels, tiles and bytes, the colours."""

    width: int
    height: int
    compression: Literal["jpeg", "deflate"]
    tiles: int
    bytes: int
    big: bool
    sizes: list[tuple[int, int]]
    master_format: str
    master_profile: str


@stage(
    writes=Many("image/pyramid"),
    version=1,
    libraries=TILE_LIBRARIES,
    seconds_per_mb=0.005,
    bytes_out_per_byte=0.08,
)
def pyramid(
    master: Annotated[Artefact, Reads("image/master")],
    dest: Path,
    *,
    compression: Annotated[
        Literal["jpeg", "deflate"], Field(description="jpeg is small; deflate keeps every pixel and is large")
    ] = "jpeg",
    quality: Annotated[int, Field(ge=1, le=100, description="Quality of JPEG tiles")] = 85,
    size: TileSize = 512,
) -> list[Output]:
    """Write a scan as a pyramidal TIFF for an image server such as IIPImage or Cantaloupe."""
    import contextlib

    from heritage3d.iiif.image_service import ImageService
    from heritage3d.image.reading import open_master
    from heritage3d.pipeline.store import translated
    from heritage3d.tiling.pyramid import cut
    from heritage3d.tiling.pyramid_tiff import PyramidWriter

    path = dest / f"{master.name or 'image'}.tif"
    with open_master(master.path) as scan:
        service = ImageService(scan.width, scan.height, size)
        scales = len(service.scale_factors)
        writer = PyramidWriter(
            scan.width,
            scan.height,
            scan.channels,
            tile=size,
            scales=scales,
            compression=compression,
            quality=quality,
            ppi=scan.header.ppi,
        )
        with contextlib.closing(writer):
            cut(
                scan.read_into,
                writer.receive,
                width=scan.width,
                height=scan.height,
                channels=scan.channels,
                depth=scan.depth,
                tile=size,
                scales=scales,
            )
            with translated(path):
                writer.write(path)
            evidence = PyramidEvidence(
                width=scan.width,
                height=scan.height,
                compression=compression,
                tiles=writer.tiles,
                bytes=path.stat().st_size,
                big=writer.big,
                sizes=[writer.size_at(scale) for scale in service.scale_factors],
                master_format=scan.format,
                master_profile=scan.profile,
            )
    return [Output("image/pyramid", master.name, path, evidence=evidence.model_dump(mode="json"))]
