"""Loops that numpy cannot say: compiled at their first use, kept on disk for the next process, on all cores."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.compiler_lock import global_compiler_lock

try:
    import fcntl
except ImportError:  # Windows: each process compiles for itself
    fcntl = None  # type: ignore[assignment]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Answer = TypeVar("_Answer")

# No fast mathematics: the same bytes on every machine, and bounds that may be proved.
_SETTINGS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": False}


def compiled(function: _Function) -> _Function:
    """The function as machine code for one core; its arguments are numbers and contiguous arrays.

    The workers of a first run need the same loops at the same moment: one of them compiles, the others wait for it
    and load what it kept.
    """
    made = numba.njit(**_SETTINGS)(function)
    compile_here, lock = made.compile, _OneProcess(made)

    def compile_once(signature: Any) -> Any:
        # Numba's own lock first: two threads of this process then never wait for each other crosswise.
        with global_compiler_lock, lock.held():
            return compile_here(signature)

    made.compile = compile_once
    return cast("_Function", made)


class _OneProcess:
    """A lock on a file beside the machine code that numba keeps of one function; loops that call each other form no
    ring, so neither do their locks. Where no lock can be had, each process compiles for itself: only time is lost."""

    def __init__(self, made: Any) -> None:
        self._beside = Path(made.stats.cache_path)
        self._name = f".{made.py_func.__module__}.{made.py_func.__qualname__}.lock"
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until no other process has it; a process that ends, however it ends, gives it back."""
        lock = self._taken() if not self._depth else None
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if lock is not None:
                os.close(lock)

    def _taken(self) -> int | None:
        if fcntl is None:
            return None
        try:
            lock = os.open(self._beside / self._name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            os.close(lock)
            return None
        return lock


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
