"""Viewers of other people load the published tree from another host: Mirador, Universal Viewer, Clover,
OpenSeadragon, three, model-viewer.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import tour
from tests.browser.viewers import MIRADOR, UNIVERSAL_VIEWER, Viewer, opened, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def viewers() -> Iterator[str]:
    with tour.host_of_viewers() as address:
        yield address


@pytest.fixture(scope="package")
def bound(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with tour.bound(published, tmp_path_factory.mktemp("bound")) as address:
        yield address


def test_openseadragon_finds_every_tile(bound: str, viewers: str, browser: Browser, published: Path) -> None:
    report = tour.Report()
    tour.openseadragon(report, browser, viewers, bound, published)
    assert report.bad == []
    assert report.services == len(tour.files_of(published, "info.json")) > 0


def test_three_draws_every_model(bound: str, viewers: str, browser: Browser, published: Path) -> None:
    report = tour.Report()
    tour.three(report, browser, viewers, bound, published)
    assert report.bad == []
    assert report.files == len(tour.files_of(published, "*.glb")) > 0


def test_model_viewer_draws_every_model(bound: str, viewers: str, browser: Browser, published: Path) -> None:
    report = tour.Report()
    tour.model_viewer(report, browser, viewers, bound, published)
    assert report.bad == []
    assert report.files == len(tour.files_of(published, "*.glb")) > 0


@pytest.mark.parametrize(
    ("name", "opens"), [("Mirador", tour.mirador), ("Universal Viewer", tour.universal_viewer), ("Clover", tour.clover)]
)
def test_every_manifest_opens(
    name: str, opens: Callable[..., None], bound: str, viewers: str, browser: Browser, published: Path
) -> None:
    report = tour.Report()
    opens(report, browser, viewers, bound, published)
    assert report.bad == []
    assert report.manifests[name] == len(tour.files_of(published, "manifest.json")) > 0


@pytest.mark.parametrize("viewer", [MIRADOR, UNIVERSAL_VIEWER], ids=lambda viewer: viewer.page)
def test_nested_contents_are_shown_and_lead_to_their_page(
    viewer: Viewer, bound: str, viewers: str, browser: Browser, published: Path
) -> None:
    """Clover, the third, has no table of contents (samvera-labs/clover-iiif, issue 200): its first look is above."""
    seen = opened(browser, viewers, viewer, f"{bound}objects/volume-1923/manifest.json", panel="canvas")
    listed = unfold(seen, viewer, "Table of contents", "Book one", "Dike works")
    assert listed == ["Table of contents", "Book one", "Preface", "Dike works", "Book two"]
    page = f"{bound}objects/volume-1923/pages/004v/"
    assert [url for url in seen.requested if url.startswith(page) and url.endswith(".jpg")]
    seen.assert_clean()
    seen.close()


def test_the_models_are_of_every_kind(published: Path) -> None:
    """What the viewers were tried with: quantised, Draco, meshopt; textures in JPEG, WebP and KTX2."""
    used: set[str] = set()
    for path in published.rglob("*.glb"):
        content = path.read_bytes()
        head = json.loads(content[20 : 20 + struct.unpack_from("<I", content, 12)[0]])
        packing = set(head["extensionsUsed"])
        used |= packing if len(packing) > 1 else {f"only {name}" for name in packing}
        used |= {image["mimeType"] for image in head["images"]}
    assert {"image/jpeg", "image/webp", "image/ktx2", "KHR_draco_mesh_compression", "EXT_meshopt_compression"} <= used
    assert "only KHR_mesh_quantization" in used


def test_a_tour_finds_what_is_wrong(published: Path, tmp_path: Path, viewers: str, browser: Browser) -> None:
    """The tours are a measure: a missing tile, model or service, and a stranger's picture, do not escape them."""
    tour.copy(published, tmp_path / "tree")
    home = tmp_path / "tree" / "objects"
    for path in home.iterdir():
        if path.name not in ("bone-0412", "scroll-02"):
            shutil.rmtree(path)
    (home / "bone-0412" / "models" / "web.glb").unlink()
    sharpest = next((home / "scroll-02" / "pages" / "scroll").glob("5120,*"))
    for path in sharpest.rglob("*.jpg"):
        path.unlink()
    with tour.bound(tmp_path / "tree", tmp_path / "bound") as address:
        report = tour.Report()
        tour.openseadragon(report, browser, viewers, address, tmp_path / "tree")
        assert [text for text in report.failed if sharpest.name in text]
        tour.reading_room(report, browser, address, tmp_path / "tree", locale="en-GB")
    assert [text for text in report.faults if "web.glb is missing" in text]
