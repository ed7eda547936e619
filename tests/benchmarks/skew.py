"""How well the skew of a page is found: ``python -m tests.benchmarks.skew [--trials N] [--seed N]``.

Each page is turned by random angles within 5 degrees from the unturned master (Lanczos), clean, on black, noisy
(grain of 6 grey levels, JPEG quality 50) and cut so that no ground shows. Two errors are printed: relative, the
estimate against that of the unturned page plus the angle; absolute, against the angle that the page truly has.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from heritage3d.correction.planning import Wishes, plan
from tests.conftest import DATA
from tests.correction import truth

LIMIT_DEG = 0.1
_REACH_DEG = 5.0
_WISHES = Wishes(crop="none", max_angle=8.0)  # the own skew of a page comes on top of the angle


def estimate(pixels: np.ndarray) -> float | None:
    """What the stage would find: degrees clockwise, None where it says that it does not know."""
    return plan(pixels, _WISHES).parts[0].skew.angle_deg


def noisy(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With grain, and through JPEG at quality 50."""
    grain = rng.normal(0, 6, pixels.shape[:2])[..., None]
    stored = io.BytesIO()
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(stored, "JPEG", quality=50)
    return np.asarray(Image.open(stored))


def cut(pixels: np.ndarray) -> np.ndarray:
    """The middle of a page: no ground, no edge."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(
        pixels[round(0.1 * height) : round(0.87 * height), round(0.17 * width) : round(0.78 * width)]
    )


def variants(rng: np.random.Generator) -> dict[str, Callable[[np.ndarray, float], np.ndarray]]:
    """How a turned page comes to the stage."""
    return {
        "clean": truth.rotated,
        "on black": lambda pixels, angle: truth.rotated(pixels, angle, (0, 0, 0)),
        "noisy": lambda pixels, angle: noisy(truth.rotated(pixels, angle), rng),
        "no ground": lambda pixels, angle: cut(truth.rotated(pixels, angle)),
    }


def main() -> None:
    """Draw or open the pages, turn them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=6, help="angles for each page and variant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", nargs="*", default=["pelerinage", "volume", "slips", "scroll"])
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print("| pages | variant | trials | not known | relative: median, 95 %, max | absolute: median, 95 %, max "
          f"| absolute within {LIMIT_DEG} |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    together: list[tuple[float, float] | None] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets:
            pages = _pages(name, Path(folder) / name)
            for variant, turned in variants(rng).items():
                if name == "slips" and variant == "no ground":
                    continue  # a slip without its edges is a plank
                found = _trials(pages, turned, options.trials, rng)
                _row(name, variant, found)
                together += found
    _row("all", "all", together)
    if "pelerinage" in options.sets and DATA.is_dir():
        _against_the_transcription()


def _pages(name: str, folder: Path) -> list[tuple[np.ndarray, float]]:
    """The unturned pages of a set with their own true skew."""
    if name == "pelerinage":
        known = []
        for stem in truth.REAL if DATA.is_dir() else ():
            pixels = truth.opened(DATA / truth.PELERINAGE / f"{stem}.jpg")
            ink = truth.as_inked(DATA / truth.PELERINAGE / f"{stem}.xml", _grey(pixels))
            known.append((pixels, ink.angle_deg))
        return known
    drawn = {"volume": truth.archive_pages, "slips": truth.slips, "scroll": truth.scroll_parts}[name](folder)
    return [(truth.opened(path), angle) for path, angle in drawn.items()]


def _trials(
    pages: list[tuple[np.ndarray, float]], turned: Callable[[np.ndarray, float], np.ndarray], trials: int,
    rng: np.random.Generator,
) -> list[tuple[float, float] | None]:  # fmt: skip
    """(relative, absolute) error of each trial, None where the stage does not know."""
    found: list[tuple[float, float] | None] = []
    for pixels, own in pages:
        still = estimate(turned(pixels, 0.0))
        for angle in rng.uniform(-_REACH_DEG, _REACH_DEG, trials):
            seen = estimate(turned(pixels, float(angle)))
            if seen is None or still is None:
                found.append(None)
            else:
                found.append((abs(seen - still - angle), abs(seen - own - angle)))
    return found


def _row(name: str, variant: str, found: list[tuple[float, float] | None]) -> None:
    known = np.array([entry for entry in found if entry is not None]).reshape(-1, 2)
    if not len(known):
        print(f"| {name} | {variant} | {len(found)} | {len(found)} | | | |", flush=True)
        return
    told = [f"{np.median(column):.3f}, {np.percentile(column, 95):.3f}, {column.max():.3f}" for column in known.T]
    share = float((known[:, 1] <= LIMIT_DEG).mean())
    print(f"| {name} | {variant} | {len(found)} | {len(found) - len(known)} | {told[0]} | {told[1]} "
          f"| {share:.1%} |", flush=True)  # fmt: skip


def _against_the_transcription() -> None:
    print("\n| page of pelerinage | estimate | ink along the ALTO lines | ALTO baselines as drawn |")
    print("|---|---|---|---|")
    for stem in truth.REAL:
        pixels = truth.opened(DATA / truth.PELERINAGE / f"{stem}.jpg")
        xml = DATA / truth.PELERINAGE / f"{stem}.xml"
        ink, drawn = truth.as_inked(xml, _grey(pixels)), truth.as_drawn(xml)
        seen = plan(pixels, _WISHES).parts[0].skew
        print(f"| {stem} | {seen.angle_deg:.3f} ± {seen.sigma_deg:.3f} | {ink.angle_deg:.3f} ± {ink.error_deg:.3f} "
              f"| {drawn.angle_deg:.3f} ± {drawn.error_deg:.3f} ({drawn.lines} lines) |")  # fmt: skip


def _grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("L"), float)


if __name__ == "__main__":
    main()
