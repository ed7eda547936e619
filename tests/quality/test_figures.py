"""Every figure against frames whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from heritage3d.image.lab import ciede2000, lab, light_of
from heritage3d.quality.edges import find_edges
from heritage3d.quality.figures import target_measures
from heritage3d.quality.light import ground_light
from heritage3d.quality.measure import Measure
from heritage3d.quality.reference import reference
from heritage3d.quality.sfr import FREQUENCIES, crossing, measure_edge
from heritage3d.quality.targets import find_targets
from tests.quality import scenes

SIZE = (1400, 1000)


def _chart(turn: float = 7, pitch: float = 140, ground: str = "grey", **more: object) -> scenes.Scene:
    scene = scenes.ground(ground, SIZE)
    return scenes.draw_target(scene, scenes.pose((700, 500), pitch, turn), **more)  # type: ignore[arg-type]


def _measured(scene: scenes.Scene, dtype: type = np.uint16, **more: object) -> dict[str, Measure]:
    pixels = scene.pixels(dtype)
    found = target_measures(pixels, find_targets(pixels), **more)  # type: ignore[arg-type]
    return {f"{measure.name} {measure.where}".rstrip(): measure for measure in found}


def test_a_perfect_capture_is_measured_as_perfect() -> None:
    found = _measured(scenes.blur(_chart(), 0.6))
    for name in ("colour_mean", "colour_max", "white_balance", "tone_error", "noise"):
        assert found[name].value < 0.1, name
    assert found["gamma"].value == pytest.approx(1, abs=0.005)
    assert found["misregistration"].value < 0.02
    assert found["clipped_patches"].value == 0


def test_known_differences_of_colour() -> None:
    known = reference().lab.copy()
    rng = np.random.default_rng(3)
    shifted = known + rng.normal(0, 4, known.shape)
    shifted[17] = known[17]  # cyan lies outside sRGB
    true = ciede2000(lab(np.clip(light_of(shifted), 0, 1)), reference().reachable)
    found = _measured(scenes.blur(_chart(lab=shifted), 0.8), edition="after-2014")
    assert found["colour_mean"].value == pytest.approx(true.mean(), abs=0.05)
    assert found["colour_p90"].value == pytest.approx(np.percentile(true, 90), abs=0.05)
    assert found["colour_max"].value == pytest.approx(true.max(), abs=0.1)


def test_the_edition_of_the_chart_is_recognised_by_its_colours() -> None:
    old = scenes.blur(_chart(edition="before-2014"), 0.8)
    assert _measured(old)["colour_mean"].value < 0.1
    assert _measured(old, edition="after-2014")["colour_mean"].value == pytest.approx(0.82, abs=0.05)


def test_known_cast_and_exposure() -> None:
    known = reference().lab.copy()
    known[18:, 1] += 2.0
    known[18:, 2] -= 3.0
    known[18:22, 0] -= 4.0
    known[22:, 0] -= 1.0
    found = _measured(scenes.blur(_chart(lab=known), 0.8), edition="after-2014")
    assert found["white_balance_a"].value == pytest.approx(2, abs=0.1)
    assert found["white_balance_b"].value == pytest.approx(-3, abs=0.1)
    assert found["white_balance"].value == pytest.approx(np.hypot(2, 3), abs=0.1)
    assert found["exposure"].value == pytest.approx(-4, abs=0.1)
    assert found["tone_error"].value == pytest.approx(4, abs=0.1)
    assert found["tone black-2"].value == pytest.approx(-1, abs=0.1)


def test_known_gamma() -> None:
    scene = scenes.blur(_chart(), 0.8)
    scene.light = np.maximum(scene.light, 0) ** 1.1
    assert _measured(scene)["gamma"].value == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize("sd", [0.5, 1.0, 2.0, 4.0])
def test_known_noise(sd: float) -> None:
    found = _measured(scenes.noise(scenes.blur(_chart(), 0.8), sd))
    assert found["noise_of_tone neutral-5"].value == pytest.approx(sd, rel=0.05)
    assert found["noise"].value == pytest.approx(sd, rel=0.08)


def test_a_slope_of_the_light_is_no_noise() -> None:
    found = _measured(scenes.vignette(scenes.blur(_chart(), 0.8), 0.3))
    assert found["noise"].value < 0.15


@pytest.mark.parametrize("loss", [0.05, 0.1, 0.25])
@pytest.mark.parametrize("ground", ["grey", "white"])
def test_known_vignette(loss: float, ground: str) -> None:
    scene = scenes.vignette(scenes.blur(_chart(pitch=70, ground=ground), 0.8), loss)
    assert _measured(scene)["light_fall_off"].value == pytest.approx(100 * loss, abs=1.2)


def test_a_blank_frame_and_a_page() -> None:
    blank = scenes.noise(scenes.vignette(scenes.ground("white", SIZE), 0.2), 1.0)
    light = ground_light(blank.pixels())
    assert light is not None
    assert light.fall_off == pytest.approx(0.2, abs=0.015)
    assert light.share > 0.95
    assert ground_light(scenes.ground("parchment", SIZE).pixels()) is None
    assert ground_light(np.zeros((50, 50, 3), np.uint8)) is None


def test_light_between_targets_on_a_textured_ground() -> None:
    scene = scenes.ground("parchment", (1800, 1200))
    for x, factor in ((450, 1.0), (1350, 0.8)):
        scenes.draw_target(scene, scenes.pose((x, 600), 90, 5))
        half = slice(0, 900) if x < 900 else slice(900, 1800)
        scene.light[:, half] *= factor
    found = _measured(scenes.blur(scene, 0.8))
    assert found["light_fall_off"].value == pytest.approx(20, abs=0.3)
    assert {"colour_mean target-1", "colour_mean target-2"} <= set(found)


def _gaussian(sigma: float) -> np.ndarray:
    """Response of a Gaussian blur behind square pixels."""
    return np.exp(-2 * np.pi**2 * sigma**2 * FREQUENCIES**2) * np.sinc(FREQUENCIES)


@pytest.mark.parametrize("sigma", [0.5, 0.7, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("turn", [3, 12, 33])
def test_the_response_is_that_of_the_blur(sigma: float, turn: float) -> None:
    pixels = scenes.blur(_chart(turn), sigma).pixels(np.uint16)
    edges = find_edges(pixels, find_targets(pixels))
    assert {edge.across for edge in edges} == {True, False}
    for across in (True, False):
        response = np.median([edge.response for edge in edges if edge.across == across], axis=0)
        assert np.abs(response - _gaussian(sigma))[:91].max() < 0.025
        for level in (0.5, 0.1):
            true = crossing(_gaussian(sigma), level)
            if true < 0.5:
                assert crossing(response, level) == pytest.approx(true, rel=0.02)


def test_efficiency_from_a_slanted_square_beside_an_upright_chart() -> None:
    scene = scenes.ground("grey", (1800, 1000))
    scenes.draw_target(scene, scenes.pose((600, 500), 120, 0))
    scenes.draw_square(scene, (1500, 500), 200, 5, 0.02, 0.7)
    found = _measured(scenes.noise(scenes.blur(scene, 0.8), 0.5))
    true = 100 * crossing(_gaussian(0.8), 0.1) / 0.5
    assert found["sampling_efficiency across"].value == pytest.approx(true, rel=0.03)
    assert found["sampling_efficiency down"].value == pytest.approx(true, rel=0.03)
    assert found["sharpening across"].value == pytest.approx(1, abs=0.02)


def test_sharpening_is_seen() -> None:
    scene = scenes.blur(_chart(), 0.8)
    scene.light = 0.25 + 0.4 * scene.light  # so that no overshoot is clipped
    soft = scenes.blur(scenes.Scene(scene.light.copy()), 1.5).light
    scene.light = scene.light + 1.2 * (scene.light - soft)
    frequencies = FREQUENCIES[:101]
    true = (_gaussian(0.8)[:101] * (2.2 - 1.2 * np.exp(-2 * np.pi**2 * 1.5**2 * frequencies**2))).max()
    assert true > 1.15
    found = _measured(scene)
    assert found["sharpening across"].value == pytest.approx(true, rel=0.03)


@pytest.mark.parametrize(("dx", "dy"), [(0.3, 0), (0, -0.5), (0.4, 0.7)])
def test_known_misregistration(dx: float, dy: float) -> None:
    scene = scenes.shift(scenes.blur(_chart(), 0.8), 0, dx, dy)
    assert _measured(scene)["misregistration"].value == pytest.approx(np.hypot(dx, dy), abs=0.03)


def test_no_edge_where_there_is_none() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(90, 160, (300, 300, 3)).astype(np.uint8)
    assert measure_edge(pixels, np.array([150.0, 40]), np.array([160.0, 260]), 20) is None
    pixels[:, 150:] = 250
    assert measure_edge(pixels, np.array([150.0, 40]), np.array([150.0, 260]), 20) is None  # upright: not slanted
    assert measure_edge(pixels, np.array([150.0, -40]), np.array([160.0, 200]), 20) is None  # outside


def test_resolution() -> None:
    scene = scenes.blur(_chart(pitch=120), 0.8)
    found = _measured(scene, ppi=300)
    assert found["ppi"].value == 300
    assert found["ppi_by_target classic±3%"].value == pytest.approx(120 / 45.7 * 25.4, rel=0.005)
    assert "ppi" not in _measured(scene)


def test_a_grey_frame_has_tone_and_detail_but_no_colour() -> None:
    pixels = np.round(scenes.blur(_chart(), 0.8).pixels(np.uint16) @ [0.2126, 0.7152, 0.0722]).astype(np.uint16)[
        ..., None
    ]
    names = {measure.name for measure in target_measures(pixels, find_targets(pixels))}
    assert {"tone_error", "noise", "sampling_efficiency"} <= names
    assert not {"colour_mean", "white_balance", "misregistration"} & names


def test_without_targets_there_are_no_figures() -> None:
    assert target_measures(np.zeros((100, 100, 3), np.uint8), []) == []
