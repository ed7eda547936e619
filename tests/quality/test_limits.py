"""Limits: each with its source, in order, and judged as they say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from heritage3d.quality.limits import DEFAULT, Limits, categories, judge, limits
from heritage3d.quality.measure import Measure


def _judged(name: str, value: float, category: str = "bound") -> tuple[str, int | None, float | None]:
    (entry,) = judge([Measure(name, value, "")], category)
    return entry.verdict, entry.stars, entry.limit


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.9, ("pass", 4, 3.5)),
        (2.0, ("pass", 3, 3.5)),
        (3.6, ("warn", 2, 3.5)),
        (6.4, ("warn", 1, 3.5)),
        (6.5, ("fail", 0, 3.5)),
    ],
)
def test_mean_colour_difference_of_fadgi(value: float, expected: tuple[str, int, float]) -> None:
    assert _judged("colour_mean", value) == expected


def test_limits_from_above_and_from_below() -> None:
    assert _judged("sampling_efficiency", 91) == ("pass", 4, 80)
    assert _judged("sampling_efficiency", 80) == ("warn", 2, 80)
    assert _judged("ppi", 294) == ("pass", 3, 294)
    assert _judged("ppi", 189) == ("fail", 0, 294)


def test_levels_of_iso_have_no_stars() -> None:
    (entry,) = judge([Measure("noise", 1.9, "L*")], "iso-19264-1")
    assert (entry.verdict, entry.stars, entry.limit) == ("pass", None, 2)
    assert "ISO 19264-1" in entry.source
    assert "level B" in entry.source


def test_every_limit_names_its_source_and_assumptions_are_marked() -> None:
    for category in categories():
        for name, limit in limits().categories[category].measures.items():
            (entry,) = judge([Measure(name, 1.0, "")], category)
            assert entry.source
            assert ("(assumed)" in entry.source) == (limit.assumed or limits().categories[category].assumed)


def test_figures_without_a_limit_are_not_judged() -> None:
    assert judge([Measure("gamma", 1.0, ""), Measure("edge_blur", 3.0, "px")], DEFAULT) == []


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(KeyError):
        judge([], "papyrus")


@pytest.mark.parametrize(
    "change",
    [
        {"limits": [5, 2, 3, 1]},
        {"limits": [1, 2]},
        {"source": "hearsay"},
        {"assumed": True},
        {"sense": "about"},
        {"limts": [1, 2, 3, 4]},
    ],
)
def test_a_broken_file_is_refused(change: dict[str, object]) -> None:
    document = limits().model_dump()
    document["categories"] = {"bound": document["categories"]["bound"]}
    document["categories"]["bound"]["measures"]["noise"] |= change
    with pytest.raises(ValidationError):
        Limits.model_validate(document)
