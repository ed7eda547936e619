"""Every address that the viewers' own code computes for more than 500 sizes is one that the tiler writes.

Their code runs in one page and fetches nothing; which files are written is asked of ``ImageService``, which
tests/stages/test_tile.py compares with the disk. tests/browser/test_edges.py drives the viewers themselves.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from heritage3d.iiif.image_service import ImageService
from heritage3d.iiif.manifest import manifest
from heritage3d.iiif.parts import ImagePart, Picture
from heritage3d.pipeline import addresses
from tests.browser import chromium, edges, tour
from tests.browser.visit import Visit
from tests.image.openseadragon_requests import requests

BASE = "http://example.org/"
TILES = (128, 256, 512)
EDGES = (1, 2, 15, 63, 64, 65, 89, 90, 91, 127, 128, 129, 199, 200, 201, 255, 256, 257, 511, 512, 513)
LONGEST_JPEG = 65_500


def _sizes() -> list[tuple[int, int]]:
    chosen = random.Random(8)
    wild = [(round(2 ** chosen.uniform(0, 12)), round(2 ** chosen.uniform(0, 12))) for _ in range(200)]
    return list(dict.fromkeys([*edges.SIZES, *itertools.product(EDGES, EDGES), *wild]))


def _services() -> list[tuple[ImageService, dict[str, Any]]]:
    """Every size with every side of a tile, in JPEG and WebP by turns, and its info.json."""
    services = []
    for at, (width, height) in enumerate(_sizes()):
        for turn, side in enumerate(TILES):
            service = ImageService(width, height, side, ("jpg", "webp")[(at + turn) % 2])
            services.append((service, service.info(f"{BASE}{width}x{height}x{side}")))
    return services


SERVICES = _services()


@pytest.fixture
def page(visit: Callable[..., Visit]) -> Any:
    """Opens a blank page with a viewer's code, by its place below node_modules."""
    with tour.host_of_viewers() as host:
        seen = visit(f"{host}addresses.html", allowed="http://127.0.0.1:")

        def load(place: str) -> Any:
            seen.page.add_script_tag(url=f"{host}../node_modules/{place}")
            return seen.page

        yield load
        seen.assert_clean()


def _bundle(name: str) -> str:
    bundle = next(bundle for bundle in chromium.BUNDLES if bundle.name == name)
    return f".viewers/{name}/{bundle.wanted}"


@functools.cache
def _written(service: ImageService) -> dict[str, tuple[int, int]]:
    return {address.path: (address.width, address.height) for address in service.addresses()}


def _assert_written(service: ImageService, info: dict[str, Any], asked: list[str]) -> None:
    for path in asked:
        region, size = path.split("/")[:2]
        assert _written(service).get(path) == edges.promised(info, region, size), (info["id"], path)


@pytest.mark.parametrize("version", ["", "4", "5", "6"])
def test_openseadragon(page: Any, version: str) -> None:
    """Of today, and those inside Clover, Mirador and Universal Viewer; ours is as tests/image transcribes it."""
    newest = "openseadragon/build/openseadragon/openseadragon.min.js"
    there = page(_bundle(f"openseadragon-{version}") if version else newest)
    # OpenSeadragon 4 asks for JPEG whatever info.json prefers.
    chosen = [pair for pair in SERVICES if version != "4" or pair[0].format == "jpg"]
    asked = there.evaluate("infos => tiles(infos)", [info for _, info in chosen])
    for (service, info), paths in zip(chosen, asked, strict=True):
        _assert_written(service, info, paths)
        if not version:
            assert paths == [path for path, _, _ in requests(info)]
    print(f"OpenSeadragon {version or 'newest'}: {sum(map(len, asked))} addresses of {len(chosen)} services")
    assert len(chosen) > 900


def _document() -> dict[str, Any]:
    """A manifest of all services that names no thumbnail."""
    parts = []
    for service, info in SERVICES:
        name = info["id"].removeprefix(BASE)
        full = Picture(f"{name}/full/max/0/default.jpg", *service.size_at(service.whole[0]), "image/jpeg")
        parts.append(ImagePart(name, name, service.width, service.height, full, None))
    record = {"id": "all", "title": {"none": ["All"]}, "pages": [{"name": part.name} for part in parts]}
    bound: dict[str, Any] = addresses.rebind(manifest(record, parts, []), addresses.HERE, BASE)
    return bound


def test_universal_viewer_finds_its_thumbnails(page: Any) -> None:
    """Its list of pages and its gallery; only where no JPEG can be as long is there none."""
    asked = page(f"{_bundle('manifesto')}manifesto.js").evaluate("document => icons(document, [90, 200])", _document())
    absent = 0
    for at, url in enumerate(asked):
        service, info = SERVICES[at % len(SERVICES)]
        path = url.removeprefix(f"{info['id']}/")
        if edges.promised(info, *path.split("/")[:2])[1] > LONGEST_JPEG:
            absent += 1
            assert path not in _written(service)
        else:
            _assert_written(service, info, [path])
    assert len(asked) == 2 * len(SERVICES)
    print(f"Universal Viewer: {len(asked)} thumbnails, {absent} that no JPEG can be")


def test_clover_finds_its_thumbnails(page: Any) -> None:
    there = page(_bundle("iiif-helpers"))
    infos = [info for _, info in SERVICES]
    asked = there.evaluate("([document, infos]) => cards(document, infos)", [_document(), infos])
    paths = [url.removeprefix(f"{info['id']}/") for (_, info), url in zip(SERVICES, asked, strict=True)]
    for (service, info), path in zip(SERVICES, paths, strict=True):
        _assert_written(service, info, [path])
    alone = sum(path.endswith(",/0/default.jpg") for path in paths)
    print(f"Clover: {len(asked)} thumbnails, {alone} asked for by their width alone")
    assert alone > 900
