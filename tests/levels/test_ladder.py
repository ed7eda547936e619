"""The web level of a large master: made from a coarser copy, proved against the master itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from heritage3d.deviation import certified
from heritage3d.levels import budgets, ladder
from tests.benchmarks.relief import relief


def test_a_large_master_is_made_coarser_first_and_the_limit_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "_LARGE", 6000)
    model = relief(128, strokes=20)
    made = ladder.Ladder(model, tmp_path, "relief", 2.0, budgets.budget("desktop"), "draco")
    source, surface, lost = made.coarser(2.0)
    assert source.triangles <= 6000 < model.triangles
    assert 0 < lost <= 0.15 * 2.0
    assert certified.certified(made.master, surface, 0.005).lower <= lost
    web = made.web()
    assert web.triangles < 0.5 * source.triangles
    assert web.deviation.upper <= 2.0
    assert certified.certified(made.master, web.surface, 0.01).lower <= 2.0


def test_what_would_cost_too_much_of_the_limit_is_not_made_coarser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "_LARGE", 500)
    model = relief(64, strokes=20)
    made = ladder.Ladder(model, tmp_path, "relief", 0.05, budgets.budget("desktop"), "draco")
    source, _, lost = made.coarser(0.05)
    assert source is model
    assert lost == 0
