"""Tours of a published tree: our reading room from end to end, and the viewers of other people on another host."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError

from heritage3d.exhibit import serving
from heritage3d.pipeline import addresses
from tests.browser import headset
from tests.browser.viewers import CLOVER, MIRADOR, UNIVERSAL_VIEWER, Viewer, first_look, opened, services_of
from tests.browser.visit import Visit

HERE = Path(__file__).parent
ADDRESSED = ("collection.json", "manifest.json", "info.json", "scene.json")
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
TELEPHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass
class Report:
    """What was opened, and everything that was not as it should be."""

    objects: int = 0
    pages: int = 0
    models: int = 0
    services: int = 0
    files: int = 0
    stops: int = 0  # of tours in the VR room
    manifests: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, visit: Visit) -> None:
        """Add what a visit noted, and close it."""
        self.asked += visit.requested
        self.failed += visit.failed
        self.said += visit.said
        self.outside += visit.outside
        visit.close()

    @property
    def bad(self) -> list[str]:
        named = {"failed": self.failed, "console": self.said, "foreign": self.outside, "fault": self.faults}
        return [f"{name}: {text}" for name, texts in named.items() for text in dict.fromkeys(texts)]

    def __str__(self) -> str:
        manifests = "; ".join(f"{name}: {count} manifests" for name, count in self.manifests.items())
        return (
            f"{self.objects} objects; reading room: {self.pages} pages and {self.models} models opened; "
            f"VR room: {self.stops} stops; "
            f"OpenSeadragon: {self.services} services; {manifests}; three: {self.files} GLB; "
            f"{len(self.asked)} requests, {len(self.failed)} failed, {len(self.said)} console errors, "
            f"{len(self.outside)} to other hosts, {len(self.faults)} faults"
        )


@dataclass(frozen=True)
class View:
    """A page or a model, by the address that the reading room gives it."""

    object: str
    slug: str
    model: bool

    @property
    def route(self) -> str:
        return (
            f"#/object/{quote(self.object, safe='')}/{'/'.join(quote(part, safe='') for part in self.slug.split('/'))}"
        )


def views_of(tree: Path) -> list[View]:
    """Every page and model that the manifests of a tree hold."""
    found = []
    for path in sorted((tree / "objects").glob("*/manifest.json")):
        document = addresses.load(path)
        home = document["id"].removesuffix("manifest.json")
        for canvas in document["items"]:
            body = canvas["items"][0]["items"][0]["body"]
            model = body["type"] == "Model"
            place = body["id"].rpartition("/")[0] if model else body["service"][0]["id"]
            found.append(View(path.parent.name, place.removeprefix(home), model))
    return found


def files_of(tree: Path, name: str) -> list[str]:
    """The paths of all files of that name below objects/, as a URL writes them."""
    return sorted(quote(path.relative_to(tree).as_posix()) for path in (tree / "objects").rglob(name))


def settle(visit: Visit) -> str:
    """Wait until what is looked at is there in the detail that the window shows; "" or what is wrong with it."""
    visit.page.wait_for_selector(".stage:not([data-state=loading])")
    stage = visit.page.locator(".stage")
    if visit.page.locator(".stage.model").count():
        visit.page.wait_for_selector(
            '.stage[data-file="web.glb"], .stage[data-state=failed], .stage[data-state=partial]'
        )
    state = stage.get_attribute("data-state")
    return "" if state == "ready" else f"{state}: {visit.page.locator('.message').inner_text()}"


def reading_room(report: Report, browser: Browser, address: str, tree: Path, **options: Any) -> None:
    """Open the gallery, then every page and every model, in one window as a reader does."""
    seen = Visit(browser, address, reduced_motion="reduce", **options)
    try:
        seen.page.wait_for_selector(".cards li")
        shown, there = seen.page.locator(".cards li").count(), len(files_of(tree, "manifest.json"))
        if shown != min(there, 60):
            report.faults.append(f"{address} shows {shown} of {there} objects")
        for view in views_of(tree):
            seen.page.goto(f"{address}{view.route}")
            seen.page.wait_for_selector(f'.holder[data-slug="{view.slug}"]')
            wrong = settle(seen)
            report.faults += [f"{address}{view.route} {wrong}"] if wrong else []
            report.models += view.model
            report.pages += not view.model
        seen.page.wait_for_load_state("networkidle")
    except BrowserError as error:
        report.faults.append(f"{seen.page.url}: {error.message.splitlines()[0]}")
    report.take(seen)


def vr_room(report: Report, browser: Browser, address: str, **options: Any) -> None:
    """Enter the VR room with a headset, follow every tour to its end, open the menu, leave."""
    seen = Visit(browser, "about:blank", viewport={"width": 320, "height": 160}, **options)
    try:
        seen.page.add_init_script(headset.script())
        seen.page.goto(address)
        seen.page.wait_for_selector("html[data-state=ready]")
        wearer = headset.Wearer(seen)
        wearer.until("room.things.all.every((thing) => thing.shown >= 0 || thing.failed) && room.tiles.pending === 0")
        wearer.enter()
        for number, stops in enumerate(wearer.tell("room.plan.tours.map((tour) => tour.stops.length)")):
            wearer.tell(f"room.startTour({number})")
            for _stop in range(stops):
                wearer.frames(1)
                wearer.tell("room.stepTour(1)")
                report.stops += 1
            wearer.tell("room.endTour()")
        wearer.tell("room.showMenu('menu')")
        wearer.frames(2)
        wearer.leave()
        wrong = wearer.tell(
            "[...room.costs.broken(), room.tiles.failed, ...room.things.all.map(({ failed }) => failed)]"
        )
        report.faults += [f"{address}: {wrong}"] if any(wrong) else []
    except (BrowserError, AssertionError) as error:
        report.faults.append(f"{address}: {str(error).splitlines()[0]}")
    report.take(seen)


def openseadragon(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every image service in a plain OpenSeadragon: the whole, then all four corners pixel by pixel."""
    for place in _each(report, browser, viewers, "openseadragon", base, files_of(tree, "info.json")):
        report.services += place


