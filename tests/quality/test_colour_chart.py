"""The colour chart: what people look at."""

from __future__ import annotations

import numpy as np

from heritage3d.quality.colour_chart import draw_chart
from heritage3d.quality.targets import find_targets
from tests.quality import scenes


def test_reference_and_measured_stand_side_by_side() -> None:
    scene = scenes.draw_target(scenes.ground("grey", (1200, 900)), scenes.pose((600, 450), 100, 190))
    scene.light *= np.array([1.0, 0.9, 0.7], np.float32)
    pixels = scenes.blur(scene, 0.8).pixels()
    chart = draw_chart(pixels, find_targets(pixels))
    assert chart.shape == (1000, 1600, 3)
    assert chart.dtype == np.uint8
    white = chart[150 + 3 * 192 + 20 :][:60]
    left, right = white[:, 58:110].reshape(-1, 3), white[:, 130:180].reshape(-1, 3)
    assert np.ptp(left, axis=0).max() == 0
    assert (left[0] > 230).all()
    assert right[0][2] < left[0][2] - 25


def test_one_page_for_each_target_and_none_without() -> None:
    scene = scenes.ground("dark", (1800, 900))
    for x in (450, 1350):
        scenes.draw_target(scene, scenes.pose((x, 450), 90, x))
    pixels = scenes.blur(scene, 0.8).pixels(np.uint16)
    targets = find_targets(pixels)
    assert draw_chart(pixels, targets).shape == (2000, 1600, 3)
    assert np.array_equal(draw_chart(pixels, targets), draw_chart(pixels, targets))
    assert draw_chart(pixels, []).shape == (1, 1600, 3)


def test_a_grey_picture_is_compared_in_lightness_only() -> None:
    scene = scenes.draw_target(scenes.ground("grey", (1200, 900)), scenes.pose((600, 450), 100, 10))
    grey = np.round(scenes.blur(scene, 0.8).pixels(np.uint16) @ [0.2126, 0.7152, 0.0722]).astype(np.uint16)[..., None]
    chart = draw_chart(grey, find_targets(grey))
    patches = chart[150:280, 48:196]
    assert np.abs(patches[20:100, 10:60].astype(int) - patches[20:100, 90:140].astype(int)).max() < 8
