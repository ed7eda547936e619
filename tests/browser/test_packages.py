"""An offline package by double click: from file://, in three languages, pages and models, without a complaint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heritage3d.exhibit import packaging, serving
from tests.browser import tour
from tests.browser.visit import Visit
from tests.exhibit import trees

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def disk(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (published / "checksums.txt").exists():
        trees.listed(published)
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
