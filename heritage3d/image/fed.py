"""A file handed to libvips through a pipe: it maps what it can seek in, and the whole of a large JPEG then counts as
memory of the job."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading

from heritage3d.image.vips import pyvips

_PIPE_BYTES = 1 << 18
_PATIENCE_MS = 200
#: Below this a map costs nothing that counts, and a thread more than it saves.
WORTHWHILE = 32 << 20


class Fed:
    """A source of libvips that is fed from a descriptor, from the first byte to the last. ``close`` it at the end."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._size = os.fstat(number).st_size
        self._stopped = threading.Event()
        outlet, self._into = os.pipe()
        with contextlib.suppress(AttributeError, OSError):  # smaller pipes only cost more calls
            fcntl.fcntl(self._into, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._into, False)
        self.source = pyvips.Source.new_from_descriptor(outlet)
        os.close(outlet)  # libvips holds a copy
        self._thread = threading.Thread(target=self._feed, name="feeder", daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        """Until the end of the file, or until nobody reads any more."""
        room = select.poll()
        room.register(self._into, select.POLLOUT)
        at = 0
        with contextlib.suppress(OSError):  # the decoder has let go of its end, or will miss what cannot be read
            while at < self._size and not self._stopped.is_set():
                if not room.poll(_PATIENCE_MS):
                    continue
                count = os.sendfile(self._into, self._number, at, _PIPE_BYTES)
                if not count:
                    break
                at += count
        os.close(self._into)

    def close(self) -> None:
        """End the feeding, wherever it is."""
        self._stopped.set()
        self._thread.join()
