"""Loops that numpy cannot say: compiled at their first use, kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])

# No fast mathematics: the same bytes on every machine, and bounds that may be proved.
_SETTINGS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": False}


def compiled(function: _Function) -> _Function:
    """The function as machine code for one core; its arguments are numbers and contiguous arrays."""
    return cast("_Function", numba.njit(**_SETTINGS)(function))


def compiled_parallel(function: _Function) -> _Function:
    """The same with loops over ``numba.prange`` on all cores; each turn of such a loop may write its own rows only,
    so that the result does not depend on how many cores there are."""
    return cast("_Function", numba.njit(parallel=True, **_SETTINGS)(function))
