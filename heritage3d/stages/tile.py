"""The stage ``tile``: a scan becomes a deep-zoom image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Evidence, Reads, stage


class TileEvidence(Evidence):
    """What was made of one master: the size people see (px), the files and their bytes, the colours."""

    width: int
    height: int
    format: Literal["jpg", "webp"]
    tiles: int
    bytes: int
    levels: int
    master_format: str
    master_profile: str
    sizes: list[tuple[int, int]]


@stage(
    writes="iiif/image",
    version=1,
    libraries=("pyvips-binary", "imagecodecs", "tifffile", "simplejpeg", "opencv-python-headless"),
    seconds_per_mb=0.004,
    bytes_out_per_byte=0.08,
)
def tile(
    master: Annotated[Path, Reads("image/master")],
    dest: Path,
    *,
    format: Annotated[Literal["jpg", "webp"], Field(description="File format of the tiles")] = "jpg",
    quality: Annotated[int, Field(ge=1, le=100, description="Compression quality of the tiles")] = 85,
    size: Annotated[int, Field(ge=128, le=4096, multiple_of=16, description="Side of a tile in pixels")] = 512,
) -> TileEvidence:
    """Cut a scan into a static IIIF Image API 3 service that any web server can host."""
    from heritage3d.iiif.image_service import ImageService
    from heritage3d.image.pyramid import Piece, cut
    from heritage3d.image.reading import open_master
    from heritage3d.image.tree import Tree

    with open_master(master) as scan, Tree(dest, quality) as tree:
        service = ImageService(scan.width, scan.height, size, format)

        def publish(piece: Piece) -> None:
            tree.write(piece.pixels, service.paths(piece.scale, piece.x, piece.y, piece.w, piece.h))
            if service.icon and piece.whole and piece.scale == service.icon[0]:
                tree.write_resized(piece.pixels, service.icon[1:], f"full/{service.icon[1]},/0/default.jpg")

        cut(
            scan.read_into,
            publish,
            width=scan.width,
            height=scan.height,
            channels=scan.channels,
            depth=scan.depth,
            tile=size,
            scales=len(service.scale_factors),
            whole=frozenset(service.whole),
        )
        tree.write_document(addresses.dump(service.info(addresses.here())), "info.json")
    return TileEvidence(
        width=service.width,
        height=service.height,
        format=format,
        tiles=tree.files,
        bytes=tree.bytes,
        levels=len(service.scale_factors),
        master_format=f"{scan.header.format}, {scan.header.compression}, {scan.header.bits} bit",
        master_profile=scan.profile,
        sizes=[service.size_at(scale) for scale in reversed(service.whole)],
    )
