"""Loops that numpy cannot say: compiled at their first use, kept on disk for the next process, on all cores."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Answer = TypeVar("_Answer")

# No fast mathematics: the same bytes on every machine, and bounds that may be proved.
_SETTINGS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": False}


def compiled(function: _Function) -> _Function:
    """The function as machine code for one core; its arguments are numbers and contiguous arrays."""
    return cast("_Function", numba.njit(**_SETTINGS)(function))


def cores() -> int:
    """How many threads are worth while: those that OMP_NUM_THREADS allows (workers of a run have one each), else one
    for each core of this process."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdigit() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_portions(work: Callable[[int, int], _Answer], count: int, size: int) -> list[_Answer]:
    """``work(start, stop)`` for every ``size`` rows of ``count``, in their order; it must not hold the interpreter.

    Portions are fixed, so that the answer does not depend on how many cores there are.
    """
    portions = [(start, min(start + size, count)) for start in range(0, count, size)]
    if len(portions) < 2 or cores() < 2:
        return [work(*portion) for portion in portions]
    return list(_pool(cores()).map(lambda portion: work(*portion), portions))


@functools.cache
def _pool(count: int) -> ThreadPoolExecutor:
    """Threads that stay: thousands of short rounds would spend their time on starting new ones."""
    return ThreadPoolExecutor(count, "portions")
