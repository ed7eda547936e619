"""Validation of the measures from a target: true value, measured value, error, as Markdown.

python -m tests.benchmarks.quality_targets           the table of the guide
python -m tests.benchmarks.quality_targets finders   our finder beside OpenCV's mcc; with real data where it lies
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from heritage3d.image.lab import ciede2000, lab, light_of
from heritage3d.image.raster import open_raster
from heritage3d.quality.figures import target_measures
from heritage3d.quality.light import ground_light
from heritage3d.quality.reference import reference
from heritage3d.quality.ruler import find_ruler
from heritage3d.quality.sfr import FREQUENCIES, crossing
from heritage3d.quality.targets import at, find_targets, reduced
from tests.quality import scenes

SIZE = (2400, 1600)
FAR = np.array([[0, 0], [5, 0], [5, 3], [0, 3.0]])
_CELLS = np.stack(np.meshgrid(np.arange(6), np.arange(4)), axis=-1).reshape(-1, 2).astype(np.float64)
DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
Row = tuple[str, float, float, str]


def _chart(turn: float = 7, pitch: float = 200, ground: str = "grey", **more: object) -> scenes.Scene:
    scene = scenes.ground(ground, SIZE)
    return scenes.draw_target(scene, scenes.pose((1200, 800), pitch, turn), **more)  # type: ignore[arg-type]


def _measured(scene: scenes.Scene, **more: object) -> dict[str, float]:
    pixels = scene.pixels()
    found = target_measures(pixels, find_targets(pixels), **more)  # type: ignore[arg-type]
    return {f"{measure.name} {measure.where}".rstrip(): measure.value for measure in found}


def rows() -> Iterator[Row]:
    """What is measured, its true value, the measured one, the unit. 8 bits; noise of 0.5 L* unless another is named."""
    yield from _places()
    yield from _colours()
    for sd in (0.5, 1.0, 2.0, 4.0):
        found = _measured(scenes.noise(scenes.blur(_chart(), 0.8), sd))
        yield f"noise, neutral 5, sd {sd}", sd, found["noise_of_tone neutral-5"], "L*"
    for gamma in (0.9, 1.1):
        scene = scenes.blur(_chart(), 0.8)
        scene.light = np.maximum(scene.light, 0) ** gamma
        yield f"tone curve, exponent {gamma}", gamma, _measured(scenes.noise(scene, 0.5))["gamma"], ""
    for loss in (0.03, 0.1, 0.25):
        scene = scenes.noise(scenes.vignette(scenes.blur(_chart(pitch=110), 0.8), loss), 0.5)
        yield f"fall-off of the light, {100 * loss:.0f} %", 100 * loss, _measured(scene)["light_fall_off"], "%"
    blank = ground_light(scenes.noise(scenes.vignette(scenes.ground("white", SIZE), 0.15), 1.0).pixels())
    yield "fall-off, blank sheet, 15 %", 15.0, 100 * blank.fall_off if blank else np.nan, "%"
    yield from _details()
    for ppi in (200, 300, 413.7, 600):
        scene = scenes.ground("grey", (int(160 * ppi / 25.4), int(60 * ppi / 25.4)))
        scenes.draw_rule(scene, ppi / 25.4, scenes.MILLIMETRES, 0.5)
        ruler = find_ruler(scenes.noise(scenes.blur(scene, 0.7), 1.0).pixels())
        yield f"resolution from a millimetre rule, {ppi} ppi", ppi, ruler.ppi if ruler else np.nan, "ppi"


def _places() -> Iterator[Row]:
    worst = 0.0
    for turn in range(0, 360, 24):
        scene = scenes.draw_target(
            scenes.ground("parchment", SIZE, turn + 1), scenes.pose((1200, 800), 60 + turn / 3, turn, 0.05)
        )
        (target,) = find_targets(scenes.noise(scenes.blur(scene, 1.0), 1.0).pixels())
        worst = max(worst, float(np.abs(at(target.grid, FAR) - at(scene.grid[0], FAR)).max()))
    yield "place of the corner patches, 15 turns, worst", 0.0, worst, "px"


def _colours() -> Iterator[Row]:
    rng = np.random.default_rng(3)
    for sd in (1, 2, 4, 8):
        shifted = reference().lab + rng.normal(0, sd, (24, 3))
        shifted[17] = reference().lab[17]
        true = ciede2000(lab(np.clip(light_of(shifted), 0, 1)), reference().reachable)
        scene = scenes.noise(scenes.blur(_chart(lab=shifted), 0.8), 0.5)
        found = _measured(scene, edition="after-2014")
        yield f"ΔE2000 mean, colours off by sd {sd}", float(true.mean()), found["colour_mean"], "ΔE00"
        yield f"ΔE2000 90th percentile, sd {sd}", float(np.percentile(true, 90)), found["colour_p90"], "ΔE00"
    known = reference().lab.copy()
    known[18:] += [0, 2.0, -3.0]
    known[18:22, 0] -= 4.0
    found = _measured(scenes.noise(scenes.blur(_chart(lab=known), 0.8), 0.5), edition="after-2014")
    yield "white balance, greys off by a* +2, b* −3", float(np.hypot(2, 3)), found["white_balance"], "ΔE(a*b*)"
    yield "ΔL* of the greys, four greys off by −4", 4.0, found["tone_error"], "ΔL*"


def _details() -> Iterator[Row]:
    for sigma in (0.5, 0.7, 1.0, 1.5, 2.5):
        true = np.exp(-2 * np.pi**2 * sigma**2 * FREQUENCIES**2) * np.sinc(FREQUENCIES)
        found = _measured(scenes.noise(scenes.blur(_chart(), sigma), 0.5))
        yield f"SFR50, Gaussian blur of {sigma} px", crossing(true, 0.5), found["sfr50 across"], "cy/px"
        if crossing(true, 0.1) < 0.5:
            efficiency = 100 * crossing(true, 0.1) / 0.5
            yield f"sampling efficiency, blur of {sigma} px", efficiency, found["sampling_efficiency across"], "%"
    for amount in (0.5, 1.2):
        scene = scenes.blur(_chart(), 0.8)
        scene.light = 0.25 + 0.4 * scene.light
        soft = scenes.blur(scenes.Scene(scene.light.copy()), 1.5).light
        scene.light = scene.light + amount * (scene.light - soft)
        one = np.exp(-2 * np.pi**2 * FREQUENCIES[:101] ** 2 * 0.8**2) * np.sinc(FREQUENCIES[:101])
        true = one * (1 + amount - amount * np.exp(-2 * np.pi**2 * FREQUENCIES[:101] ** 2 * 1.5**2))
        found = _measured(scenes.noise(scene, 0.5))
        yield f"sharpening, unsharp mask of {100 * amount:.0f} %", float(true.max()), found["sharpening across"], ""
    for dx, dy in ((0.2, 0.0), (0.0, -0.5), (0.4, 0.7)):
        scene = scenes.noise(scenes.shift(scenes.blur(_chart(), 0.8), 0, dx, dy), 0.5)
        yield f"misregistration, red by {dx}, {dy}", float(np.hypot(dx, dy)), _measured(scene)["misregistration"], "px"


def validation() -> None:
    """The table of the guide."""
    print("| figure | true | measured | error | unit |\n|---|--:|--:|--:|---|")
    for name, true, found, unit in rows():
        print(f"| {name} | {true:.3f} | {found:.3f} | {found - true:+.3f} | {unit} |")
    scene = scenes.ground("parchment", (8660, 5780))
    scenes.noise(scenes.draw_target(scene, scenes.pose((4330, 2890), 260, 7)), 1.0)
    pixels = scene.pixels()
    begin = time.process_time()
    targets = find_targets(pixels)
    middle = time.process_time()
    target_measures(pixels, targets)
    print(f"\n50 MP, 8 bit, CPU: find {middle - begin:.2f} s, measure {time.process_time() - middle:.2f} s")


def finders() -> None:
    """Ours beside cv2.mcc on rendered charts, and how often each sees a chart in pictures without one."""
    charts = [
        scenes.noise(
            scenes.blur(
                scenes.draw_target(scenes.ground(kind, SIZE, turn), scenes.pose((1200, 800), pitch, turn, tilt)), 1.0
            ),
            1.0,
        )
        for kind in ("dark", "white", "parchment")
        for turn, pitch, tilt in (
            (3, 30, 0),
            (17, 90, 0.05),
            (45, 60, 0),
            (133, 150, 0.1),
            (200, 240, 0),
            (271, 70, 0.2),
        )
    ]
    real = sorted(
        path
        for folder in ("pages", "photos")
        for path in (DATA / folder).rglob("*")
        if path.suffix.lower() in (".jpg", ".jpeg")
    )
    print("| finder | charts found | placed within a tenth of the pitch | seen where there is none |")
    print("|---|--:|--:|--:|")
    for name, find in (("heritage3d", _ours), ("cv2.mcc", _opencv())):
        right = found = 0
        for scene in charts:
            seen = find(scene.pixels())
            found += bool(seen)
            right += any(
                float(np.abs(at(place, FAR) - at(scene.grid[0], FAR)).max()) < _pitch(scene) / 10 for place in seen
            )
        wrong = 0
        for file in real:
            with open_raster(file) as raster:
                wrong += bool(find(raster.pixels))
        print(f"| {name} | {found} of {len(charts)} | {right} of {len(charts)} | {wrong} of {len(real)} |")


def _pitch(scene: scenes.Scene) -> float:
    return float(np.hypot(*(at(scene.grid[0], FAR)[1] - at(scene.grid[0], FAR)[0]))) / 5


def _ours(pixels: np.ndarray) -> list[np.ndarray]:
    return [target.grid for target in find_targets(pixels)]


def _opencv() -> Callable[[np.ndarray], list[np.ndarray]]:
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)

    def find(pixels: np.ndarray) -> list[np.ndarray]:
        factor = max(1, round(max(pixels.shape[:2]) / 1600))
        if not detector.process(np.ascontiguousarray(reduced(pixels, factor)[..., ::-1]), 4):
            return []
        found = []
        for chart in detector.getListColorChecker():
            centres = np.array(chart.getColorCharts(), np.float64).reshape(24, 4, 2).mean(axis=1) * factor
            place = cv2.findHomography(_CELLS, centres + (factor - 1) / 2)[0]
            found.append(np.eye(3) if place is None else place)
        return found

    return find


if __name__ == "__main__":
    finders() if "finders" in sys.argv[1:] else validation()
