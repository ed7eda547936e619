"""Encoded tiles that wait for their turn: they arrive from several threads in any order and leave in one.

A single file that is made of tiles must have the same bytes every time, so its order must not be that of the
threads. The tiles wait in a file without a name, which is gone with the process.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Waiting(Generic[Key]):
    """Bodies by key, outside the memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        self._places: dict[Key, tuple[int, int]] = {}
        self._end = 0
        self._lock = threading.Lock()

    def add(self, key: Key, body: bytes) -> None:
        """Keep a body; many threads may call. Raises OSError where the disk is full."""
        with self._lock:
            at = self._end
            self._end += len(body)
            self._places[key] = (at, len(body))
        view = memoryview(body)
        while view:
            written = os.pwrite(self._file.fileno(), view, at)
            view, at = view[written:], at + written

    def take(self, key: Key) -> bytes:
        """The body of a key. Raises KeyError."""
        at, length = self._places[key]
        body = os.pread(self._file.fileno(), length, at)
        if len(body) < length:
            raise OSError(0, "a scratch file lost its end")
        return body

    def keys(self) -> Iterator[Key]:
        """All keys, in no order that means anything."""
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def bytes(self) -> int:
        """What all bodies hold."""
        return self._end

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