def three(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every GLB in three's own GLTFLoader, drawn once."""
    for place in _each(report, browser, viewers, "three", base, files_of(tree, "*.glb")):
        report.files += place


def model_viewer(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every GLB in Google's model-viewer, with decoders of our own host."""
    for place in _each(report, browser, viewers, "model_viewer", base, files_of(tree, "*.glb")):
        report.files += place


def mirador(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every manifest in Mirador: those of objects with pages until their pictures are seen."""
    _manifests(report, browser, viewers, MIRADOR, base, tree)


def universal_viewer(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every manifest in Universal Viewer, as in Mirador."""
    _manifests(report, browser, viewers, UNIVERSAL_VIEWER, base, tree)


def clover(report: Report, browser: Browser, viewers: str, base: str, tree: Path) -> None:
    """Every manifest in Clover, as in Mirador."""
    _manifests(report, browser, viewers, CLOVER, base, tree)


def _manifests(report: Report, browser: Browser, viewers: str, viewer: Viewer, base: str, tree: Path) -> None:
    for place in files_of(tree, "manifest.json"):
        old = addresses.load(tree / "collection.json")["id"].removesuffix("collection.json")
        document = addresses.rebind(addresses.load(tree / unquote(place)), old, base)
        seen = opened(browser, viewers, viewer, base + place)
        try:
            wrong = first_look(seen, document)
        except BrowserError as error:
            wrong = error.message.splitlines()[0]
        report.faults += [f"{viewer.name} {place}: {wrong}"] if wrong else []
        if not any(services_of(document)):
            seen.said = [line for line in seen.said if not any(unread in line for unread in viewer.unread)]
        report.manifests[viewer.name] += 1
        report.take(seen)


def _each(report: Report, browser: Browser, viewers: str, page: str, base: str, places: list[str]) -> Iterator[bool]:
    """Open each place in one of the harness pages; says whether it was shown."""
    window = {"width": 640, "height": 480}
    seen: Visit | None = None
    for place in places:
        address = f"{viewers}{page}.html#{quote(base + place, safe='')}"
        try:
            if seen is None:
                seen = Visit(browser, address, allowed="http://127.0.0.1:", viewport=window)
            else:  # the page stays, with all that it has made ready
                seen.page.evaluate("address => { document.title = 'on its way'; location.href = address }", address)
            seen.page.wait_for_function("document.title === 'done' || document.title.startsWith('failed')")
            title = seen.page.title()
        except BrowserError as error:
            title = error.message.splitlines()[0]
        if title != "done":
            report.faults.append(f"{page} {place}: {title}")
        yield title == "done"
    if seen:
        report.take(seen)


class _Quiet(SimpleHTTPRequestHandler):
    """The host of the viewers, without our server's content security policy."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def host_of_viewers() -> Iterator[str]:
    """A second host with the harness pages and what npm brought."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/harness/"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def below(tree: Path, folder: Path) -> Iterator[str]:
    """The same tree, still bound to its own base, below a path with signs that need encoding."""
    copy(tree, folder / "museum" / "示例 1")
    with serving.in_background(folder) as server:
        yield f"{server.address}museum/{quote('示例 1')}/"


@contextmanager
def bound(tree: Path, folder: Path) -> Iterator[str]:
    """The tree with its addresses bound to the server that it lies on, as `run --base` binds them."""
    copy(tree, folder / "tree")
    with serving.in_background(folder / "tree") as server:
        old = addresses.load(tree / "collection.json")["id"].removesuffix("collection.json")
        for name in ADDRESSED:
            for path in (folder / "tree").rglob(name):
                path.write_bytes(addresses.dump(addresses.rebind(addresses.load(path), old, server.address)))
        yield server.address


def copy(tree: Path, to: Path) -> None:
    """A second tree. Tiles and models are linked where that is possible; what has addresses in it is copied."""
    shutil.copytree(tree, to, copy_function=_link, ignore=shutil.ignore_patterns(".*"))


def _link(source: str, target: str) -> None:
    if Path(source).name not in ADDRESSED:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another disk
    shutil.copyfile(source, target)
