"""An offline package by double click: from file://, in three languages, pages and models, without a complaint."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heritage3d.exhibit import packaging, serving
from tests.browser import tour
from tests.browser.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def disk(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages") / "县图书馆 disk"
    packaging.package(published, folder, "offline")
    return folder


def test_the_door_opens(disk: Path, browser: Browser) -> None:
    visit = Visit(browser, (disk / "open.html").as_uri(), allowed=disk.as_uri())
    visit.page.wait_for_selector(".cards li")
    assert visit.page.locator(".cards li").count() == 5
    visit.assert_clean()
    visit.close()


def test_every_page_and_model_opens_from_a_disk(disk: Path, published: Path, browser: Browser) -> None:
    """On the screen of a desk: test_judged."""
    report = tour.Report()
    address = (disk / "data" / "index.html").as_uri()
    tour.reading_room(report, browser, address, published, locale="zh-CN", allowed=disk.as_uri(), **tour.TELEPHONE)
    assert report.bad == []
    assert (report.pages, report.models) == (13, 2)


def test_the_same_package_works_from_a_server(disk: Path, browser: Browser) -> None:
    with serving.in_background(disk / "data") as server:
        for kind in ("scroll-02", "bone-0412/models"):
            visit = Visit(browser, f"{server.address}#/object/{kind}")
            assert tour.settle(visit) == ""
            visit.page.wait_for_load_state("networkidle")
            visit.assert_clean()
            visit.close()


def test_a_visitor_takes_an_object_away(published: Path, browser: Browser, tmp_path: Path) -> None:
    """The reading room offers the zip of an object; unpacked, it opens at the object by a double click."""
    packaging.package(published, tmp_path / "web", "web", objects=["bone-0412"], takeaway=True)
    with serving.in_background(tmp_path / "web" / "data") as server:
        visit = Visit(browser, f"{server.address}index.html#/object/bone-0412", allowed=server.address, locale="zh-CN")
        with visit.page.expect_download() as coming:
            visit.page.get_by_role("link", name="下载本件").click()
        assert coming.value.suggested_filename == "bone-0412.zip"
        coming.value.save_as(tmp_path / "bone.zip")
        visit.assert_clean()
        visit.close()
    with zipfile.ZipFile(tmp_path / "bone.zip") as archive:
        archive.extractall(tmp_path / "at home")
    home = tmp_path / "at home" / "bone-0412"
    visit = Visit(browser, (home / "open.html").as_uri(), allowed=home.as_uri(), locale="en-GB")
    visit.page.wait_for_selector('.stage[data-state=ready], .stage[data-file="web.glb"]')
    assert visit.page.locator("main h1").inner_text() == "Oracle bone with incised signs"
    assert visit.page.get_by_role("link", name="Take it with you").count() == 0
    visit.assert_clean()
    visit.close()
