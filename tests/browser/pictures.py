"""The pictures of the guide: ``python -m tests.browser.pictures OUT docs/pictures [--only NAME]``.

OUT is the published sample collection. Every view is taken twice, in English (gallery.jpg) and in Chinese
(gallery.zh.jpg).
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from heritage3d.exhibit import serving
from tests.browser import chromium, headset, tour
from tests.browser.visit import Visit

LANGUAGES = {"": "en-GB", ".zh": "zh-CN"}
QUALITY = 84
DESK = {"viewport": {"width": 1280, "height": 800}}
TELEPHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
HEADSET = {"viewport": {"width": 1200, "height": 600}}
TOOLS = {"raking": 0, "ruler": 3, "section": 4}  # the place of a tool among those that are pressed

VOLUME, BONE = "#/object/archive-volume", "#/object/oracle-bone/models"
View = Callable[[Visit], None]


def _tool(page: Page, name: str) -> None:
    page.locator(".tools [aria-pressed]").nth(TOOLS[name]).click()


def _at(route: str, act: View | None = None) -> View:
    """A view of the reading room: its address, and what is done there."""

    def look(visit: Visit) -> None:
        visit.page.goto(visit.page.url.partition("#")[0] + route)
        tour.settle(visit)
        if act:
            act(visit)

    return look


def _beside(visit: Visit) -> None:
    pair = ("archive-volume/pages/0002", "archive-volume/pages/0009")
    visit.page.goto(visit.page.url.partition("#")[0] + "#/beside/" + "/".join(quote(side, safe="") for side in pair))
    visit.page.locator(".stage[data-state=ready]").nth(1).wait_for()


def _gallery(visit: Visit) -> None:
    visit.page.wait_for_selector(".cards li")


def _search(visit: Visit) -> None:
    _gallery(visit)
    visit.page.locator("input[type=search]").fill("龟")
    visit.page.wait_for_timeout(600)


def _note(visit: Visit) -> None:
    visit.page.locator(".notes button").first.click()
    visit.page.wait_for_timeout(1500)


def _raking(visit: Visit) -> None:
    _tool(visit.page, "raking")
    visit.page.locator(".lamp input").last.fill("10")


def _measure(visit: Visit) -> None:
    _tool(visit.page, "ruler")
    box = visit.page.locator(".stage .canvas").bounding_box()
    assert box
    for x in (0.33, 0.68):
        visit.page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * 0.47)


def _section(visit: Visit) -> None:
    _tool(visit.page, "section")
    visit.page.locator(".section[data-lines]").wait_for()
    visit.page.locator(".section input").fill("52")


def _evidence(visit: Visit) -> None:
    visit.page.locator("#evidence").wait_for()
    visit.page.locator("#evidence").scroll_into_view_if_needed()
    visit.page.evaluate("document.querySelector('#evidence').scrollIntoView()")


def _dark(visit: Visit) -> None:
    visit.page.locator("header .tool").click()
    visit.page.mouse.move(300, 120)


# --- the VR room --------------------------------------------------------------------------------------------


def _room(does: Callable[[headset.Wearer], None] | None = None, *, worn: bool = False) -> View:
    """A view of the VR room, on a screen or with both eyes of a headset."""

    def look(visit: Visit) -> None:
        if worn:
            visit.page.add_init_script(headset.script())
        visit.page.goto(visit.page.url.partition("#")[0].removesuffix("index.html") + "vr.html")
        visit.page.wait_for_selector("html[data-state=ready]")
        wearer = headset.Wearer(visit)
        wearer.until("room.things.all.every((thing) => thing.shown >= 0) && room.tiles.pending === 0")
        if worn:
            wearer.enter()
        if does:
            does(wearer)
        wearer.until("!room.body.gliding && room.tiles.pending === 0")
        wearer.page.wait_for_timeout(600)
        if worn:
            wearer.frames(2)

    return look


def _exhibit(identifier: str, kind: str = "") -> str:
    wanted = f" && entry.kind === '{kind}'" if kind else ""
    return f"room.plan.objects.find((entry) => entry.id === '{identifier}'{wanted})"


def _bone(wearer: headset.Wearer) -> None:
    wearer.tell(f"room.visit({_exhibit('oracle-bone')})")
    wearer.tell(f"room.tell({_exhibit('oracle-bone')})")
    wearer.until("room.things.all.find((thing) => thing.exhibit.id === 'oracle-bone').shown === 1")


def _book(wearer: headset.Wearer) -> None:
    wearer.tell(f"room.books.open({_exhibit('archive-volume')}, 1)")
    wearer.tell(f"room.visit({_exhibit('archive-volume')})")


def _scroll(wearer: headset.Wearer) -> None:
    wearer.tell(f"room.visit({_exhibit('long-scroll')})")


def _tour(wearer: headset.Wearer) -> None:
    wearer.tell("room.startTour(0)")
    stops = int(wearer.tell("room.plan.tours[0].stops.length"))
    for _stop in range(stops):
        if wearer.tell("room.tour.note !== undefined && room.tour.exhibit.id === 'oracle-bone'"):
            break
        wearer.tell("room.stepTour(1)")
    wearer.until("room.things.all.find((thing) => thing.exhibit.id === 'oracle-bone').shown === 1")


def _menu(wearer: headset.Wearer) -> None:
    wearer.tell(f"room.visit({_exhibit('oracle-bone')})")
    wearer.tell("room.showMenu('menu')")


VIEWS: dict[str, tuple[View, dict[str, object]]] = {
    "gallery": (_gallery, DESK),
    "search": (_search, DESK),
    "reading-room": (_at(f"{VOLUME}/pages/0003"), DESK),
    "contents": (_at(f"{VOLUME}/pages/0003", _note), DESK),
    "beside": (_beside, DESK),
    "model": (_at("#/object/bamboo-slips/models"), DESK),
    "notes": (_at(BONE, _note), DESK),
    "raking": (_at(BONE, _raking), DESK),
    "measure": (_at(BONE, _measure), DESK),
    "section": (_at(BONE, _section), DESK),
    "evidence": (_at(BONE, _evidence), DESK),
    "dark": (_at(BONE, _dark), DESK),
    "telephone": (_at(f"{VOLUME}/pages/0003"), TELEPHONE),
    "vr-room": (_room(), DESK),
    "vr-room-object": (_room(_bone), DESK),
    "vr-room-book": (_room(_book), DESK),
    "vr-room-scroll": (_room(_scroll), DESK),
    "vr-room-tour": (_room(_tour), DESK),
    "vr-room-headset": (_room(_bone, worn=True), HEADSET),
    "vr-room-menu": (_room(_menu, worn=True), HEADSET),
}


def take(browser: Browser, address: str, view: View, options: dict[str, object]) -> bytes:
    """A PNG of one view; nothing may be said in the console while it is taken."""
    visit = Visit(browser, address, reduced_motion="reduce", **options)
    try:
        view(visit)
        visit.page.wait_for_load_state("networkidle")
        visit.page.wait_for_timeout(700)
        picture = visit.page.screenshot()
        visit.assert_clean()
        return picture
    finally:
        visit.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("dest", type=Path)
    parser.add_argument("--only", action="append", choices=VIEWS)
    parser.add_argument("--png", action="store_true", help="PNG instead of JPEG, for a close look")
    asked = parser.parse_args()
    with sync_playwright() as playwright, serving.in_background(asked.out) as server:
        browser = chromium.start(playwright)
        for name in asked.only or VIEWS:
            view, options = VIEWS[name]
            for ending, locale in LANGUAGES.items():
                png = take(browser, server.address, view, {**options, "locale": locale})
                path = asked.dest / f"{name}{ending}.{'png' if asked.png else 'jpg'}"
                if asked.png:
                    path.write_bytes(png)
                else:
                    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=QUALITY, optimize=True)
                print(path, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
