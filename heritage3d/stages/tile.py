"""The stage ``tile``: a scan becomes a deep-zoom image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from heritage3d.pipeline.stage import Evidence, Reads, stage
from heritage3d.quality.measure import Finding, Measure

if TYPE_CHECKING:
    import numpy as np


# Other stages that cut tiles take these too.
TILE_LIBRARIES = ("pyvips-binary", "imagecodecs", "tifffile", "simplejpeg", "opencv-python-headless", "rawpy")
TileFormat = Annotated[Literal["jpg", "webp"], Field(description="File format of the tiles")]
TileQuality = Annotated[int, Field(ge=1, le=100, description="Compression quality of the tiles")]
TileSize = Annotated[int, Field(ge=128, le=4096, multiple_of=16, description="Side of a tile in pixels")]


class TileEvidence(Evidence):
    """What was made of one master: the size people see (px), the files and their bytes, the colours.

    ``quality`` holds what was measured of the picture while its rows passed (exposure, focus, bands), and
    ``findings`` what is wrong with it; both are empty where nothing was measured.
    """

    width: int
    height: int
    format: Literal["jpg", "webp"]
    tiles: int
    bytes: int
    levels: int
    master_format: str
    master_profile: str
    sizes: list[tuple[int, int]]
    quality: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()


@stage(
    writes="iiif/image",
    version=3,
    libraries=TILE_LIBRARIES,
    seconds_per_mb=0.004,
    bytes_out_per_byte=0.08,
)
def tile(
    master: Annotated[Path, Reads("image/master")],
    dest: Path,
    *,
    format: TileFormat = "jpg",
    quality: TileQuality = 85,
    size: TileSize = 512,
    measure: Annotated[
        bool, Field(description="Measure exposure, focus and bands of the scan in the same pass, as evidence")
    ] = False,
) -> TileEvidence:
    """Cut a scan into a static IIIF Image API 3 service that any web server can host."""
    from heritage3d.iiif.cut_service import cut_service
    from heritage3d.iiif.image_service import ImageService
    from heritage3d.image.reading import open_master
    from heritage3d.quality.glance import Glance
    from heritage3d.tiling.tree import Tree

    with open_master(master) as scan, Tree(dest, quality) as tree:
        service = ImageService(scan.width, scan.height, size, format)
        glance = None
        if measure:
            from heritage3d.quality.glance import Glance

            glance = Glance(scan.width, scan.height, scan.channels, scan.depth, skew=False)

        def read(rows: np.ndarray) -> None:
            scan.read_into(rows)
            if glance:
                glance.add(rows)

        cut_service(scan, service, tree, read=read)
    return TileEvidence(
        width=service.width,
        height=service.height,
        format=format,
        tiles=tree.files,
        bytes=tree.bytes,
        levels=len(service.scale_factors),
        master_format=scan.format,
        master_profile=scan.profile,
        sizes=[service.size_at(scale) for scale in reversed(service.whole)],
        quality=tuple(glance.measures()) if glance else (),
        findings=tuple(glance.findings()) if glance else (),
    )
