"""Fixtures that every test may use."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

import heritage3d.stages  # noqa: F401  registers stages, kinds and formats

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """Real public data that is not part of the project; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip("real test data absent: expected at ../shared/data")
    return DATA.resolve()


@pytest.fixture(scope="session")
def fonts() -> None:
    """The fonts that the samples are written in. Several test processes at once do not install them at once."""
    from samples.generator import writing

    with (writing.SAMPLES / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not writing.fonts_missing():
            return
        try:
            writing.install_fonts()
        except (subprocess.CalledProcessError, ImportError, OSError) as error:
            reason = f"the fonts of the samples cannot be installed: {error}"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
