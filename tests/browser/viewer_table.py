"""Which viewer opens which object: ``python -m tests.browser.viewer_table OUT [OUT …]`` prints the table of the docs.

For each object and viewer: what was opened, failed requests, lines in the console, requests to other hosts, faults.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium, tour

VIEWERS: dict[str, Callable[..., None]] = {
    "OpenSeadragon 6.1": tour.openseadragon,
    "Mirador 4.0": tour.mirador,
    "Universal Viewer 4.4": tour.universal_viewer,
    "Clover 3.3": tour.clover,
    "three 0.187": tour.three,
    "model-viewer 4.4": tour.model_viewer,
}


def cell(report: tour.Report) -> str:
    """What was opened and how it went, in a few signs."""
    opened = report.services + report.files + sum(report.manifests.values())
    bad = [len(report.failed), len(report.said), len(report.outside), len(report.faults)]
    return "–" if not opened and not any(bad) else f"{opened}: " + " / ".join(map(str, bad))


def row(tree: Path, browser: Browser, viewers: str, folder: Path) -> tuple[list[str], list[str]]:
    """The cells of one object's tree, and what was said where something went wrong."""
    cells, told = [], []
    with tour.bound(tree, folder) as base:
        for name, opens in VIEWERS.items():
            report = tour.Report()
            opens(report, browser, viewers, base, tree)
            cells.append(cell(report))
            told += [f"{name}: {line}" for line in report.bad]
    return cells, told


def main() -> None:
    """Print a row for each object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="+")
    trees = parser.parse_args().out
    print("| object | " + " | ".join(VIEWERS) + " |\n|---" * 1 + "|---" * len(VIEWERS) + "|")
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = chromium.start(playwright)
        with tour.host_of_viewers() as viewers:
            for tree in trees:
                for home in sorted(path.parent for path in (tree / "objects").glob("*/manifest.json")):
                    alone = Path(temporary) / f"{tree.name}-{home.name}"
                    alone.mkdir()
                    shutil.copyfile(tree / "collection.json", alone / "collection.json")
                    tour.copy(home, alone / "objects" / home.name)
                    cells, told = row(alone, browser, viewers, Path(temporary) / f"{alone.name}-bound")
                    print(f"| {home.name} | " + " | ".join(cells) + " |", flush=True)
                    for line in told:
                        print(f"    {line}", flush=True)
                    shutil.rmtree(alone)
        browser.close()


if __name__ == "__main__":
    main()
