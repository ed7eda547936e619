"""The long form (`make soak`): what takes minutes, and whose shorter sister in `make test` watches over the same."""

from __future__ import annotations

import os

import pytest

long_form = pytest.mark.skipif(os.environ.get("H3D_CORPUS") != "all", reason="the long form: make soak")
