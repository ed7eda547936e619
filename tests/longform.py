"""The long form (`make soak`): what takes minutes, and whose shorter sister in `make test` watches over the same."""

from __future__ import annotations

import os

import pytest

LONG = os.environ.get("H3D_CORPUS") == "all"
long_form = pytest.mark.skipif(not LONG, reason="the long form: make soak")
