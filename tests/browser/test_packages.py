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


@pytest.mark.parametrize(
    ("locale", "window"), [("zh-CN", tour.DESKTOP), ("en-GB", tour.TELEPHONE), ("zh-TW", tour.DESKTOP)]
)
def test_every_page_and_model_opens_from_a_disk(
    locale: str, window: dict[str, object], disk: Path, published: Path, browser: Browser
) -> None:
    report = tour.Report()
    address = (disk / "data" / "index.html").as_uri()
    tour.reading_room(report, browser, address, published, locale=locale, allowed=disk.as_uri(), **window)
    assert report.bad == []
    assert (report.pages, report.models) == (13, 2)


def test_the_same_package_works_from_a_server(disk: Path, published: Path, browser: Browser) -> None:
    with serving.in_background(disk / "data") as server:
        report = tour.Report()
        tour.reading_room(report, browser, server.address, published, locale="en-GB", **tour.DESKTOP)
    assert report.bad == []
    assert (report.pages, report.models) == (13, 2)
