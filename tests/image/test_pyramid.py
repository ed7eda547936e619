"""The pyramid: every address exists with its size, no drift of brightness, the same bytes on any threads."""

from __future__ import annotations

import hashlib
import random
import threading

import numpy as np
import pytest

from heritage3d.iiif.image_service import ICONS, ImageService
from heritage3d.image.encode import encode
from heritage3d.image.strips import gather
from heritage3d.tiling import pyramid
from heritage3d.tiling.pyramid import Piece, cut
from tests.image.openseadragon_requests import requests
from tests.image.pictures import noise, strips

EDGES = [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 89, 90, 91, 127, 128, 129, 200, 201, 255, 257, 400, 401, 511]


def _sizes() -> list[tuple[int, int]]:
    chosen = random.Random(3)
    edges = [(width, height) for width in EDGES for height in EDGES]
    wild = [(chosen.randint(1, 700), chosen.randint(1, 700)) for _ in range(150)]
    tall = [(chosen.randint(1, 9), chosen.randint(700, 20000)) for _ in range(20)]
    return edges + wild + tall + [(height, width) for width, height in tall]


def _served(service: ImageService, pixels: np.ndarray) -> dict[str, tuple[int, int]]:
    """What the stage would write: path -> width, height."""
    found: dict[str, tuple[int, int]] = {}
    lock = threading.Lock()

    def publish(piece: Piece) -> None:
        with lock:
            for path in service.paths(piece.scale, piece.x, piece.y, piece.w, piece.h):
                size = (piece.pixels.shape[1], piece.pixels.shape[0])
                assert path not in found or (found[path] == size == (1, 1))
                found[path] = size
            for scale, width, height in service.icons:
                if piece.whole and piece.scale == scale:
                    found[f"full/{width},/0/default.jpg"] = (width, height)

    _cut(service, pixels, publish)
    return found


def _cut(service: ImageService, pixels: np.ndarray, receive: pyramid.Receive, **options: int) -> None:
    cut(
        gather(strips(pixels), service.height),
        receive,
        width=service.width,
        height=service.height,
        channels=pixels.shape[2],
        depth=8 * pixels.dtype.itemsize,
        tile=service.tile,
        scales=len(service.scale_factors),
        whole=frozenset(service.whole),
        **options,
    )


def test_every_address_that_openseadragon_asks_for_exists_with_its_size() -> None:
    sizes = _sizes()
    assert len(sizes) >= 500
    asked = 0
    for at, (width, height) in enumerate(sizes):
        service = ImageService(width, height, (32, 64, 128)[at % 3], ("jpg", "webp")[at % 5 == 0])
        served = _served(service, np.zeros((height, width, 1), np.uint8))
        info = service.info("http://example.org/image")
        for path, w, h in requests(info):
            assert served.get(path) == (w, h), (width, height, path)
            asked += 1
        for size in info["sizes"]:
            place = f"full/{size['width']},{size['height']}/0/default.jpg"
            assert served[place] == (size["width"], size["height"])
        assert "full/max/0/default.jpg" in served
        addresses = [(address.path, (address.width, address.height)) for address in service.addresses()]
        assert dict(addresses) == served
        assert len(addresses) == len(served)
    assert asked > 10_000


@pytest.mark.parametrize(
    ("width", "height"), [(20_000, 30_000), (60_000, 200), (200, 60_000), (3, 65_535), (5000, 4000), (16_384, 16)]
)
def test_full_max_of_a_huge_image_is_bounded_and_says_so(width: int, height: int) -> None:
    service = ImageService(width, height)
    info = service.info("http://example.org/image")
    largest = info["sizes"][-1]
    assert largest["width"] * largest["height"] <= 4096 * 4096
    assert max(largest.values()) <= 16_383
    # What a server would compute for `max` from the bounds is the file that is there, and tiles are within.
    ratio = min(1, info["maxWidth"] / width, info["maxHeight"] / height)
    assert abs(width * ratio - largest["width"]) <= 1
    assert abs(height * ratio - largest["height"]) <= 1
    for path, w, h in requests(info):
        assert w <= info["maxWidth"], path
        assert h <= info["maxHeight"], path


def test_a_thumbnail_exists_and_sizes_are_in_ascending_order() -> None:
    for width, height in _sizes():
        service = ImageService(width, height)
        sizes = service.info("http://example.org/image")["sizes"]
        assert max(sizes[0].values()) <= 200
        assert [size["width"] * size["height"] for size in sizes] == sorted(s["width"] * s["height"] for s in sizes)
        assert [icon[1] for icon in service.icons] == [icon for icon in ICONS if height * icon / width < 65_500.5]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("tile", [128, 512])
def test_brightness_does_not_drift_from_level_to_level(dtype: type, tile: int) -> None:
    pixels = noise(1024, 1024, 1, dtype)
    exact = pixels.mean() / (257 if dtype == np.uint16 else 1)
    means: dict[int, float] = {}

    def receive(piece: Piece) -> None:
        if piece.whole:
            means[piece.scale] = float(piece.pixels.mean())

    service = ImageService(1024, 1024, tile)
    _cut(service, pixels, receive)
    assert sorted(means) == [1, 2, 4, 8]
    for scale, mean in means.items():
        # A mean of n values rounded without bias is off by 0.29 / sqrt(n): 0.002 at the smallest level.
        assert abs(mean - exact) < 0.02, scale


def test_every_pixel_is_the_mean_of_what_it_covers() -> None:
    pixels = noise(301, 203)
    levels: dict[int, np.ndarray] = {}

    def receive(piece: Piece) -> None:
        if piece.whole:
            levels[piece.scale] = piece.pixels.copy()

    _cut(ImageService(301, 203, 64), pixels, receive)
    half = np.pad(pixels, ((0, 1), (0, 1), (0, 0)), mode="edge").astype(float)
    half = half.reshape(102, 2, 151, 2, 3).mean(axis=(1, 3))
    assert np.abs(levels[2] - half).max() <= 0.51
    assert (levels[1] == pixels).all()


@pytest.mark.parametrize(("channels", "dtype"), [(1, np.uint8), (3, np.uint8), (3, np.uint16)])
def test_bytes_do_not_depend_on_threads_strips_or_scratch(channels: int, dtype: type) -> None:
    pixels = noise(700, 530, channels, dtype)
    service = ImageService(700, 530, 64)
    digests = []
    for options in ({"threads": 1}, {"threads": 2}, {"threads": 4, "band_bytes": 0}):
        digest: dict[tuple[int, int, int], str] = {}

        def receive(piece: Piece, digest: dict[tuple[int, int, int], str] = digest) -> None:
            digest[piece.scale, piece.x, piece.y] = hashlib.sha256(encode(piece.pixels, "jpg", 85)).hexdigest()

        _cut(service, pixels, receive, **options)
        digests.append(digest)
    assert digests[0] == digests[1] == digests[2]


def test_missing_and_surplus_rows_are_noticed() -> None:
    for rows in (90, 110):
        with pytest.raises(ValueError, match="strips"):
            _cut(ImageService(100, 100, 64), noise(100, rows), lambda piece: None)
