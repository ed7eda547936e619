"""A whole collection in every place and language: no complaint, nothing missing, no stranger asked.

At the root of a host, below a path, and from an offline package by file://; the reading room and the VR room. Each
place has a language here, and the short form visits the first; ``python -m tests.browser.visit_tree OUT --own`` visits
any tree in all three everywhere, as the long form does with a collection of real things (`make soak`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import shared_collection, visit_tree
from tests.longform import long_form

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize(
    ("place", "locale"),
    [
        ("root", "zh-CN"),
        pytest.param("below", "zh-TW", marks=long_form),
        pytest.param("disk", "en-GB", marks=long_form),
    ],
)
def test_every_room_of_the_collection(
    place: str, locale: str, published: Path, browser: Browser, tmp_path: Path
) -> None:
    report = visit_tree.judged(published, browser, tmp_path, {place: [locale]})
    assert report.bad == []
    assert (report.pages, report.models) == (13, 2)
    assert report.stops > 6  # of the tour along everything


@long_form
def test_every_room_of_a_collection_of_real_things(data: Path, browser: Browser, tmp_path: Path) -> None:
    out = shared_collection.published(data, tmp_path)
    every = dict.fromkeys(("root", "below", "disk"), visit_tree.LOCALES)
    report = visit_tree.judged(out, browser, tmp_path, every)
    assert report.bad == []
    assert (report.pages, report.models) == (9 * 6, 9 * 2)
