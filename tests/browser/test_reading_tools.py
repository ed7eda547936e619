"""What a reader does with pages and models: measure, cut open, scroll through, put side by side, search many."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from heritage3d.exhibit import serving, site
from heritage3d.gltf.model import Model, Primitive
from heritage3d.gltf.writing import Encoding, write
from tests.benchmarks.collection import fill
from tests.browser import tour
from tests.browser.chromium import MODULES
from tests.browser.visit import Visit

Visitor = Callable[..., Visit]


@pytest.fixture(scope="package")
def at_root(published: Path) -> Iterator[str]:
    with serving.in_background(published) as server:
        yield server.address


def settle(visit: Visit) -> None:
    assert tour.settle(visit) == ""
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_timeout(300)


def press(visit: Visit, across: float, down: float) -> None:
    """At these shares of the stage."""
    box = visit.page.locator(".stage .canvas").bounding_box()
    assert box
    visit.page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


def millimetres(text: str) -> float:
    found = re.search(r"([\d.]+) (mm|cm)", text)
    assert found, text
    return float(found[1]) * {"mm": 1, "cm": 10}[found[2]]


def test_a_distance_on_a_page_is_what_the_scale_bar_says(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bamboo-07", reduced_motion="reduce")
    settle(seen)
    bar = seen.page.locator(".scale .bar").bounding_box()
    assert bar
    mm_per_pixel = millimetres(seen.page.locator(".scale").inner_text()) / bar["width"]
    seen.page.get_by_role("button", name="Measure a distance").click()
    stage = seen.page.locator(".stage .canvas").bounding_box()
    assert stage
    press(seen, 0.5, 0.3)
    press(seen, 0.5, 0.6)
    said = seen.page.locator(".measure .length")
    assert millimetres(said.inner_text()) == pytest.approx(stage["height"] * 0.3 * mm_per_pixel, rel=0.03)
    before = seen.page.locator(".measure path").get_attribute("d")
    seen.page.get_by_role("button", name="Closer").click()
    seen.page.wait_for_timeout(300)
    assert seen.page.locator(".measure path").get_attribute("d") != before  # the line stays on the page
    press(seen, 0.001, 0.01)
    assert "nothing at this place" in said.inner_text()
    seen.assert_clean()


def test_a_distance_on_a_model_in_millimetres_and_by_keyboard(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models", reduced_motion="reduce")
    settle(seen)
    seen.page.get_by_role("button", name="Measure a distance").click()
    seen.page.locator(".stage .canvas").focus()
    seen.page.keyboard.press("Enter")
    assert "second point" in seen.page.locator(".length").inner_text()
    for _ in range(2):
        seen.page.keyboard.press("ArrowLeft")
    seen.page.wait_for_timeout(300)
    seen.page.keyboard.press("Enter")
    assert 1 < millimetres(seen.page.locator(".length").inner_text()) < 180  # the bone is 120 x 180 mm
    seen.page.keyboard.press("Escape")
    assert "two points" in seen.page.locator(".length").inner_text()
    seen.assert_clean()


def test_an_unknown_scale_is_said_when_measuring(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/vase%20%E7%BD%90-3", reduced_motion="reduce")
    settle(seen)
    seen.page.get_by_role("button", name="Measure a distance").click()
    press(seen, 0.5, 0.4)
    press(seen, 0.5, 0.55)
    said = seen.page.locator(".length").inner_text()
    assert "Scale unknown" in said
    assert "mm" not in said


def test_a_section_opens_a_model_and_draws_its_profile(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bone-0412/models", reduced_motion="reduce")
    settle(seen)
    whole = seen.page.locator(".stage").screenshot()
    seen.page.get_by_role("button", name="Section plane").click()
    panel = seen.page.locator(".section[data-lines]")
    panel.wait_for()
    assert int(panel.get_attribute("data-lines") or 0) > 100
    closed = int(panel.get_attribute("data-closed") or 0)
    assert closed > 100  # the outline is whole: it is filled
    assert millimetres(panel.locator("output").inner_text()) == pytest.approx(60, abs=6)  # half of its width
    cut = seen.page.locator(".stage").screenshot()
    seen.page.get_by_label("Direction of the section").select_option("y")
    seen.page.get_by_label("Place of the section").fill("25")
    seen.page.get_by_role("button", name="Other side").click()
    seen.page.wait_for_timeout(500)
    assert len({whole, cut, seen.page.locator(".stage").screenshot()}) == 3
    seen.page.get_by_label("Level of detail").select_option("preview.glb")
    seen.page.wait_for_selector('.stage[data-file="preview.glb"]')
    assert int(panel.get_attribute("data-lines") or 0) > 10  # the other level is cut too
    seen.assert_clean()


@pytest.fixture
def with_a_filled_hole(published: Path, tmp_path: Path) -> Iterator[str]:
    """The tree with a ball in place of the bone: nobody captured a piece of it, and that was filled in."""
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.04)
    faces, filled = np.asarray(ball.faces, np.uint32), ball.triangles_center[:, 0] > 0.03
    points = np.asarray(ball.vertices)
    parts = (Primitive(points, faces[~filled]), Primitive(points, faces[filled], invented=True))
    tour.copy(published, tmp_path / "tree")
    for role, packing in {"preview": "none", "web": "draco", "vr": "meshopt", "full": "none"}.items():
        path = tmp_path / "tree/objects/bone-0412/models" / f"{role}.glb"
        path.unlink()  # a link to that of the other tree
        path.write_bytes(write(Model(primitives=parts), Encoding(compression=packing)))
    with serving.in_background(tmp_path / "tree") as server:
        yield server.address


def test_a_cut_through_filled_holes_is_whole_until_they_are_hidden(with_a_filled_hole: str, visit: Visitor) -> None:
    seen = visit(f"{with_a_filled_hole}#/object/bone-0412/models", reduced_motion="reduce")
    settle(seen)
    seen.page.get_by_role("button", name="Section plane").click()
    seen.page.get_by_label("Direction of the section").select_option("y")
    panel = seen.page.locator(".section")
    for level in ("web", "vr", "full"):
        seen.page.get_by_label("Level of detail").select_option(f"{level}.glb")
        seen.page.wait_for_selector(f'.stage[data-file="{level}.glb"]')
        lines, closed = (int(panel.get_attribute(f"data-{name}") or 0) for name in ("lines", "closed"))
        assert lines == closed > 50, level
        seen.page.get_by_role("button", name=re.compile("hide filled holes")).click()
        hidden = int(panel.get_attribute("data-lines") or 0)
        assert 0 < hidden < lines
        assert panel.get_attribute("data-closed") == "0"  # an open line encloses nothing
        seen.page.get_by_role("button", name=re.compile("hide filled holes")).click()
    seen.assert_clean()


def test_pages_are_read_by_scrolling(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/volume-1923", reduced_motion="reduce")
    settle(seen)
    seen.page.get_by_role("button", name="Read by scrolling").click()
    seen.page.wait_for_selector(".stage.scrolling[data-state=ready]")
    assert seen.page.locator(".scrolling figure").count() == 6
    seen.page.locator(".column").focus()
    page = seen.page.locator('.scrolling figure[data-slug="pages/004v"]')
    page.evaluate("page => page.scrollIntoView({ block: 'center' })")
    seen.page.wait_for_selector('.holder[data-slug="pages/004v"]')
    seen.page.wait_for_selector('.strip a[data-slug="pages/004v"][aria-current="page"]')
    assert seen.page.url.endswith("pages/004v")
    seen.page.locator(".strip a").last.click()
    seen.page.wait_for_selector('.holder[data-slug="pages/006v"]')
    seen.page.get_by_role("button", name="One at a time").click()
    settle(seen)
    assert seen.page.locator(".holder").get_attribute("data-slug") == "pages/006v"
    seen.assert_clean()


def test_two_pages_side_by_side_move_together(at_root: str, visit: Visitor) -> None:
    seen = visit(f"{at_root}#/object/bamboo-07", reduced_motion="reduce")
    settle(seen)
    seen.page.get_by_role("link", name="Side by side").click()
    panes = seen.page.locator(".pane")
    panes.nth(1).locator(".stage[data-state=ready]").wait_for()
    panes.nth(0).locator(".stage[data-state=ready]").wait_for()
    seen.page.get_by_role("button", name="Move together").click()
    panes.nth(0).get_by_role("button", name="Closer").click()
    seen.page.wait_for_timeout(600)
    bars = [panes.nth(at).locator(".scale").inner_text() for at in (0, 1)]
    widths = [(panes.nth(at).locator(".scale .bar").bounding_box() or {}).get("width", 0) for at in (0, 1)]
    assert bars[0] == bars[1] != ""
    assert widths[0] == pytest.approx(widths[1], rel=0.02)  # the same scale
    panes.nth(1).get_by_label("Another object").fill("bone")
    seen.page.wait_for_selector('datalist option[value="bone-0412"]', state="attached")
    panes.nth(1).get_by_label("Another object").fill("bone-0412")
    panes.nth(1).get_by_label("Another object").blur()
    panes.nth(1).locator("h2:has-text('Oracle bone')").wait_for()
    panes.nth(1).get_by_label("Go to").select_option("models")
    panes.nth(1).locator('.stage.model[data-file="web.glb"]').wait_for()
    assert seen.page.url.endswith("bone-0412%2Fmodels")  # the address can be sent to a colleague
    seen.page.reload()
    panes.nth(1).locator('.stage.model[data-file="web.glb"]').wait_for()
    seen.assert_clean()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["beside", "scrolling", "measure", "section", "zh-Hant"])
def test_screen_readers_and_weak_eyes(what: str, scheme: str, at_root: str, visit: Visitor) -> None:
    """axe-core finds nothing in the tools either."""
    routes = {
        "beside": "#/beside/volume-1923%2Fpages%2F001r/bone-0412%2Fmodels",
        "section": "#/object/bone-0412/models",
    }
    locale = "zh-TW" if what == "zh-Hant" else "en-GB"
    seen = visit(f"{at_root}{routes.get(what, '#/object/volume-1923')}", color_scheme=scheme, bypass_csp=True,
                 locale=locale, reduced_motion="reduce")  # fmt: skip
    seen.page.locator(".stage[data-state=ready]").last.wait_for()
    named = {"scrolling": "Read by scrolling", "measure": "Measure a distance", "section": "Section plane"}.get(what)
    if named:
        seen.page.get_by_role("button", name=named).click()
        seen.page.wait_for_timeout(400)
    seen.page.add_script_tag(path=MODULES / "axe-core" / "axe.min.js")
    found = seen.page.evaluate("axe.run().then(report => report.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    assert found == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A collection of 700 objects: more than one page of cards, words in shards."""
    root = tmp_path_factory.mktemp("many")
    fill(root, 700)
    path = root / "objects" / "m000612" / "manifest.json"
    document = json.loads(path.read_bytes())
    document["label"] = {"zh-Hans": ["越王勾践剑"], "en": ["Sword of Goujian"]}
    path.write_text(json.dumps(document), "utf-8")
    dest = root / "site"
    dest.mkdir()
    site.write(root, dest, title={"en": ["Many"]})
    shutil.copytree(dest, root, dirs_exist_ok=True)
    with serving.in_background(root) as server:
        yield server.address


