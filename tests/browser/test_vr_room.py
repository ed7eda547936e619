"""The VR room in Chromium: on a screen, and in a headset that IWER stands in for."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from heritage3d.exhibit import serving
from heritage3d.hall import budget
from heritage3d.pipeline import addresses
from heritage3d.stages.exhibit import exhibit
from heritage3d.stages.tile import tile
from tests.browser import headset, tour
from tests.browser.chromium import MODULES
from tests.browser.visit import Visit

SMALL = {"width": 480, "height": 240}  # software draws every pixel of both eyes


def _open(visit: Callable[..., Visit], address: str, *, worn: str = "", **options: Any) -> tuple[Visit, headset.Wearer]:
    visited = visit("about:blank", allowed=address, **options)
    if worn:
        visited.page.add_init_script(headset.script(worn))
    visited.page.goto(f"{address}vr.html")
    visited.page.wait_for_selector("html[data-state=ready]")
    return visited, headset.Wearer(visited)


@pytest.fixture
def site(published: Path) -> Iterator[str]:
    with serving.in_background(published) as server:
        yield server.address


def _within_budgets(wearer: headset.Wearer) -> None:
    worst = wearer.tell("room.costs.worst")
    for frame in budget.frames().values():
        for name, value in worst.items():
            assert value <= getattr(frame, name), (frame.device, name, value)
    assert wearer.tell("room.costs.broken()") == []


def test_a_visit_in_the_headset(visit: Callable[..., Visit], site: str) -> None:
    """Enter, teleport, pick up an object, read its label, follow a tour, turn, leave."""
    visited, wearer = _open(visit, site, worn="metaQuest3", viewport=SMALL)
    wearer.enter()

    wearer.aim("[0.4, 0, 1.2]")
    wearer.press()
    x, _y, z = wearer.tell("room.body.head().toArray()")
    assert (x, z) == pytest.approx((0.4, 1.2), abs=0.02)

    wearer.push(1)
    assert wearer.tell("room.body.heading()") == pytest.approx(-3.14159 / 6, abs=0.01)

    wearer.tell("room.visit(room.things.all[0].exhibit)")
    wearer.until("room.things.all[0].shown === 1")
    wearer.aim("room.things.all[0].place.position.toArray()")
    wearer.press()
    assert wearer.tell("room.held.exhibit.id") == "bone-0412"
    wearer.press()
    assert wearer.tell("room.held") is None
    wearer.until("room.things.all[0].home")

    wearer.aim("room.things.all[0].exhibit.label.at")
    wearer.press()
    said = wearer.tell("room.saying")
    assert said["kind"] == "object"
    assert said["title"] == "Oracle bone with incised signs"
    assert "Shang dynasty" in said["facts"]

    wearer.tell("room.startTour(0)")
    stops = wearer.tell("room.plan.tours[0].stops.length")
    told = []
    for _stop in range(stops):
        told.append(wearer.tell("[room.saying.title, ...room.saying.text].join('|')"))
        wearer.frames(1)
        wearer.tell("room.stepTour(1)")
    assert any("The first sign" in text for text in told)
    assert any("Seal of the county office" in text for text in told)
    assert any("<img src=x onerror=alert(1)>" in text for text in told)  # shown, not run
    wearer.tell("room.endTour()")

    wearer.leave()
    _within_budgets(wearer)
    assert wearer.tell("room.camera.position.y") == pytest.approx(1.62)
    visited.assert_clean()


def _button(label: str) -> str:
    """Where a button of the card before the eyes lies in the room."""
    return f"""(() => {{
        const {{ mesh, canvas, places }} = room.picture;
        const {{ x, y, w, h }} = places[room.saying.buttons.findIndex((button) => button.label.startsWith({label!r}))];
        const {{ width, height }} = mesh.geometry.parameters;
        const at = mesh.position.clone().set((x + w / 2) / canvas.width - 0.5, 0.5 - (y + h / 2) / canvas.height, 0);
        at.x *= width; at.y *= height;
        return mesh.localToWorld(at).toArray();
    }})()"""


def test_comfort_in_the_headset_gliding_in_place_of_jumping(visit: Callable[..., Visit], site: str) -> None:
    """The switch is pressed on the card with the controller; then a place on the floor is reached by gliding."""
    visited, wearer = _open(visit, site, worn="metaQuest3", viewport=SMALL)
    wearer.enter()
    wearer.tell("room.showMenu('menu')")
    assert wearer.tell("room.headset.comfort.glide") is False
    wearer.aim(_button("Glide"))
    wearer.press()
    assert wearer.tell("room.headset.comfort.glide") is True
    assert wearer.tell("room.saying.buttons.find((button) => button.label.startsWith('Glide')).pressed") is True
    wearer.aim(_button("Close"))
    wearer.press()
    assert wearer.tell("room.saying") is None

    before = wearer.tell("room.body.head().toArray()")
    # Where the head is, and how narrow the view, in every frame on the way.
    wearer.tell(
        "(globalThis.way = [], room.plain = room.body.move.bind(room.body),"
        " room.body.move = (seconds) => { room.plain(seconds); way.push([room.body.head().z, room.body.haste]); })"
    )
    wearer.aim("[0.4, 0, 1.2]")
    wearer.press()
    wearer.until("!room.body.gliding")
    x, _y, z = wearer.tell("room.body.head().toArray()")
    assert (x, z) == pytest.approx((0.4, 1.2), abs=0.02)
    way = visited.page.evaluate("way")
    between = [at for at, _haste in way if min(before[2], z) + 0.05 < at < max(before[2], z) - 0.05]
    assert between, way
    assert between == sorted(between, reverse=before[2] > z)
    assert max(haste for _at, haste in way) == 1
    _within_budgets(wearer)
    visited.assert_clean()


def test_hands_and_a_seat(visit: Callable[..., Visit], site: str) -> None:
    visited, wearer = _open(visit, site, worn="metaQuest3", viewport=SMALL)
    wearer.enter()
    visited.page.evaluate("() => { headset.primaryInputMode = 'hand'; headset.hands.right.connected = true; }")
    wearer.until("room.headset.pointers.some((pointer) => pointer.source?.hand)")
    wearer.aim("[-0.3, 0, 1.0]", hand=True)
    wearer.pinch()
    x, _y, z = wearer.tell("room.body.head().toArray()")
    assert (x, z) == pytest.approx((-0.3, 1.0), abs=0.05)

    visited.page.evaluate("() => { headset.position.set(0, 1.1, 0); }")
    wearer.frames()
    wearer.tell("room.body.seat(true)")
    wearer.frames()
    assert wearer.tell("room.body.head().y") == pytest.approx(1.5, abs=0.01)
    _within_budgets(wearer)
    visited.assert_clean()


def test_entering_and_leaving_ten_times_leaks_nothing(visit: Callable[..., Visit], site: str) -> None:
    visited, wearer = _open(visit, site, worn="metaQuest3", viewport={"width": 320, "height": 160})
    wearer.until("room.things.all.every((thing) => thing.shown >= 0) && room.tiles.pending === 0")
    seen = []
    for _time in range(10):
        wearer.enter()
        wearer.tell("room.showMenu('menu')")
        wearer.frames()
        wearer.leave()
        wearer.until("room.tiles.pending === 0")
        seen.append(wearer.tell("({...room.renderer.info.memory, programs: room.renderer.info.programs.length})"))
    assert all(memory == seen[1] for memory in seen[1:]), seen
    visited.assert_clean()


@pytest.mark.parametrize(("locale", "title", "back"), [("zh-CN", "刻辞卜骨", "馆藏"), ("zh-TW", "刻辞卜骨", "館藏")])
def test_the_room_speaks_the_visitors_language_below_a_path(
    visit: Callable[..., Visit], published: Path, tmp_path: Path, locale: str, title: str, back: str
) -> None:
    with tour.below(published, tmp_path / "below") as address:
        visited, wearer = _open(visit, address, locale=locale, viewport=SMALL)
        wearer.tell("room.tell(room.things.all[0].exhibit)")
        assert visited.page.inner_text("aside h2") == title
        assert back in visited.page.inner_text("header .back")
        visited.page.select_option("header select", "en")
        assert visited.page.inner_text("aside h2") == "Oracle bone with incised signs"
        wearer.until("room.tiles.pending === 0")
        assert wearer.tell("room.tiles.failed") == 0
        visited.assert_clean()


def test_walking_with_mouse_and_keys(visit: Callable[..., Visit], site: str) -> None:
    visited, wearer = _open(visit, site, viewport={"width": 900, "height": 520})
    page = visited.page
    page.locator("canvas").focus()
    before = wearer.tell("room.body.head().toArray()")
    page.keyboard.down("KeyW")
    wearer.until(f"room.body.head().z < {before[2]} - 0.3")
    page.keyboard.up("KeyW")

    wearer.tell("room.visit(room.things.all[0].exhibit)")
    wearer.until("!room.body.gliding")
    wearer.frames(1)
    page.mouse.click(450, 260)  # one looks at what one visits
    wearer.until("room.held !== null")
    turned = wearer.tell("room.held.body.quaternion.toArray()")
    page.mouse.move(450, 260)
    page.mouse.down()
    page.mouse.move(510, 280, steps=4)
    page.mouse.up()
    assert wearer.tell("room.held.body.quaternion.toArray()") != turned
    page.keyboard.press("Escape")
    wearer.until("room.held === null && room.things.all.every((thing) => thing.home)")

    # A book: the page that is pointed at turns.
    wearer.tell("room.books.open(room.plan.objects.find((entry) => entry.kind === 'lectern'), 1)")
    wearer.tell("room.visit(room.plan.objects.find((entry) => entry.kind === 'lectern'))")
    wearer.until("!room.body.gliding && room.pointAhead()?.kind === 'page'")
    _within_budgets(wearer)
    visited.assert_clean()


def test_every_object_is_reached_without_a_picture(visit: Callable[..., Visit], site: str) -> None:
    """Keyboard and screen reader: buttons lead to each object, and what its label says is text."""
    visited, _wearer = _open(visit, site, viewport={"width": 640, "height": 400}, bypass_csp=True)
    page = visited.page
    page.add_script_tag(path=MODULES / "axe-core" / "axe.min.js")
    page.get_by_role("button", name="Objects").press("Enter")
    listed = page.locator("aside .acts button")
    assert listed.count() == 7  # six exhibits and "close"
    page.get_by_role("button", name="Tour").press("Enter")
    assert page.locator("aside[aria-live] h2").inner_text()
    assert page.locator("canvas").get_attribute("aria-label")
    judged = "axe.run().then((report) => report.violations.map((entry) => [entry.id, entry.nodes[0].html]))"
    assert page.evaluate(judged) == []
    visited.assert_clean()


@pytest.fixture(scope="module")
def long_scroll(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scroll of 60,000 pixels: its columns are numbered, so that one sees where one is."""
    root = tmp_path_factory.mktemp("scroll")
    home = root / "objects" / "scroll"
    folder = home / "pages" / "whole"
    folder.mkdir(parents=True)
    picture = Image.new("RGB", (60_000, 512), (214, 196, 160))
    draw = ImageDraw.Draw(picture)
    for x in range(0, 60_000, 200):
        draw.rectangle((x, 0, x + 20, 512), fill=(60, 40, 30))
        draw.text((x + 40, 240), str(x), fill=(20, 10, 5))
    with tempfile.TemporaryDirectory() as place:
        picture.save(Path(place) / "scan.png", compress_level=1)
        tile(Path(place) / "scan.png", folder, size=256)
    record = {"id": "scroll", "title": {"en": ["Long scroll"]}, "metadata": [], "pages": [], "ppi": 60.0}
    (home / "record.json").write_bytes(addresses.dump(record | {"kind": "scroll"}))
    (home / "manifest.json").write_bytes(addresses.dump({"type": "Manifest", "label": {"en": ["Long scroll"]}}))
    with tempfile.TemporaryDirectory() as place:
        exhibit(root, Path(place))
        shutil.copytree(place, root, dirs_exist_ok=True)
    return root


def test_a_scroll_of_60000_pixels_sharpens_as_one_walks_along(visit: Callable[..., Visit], long_scroll: Path) -> None:
    with serving.in_background(long_scroll) as server:
        visited, wearer = _open(visit, server.address, viewport={"width": 640, "height": 400})
        wearer.until("room.tiles.pending === 0")
        panel = "room.plan.objects[0].panels[0]"
        afar = wearer.tell(f"room.tiles.finest({panel})")
        assert wearer.tell(f"{panel}.size[0]") == pytest.approx(60_000 / 60 * 0.0254)
        assert afar > 16
        for along in (-11.0, 0.0, 11.0):
            wearer.tell(f"room.body.jump(room.body.head().set({along}, 0, {panel}.at[2] + 0.5), 0)")
            wearer.until(f"room.tiles.pending === 0 && room.tiles.finest({panel}) <= 2")
        # However far one has walked, the memory of the tiles is what it was.
        assert wearer.tell("room.tiles.bytes") <= min(frame.texture_bytes for frame in budget.frames().values()) / 3
        _within_budgets(wearer)
        visited.assert_clean()
