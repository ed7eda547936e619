"""A browser, and published trees to open in it.

``published`` is the tree under test. It is made here from small generated data; a test that wants another
collection requests its own fixture of that name.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import chromium, tree
from tests.browser.visit import Visit
from tests.exhibit import trees

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker("browser")


def _unavailable(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"no browser: {reason}")
    pytest.skip(f"no browser: {reason}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Closed with the last test of this folder: other tests have event loops of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            launched = chromium.start(playwright)
        except chromium.Unavailable as reason:
            _unavailable(str(reason))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens pages that are watched: ``visit(address, allowed=site.address, locale="zh-CN")``."""
    opened: list[Visit] = []

    def open_one(address: str, **options: Any) -> Visit:
        opened.append(Visit(browser, address, **options))
        return opened[-1]

    yield open_one
    for visited in opened:
        visited.close()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published tree: pages, a scroll read from right to left, models in every compression; with its checksums.

    Nobody writes to it: the first of several test processes makes it for all of them.
    """
    try:
        chromium.install()
    except chromium.Unavailable as reason:
        _unavailable(str(reason))
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    out, whole = shared / "published", shared / "published.whole"
    with (shared / "published.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            tree.build(out, "http://127.0.0.1:8000/")
            trees.listed(out)
            whole.touch()
    return out
