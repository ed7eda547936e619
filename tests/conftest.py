"""Fixtures that every test may use."""

from __future__ import annotations

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
