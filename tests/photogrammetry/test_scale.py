"""Size: from bars, targets that a person points at, markers, boards and known cameras; mistakes in the file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pycolmap
import pytest

from heritage3d.errors import ScaleFileInvalid, ScaleNotFound
from heritage3d.photogrammetry import scale
from heritage3d.photogrammetry.scale_file import ScaleFile, read_scale_file
from heritage3d.photogrammetry.stations import Station, triangulate

from . import cards

UNIT = 0.01  # a unit of the "alignment" is 100 mm


@pytest.fixture(scope="module")
def taken() -> list[cards.Taken]:
    return cards.take(8)


@pytest.fixture(scope="module")
def stations(taken: list[cards.Taken]) -> list[Station]:
    params = [cards.FOCAL, cards.WIDTH / 2, cards.HEIGHT / 2, 0.0]
    camera = pycolmap.Camera(model="SIMPLE_RADIAL", width=cards.WIDTH, height=cards.HEIGHT, params=params)
    return [
        Station(f"{at}.jpg", cards.WIDTH, cards.HEIGHT, camera, one.rotation, one.translation * UNIT)
        for at, one in enumerate(taken)
    ]


def _measured(stations: list[Station], taken: list[cards.Taken], stated: dict) -> scale.Scale:
    table = np.random.default_rng(2).uniform(-80, 80, (400, 3)) * [1, 0.8, 0] * UNIT
    pictures = {f"{at}.jpg": one.pixels for at, one in enumerate(taken)}
    return scale.measure(stations, ScaleFile.model_validate(stated), table, pictures.__getitem__)


def test_bars_between_coded_markers_give_the_scale(stations: list[Station], taken: list[cards.Taken]) -> None:
    bars = [{"from": 0, "to": 1, "mm": 120}, {"from": 1, "to": 2, "mm": 80}, {"from": 2, "to": 3, "mm": 120}]
    bars.append({"from": 3, "to": 0, "mm": 80, "check": True})
    found = _measured(stations, taken, {"markers": {"dictionary": "4x4_50"}, "distances": bars})
    assert found.source == "distances"
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=3e-4)
    assert found.uncertainty is not None
    assert found.uncertainty < 5e-4
    assert [round(check.measured_mm, 1) for check in found.checks] == [80.0]


def test_a_bar_that_contradicts_the_others_is_named_and_not_used(
    stations: list[Station], taken: list[cards.Taken]
) -> None:
    bars = [{"from": 0, "to": 1, "mm": 120}, {"from": 1, "to": 2, "mm": 80}, {"from": 2, "to": 3, "mm": 120}]
    bars.append({"from": 3, "to": 0, "mm": 83})  # misread
    found = _measured(stations, taken, {"markers": {"dictionary": "4X4_50"}, "distances": bars})
    assert [(bar.start, bar.end) for bar in found.doubtful] == [("3", "0")]
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=3e-4)


def test_the_size_of_the_markers_alone_gives_the_scale(stations: list[Station], taken: list[cards.Taken]) -> None:
    found = _measured(stations, taken, {"markers": {"dictionary": "4X4_50", "size_mm": cards.MARKER_MM}})
    assert found.source == "markers"
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=1e-2)  # they are 50 px wide
    assert found.uncertainty is not None
    assert abs(found.factor * UNIT * 1000 - 1) < 2 * found.uncertainty < 0.03


def test_a_target_pointed_at_in_one_photograph_is_found_in_the_others(
    stations: list[Station], taken: list[cards.Taken]
) -> None:
    targets = {}
    for name, (x, y) in cards.QUADRANTS.items():
        pixel = cards.project(taken[0], (x, y, 0)) + np.array([1.6, -1.2])  # nobody points better
        targets[name] = {"photo": "0.jpg", "x": float(pixel[0]), "y": float(pixel[1])}
    stated = {"targets": targets, "distances": [{"from": "A", "to": "B", "mm": 104}]}
    found = _measured(stations, taken, stated)
    assert found.source == "distances"
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=6e-4)


def test_a_plain_point_named_in_two_photographs_is_measured(stations: list[Station], taken: list[cards.Taken]) -> None:
    points = {"P": (-30.0, 5.0, 12.0), "Q": (30.0, 20.0, 24.0)}
    targets = {}
    for name, place in points.items():
        spots = [(at, cards.project(taken[at], place)) for at in (0, 2, 6)]
        targets[name] = [{"photo": f"{at}.jpg", "x": float(x), "y": float(y)} for at, (x, y) in spots]
    length = float(np.linalg.norm(np.subtract(points["P"], points["Q"])))
    stated = {"targets": targets, "distances": [{"from": "P", "to": "Q", "mm": length}]}
    assert _measured(stations, taken, stated).factor == pytest.approx(1e-3 / UNIT, rel=0.02)


def test_known_cameras_give_the_scale(stations: list[Station], taken: list[cards.Taken]) -> None:
    places = {f"{at}.jpg": [float(value) for value in one.centre] for at, one in enumerate(taken)}
    found = _measured(stations, taken, {"cameras": places})
    assert found.source == "cameras"
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=1e-9)


def test_without_a_length_the_scale_is_unknown(stations: list[Station], taken: list[cards.Taken]) -> None:
    found = _measured(stations, taken, {})
    assert (found.source, found.factor) == ("none", None)


def test_lengths_that_nobody_sees_are_an_error_that_names_them(
    stations: list[Station], taken: list[cards.Taken]
) -> None:
    stated = {"markers": {"dictionary": "4X4_50"}, "distances": [{"from": 17, "to": 18, "mm": 80}]}
    with pytest.raises(ScaleNotFound, match="17, 18"):
        _measured(stations, taken, stated)


def test_one_wrong_sighting_does_not_move_a_point(stations: list[Station], taken: list[cards.Taken]) -> None:
    seen = [(station, cards.project(one, (10, 20, 5))) for station, one in zip(stations, taken, strict=True)]
    seen[3] = (seen[3][0], seen[3][1] + [40, 0])
    fix = triangulate(seen)
    assert fix is not None
    assert fix.at == pytest.approx(np.array([10, 20, 5]) * UNIT, abs=1e-6)
    assert 3 not in fix.used


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("distances:\n  - {from: A, to: C, mm: 120}\n", r"scale.yaml:2.*where A is"),
        ("distances:\n  - {from: 0, to: 1, mm: -3}\nmarkers: {dictionary: 4X4_50}\n", r"scale.yaml:2.*greater than 0"),
        ("markers:\n  dictionary: 9X9\n", r"scale.yaml:1.*9X9"),
        ("targets:\n  A: {photo: a.jpg, x: 1, z: 2}\n", r"scale.yaml:2"),
        ("lengths: []\n", r"scale.yaml:1.*means nothing"),
        ("distances: [\n", r"scale.yaml:2"),
        ("- 1\n", r"scale.yaml:1"),
        ("a: &a [*a]\n", r"scale.yaml"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "scale.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScaleFileInvalid, match=f"H3D-437 {told}"):
        read_scale_file(path)


def test_a_charuco_board_gives_the_scale(stations: list[Station], taken: list[cards.Taken]) -> None:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_50)
    board = cv2.aruco.CharucoBoard((7, 5), 18, 13, dictionary)
    drawn = board.generateImage((7 * 90, 5 * 90))
    on_table = np.array([[0.2, 0, -62.9], [0, -0.2, 44.9], [0, 0, 1]])
    pictures = []
    for one in taken:
        flat = cards.matrix() @ np.column_stack([one.rotation[:, 0], one.rotation[:, 1], one.translation]) @ on_table
        seen = cv2.warpPerspective(drawn, flat, (cards.WIDTH, cards.HEIGHT), flags=cv2.INTER_AREA, borderValue=200)
        pictures.append(cards.Taken(cv2.GaussianBlur(seen, (0, 0), 0.6), one.rotation, one.translation))
    stated = {"markers": {"dictionary": "5X5_50", "size_mm": 13}}
    stated["markers"]["board"] = {"columns": 7, "rows": 5, "square_mm": 18}
    found = _measured(stations, pictures, stated)
    assert found.source == "board"
    assert found.factor == pytest.approx(1e-3 / UNIT, rel=2e-3)
