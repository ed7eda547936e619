"""The reading room in a real browser: opens anywhere, says nothing bad, asks nobody else, serves every reader."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from heritage3d.exhibit import serving
from heritage3d.exhibit.site import VIEWER
from tests.browser import tour
from tests.browser.chromium import MODULES
from tests.browser.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Visitor = Callable[..., Visit]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="package")
def at_root(published: Path) -> Iterator[str]:
    with serving.in_background(published) as server:
        yield server.address


@pytest.fixture(scope="package")
def below(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with tour.below(published, tmp_path_factory.mktemp("host")) as address:
        yield address


def settle(visit: Visit) -> None:
    """Until what is looked at is there in the detail that the window shows."""
    assert tour.settle(visit) == ""
    visit.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("place", "locale"), [("at_root", "zh-CN"), ("below", "en-GB")])
def test_every_page_and_model_opens_on_a_telephone(
    place: str, locale: str, published: Path, browser: Browser, request: pytest.FixtureRequest
) -> None:
    """On the screen of a desk: test_judged."""
    report = tour.Report()
    site = request.getfixturevalue(place)
    tour.reading_room(report, browser, site, published, locale=locale, **tour.TELEPHONE)
    assert report.bad == []
    assert (report.pages, report.models) == (13, 2)


@pytest.mark.parametrize(("locale", "chinese"), [("en-GB", False), ("zh-CN", True), ("zh-TW", True), ("de-DE", False)])
def test_the_language_is_the_readers(locale: str, chinese: bool, at_root: str, visit: Visitor) -> None:
    page = visit(f"{at_root}#/object/volume-1923", locale=locale).page
    page.wait_for_selector("h2")
    assert bool(CHINESE.search(page.locator("h2").last.inner_text())) == chinese
    assert bool(CHINESE.search(page.locator("h1").inner_text())) == chinese


def test_the_first_view_is_light(at_root: str, visit: Visitor) -> None:
    seen = visit(at_root)
    seen.page.wait_for_selector(".cards li")
    scripts = [url for url in seen.requested if url.endswith(".js")]
    bytes_sent = sum(len(gzip.compress((VIEWER / "assets" / url.rpartition("/")[2]).read_bytes())) for url in scripts)
    assert 1_000 < bytes_sent < 350_000
    assert not any("scene" in url or "pages" in url for url in scripts)  # three and OpenSeadragon wait until needed


def test_a_first_page_of_an_object_is_light_too(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models")
    settle(seen)
    assert not any("/assets/pages-" in url for url in seen.requested)
    assert len(seen.requested) == len(set(seen.requested))  # nothing is asked for twice


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("千字文", ["bamboo-07"]),
        ("THOUSAND", ["bamboo-07"]),
        ("oracle shang", ["bone-0412"]),
        ("ｂｏｎｅ", ["bone-0412"]),
        ("comte", ["volume-1923"]),
        ("罐-3", ["vase 罐-3"]),
        ("zzz", []),
    ],
)
def test_search(words: str, found: list[str], at_root: str, visit: Visitor) -> None:
    page = visit(at_root).page
    page.get_by_role("searchbox").fill(words)
    page.wait_for_selector(f'.count:has-text("{len(found)} of 5")' if found else '.count:has-text("No object")')
    links = page.locator(".cards a").evaluate_all("all => all.map(link => decodeURIComponent(link.hash))")
    assert links == [f"#/object/{identifier}" for identifier in found]


def test_kinds_narrow_the_gallery(at_root: str, visit: Visitor) -> None:
    page = visit(at_root).page
    page.get_by_role("button", name="Pottery").click()
    assert page.locator(".cards li").count() == 1
    page.get_by_role("button", name="All").click()
    assert page.locator(".cards li").count() == 5


def test_pages_turn_by_button_key_list_and_strip(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/volume-1923")
    page = seen.page

    def at(slug: str) -> None:
        page.wait_for_selector(f'.holder[data-slug="pages/{slug}"]')
        settle(seen)
        assert page.locator('.strip [aria-current="page"]').get_attribute("data-slug") == f"pages/{slug}"

    at("001r")
    assert page.get_by_role("button", name="Previous").is_disabled()
    page.get_by_role("button", name="Next").click()
    at("002v")
    page.keyboard.press("PageDown")
    at("003r")
    page.get_by_label("Go to").select_option(label="3r")
    at("005r")
    page.locator(".strip a").last.click()
    at("006v")
    assert page.get_by_role("button", name="Next").is_disabled()
    page.go_back()
    at("005r")
    assert "3r, 5 of 6" in page.locator("[aria-live]").all_inner_texts()
    seen.assert_clean()


def test_a_note_leads_to_its_place_on_a_page(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/volume-1923", locale="en-GB")
    settle(seen)
    notes = seen.page.locator(".notes li")
    assert notes.count() == 2
    assert notes.nth(1).inner_text() == "<img src=x onerror=alert(1)>"  # a text of strangers is only ever text
    assert notes.nth(1).locator("button").count() == 0
    note = seen.page.get_by_role("button", name="Seal of the county office")
    note.click()
    marker = seen.page.locator(".marker")
    marker.wait_for()
    seen.page.wait_for_timeout(1000)
    box = marker.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(120 / 90, rel=0.1)
    assert box["width"] > 150  # it was small on the whole page
    note.click()
    marker.wait_for(state="detached")


def test_a_note_leads_to_its_place_on_a_model(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models", locale="zh-CN")
    settle(seen)
    seen.page.get_by_role("button", name="第一字").click()
    marker = seen.page.locator(".stage.model .marker")
    marker.wait_for()
    stage = seen.page.locator(".stage.model .canvas").bounding_box()
    box = marker.bounding_box()
    assert stage is not None
    assert box is not None
    assert box["x"] + box["width"] / 2 == pytest.approx(stage["x"] + stage["width"] / 2, abs=30)


def test_back_returns_to_the_place_and_the_words_of_the_search(at_root: str, visit: Visitor) -> None:
    seen = visit(at_root, viewport={"width": 390, "height": 500})
    page = seen.page
    page.get_by_role("searchbox").fill("e")
    card = page.locator(".cards a").last
    card.scroll_into_view_if_needed()
    card.evaluate("card => scrollTo(0, scrollY + card.getBoundingClientRect().top - 40)")
    before = page.evaluate("scrollY")
    assert before > 300
    shown = page.locator(".cards li").count()
    target = card.get_attribute("href")
    card.click()
    page.wait_for_selector(".holder[data-slug]")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    page.wait_for_selector(".cards li")
    assert page.evaluate("scrollY") == before
    assert page.get_by_role("searchbox").input_value() == "e"
    assert page.locator(".cards li").count() == shown
    assert page.evaluate("document.activeElement.getAttribute('href')") == target
    page.go_forward()
    page.wait_for_selector(".holder[data-slug]")
    seen.assert_clean()


def test_a_reader_needs_no_mouse(at_root: str, visit: Visitor) -> None:
    seen = visit(at_root)
    page = seen.page
    page.wait_for_selector(".cards li")

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                # What has the focus shows it.
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        pytest.fail(f"Tab never came to {selector}")

    tab_to(".skip")
    page.keyboard.press("Enter")
    tab_to('.cards a[href="#/object/bone-0412"]')
    page.keyboard.press("Enter")
    page.wait_for_selector(".holder[data-slug]")
    page.wait_for_function("document.activeElement.matches('h1')")
    page.goto(f"{at_root}#/object/bone-0412/models")
    settle(seen)
    tab_to(".stage .canvas")
    tab_to('.tools [aria-label="Light"]')
    page.keyboard.press("Enter")
    page.get_by_label("Height of the light").focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert page.get_by_label("Height of the light").get_attribute("aria-valuetext") == "20°"
    tab_to(".strip a")
    page.keyboard.press("Enter")
    page.wait_for_selector('.holder[data-slug="pages/rubbing"]')
    settle(seen)
    seen.assert_clean()


def test_the_command_serve_shows_the_reading_room(published: Path, visit: Visitor) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = [
        sys.executable,
        "-c",
        "from heritage3d.cli import main; main()",
        "serve",
        str(published),
        "--port",
        str(port),
    ]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = f"http://127.0.0.1:{port}/"
            assert address in server.stdout.readline()
            seen = visit(f"{address}#/object/bone-0412/models", allowed=address)
            settle(seen)
            seen.assert_clean()
        finally:
            server.terminate()


def test_what_is_read_from_right_to_left_turns_leftwards(at_root: str, visit: Visitor) -> None:
    page = visit(f"{at_root}#/object/bamboo-07").page
    page.wait_for_selector('.holder[data-slug="pages/01"]')
    boxes = [page.locator(".strip li").nth(at).bounding_box() for at in range(2)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[1]["x"] < boxes[0]["x"]
    page.locator(".strip a").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('.holder[data-slug="pages/02"]')


def test_a_long_scroll_opens_at_its_beginning_at_full_height(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/scroll-02")
    settle(seen)
    tiles = [url for url in seen.requested if re.search(r"/scroll/\d+,\d+,", url)]
    left_edges = [int(url.split("/scroll/")[1].split(",")[0]) for url in tiles]
    assert min(left_edges) >= 3_000  # of 5,200: only the right-hand end was fetched


def test_deep_zoom_fetches_the_sharpest_tiles(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/volume-1923", viewport={"width": 500, "height": 500})
    settle(seen)
    sharpest = re.compile(r"/001r/\d+,\d+,256,256/256,256/")
    before = sum(bool(sharpest.search(url)) for url in seen.requested)
    for _ in range(5):
        seen.page.get_by_role("button", name="Closer").click()
    with seen.page.expect_response(sharpest):
        seen.page.wait_for_timeout(50)
    assert sum(bool(sharpest.search(url)) for url in seen.requested) > before
    seen.assert_clean()


def test_scale_is_shown_where_it_is_known_and_never_guessed(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models")
    settle(seen)
    assert re.fullmatch(r"Scale: the bar is \d+ cm long", seen.page.locator(".scale").get_attribute("aria-label") or "")
    bar = seen.page.locator(".scale .bar").bounding_box()
    assert bar
    assert 40 < bar["width"] < 170
    seen.page.goto(f"{at_root}#/object/{quote('vase 罐-3')}")
    seen.page.wait_for_selector('.holder[data-slug="models"]')
    settle(seen)
    assert seen.page.locator(".scale").inner_text() == "Scale unknown"
    assert "unit of the scan is not known" in seen.page.locator(".evidence").inner_text()


def test_a_model_shows_its_levels_its_light_and_its_evidence(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models")
    settle(seen)
    page = seen.page
    order = [url.rpartition("/")[2] for url in seen.requested if url.endswith(".glb")]
    assert order == ["preview.glb", "web.glb"]
    assert "≤ 0.062 mm" in page.locator(".evidence tr[aria-current]", has_text="Web").inner_text()
    assert page.locator(".legend .deviation").inner_text() == "Deviation ≤ 0.062 mm"
    stage = page.locator(".stage")
    plain = stage.screenshot()
    page.get_by_role("button", name="Light", exact=True).click()
    page.get_by_label("Height of the light").fill("8")
    page.wait_for_timeout(500)
    raking = stage.screenshot()
    dome = page.locator(".dome").bounding_box()
    assert dome
    page.mouse.click(dome["x"] + dome["width"] * 0.9, dome["y"] + dome["height"] / 2)
    assert page.get_by_label("Direction of the light").input_value() == "90"
    assert int(page.get_by_label("Height of the light").input_value()) < 15
    page.get_by_role("button", name="Shape without colour").click()
    page.wait_for_timeout(500)
    assert len({plain, raking, stage.screenshot()}) == 3
    for level in ("vr.glb", "full.glb"):
        page.get_by_label("Level of detail").select_option(level)
        page.wait_for_selector(f'.stage[data-file="{level}"]')
    assert int(stage.get_attribute("data-triangles") or 0) > 100_000
    seen.assert_clean()


def test_textures_for_graphics_cards_are_unpacked_without_code_from_strings(at_root: str, visit: Visitor) -> None:
    """KTX2 in vr.glb, under the policy of the page: the same bone in the same colours as with WebP in web.glb."""
    seen = visit(f"{at_root}#/object/bone-0412/models")
    settle(seen)
    page = seen.page
    assert not any("basis" in url for url in seen.requested)  # fetched when a model needs it
    pictures = []
    for level in ("web.glb", "vr.glb"):
        page.get_by_label("Level of detail").select_option(level)
        page.wait_for_selector(f'.stage[data-file="{level}"]')
        page.wait_for_timeout(500)
        with Image.open(io.BytesIO(page.locator(".stage .canvas").screenshot())) as picture:
            pictures.append(np.asarray(picture.convert("RGB").resize((64, 64), Image.Resampling.BOX), np.float64))
    assert any("basis_transcoder" in url for url in seen.requested)
    assert pictures[0].std() > 20
    assert np.abs(pictures[0] - pictures[1]).mean() < 4
    seen.assert_clean()


def test_a_model_turns_by_keyboard(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/{quote('vase 罐-3')}")
    settle(seen)
    seen.page.locator(".stage .canvas").focus()
    before = seen.page.locator(".stage").screenshot()
    seen.page.keyboard.press("ArrowUp")
    seen.page.keyboard.press("+")
    seen.page.wait_for_timeout(800)
    assert seen.page.locator(".stage").screenshot() != before


def test_the_language_and_the_colours_are_chosen_and_kept(at_root: str, visit: Visitor) -> None:
    page = visit(f"{at_root}#/object/bone-0412", color_scheme="light").page
    page.wait_for_selector("h1:has-text('Oracle bone')")
    page.get_by_label("Language").select_option("zh-Hant")
    page.wait_for_selector("h1:has-text('刻辞卜骨')")
    assert page.locator("html").get_attribute("lang") == "zh-Hant"
    assert page.evaluate("document.activeElement.tagName") == "SELECT"  # the focus stays where it was
    page.get_by_label("深色").click()
    page.reload()
    page.wait_for_selector("h1:has-text('刻辞卜骨')")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_what_is_not_there_is_said(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/nowhere")
    seen.page.wait_for_selector("h1:has-text('not in the collection')")
    seen.page.goto(f"{at_root}#/object/%E0%A4%A")
    seen.page.wait_for_selector(".cards li")
    seen.page.goto(f"{at_root}#/object/volume-1923/pages/absent")
    seen.page.wait_for_selector('.holder[data-slug="pages/001r"]')
    seen.assert_clean()


def test_a_damaged_tree_is_said_and_harms_nothing_else(published: Path, tmp_path: Path, visit: Visitor) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(published, tree)
    objects = tree / "objects"
    (objects / "bone-0412" / "models" / "web.glb").unlink()
    for name in ("preview.glb", "web.glb"):
        (objects / "vase 罐-3" / "models" / name).write_bytes(b"glTF no more")
    (objects / "volume-1923" / "pages" / "001r" / "info.json").unlink()
    for tiles in (objects / "volume-1923" / "pages" / "003r").glob("*,*,*,*"):
        shutil.rmtree(tiles)
    (objects / "scroll-02" / "manifest.json").write_text("{")
    with serving.in_background(tree) as server:
        page = visit(f"{server.address}#/object/bone-0412/models").page

        def says(text: str, state: str) -> None:
            page.wait_for_selector(f'.message:has-text("{text}")')
            assert page.locator(".stage").get_attribute("data-state") == state

        says("The file web.glb is missing. Shown instead: Preview.", "partial")
        assert page.get_by_label("Level of detail").input_value() == "preview.glb"
        page.get_by_label("Level of detail").select_option("full.glb")
        page.wait_for_selector('.stage[data-file="full.glb"][data-state=ready]')
        assert page.locator(".message").is_hidden()
        page.goto(f"{server.address}#/object/{quote('vase 罐-3')}")
        says("This model cannot be shown. The file web.glb cannot be read.", "failed")
        page.goto(f"{server.address}#/object/volume-1923")
        says("This image cannot be shown. The file info.json is missing.", "failed")
        page.get_by_role("button", name="Next").click()
        page.wait_for_selector(".stage[data-state=ready]")
        page.get_by_role("button", name="Next").click()
        says("Parts of this image could not be loaded.", "partial")
        page.goto(f"{server.address}#/object/scroll-02")
        page.wait_for_selector("h1:has-text('not in the collection')")


def test_strangers_get_no_script_and_no_request_in(published: Path, tmp_path: Path, visit: Visitor) -> None:
    evil = '<img src="http://evil.example/x" onerror="window.pwned=1"><script>window.pwned=1</script>'
    tree = tmp_path / "tree"
    shutil.copytree(published, tree)
    path = tree / "objects" / "bone-0412" / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    document["label"] = {"en": [evil]}
    document["summary"] = {"en": [f"<p>{evil}</p>"]}
    document["rights"] = "javascript:alert(1)"
    document["provider"] = [{"type": "Agent", "label": {"en": [evil]}, "homepage": [{"id": "javascript:alert(1)"}]}]
    document["metadata"] += [{"label": {"en": [evil]}, "value": {"en": [evil]}}, 7, {"label": 1, "value": None}]
    document["seeAlso"] = [{"id": "http://evil.example/x"}, {"id": "../../../../outside"}, 5, None]
    document["thumbnail"] = [{"id": "http://evil.example/t.jpg"}]
    document["items"][0]["thumbnail"] = [{"id": "http://evil.example/t.jpg"}]
    document["items"].append({"type": "Canvas", "items": [{"items": [{"motivation": "painting", "body": {
        "type": "Image", "id": "http://evil.example/i.jpg", "service": [{"type": "ImageService3", "id": "http://evil.example"}]
    }}]}]})  # fmt: skip
    document["items"] += [None, 3, {"items": "x"}, {"items": [{"items": [{"motivation": "painting", "body": []}]}]}]
    path.write_text(json.dumps(document), "utf-8")
    with serving.in_background(tree) as server:
        seen = visit(f"{server.address}#/object/bone-0412")
        settle(seen)
        assert seen.page.locator(".strip li").count() == 2
        assert seen.page.locator("main img[onerror], main script, a[href^=javascript]").count() == 0
        assert seen.page.evaluate("window.pwned") is None
        assert "<script>" in seen.page.locator("h1").inner_text()
        seen.assert_clean()


def test_without_a_script_every_object_is_linked(at_root: str, published: Path, visit: Visitor) -> None:
    page = visit(at_root, java_script_enabled=False).page
    links = page.locator("main li a")
    assert links.count() == len(tour.files_of(published, "manifest.json"))
    assert page.request.get(at_root + (links.nth(3).get_attribute("href") or "")).ok


@pytest.mark.parametrize("route", ["", "#/object/volume-1923", "#/object/bone-0412/models", "#/object/nowhere"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screen_readers_and_weak_eyes(route: str, scheme: str, at_root: str, visit: Visitor) -> None:
    """axe-core finds nothing against WCAG 2.2 AA or its own best practices."""
    seen = visit(at_root + route, color_scheme=scheme, bypass_csp=True)
    seen.page.wait_for_selector("main h1")
    if "nowhere" not in route and route:
        settle(seen)
    seen.page.add_script_tag(path=MODULES / "axe-core" / "axe.min.js")
    found = seen.page.evaluate("axe.run().then(report => report.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    assert found == []


@pytest.mark.parametrize("route", ["", "#/object/volume-1923", "#/object/bone-0412/models"])
def test_a_telephone_needs_no_scrolling_sideways(route: str, at_root: str, visit: Visitor) -> None:
    seen = visit(at_root + route, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    seen.page.wait_for_selector("main h1")
    if route:
        settle(seen)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 360
    for button in seen.page.locator("button:visible, select:visible").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
