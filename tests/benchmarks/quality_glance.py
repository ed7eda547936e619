"""How right the figures without a target are, and what they cost: ``python -m tests.benchmarks.quality_glance``.

Known answers are put onto pages made for the tests and, where ``--data`` names the folder of public test data,
onto its two manuscript pages (their middle). Prints Markdown tables. ``--cost`` tells CPU seconds beside those of
tiling, ``--watch`` the seconds from the end of a copy to the line of ``inspect --watch``.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from heritage3d.image.raster import open_raster
from heritage3d.image.write_tiff import write_tiff
from heritage3d.quality.glance import Glance
from tests.quality.pages import banded, finished, page, shaken, turned

Picture = np.ndarray
LENGTHS, ANGLES = (8, 12, 20, 36), (0, 30, 90, 130)
MIDDLE = np.s_[900:3500, 700:2700]  # of the manuscript pages: writing, margins, some of the table


def glance(picture: Picture) -> Glance:
    picture = picture.reshape(*picture.shape[:2], -1)  # OpenCV drops the axis of a single channel
    seen = Glance(picture.shape[1], picture.shape[0], picture.shape[2], 8)
    for top in range(0, len(picture), 64):
        seen.add(picture[top : top + 64])
    return seen


def value(seen: Glance, name: str) -> float | None:
    return next((entry.value for entry in seen.measures() if entry.name == name), None)


def row(name: str, pairs: Iterable[tuple[float, float | None]], unit: str) -> str:
    told = [(true, measured) for true, measured in pairs]
    errors = [abs(measured - true) for true, measured in told if measured is not None]
    worst, mean = (max(errors), float(np.mean(errors))) if errors else (float("nan"), float("nan"))
    return f"| {name} | {len(errors)} of {len(told)} | {mean:.2f} {unit} | {worst:.2f} {unit} |"


def validate(pages: list[Picture]) -> None:
    print("| answer put on | measured | mean error | largest error |\n|---|---|---|---|")
    for sigma in (1.0, 2.0, 3.0, 4.0):
        soft = [(sigma, glance(finished(cv2.GaussianBlur(one, (0, 0), sigma))).blur) for one in pages]
        print(row(f"Gaussian blur of {sigma:g} px", soft, "px"))
    noisy = [(2.0, glance(finished(cv2.GaussianBlur(one, (0, 0), 2), noise)).blur) for one in pages for noise in (4, 8)]
    print(row("the same of 2 px, noise of 4 and 8 grey levels", noisy, "px"))
    moved = [(length, angle, glance(finished(shaken(one, length, angle))).motion)
             for one in pages for length in LENGTHS for angle in ANGLES]  # fmt: skip
    print(row("motion of 8 to 36 px, its length", ((a, m.length or None) for a, _b, m in moved), "px"))
    turns = ((0.0, (m.direction - angle + 90) % 180 - 90 if m.length else None) for _length, angle, m in moved)
    print(row("the same, its direction", turns, "°"))
    for axis, name in ((0, "horizontal"), (1, "vertical")):
        for percent in (0.5, 1.0, 2.0):
            pairs = []
            for one in pages:
                for period in (40, 150):
                    seen = glance(finished(banded(one, percent, period, axis))).bands[axis]
                    pairs.append((percent, seen.amplitude or None))
            print(row(f"{name} bands of {percent:g} %, 40 and 150 px apart", pairs, "%"))
    skews = []
    for one in pages:
        plain = glance(finished(one)).skew
        for angle in (-6.0, -2.5, 1.0, 3.0):
            found = glance(finished(turned(one, angle))).skew
            skews.append((angle, None if found is None or plain is None else found - plain))
    print(row("turned by -6° to 3°", skews, "°"))
    clipped = []
    for one in pages:
        burnt = one.copy()
        height, width = one.shape[:2]
        burnt[height // 3 : height // 2, width // 3 : width // 2] = 255
        before = value(glance(finished(one)), "clipped_highlights") or 0.0
        share = 100 * (height // 2 - height // 3) * (width // 2 - width // 3) / (height * width)
        clipped.append((share + before, value(glance(finished(burnt)), "clipped_highlights")))
    print(row("a burnt patch of 2.8 % of the picture", clipped, "%"))


def real(data: Path) -> None:
    """Photographs that were looked at one by one: what the figures say of them."""
    print("\n| pictures | files | with a warning or failure | edges (px), median and largest | brightest L* |")
    print("|---|---|---|---|---|")
    for name, pattern in (
        ("pelerinage (manuscript pages)", "pages/pelerinage/*/*.jpg"),
        ("oracle-bones (museum photographs)", "photos/oracle-bones/*.jpg"),
        ("banana-photogrammetry", "photos/banana-photogrammetry/images/*"),
        ("flowerpot-turntable, portrait", "photos/flowerpot-turntable/images/*"),
        ("flowerpot-turntable, landscape (burnt out paper)", "photos/flowerpot-turntable/images/*"),
    ):
        wrong, blurs, lights, count = [], [], [], 0
        for path in sorted(data.glob(pattern)):
            with open_raster(path) as raster:
                height, width = raster.pixels.shape[:2]
                if "flowerpot" in name and (width > height) != ("landscape" in name):
                    continue
                seen = glance(raster.pixels)
            count += 1
            blurs.append(seen.blur)
            lights.append(seen.exposure.lightness)
            wrong += [f"{path.name} ({entry.name})" for entry in seen.findings() if entry.verdict != "pass"][:1]
        known = [blur for blur in blurs if blur is not None]
        told = f"{len(wrong)}: {', '.join(wrong)}" if 0 < len(wrong) < 4 else str(len(wrong))
        light = f"{min(lights):.0f} to {max(lights):.0f}"
        print(f"| {name} | {count} | {told} | {np.median(known):.1f}, {max(known):.1f} | {light} |")


def fifty_megapixels() -> Picture:
    tile = finished(page(0, 1566, 1992))
    return np.tile(tile, (4, 4, 1))


def cost() -> None:
    """CPU seconds of the glance alone, of its figures, and of tiling the same picture."""
    from heritage3d.stages.tile import tile

    picture = fifty_megapixels()
    megapixels = picture.shape[0] * picture.shape[1] / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "master.tif"
        write_tiff(path, iter([picture]), width=picture.shape[1], height=picture.shape[0], channels=3, depth=8,
                   compression="none")  # fmt: skip

        def passed() -> None:
            seen = Glance(picture.shape[1], picture.shape[0], 3, 8, skew=False)
            for top in range(0, len(picture), 40):
                seen.add(picture[top : top + 40])
            seen.findings()

        def skewed() -> None:
            assert glance(picture).skew is not None

        print(f"\n| {megapixels:.0f} megapixels, uncompressed TIFF | CPU seconds (best of 3) | ms per megapixel |")
        print("|---|---|---|")
        for name, work in (
            ("glance, all but skew", passed),
            ("glance and skew", skewed),
            ("tile", lambda: tile(path, Path(tempfile.mkdtemp(dir=folder)))),
        ):
            best = min(_cpu(work) for _ in range(3))
            print(f"| {name} | {best:.2f} | {1000 * best / megapixels:.2f} |")


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def watch() -> None:
    """Seconds from the end of a copy to the line of ``inspect --watch``, warm, three times for each format."""
    picture = fifty_megapixels()
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as session:
        sources = {"JPEG": Path(here) / "a.jpg", "TIFF": Path(here) / "a.tif"}
        sources["JPEG"].write_bytes(simplejpeg.encode_jpeg(picture, quality=92, colorsubsampling="444"))
        write_tiff(sources["TIFF"], iter([picture]), width=picture.shape[1], height=picture.shape[0], channels=3,
                   depth=8, compression="none")  # fmt: skip
        command = [sys.executable, str(root / "tests" / "command.py"), "inspect", session, "--watch"]
        environment = {**os.environ, "PYTHONPATH": str(root), "H3D_LANG": "en"}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stderr.readline()
            print("\n| 50 megapixels | seconds from the end of the copy to the line | load |\n|---|---|---|")
            for number in range(4):
                for name, source in sources.items():
                    time.sleep(2)
                    target = Path(session) / f"{number}{source.suffix}"
                    target.write_bytes(source.read_bytes())
                    began = time.monotonic()
                    process.stdout.readline()
                    if number:  # the first of each is the warm-up
                        print(f"| {name} | {time.monotonic() - began:.2f} | {os.getloadavg()[0]:.1f} |")
            process.send_signal(signal.SIGINT)
            process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--watch", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.cost:
        cost()
    if arguments.watch:
        watch()
    if arguments.cost or arguments.watch:
        return
    pages = [page(seed)[..., 1:2].copy() for seed in range(3)]  # the figures of green and of grey are the same
    if arguments.data:
        for path in sorted(arguments.data.glob("pages/pelerinage/*/*.jpg")):
            with open_raster(path) as raster:
                pages.append(np.array(raster.pixels[MIDDLE][..., 1:2], np.float32))
    validate(pages)
    if arguments.data:
        real(arguments.data)


if __name__ == "__main__":
    main()
