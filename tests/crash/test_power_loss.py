"""Power that fails at any step: nothing half is seen, and the same command makes the tree of an unbroken run.

The short form plays some steps; H3D_KILLS plays all of them (`make soak`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import programs
from tests.crash.every_step import EDITIONS


@pytest.mark.timeout(3600)
def test_power_that_fails_at_any_step_leaves_old_or_new_and_the_next_run_finishes(tmp_path: Path) -> None:
    told = programs.said_by("power_loss", tmp_path / "loss", 1 if programs.LONG else 7, seconds=3600)
    assert told.count("all whole") == len(EDITIONS)
