"""One run at a time on one output: a claim that the operating system drops when its holder dies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from heritage3d.errors import BusyError
from heritage3d.pipeline.store import translated


@contextlib.contextmanager
def claimed(hidden: Path) -> Iterator[None]:
    """Hold the output while the block runs. Raises BusyError with the holder and since when."""
    path = hidden / "claim"
    with translated(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _lock(handle):
            holder = _holder(path)
            raise BusyError(file=hidden.parent, owner=holder.get("owner", "?"), since=holder.get("since", "?"))
        told = {
            "owner": f"{socket.gethostname()} ({os.getpid()})",
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(told).encode(), 0)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError, TypeError):
        return dict(json.loads(path.read_text("utf-8")))
    return {}
