"""Power that fails at any step: nothing half is seen, and the same command makes the tree of an unbroken run.

The short form plays every seventh step; H3D_KILLS plays all of them (`make soak`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STRIDE = "1" if "H3D_KILLS" in os.environ else "7"


def test_power_that_fails_at_any_step_leaves_old_or_new_and_the_next_run_finishes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.power_loss", str(tmp_path / "loss"), STRIDE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("all whole") == 2
