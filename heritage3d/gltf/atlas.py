"""Pictures side by side in a larger one, with enough of a margin that neighbours do not bleed into each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.model import Floats

#: Pixels around each picture, and the raster on which pictures stand: down to a sixteenth of its size a mip map
#: mixes no two pictures.
MARGIN = 16
_CLAMP, _MIRROR = 33071, 33648


@dataclass(frozen=True)
class Slot:
    """Where a picture lies in an atlas, without its margin, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass
class Bin:
    """An atlas: its sides and the place of each picture by its number."""

    width: int
    height: int
    slots: dict[int, Slot] = field(default_factory=dict)

    def placed(self, slot: Slot, uv: Floats) -> Floats:
        """Texture places of a picture, (n, 2) from 0 to 1, in the atlas."""
        inside = np.clip(uv.astype(np.float64), 0, 1)
        moved = inside * [slot.width, slot.height] + [slot.left, slot.top]
        return (moved / [self.width, self.height]).astype(np.float32)


def bins(sizes: Mapping[int, tuple[int, int]], side: int, shrink: bool) -> Iterator[tuple[Bin, float]]:
    """Atlases of at most ``side`` pixels that hold pictures of these sizes (width, height); and the scale of each.

    With ``shrink`` there is one, and all pictures are scaled alike until it holds them.
    """
    scale = 1.0
    while shrink:
        found = _packed({key: _scaled(size, scale) for key, size in sizes.items()}, side)
        if len(found) == 1 or scale < 1 / 64:
            yield from ((one, scale) for one in found)
            return
        scale *= 0.9
    for found_bin in _packed(sizes, side):
        yield found_bin, 1.0


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _packed(sizes: Mapping[int, tuple[int, int]], side: int) -> list[Bin]:
    """Pictures in rows, the highest first; each atlas as small as its rows need. What is larger stands alone."""
    order = sorted(sizes, key=lambda key: (-sizes[key][1], -sizes[key][0], key))
    boxes = {key: (_raster(sizes[key][0] + 2 * MARGIN), _raster(sizes[key][1] + 2 * MARGIN)) for key in order}
    found: list[Bin] = []
    waiting = order
    while waiting:
        area = sum(boxes[key][0] * boxes[key][1] for key in waiting)
        width = min(side, _raster(max(boxes[waiting[0]][0], int(1.05 * area**0.5))))
        best, rest = _rows(waiting, sizes, boxes, width, side)
        while rest and width < side:
            width = min(side, _raster(int(width * 1.1) + 1))
            best, rest = _rows(waiting, sizes, boxes, width, side)
        if not best.slots:  # not even the highest fits: an atlas of its own, which the caller takes as a refusal
            first, rest = waiting[0], waiting[1:]
            best = Bin(*sizes[first], {first: Slot(0, 0, *sizes[first])})
        found.append(best)
        waiting = rest
    return found


def _rows(
    order: list[int],
    sizes: Mapping[int, tuple[int, int]],
    boxes: Mapping[int, tuple[int, int]],
    width: int,
    side: int,
) -> tuple[Bin, list[int]]:
    """One atlas of that width, filled row by row; and what did not fit."""
    made = Bin(width, 0)
    rest = []
    x = top = high = 0
    for key in order:
        wide, tall = boxes[key]
        if x + wide > width:
            x, top, high = 0, top + high, 0
        if wide > width or top + tall > side:
            rest.append(key)
            continue
        made.slots[key] = Slot(x + MARGIN, top + MARGIN, *sizes[key])
        x, high = x + wide, max(high, tall)
        made.height = max(made.height, top + tall)
    return made, rest


def _raster(pixels: int) -> int:
    return -(-pixels // MARGIN) * MARGIN


def drawn(bin_: Bin, pictures: Mapping[int, NDArray[np.uint8]], wraps: Mapping[int, tuple[int, int]]) -> bytes:
    """The atlas as a PNG: each picture (height, width, 4) at its place, its margin as its sampler would continue it."""
    from heritage3d.image.vips import pyvips

    canvas = np.zeros((bin_.height, bin_.width, 4), np.uint8)
    canvas[:, :, 3] = 255
    for key, slot in bin_.slots.items():
        picture = pictures[key]
        if picture.shape[:2] != (slot.height, slot.width):
            image = pyvips.Image.new_from_array(picture)
            across, down = slot.width / picture.shape[1], slot.height / picture.shape[0]
            picture = image.resize(across, vscale=down, kernel="lanczos3").numpy()[: slot.height, : slot.width]
        wide = np.pad(picture, ((0, 0), (MARGIN, MARGIN), (0, 0)), mode=_mode(wraps[key][0], picture.shape[1]))
        whole = np.pad(wide, ((MARGIN, MARGIN), (0, 0), (0, 0)), mode=_mode(wraps[key][1], picture.shape[0]))
        top, left = slot.top - MARGIN, slot.left - MARGIN
        canvas[top : top + whole.shape[0], left : left + whole.shape[1]] = whole
    opaque = bool((canvas[:, :, 3] == 255).all())
    image = pyvips.Image.new_from_array(np.ascontiguousarray(canvas[:, :, :3]) if opaque else canvas)
    return bytes(image.copy(interpretation="srgb").pngsave_buffer(compression=3, keep="none"))


def _mode(wrap: int, length: int) -> Literal["edge", "symmetric", "wrap"]:
    if wrap == _CLAMP or length < MARGIN:
        return "edge"
    return "symmetric" if wrap == _MIRROR else "wrap"
