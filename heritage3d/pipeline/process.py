"""Settings of a process that runs jobs: threads, untrusted loaders, memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys


def prepare_process() -> None:
    """Native libraries use one thread, untrusted loaders are blocked, freed memory is kept."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep what is freed for the next array of the same job.

    By itself it gives every megabyte back at once, and pays for fresh pages a moment later: a tenth of the
    time of tiling, and with the 64 KiB that Dask sets a third of the time of a run.
    """
    if sys.platform != "linux":
        return
    trim_threshold, mmap_threshold = -1, -3  # malloc.h
    with contextlib.suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(trim_threshold, 256 << 20)
        mallopt(mmap_threshold, 64 << 20)
