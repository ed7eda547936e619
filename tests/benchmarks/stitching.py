"""How well parts are joined: ``python -m tests.benchmarks.stitching [CASE…]`` prints a Markdown table.

The truth is known in every case: the sample scroll comes with the places of its parts, the real pages are cut
here with known turns, gains, vignetting and noise, and the wide scroll is drawn here. Our places are compared
with the true ones over the whole picture, after the one turn and shift that nobody can know.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tifffile

from heritage3d.stitching import joining, pairing
from heritage3d.stitching.figures import Stitched
from heritage3d.stitching.part import studied

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / ".." / "shared" / "data" / "pages"


@dataclass(frozen=True)
class Case:
    """Parts on disk and what is true of them: maps (2 x 3) into the whole, gains, the whole picture (or None)."""

    name: str
    files: list[Path]
    places: list[np.ndarray]
    gains: list[float]  # factors of linear light
    whole: np.ndarray | None
    ppi: float


def sample_scroll(folder: Path) -> Case:
    """The long scroll of the samples: four JPEG parts with the places that their generator chose."""
    sys.path.insert(0, str(ROOT / "samples"))
    before = Path.cwd()
    os.chdir(ROOT / "samples")
    try:
        from generator import scroll

        scroll.make(folder, 1, 1.0)
        placed = scroll.placements(1, 1.0)
        whole = scroll.picture(1, 1.0)
    finally:
        os.chdir(before)
    files = [folder / "pages" / entry.file for entry in placed]
    gains = [float(_linear(np.array(0.6 * entry.gain)) / _linear(np.array(0.6))) for entry in placed]
    return Case("sample scroll", files, [np.array(entry.whole_from_part) for entry in placed], gains, whole, scroll.PPI)


def real_page(folder: Path, page: Path, overlap: int, turns: list[float], *, depth: int = 8, bent: float = 0.0) -> Case:
    """A real page, cut downwards or across into parts with turns (degrees), gains, vignetting and noise."""
    whole = np.ascontiguousarray(cv2.imdecode(np.fromfile(page, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1])
    height, width = whole.shape[:2]
    count, margin = len(turns), 40
    wide = (width - 2 * margin + (count - 1) * overlap) // count
    rng = np.random.default_rng(7)
    gains = [1.0 + (0.03 if at % 2 else 0.0) for at in range(count)]
    files, places = [], []
    for at, (turned, gain) in enumerate(zip(turns, gains, strict=True)):
        left = margin + at * (wide - overlap)
        tall = height - 2 * margin
        place = cv2.getRotationMatrix2D((wide / 2, tall / 2), turned, 1.0)
        place[:, 2] += (left + rng.uniform(-0.5, 0.5), margin + rng.uniform(-6, 6))
        part = cv2.warpAffine(
            whole.astype(np.float32), place, (wide, tall), flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        y, x = np.mgrid[0:tall, 0:wide].astype(np.float32)
        radius = ((x - wide / 2) ** 2 + (y - tall / 2) ** 2) / (wide**2 + tall**2) * 4
        light = _linear(part / 255) * (gain * (1 - bent * radius))[:, :, None]
        part = _encoded(np.clip(light, 0, 1)) * 255 + rng.normal(0, 1.5, part.shape)
        samples = np.rint(np.clip(part, 0, 255)) if depth == 8 else np.rint(np.clip(part, 0, 255) * 257)
        files.append(folder / f"part-{at + 1}.tif")
        tifffile.imwrite(files[-1], samples.astype(np.uint8 if depth == 8 else np.uint16), photometric="rgb")
        places.append(place)
    worst = max(abs(turn) for turn in turns)
    name = f"real page, {count} parts, {depth} bit, {overlap} px, {worst:g}°, vignetting {bent:.0%}"
    return Case(name, files, places, gains, whole, 300.0)


def wide_scroll(folder: Path, width: int, height: int, count: int, overlap: int, depth: int) -> Case:
    """A scroll drawn strip by strip: brush strokes, weave and noise; parts are moved by fractions of a pixel."""
    step = (width - overlap) // count
    dtype = np.uint8 if depth == 8 else np.uint16
    files, places, gains = [], [], []
    with tempfile.TemporaryFile() as file:
        whole = np.memmap(file, dtype, "w+", shape=(height, width, 3))
        _draw(whole)
        rng = np.random.default_rng(3)
        for at in range(count):
            left = at * step
            wide = min(step + overlap, width - left)
            turned = float(rng.normal(0, 0.05))
            place = cv2.getRotationMatrix2D((wide / 2, height / 2), turned, 1.0)
            place[:, 2] += (left, rng.uniform(-6, 6))
            gain = 1 + float(rng.uniform(-0.02, 0.02))
            x0, x1 = max(left - 60, 0), min(left + wide + 60, width)
            place_in = place.copy()
            place_in[0, 2] -= x0
            part = np.empty((height, wide, 3), dtype)
            for channel in range(3):
                plain = np.ascontiguousarray(whole[:, x0:x1, channel]).astype(np.float32)
                moved = cv2.warpAffine(
                    plain, place_in, (wide, height), flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
                    borderMode=cv2.BORDER_REFLECT_101,
                )  # fmt: skip
                full = np.iinfo(dtype).max
                lit = moved * gain ** (1 / 2.2) + rng.standard_normal(moved.shape, np.float32) * full / 200
                part[:, :, channel] = np.clip(lit, 0, full)
            files.append(folder / f"part-{at + 1:02d}.tif")
            tifffile.imwrite(files[-1], part, photometric="rgb", rowsperstrip=64)
            places.append(place)
            gains.append(gain)
        del whole
    return Case(f"drawn scroll, {count} parts, {depth} bit, {overlap} px", files, places, gains, None, 300.0)


def _draw(whole: np.ndarray) -> None:
    """Silk with strokes, in slices of 2,000 px."""
    height, width = whole.shape[:2]
    full = np.iinfo(whole.dtype).max
    for left in range(0, width, 2000):
        rng = np.random.default_rng((5, left))
        wide = min(2000, width - left)
        noise = [rng.standard_normal((height // d + 2, wide // d + 2), np.float32) for d in (2, 8, 60)]
        field = sum(
            weight * cv2.resize(layer, (wide, height), interpolation=cv2.INTER_CUBIC)
            for layer, weight in zip(noise, (0.02, 0.02, 0.03), strict=True)
        )
        ink = np.zeros((height, wide), np.uint8)
        for _stroke in range(120):
            x, y = int(rng.integers(0, wide)), int(rng.integers(0, height))
            dx, dy = (int(value) for value in rng.normal(0, 60, 2))
            cv2.ellipse(ink, (x, y), (abs(dx) + 8, abs(dy) // 4 + 5), float(rng.uniform(0, 180)), 0, 300, 255, 7)
        ink = cv2.GaussianBlur(ink, (0, 0), 1.2)
        light = (0.72 + field) * (1 - 0.8 * ink.astype(np.float32) / 255)
        for channel, tint in enumerate((1.0, 0.9, 0.7)):
            whole[:, left : left + wide, channel] = np.clip(light * tint, 0, 1) * full


def _linear(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4)


def _encoded(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-9) ** (1 / 2.4) - 0.055)


def place_errors(case: Case, made: Stitched) -> tuple[float, float]:
    """Root mean square and greatest error (px) of our places over all parts."""
    ours, true = [], []
    for path, place, part in zip(case.files, case.places, made.parts, strict=True):
        height, width = _size(path)
        grid = np.array([(x, y) for y in np.linspace(0, height - 1, 15) for x in np.linspace(0, width - 1, 15)])
        matrix = np.array(part.matrix)
        ours.append(grid @ matrix[:, :2].T + matrix[:, 2])
        true.append(grid @ place[:, :2].T + place[:, 2])
    a, b = np.concatenate(ours), np.concatenate(true)
    ca, cb = a.mean(axis=0), b.mean(axis=0)
    u, _s, vt = np.linalg.svd((a - ca).T @ (b - cb))
    miss = np.linalg.norm((a - ca) @ (u @ vt) - (b - cb), axis=1)
    return float(np.sqrt((miss**2).mean())), float(miss.max())


def _size(path: Path) -> tuple[int, int]:
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            return file.pages[0].shape[0], file.pages[0].shape[1]
    return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR).shape[:2]


def gain_error(case: Case, made: Stitched) -> float:
    """Greatest deviation (percent) of gain times true gain from their mean."""
    product = np.array([np.mean(part.gains) * gain for part, gain in zip(made.parts, case.gains, strict=True)])
    return float(100 * np.abs(product / product.mean() - 1).max())


def tone_error(case: Case, made: Stitched, path: Path) -> tuple[float, float] | None:
    """Brightness against the truth over blocks of 32 px, grey levels (mean, 99th percentile), after one factor."""
    if case.whole is None:
        return None
    written = tifffile.imread(path)
    written = (written / 257 if written.dtype == np.uint16 else written).astype(np.float32)
    ours, true = np.array(made.parts[0].matrix), np.array(case.places[0])
    lift = np.vstack([ours, (0, 0, 1)]) @ np.linalg.inv(np.vstack([true, (0, 0, 1)]))
    height, width = written.shape[:2]
    wanted = cv2.warpAffine(case.whole, lift[:2], (width, height), flags=cv2.INTER_CUBIC).astype(np.float32)
    seen = cv2.warpAffine(np.ones(case.whole.shape[:2], np.float32), lift[:2], (width, height)) > 0.999
    blocks = [cv2.resize(image[: height // 32 * 32, : width // 32 * 32], (width // 32, height // 32),
                         interpolation=cv2.INTER_AREA) for image in (written, wanted)]  # fmt: skip
    inside = cv2.erode(seen.astype(np.uint8), np.ones((65, 65)))[16::32, 16::32][: height // 32, : width // 32] > 0
    mine, theirs = blocks[0][inside].astype(np.float64), blocks[1][inside].astype(np.float64)
    factor = float((mine * theirs).sum() / (theirs**2).sum())
    gap = np.abs(mine - factor * theirs)
    return float(gap.mean()), float(np.percentile(gap, 99))


def measured(case: Case, folder: Path) -> str:
    """One row of the table; joined in a process of its own, so that its memory is its own."""
    dest = folder / "whole.tif"
    code = "from tests.benchmarks.stitching import child; child()"
    began = time.monotonic()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    files = [str(path) for path in case.files]
    subprocess.run([sys.executable, "-c", code, str(dest), *files], check=True, cwd=ROOT, env=environment)
    wall = time.monotonic() - began
    made, cpu, peak = _loaded(dest.with_suffix(".bin"))
    rms, worst = place_errors(case, made)
    tone = tone_error(case, made, dest)
    told = f"{tone[0]:.2f} / {tone[1]:.2f}" if tone else "not compared"
    mm = rms / case.ppi * 25.4
    return (
        f"| {case.name} | {made.width} x {made.height} | {made.model} | {made.rms_px:.3f} / {made.max_px:.2f} "
        f"| {rms:.3f} / {worst:.3f} | {mm:.4f} | {gain_error(case, made):.2f} | {told} "
        f"| {cpu:.0f} / {wall:.0f} | {peak:.0f} |"
    )


def peers(case: Case, folder: Path) -> Iterator[str]:
    """Rows that compare the pictures themselves with the truth: ours, and what libvips makes of the first two parts.

    ``mosaic`` is given the true shift, ``mosaic1`` two true tie points, to the pixel: what a person would click.
    """
    from heritage3d.image.vips import pyvips

    tie = np.array([(case.places[1] @ (60, y, 1), (60, y)) for y in (400, 3600)]).round().astype(int)
    first, second = (pyvips.Image.new_from_file(str(path)) for path in case.files[:2])
    back = np.linalg.inv(np.vstack([case.places[0], (0, 0, 1)]))
    (x0, y0), (x1, y1) = ((back @ (*spot, 1))[:2].round().astype(int).tolist() for spot, _there in tie)
    (u0, v0), (u1, v1) = (there.tolist() for _spot, there in tie)
    ways = {
        "ours": lambda: tifffile.imread(folder / "whole.tif"),
        "libvips mosaic": lambda: first.mosaic(second, "horizontal", x0, y0, u0, v0, hwindow=15, harea=30).numpy(),
        "libvips mosaic1": lambda: first.mosaic1(
            second, "horizontal", x0, y0, u0, v0, x1, y1, u1, v1, search=True, hwindow=9, harea=25
        ).numpy(),
    }
    for name, way in ways.items():
        began = time.process_time()
        picture = np.ascontiguousarray(way())
        spent = time.process_time() - began
        parts = [studied(name, "", pixels, None, 4) for pixels in (case.whole, picture)]
        pair = pairing.joined(parts[0], parts[1], 12.0)
        if isinstance(pair, pairing.Refusal):
            yield f"| {name} | {case.name} | {pair.reason} | | |"
            continue
        _place, miss = pairing.fitted(pair.ties)
        rms, worst = float(np.sqrt((miss**2).mean())), float(miss.max())
        told = "see above" if name == "ours" else f"{spent:.1f}"
        spots = f"{len(pair.ties)} of {pair.rejected + len(pair.ties)}"
        yield f"| {name} | {case.name} | {rms:.3f} / {worst:.2f} | {spots} | {told} |"


def _loaded(path: Path) -> tuple[Stitched, float, float]:
    import pickle

    return pickle.loads(path.read_bytes())


def child() -> None:
    """Join the files of the command line; leave the figures beside the result."""
    import pickle

    cv2.setNumThreads(1)
    dest, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    made = joining.stitch([(path.stem, path) for path in files], dest, tolerance_px=3.0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss would be that of the process before exec.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    told = (made, used.ru_utime + used.ru_stime, int(peak.split()[1]) / 1024)
    dest.with_suffix(".bin").write_bytes(pickle.dumps(told))


def cases() -> dict[str, Callable[[Path], Case]]:
    """Every case by its short name: a function that makes it in an empty folder."""
    known: dict[str, Callable[[Path], Case]] = {"sample": sample_scroll}
    pages = sorted(PAGES.rglob("*.jpg")) if PAGES.is_dir() else []
    if pages:
        known |= {
            "page": lambda folder: real_page(folder, pages[0], 600, [0.0, 0.15]),
            "narrow": lambda folder: real_page(folder, pages[-1], 300, [0.0, 0.15]),
            "three": lambda folder: real_page(folder, pages[-1], 400, [0.15, -0.1, 0.05], bent=0.12),
            "deep": lambda folder: real_page(folder, pages[0], 400, [0.15, 0.0, -0.15], depth=16, bent=0.05),
        }
    return known | {
        "wide8": lambda folder: wide_scroll(folder, 60_000, 5_000, 12, 500, 8),
        "wide16": lambda folder: wide_scroll(folder, 60_000, 5_000, 12, 500, 16),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("case", nargs="*", help=f"{', '.join(cases())}; default: all that are not wide")
    parser.add_argument("--peers", action="store_true", help="compare two parts of a real page with libvips instead")
    parser.add_argument("--keep", type=Path, help="a folder for parts and results (default: a temporary one)")
    options = parser.parse_args()
    if options.peers:
        with tempfile.TemporaryDirectory() as temporary:
            case = cases()["page"](Path(temporary))
            measured(case, Path(temporary))
            print("| program | case | error of the picture rms / max (px) | spots | CPU (s) |\n|---|---|---|---|---|")
            for row in peers(case, Path(temporary)):
                print(row, flush=True)
        return
    print(
        "| case | whole (px) | map | residual rms / max (px) | true error rms / max (px) | rms (mm) "
        "| gain error (%) | tone error mean / p99 (levels) | CPU / wall (s) | peak RSS (MB) |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.case or [name for name in cases() if not name.startswith("wide")]:
            (folder / name).mkdir()
            print(measured(cases()[name](folder / name), folder / name), flush=True)


if __name__ == "__main__":
    main()
