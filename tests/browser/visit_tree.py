"""Visit a published tree with a browser: ``python -m tests.browser.visit_tree OUT [--own]``.

Opens every page and model in the reading room, and the VR room with a headset: at the root of a host, below a path
and from an offline package by file://, in three languages, on a desk and on a telephone. Then every image service in
OpenSeadragon, every manifest in Mirador, Universal Viewer and Clover, every GLB in three. Prints one line of counts
and, where anything was wrong, a line for each; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

import heritage3d.stages  # noqa: F401  registers the kinds that a package knows
from heritage3d.exhibit import packaging, serving
from tests.browser import chromium, tour

LOCALES = ("zh-CN", "zh-TW", "en-GB")


def judged(tree: Path, browser: Browser, folder: Path, locales: dict[str, Sequence[str]]) -> tour.Report:
    """Reading room and VR room of a tree in every place (root, below, disk) and each of its ``locales``."""
    report = tour.Report(objects=len(tour.files_of(tree, "manifest.json")))

    def look(place: str, address: str, **options: Any) -> None:
        for locale in locales.get(place, ()):
            window = tour.TELEPHONE if locale == "zh-TW" else tour.DESKTOP
            tour.reading_room(report, browser, f"{address}index.html", tree, locale=locale, **window, **options)
            tour.vr_room(report, browser, f"{address}vr.html", locale=locale, **{"allowed": address, **options})

    with serving.in_background(tree) as server:
        look("root", server.address, allowed=server.address)
    with tour.below(tree, folder / "below") as address:
        look("below", address, allowed=address)
    if "disk" in locales:
        packaging.package(tree, folder / "县图书馆 disk", "offline")
        disk = (folder / "县图书馆 disk").as_uri()
        look("disk", f"{disk}/data/", allowed=disk)
    return report


def visited(tree: Path, browser: Browser, folder: Path, *, own: bool) -> tour.Report:
    """All tours of one tree; ``folder`` is for copies of it."""
    report = judged(tree, browser, folder, dict.fromkeys(("root", "below", "disk"), LOCALES))
    if own:
        return report
    with tour.bound(tree, folder / "bound") as at, tour.host_of_viewers() as viewers:
        tour.openseadragon(report, browser, viewers, at, tree)
        tour.mirador(report, browser, viewers, at, tree)
        tour.universal_viewer(report, browser, viewers, at, tree)
        tour.clover(report, browser, viewers, at, tree)
        tour.three(report, browser, viewers, at, tree)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, help="a published tree")
    parser.add_argument("--own", action="store_true", help="only our own rooms, not the viewers of other people")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium.start(playwright)
        report = visited(asked.out, browser, Path(folder), own=asked.own)
        browser.close()
    print(report)
    for line in report.bad:
        print(line)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
