"""From the rows of a master to every file of its image service, in one pass."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from heritage3d.iiif.image_service import ImageService
from heritage3d.image.reading import Master
from heritage3d.image.strips import ReadInto
from heritage3d.pipeline import addresses
from heritage3d.tiling.level import Piece
from heritage3d.tiling.pyramid import cut


class Files(Protocol):
    """Where files of a service go: a folder (tiling.tree.Tree) or a zip (tiling.zipped.Zipped)."""

    def write(self, pixels: np.ndarray, paths: tuple[str, ...]) -> None:
        """Encode a picture and write it under these paths."""

    def write_resized(self, pixels: np.ndarray, size: tuple[int, int], path: str) -> None:
        """Write a picture at another size."""

    def write_document(self, content: bytes, name: str) -> None:
        """Write a file that is no image."""


def cut_service(
    scan: Master,
    service: ImageService,
    files: Files,
    *,
    read: ReadInto | None = None,
    identifier: str | None = None,
) -> None:
    """Write the tiles, the whole images, the icons and info.json of a service.

    ``read`` stands for ``scan.read_into`` where somebody else looks at the rows as they pass; ``identifier``
    is the address of the service, None where it is bound later.
    Raises as Master.read_into, and what ``files`` raises.
    """

    def publish(piece: Piece) -> None:
        files.write(piece.pixels, service.paths(piece.scale, piece.x, piece.y, piece.w, piece.h))
        for scale, width, height in service.icons if piece.whole else ():
            if piece.scale == scale:
                files.write_resized(piece.pixels, (width, height), f"full/{width},/0/default.jpg")

    cut(
        read or scan.read_into,
        publish,
        width=scan.width,
        height=scan.height,
        channels=scan.channels,
        depth=scan.depth,
        tile=service.tile,
        scales=len(service.scale_factors),
        whole=frozenset(service.whole),
    )
    files.write_document(addresses.dump(service.info(identifier or addresses.here())), "info.json")
