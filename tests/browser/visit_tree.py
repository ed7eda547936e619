"""Visit a published tree with a browser: ``python -m tests.browser.visit_tree OUT [--screenshots DIR]``.

Opens every page and model in the reading room (at the root of a host and below a path; in English and Chinese;
on a desk and on a telephone), every image service in OpenSeadragon, every manifest in Mirador, Universal Viewer
and Clover, every GLB in three. Prints one line of counts and, where anything was wrong, a line for each; the exit
status is then 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from heritage3d.exhibit import serving
from tests.browser import chromium, tour

ENGLISH: dict[str, Any] = {"locale": "en-GB"}
CHINESE: dict[str, Any] = {"locale": "zh-CN"}


def visited(tree: Path, browser: Browser, folder: Path, shots: Path | None) -> tour.Report:
    """All tours of one tree; ``folder`` is for copies of it."""
    report = tour.Report(objects=len(tour.files_of(tree, "manifest.json")))
    with serving.in_background(tree) as server:
        at = server.address
        tour.reading_room(report, browser, at, tree, shots=shots, shot="desk-en", **ENGLISH, **tour.DESKTOP)
        tour.reading_room(report, browser, at, tree, shots=shots, shot="phone-zh", **CHINESE, **tour.TELEPHONE)
    with tour.below(tree, folder / "below") as at:
        tour.reading_room(report, browser, at, tree, shots=shots, shot="desk-zh", **CHINESE, **tour.DESKTOP)
        tour.reading_room(report, browser, at, tree, shots=shots, shot="phone-en", **ENGLISH, **tour.TELEPHONE)
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
    parser.add_argument("--screenshots", type=Path, help="a folder for pictures of every object")
    asked = parser.parse_args()
    if asked.screenshots:
        asked.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium.start(playwright)
        report = visited(asked.out, browser, Path(folder), asked.screenshots)
        browser.close()
    print(report)
    for line in report.bad:
        print(line)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
