"""Every figure and every finding has its words in both languages, and one cause gives one advice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heritage3d import messages
from heritage3d.quality import limits, telling
from heritage3d.quality.advising import advice, causes, light_of_sides
from heritage3d.quality.glance import LIMITS
from heritage3d.quality.inspecting import Inspection
from heritage3d.quality.measure import Judged, Measure
from tests.quality.pages import finished, page

ROOM = Path(telling.__file__).parent
SOURCE = "".join(path.read_text("utf-8") for path in sorted(ROOM.glob("*.py")))
MEASURES = sorted(set(re.findall(r'Measure\(\s*"(\w+)"', SOURCE)))
SIDES = ("soft_left", "soft_right", "soft_top", "soft_bottom", "bands_horizontal", "bands_vertical")
FINDINGS = sorted(
    {
        *SIDES,
        *re.findall(r'Finding\(\s*"(\w+)"', SOURCE),
        *re.findall(r'"(\w+_differs)"', SOURCE),
        *(name for name in LIMITS if name.startswith(("clipped", "rim"))),
    }
)
JUDGED = sorted({name for category in limits.limits().categories.values() for name in category.measures})


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_name_has_its_words(language: str) -> None:
    keys = [f"measure.{name}" for name in MEASURES] + [f"finding.{name}" for name in FINDINGS]
    keys += [f"advice.{name}" for name in (*FINDINGS, *JUDGED)]
    assert [key for key in keys if messages.lookup("texts", key, language) is None] == []
    assert len(MEASURES) > 20
    assert len(FINDINGS) > 20


def judged(name: str, value: float, unit: str = "") -> Judged:
    return Judged(Measure(name, value, unit), "fail", 0, 1.0, "test")


def test_uneven_light_explains_what_follows_from_it() -> None:
    wrong = [judged("colour_mean", 6), judged("tone_error", 9), judged("light_spread", 6, "%"), judged("noise", 5)]
    assert [entry.measure.name for entry in causes(wrong)] == ["light_spread", "noise"]
    picture = finished(page(lines=0)).astype(float)
    picture[:, :700] *= 0.9
    light = light_of_sides(picture[100:-100, 100:-100].clip(0, 255).astype("uint8"))
    key, fields = advice(wrong[2], [], light)
    assert key == "advice.darker_left"
    assert fields["percent"] == pytest.approx(100 * (1 - 0.9**2.2), abs=3)


@pytest.mark.parametrize(
    ("exposure", "key", "stops"), [(-8.0, "too_dark", "0.5"), (-20.0, "too_dark", "1"), (9.0, "too_bright", "0.5")]
)
def test_wrong_tones_are_an_exposure_or_a_curve(exposure: float, key: str, stops: str) -> None:
    tones = judged("tone_error", abs(exposure) * 1.3, "ΔL*")
    assert advice(tones, [Measure("exposure", exposure, "ΔL*")], {}) == (f"advice.{key}", {"stops": stops})
    assert advice(tones, [Measure("exposure", 0.5, "ΔL*")], {}) == ("advice.tone_error", {})


def test_a_line_names_the_limit_and_one_cure() -> None:
    wrong = [judged("colour_mean", 6, "ΔE00"), judged("white_balance", 9, "ΔE(a*b*)")]
    with messages.speaking("en"):
        told = telling.line(Inspection("a.tif", "fail", judged=wrong))
    assert told.startswith("mean colour error ΔE00 6 (limit 1), white balance ΔE(a*b*) 9 (limit 1). Set the white")
    assert told.count("Set the white balance") == 1
