"""The viewers themselves, driven through awkward sizes: all that they ask for is there, with its size.

Each turns to every canvas of a manifest that names no thumbnails, down to the deepest level and into corners; lists of
pages and galleries are opened with and without thumbnails in the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heritage3d.exhibit import serving
from heritage3d.pipeline import addresses
from tests.browser import edges, tour, viewers
from tests.browser.visit import Visit
from tests.longform import long_form

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# What Universal Viewer's gallery asks of an image of 1 x 700 pixels would be 140,000 pixels high: no JPEG can be.
IMPOSSIBLE = "/pages/1x700/full/200,/0/default.jpg"

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The collection and the address of the server that it lies on."""
    out = tmp_path_factory.mktemp("edges")
    with serving.in_background(out) as server:
        edges.build(out, server.address)
        yield out, server.address


@pytest.fixture
def look(site: tuple[Path, str], browser: Browser) -> Iterator[Open]:
    """Opens a manifest in a viewer: ``look(viewer, "bare")``. At the end all that was asked for is judged."""
    out, base = site
    seen: list[Visit] = []

    def open_one(viewer: viewers.Viewer, name: str, **options: str) -> Visit:
        manifest = f"{base}objects/{name}/manifest.json"
        seen.append(viewers.opened(browser, host, viewer, manifest, **options))
        return seen[-1]

    with tour.host_of_viewers() as host:
        yield open_one
        for visited in seen:
            visited.page.wait_for_load_state("networkidle")
            visited.failed = [line for line in visited.failed if IMPOSSIBLE not in line]
            visited.assert_clean()
            visited.close()
    _judge(out, base, [url for visited in seen for url in visited.requested])


def _judge(out: Path, base: str, requested: list[str]) -> None:
    count, faults = edges.judged(out, base, [url for url in requested if IMPOSSIBLE not in url])
    assert faults == []
    print(f"{count} different pictures")
    assert count > 20


def _services(site: tuple[Path, str], name: str) -> list[str]:
    return viewers.services_of(addresses.load(site[0] / "objects" / name / "manifest.json"))


def test_openseadragon(site: tuple[Path, str], browser: Browser) -> None:
    report = tour.Report()
    with tour.host_of_viewers() as host:
        tour.openseadragon(report, browser, host, site[1], site[0])
    assert report.bad == []
    assert report.services == len(edges.SIZES) + len(edges.WEBP)
    _judge(*site, report.asked)


@long_form
def test_mirador(site: tuple[Path, str], look: Open) -> None:
    """With its strip of thumbnails; then its gallery."""
    viewers.page_through(look(viewers.MIRADOR, "bare"), viewers.MIRADOR, _services(site, "bare"))
    gallery = look(viewers.MIRADOR, "named", view="gallery")
    gallery.page.wait_for_function("() => document.images.length > 10")


def test_universal_viewer(site: tuple[Path, str], look: Open) -> None:
    """With its list of thumbnails; then its gallery."""
    for name in ("bare", "webp"):
        seen = look(viewers.UNIVERSAL_VIEWER, name)
        viewers.page_through(seen, viewers.UNIVERSAL_VIEWER, _services(site, name))
        seen.page.locator(".imageBtn.gallery").click()
        seen.page.wait_for_function("() => document.querySelectorAll('.galleryView img').length > 2")
    named = look(viewers.UNIVERSAL_VIEWER, "named")
    named.page.evaluate("place => lookAround(place, false)", _services(site, "named")[0])


@long_form
def test_clover(site: tuple[Path, str], look: Open) -> None:
    """With its slider of thumbnails. It knows no WebP (OpenSeadragon 4): tiles in that format it does not show."""
    viewers.page_through(look(viewers.CLOVER, "bare"), viewers.CLOVER, _services(site, "bare"))
    named = look(viewers.CLOVER, "named")
    named.page.evaluate("place => lookAround(place, false)", _services(site, "named")[0])
