"""One part of a picture that was taken in parts: its pixels at hand, a reduced grey picture, its features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from heritage3d.image.raster import release

#: Shortest side (px) of the reduced pictures in which parts are recognised.
REDUCED_SIDE = 1000
#: Largest reduced picture (px): long slips are reduced more.
REDUCED_PIXELS = 3_500_000
_TILE = 600  # SIFT doubles what it sees: a tile of this side needs about 90 MB
_TILE_MARGIN = 48
_NOTHING = np.empty((0, 2))
_PER_CELL, _CELL = 24, 100  # features kept in a cell of the reduced picture: many everywhere, not all in one seal


@dataclass(frozen=True)
class Part:
    """An open part; ``pixels`` (height, width, 1 or 3) uint8 or uint16, sRGB.

    ``reduced`` is float32 luminance (0 to 255) in pixels ``factor`` times as large. ``points`` (n, 2) are the
    places of its features in those pixels, ``descriptors`` (n, 128) what they look like (RootSIFT).
    """

    name: str
    file: str
    pixels: np.ndarray
    ppi: float | None
    factor: int
    reduced: np.ndarray
    points: np.ndarray
    descriptors: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def corners(self) -> np.ndarray:
        """The four outer corners (4, 2), pixel centres at integers."""
        width, height = self.size
        return np.array([(0, 0), (width, 0), (width, height), (0, height)], float) - 0.5

    def found(self) -> Part:
        """The same part without what only the search needs."""
        return replace(self, reduced=_NOTHING, points=_NOTHING, descriptors=_NOTHING)

    def window(self, x: int, y: int, width: int, height: int) -> np.ndarray:
        """Float32 luminance (0 to 255) of a rectangle inside the part."""
        seen = luminance(self.pixels[y : y + height, x : x + width])
        release(self.pixels)  # a patch here and there would in the end hold the whole part
        return seen


def reduction(sizes: list[tuple[int, int]]) -> int:
    """By how much all parts are reduced for the search: one factor, so that their scales compare."""
    shortest = min(min(size) for size in sizes)
    largest = max(width * height for width, height in sizes)
    return max(1, round(shortest / REDUCED_SIDE), int(np.ceil(np.sqrt(largest / REDUCED_PIXELS))))


def studied(name: str, file: str, pixels: np.ndarray, ppi: float | None, factor: int) -> Part:
    """A part with its reduced picture and its features."""
    reduced = _reduced(pixels, factor)
    release(pixels)
    points, descriptors = _features(reduced)
    return Part(name, file, pixels, ppi, factor, reduced, points, descriptors)


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Grey float32 from 0 to 255 of samples of any depth (Rec. 709 weights on the encoded values)."""
    if pixels.shape[2] == 1:
        grey = pixels[:, :, 0].astype(np.float32)
    else:
        grey = cv2.transform(pixels.astype(np.float32), np.array([[0.2126, 0.7152, 0.0722]], np.float32))
    return grey / np.float32(257) if pixels.dtype == np.uint16 else grey


def _reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    reduced = np.empty((height, width), np.float32)
    step = max(1, 2_000_000 // (width * factor * factor))
    for top in range(0, height, step):
        rows = min(step, height - top)
        strip = luminance(pixels[top * factor : (top + rows) * factor, : width * factor])
        reduced[top : top + rows] = cv2.resize(strip, (width, rows), interpolation=cv2.INTER_AREA)
        release(pixels)
    return reduced


def _features(reduced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SIFT (Lowe 2004) of the whole picture, tile by tile; RootSIFT (Arandjelović and Zisserman 2012)."""
    sift: Any = cv2.SIFT_create(contrastThreshold=0.01)  # type: ignore[attr-defined,unused-ignore]
    picture = np.clip(np.rint(reduced), 0, 255).astype(np.uint8)
    height, width = picture.shape
    found: list[tuple[float, float, float, float]] = []
    told: list[np.ndarray] = []
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            y0, x0 = max(top - _TILE_MARGIN, 0), max(left - _TILE_MARGIN, 0)
            tile = picture[y0 : top + _TILE + _TILE_MARGIN, x0 : left + _TILE + _TILE_MARGIN]
            keypoints, descriptors = sift.detectAndCompute(np.ascontiguousarray(tile), None)
            if descriptors is None:
                continue
            for point, descriptor in zip(keypoints, descriptors, strict=True):
                x, y = point.pt[0] + x0, point.pt[1] + y0
                if left <= x < left + _TILE and top <= y < top + _TILE:
                    found.append((x, y, point.response, point.angle))
                    told.append(descriptor)
    if not found:
        return np.empty((0, 2)), np.empty((0, 128), np.float32)
    features, descriptors = np.array(found), np.array(told, np.float32)
    kept = _strongest(features)
    descriptors = descriptors[kept]
    descriptors /= np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    return features[kept, :2], np.sqrt(descriptors)


def _strongest(features: np.ndarray) -> np.ndarray:
    """Indices of the strongest features of every cell, in one fixed order."""
    order = np.lexsort((features[:, 3], features[:, 0], features[:, 1], -features[:, 2]))
    cells = (features[order, 1] // _CELL).astype(int) * 100_000 + (features[order, 0] // _CELL).astype(int)
    by_cell = np.argsort(cells, kind="stable")
    sorted_cells = cells[by_cell]
    rank = np.arange(len(cells)) - np.searchsorted(sorted_cells, sorted_cells)
    return np.asarray(order[np.sort(by_cell[rank < _PER_CELL])])