def opened(visit: Visitor, address: str) -> Visit:
    seen = visit(address)
    seen.page.wait_for_selector('.count:has-text("700 objects")')
    return seen


@pytest.mark.parametrize("words", ["勾践", "越王勾践剑", "剑", "sword of", "ｇｏｕｊｉａｎ", "Goujian 勾践"])
def test_search_among_many_reads_little(words: str, many: str, visit: Visitor) -> None:
    seen = opened(visit, many)
    first = [url for url in seen.requested if ".json" in url]
    assert [url.rpartition("/")[2] for url in first] == ["search.json"]
    seen.page.get_by_role("searchbox").fill(words)
    seen.page.wait_for_selector('.count:has-text("1 of 700 objects")')
    assert seen.page.locator(".cards a").get_attribute("href") == "#/object/m000612"
    asked = [url for url in seen.requested if "/search/" in url]
    assert len(asked) <= 2 * len(words) + 2
    assert not any("collection.json" in url for url in seen.requested)


def test_kinds_and_scrolling_among_many(many: str, visit: Visitor) -> None:
    seen = opened(visit, many)
    seen.page.get_by_role("button", name="Pottery").click()
    seen.page.wait_for_selector('.count:has-text("140 of 700 objects")')
    seen.page.get_by_role("searchbox").fill("zzzz")
    seen.page.wait_for_selector('.count:has-text("No object")')
    seen.page.get_by_role("searchbox").fill("")
    seen.page.get_by_role("button", name="All").click()
    seen.page.wait_for_selector('.count:has-text("700 objects")')
    for _ in range(12):
        seen.page.mouse.wheel(0, 20_000)
        seen.page.wait_for_timeout(120)
    assert seen.page.locator(".cards li").count() > 300


def test_the_first_picture_comes_early_on_a_slow_line(at_root: str, browser: Any) -> None:
    """At 5 Mbit/s and 100 ms. The time is told and does not gate; that the small picture leads is what is tested."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    speed = {"offline": False, "latency": 100, "downloadThroughput": 5e6 / 8, "uploadThroughput": 5e6 / 8}
    line.send("Network.emulateNetworkConditions", speed)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(f"{at_root}#/object/volume-1923", wait_until="commit")
    page.wait_for_selector(".holder img.poster")
    page.locator(".holder img.poster").first.evaluate("picture => picture.decode().catch(() => null)")
    print(f"first picture after {page.evaluate('performance.now()') / 1000:.2f} s")
    page.wait_for_selector(".stage[data-state=ready]")
    pictures = [at for at, url in enumerate(asked) if url.endswith((".jpg", ".webp"))]
    seadragon = next(at for at, url in enumerate(asked) if "/assets/pages-" in url)
    context.close()
    assert pictures[0] < seadragon
