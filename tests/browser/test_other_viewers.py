"""Viewers of other people load the published tree from another host: Mirador, OpenSeadragon, three."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from heritage3d.exhibit import serving
from heritage3d.pipeline import addresses
from tests.browser.visit import Visit

Visitor = Callable[..., Visit]
HERE = Path(__file__).parent


class Quiet(SimpleHTTPRequestHandler):
    """The host of the viewers, without our server's content security policy."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="package")
def viewers() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/harness/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def bound(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The tree with its addresses bound to the server that it lies on, as `run --base` binds them."""
    tree = tmp_path_factory.mktemp("bound") / "tree"
    shutil.copytree(published, tree, ignore=shutil.ignore_patterns(".*"))
    with serving.in_background(tree) as server:
        old = addresses.load(tree / "collection.json")["id"].removesuffix("collection.json")
        for name in ("collection.json", "manifest.json", "info.json"):
            for path in tree.rglob(name):
                path.write_bytes(addresses.dump(addresses.rebind(addresses.load(path), old, server.address)))
        yield tree, server.address


def found(tree: Path, name: str) -> list[str]:
    return sorted(quote(path.relative_to(tree).as_posix()) for path in (tree / "objects").rglob(name))


def opened(visit: Visitor, viewers: str, page: str, at: str) -> Visit:
    seen = visit(f"{viewers}{page}.html?at={quote(at, safe='')}", allowed="http://127.0.0.1:")
    if page != "mirador":
        seen.page.wait_for_function("document.title === 'done' || document.title.startsWith('failed')")
        assert seen.page.title() == "done"
        seen.assert_clean()
    return seen


def test_openseadragon_finds_every_tile(bound: tuple[Path, str], viewers: str, visit: Visitor) -> None:
    tree, base = bound
    services = found(tree, "info.json")
    assert services
    for place in services:
        seen = opened(visit, viewers, "openseadragon", base + place)
        assert int(seen.page.locator("body").get_attribute("data-width") or 0) > 0
        seen.close()


def test_three_draws_every_model(bound: tuple[Path, str], viewers: str, visit: Visitor) -> None:
    tree, base = bound
    models = found(tree, "*.glb")
    assert models
    for place in models:
        seen = opened(visit, viewers, "three", base + place)
        assert int(seen.page.locator("body").get_attribute("data-triangles") or 0) > 100
        seen.close()


def test_mirador_opens_every_object_with_pages(bound: tuple[Path, str], viewers: str, visit: Visitor) -> None:
    tree, base = bound
    for place in found(tree, "manifest.json"):
        services = [name for name in found(tree, "info.json") if name.startswith(place.removesuffix("manifest.json"))]
        if not services:
            continue
        seen = opened(visit, viewers, "mirador", base + place)
        seen.page.wait_for_selector(".openseadragon-canvas canvas")
        seen.page.wait_for_load_state("networkidle")
        folder = f"/{Path(services[0]).parent.as_posix()}/"
        assert any(folder in url and url.endswith(".jpg") for url in seen.requested), place
        # What Mirador says of its own libraries in the console is not about the tree; an exception would be.
        assert [text for text in seen.said if text.startswith("exception")] == [], place
        assert (seen.failed, seen.outside) == ([], []), place
        seen.close()
