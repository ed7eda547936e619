"""The web level of a large master: made from a coarser copy, proved against the master itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from heritage3d.deviation import certified
from heritage3d.levels import budgets, ladder
from tests.benchmarks.relief import relief


@pytest.fixture
def on_ladder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ladder.Ladder]:
    """The ladder of a relief of so many columns, which is brought to so many triangles first."""

    def make(columns: int, large: tuple[int, ...], limit_mm: float) -> ladder.Ladder:
        monkeypatch.setattr(ladder, "_LARGE", large)
        model = relief(columns, strokes=20)
        return ladder.Ladder(model, tmp_path, "relief", limit_mm, budgets.budget("desktop"), "draco")

    return make


def test_a_large_master_is_made_coarser_in_steps_and_the_limit_still_holds(
    on_ladder: Callable[..., ladder.Ladder],
) -> None:
    made = on_ladder(128, (6000, 2500), 2.0)
    source, surface, lost = made.coarser(2.0)
    assert source.triangles <= 2500 < made.model.triangles
    assert 0 < lost <= 0.15 * 2.0
    assert certified.certified(made.master, surface, 0.005).lower <= lost
    web = made.web()
    assert web.triangles < 0.5 * source.triangles
    assert web.deviation.upper <= 2.0
    assert certified.certified(made.master, web.surface, 0.01).lower <= 2.0


def test_a_step_that_costs_too_much_of_the_limit_is_not_made(on_ladder: Callable[..., ladder.Ladder]) -> None:
    made = on_ladder(128, (6000, 500), 2.0)
    source, _, lost = made.coarser(2.0)
    assert 500 < source.triangles <= 6000
    assert 0 < lost <= 0.15 * 2.0


def test_what_would_cost_too_much_of_the_limit_is_not_made_coarser(on_ladder: Callable[..., ladder.Ladder]) -> None:
    made = on_ladder(64, (500,), 0.05)
    source, _, lost = made.coarser(0.05)
    assert source is made.model
    assert lost == 0
