"""The viewers that open manifests: Mirador, Universal Viewer, Clover."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.visit import Visit

CANVAS = ".openseadragon-canvas canvas"


@dataclass(frozen=True)
class Viewer:
    """One that a harness page opens.

    ``turn`` is the button that turns to the next canvas, or, with ``each``, has one for every canvas; ``contents`` are
    the entries of its table of contents, "" where it has none; ``unread`` are parts of what it says of models that it
    cannot read.
    """

    page: str
    name: str
    turn: str
    each: bool = False
    contents: str = ""
    unread: tuple[str, ...] = ()


MIRADOR = Viewer("mirador", "Mirador", ".mirador-next-canvas-button", contents="[role=treeitem]")
# Version 4.4 brings no decoder of meshopt; no viewer but its own three is to blame, and none can be given to it.
UNIVERSAL_VIEWER = Viewer(
    "universal_viewer",
    "Universal Viewer",
    ".paging.next",
    contents="ul.tree li",
    unread=("THREE.GLTFLoader: setMeshoptDecoder must be called before loading compressed files",),
)
# Clover has no table of contents yet: samvera-labs/clover-iiif, issue 200.
CLOVER = Viewer("clover", "Clover", "button[data-canvas]", each=True)


def opened(browser: Browser, viewers: str, viewer: Viewer, manifest: str, **options: str) -> Visit:
    """The viewer with a manifest, by the address that it has on its host."""
    asked = "".join(f"&{name}={value}" for name, value in options.items())
    address = f"{viewers}{viewer.page}.html?at={quote(manifest, safe='')}{asked}"
    return Visit(browser, address, allowed="http://127.0.0.1:", viewport={"width": 1280, "height": 640})


def first_look(seen: Visit, document: dict[str, Any]) -> str:
    """Wait until the object and its first page are shown; "" or what is wrong with the picture."""
    titles = [text for texts in document["label"].values() for text in texts]
    seen.page.wait_for_function("titles => titles.some(title => document.body.innerText.includes(title))", arg=titles)
    services = services_of(document)
    if services and services[0]:
        seen.page.evaluate("place => lookAround(place, false)", services[0])
        if _colours(seen.page) < 16:
            return "no picture is seen"
        if not [url for url in seen.requested if url.startswith(f"{services[0]}/") and url.endswith((".jpg", ".webp"))]:
            return "no picture was asked for"
    seen.page.wait_for_load_state("networkidle")
    return ""


def page_through(seen: Visit, viewer: Viewer, services: list[str]) -> None:
    """Look at every canvas in turn, and at two corners of those that are larger than the window."""
    for at, place in enumerate(services):
        if viewer.each:
            seen.page.locator(viewer.turn).nth(at).click()
        elif at:
            seen.page.locator(viewer.turn).first.click()
        seen.page.evaluate("place => lookAround(place, true)", place)
    seen.page.wait_for_load_state("networkidle")


def unfold(seen: Visit, viewer: Viewer, *sections: str) -> list[str]:
    """Open section after section of the table of contents, the last one as a reader does; what stands in it then."""
    if viewer is UNIVERSAL_VIEWER:
        seen.page.get_by_text("Index", exact=True).first.click()
    for section in sections[:-1]:
        # Mirador unfolds a section that is chosen, Universal Viewer by the sign before it.
        entry = seen.page.locator(viewer.contents).filter(has_text=section).last
        (entry.locator(".toggle") if viewer is UNIVERSAL_VIEWER else entry.get_by_text(section, exact=True)).click()
    seen.page.get_by_text(sections[-1], exact=True).first.click()
    seen.page.wait_for_load_state("networkidle")
    told = "\n".join(seen.page.locator(viewer.contents).all_inner_texts())
    return list(dict.fromkeys(filter(None, map(str.strip, told.splitlines()))))


def services_of(document: dict[str, Any]) -> list[str]:
    """The image service of each canvas, "" for a model."""
    bodies = [canvas["items"][0]["items"][0]["body"] for canvas in document["items"]]
    return [body["service"][0]["id"] if "service" in body else "" for body in bodies]


def _colours(page: Page) -> int:
    """How many colours are seen where the picture is."""
    drawn = page.locator(f"{CANVAS}:visible").first.screenshot()
    with Image.open(io.BytesIO(drawn)) as picture:
        return len(picture.convert("RGB").getcolors(1 << 24) or ())
