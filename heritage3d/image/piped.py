"""The rows of a vips image through a pipe: libvips decodes and converts in its own threads, we read.

A region that is fetched piece by piece keeps 2,000 lines of a sequential image in its cache (125 MB of a
picture of 20,000 pixels) and works in one thread; a sink keeps a few and works in several.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading
from typing import Any

import numpy as np

from heritage3d.image.header import truncated
from heritage3d.image.strips import Rows, rows_per_strip
from heritage3d.image.vips import pyvips

_PIPE_BYTES = 1 << 20
_PATIENCE_MS = 200


class Piped:
    """The rows of an image with uint8 or uint16 samples, once, top to bottom. ``close`` it at the end."""

    def __init__(self, image: Any) -> None:
        self.image = image
        self.dtype = np.dtype(np.uint16 if image.format == "ushort" else np.uint8)
        self._first = b""  # read ahead by ``begin``
        self._error: pyvips.Error | None = None
        self._from: int | None = None
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Decode the first row. Raises pyvips.Error where the decoder refuses the file."""
        row = np.empty((1, self.image.width, self.image.bands), self.dtype)
        try:
            self.read_into(row)
        except BaseException:
            self.close()
            raise
        self._first = row.tobytes()

    def read_into(self, target: np.ndarray) -> None:
        """Fill (rows, width, bands) with the next rows. Raises pyvips.Error and header.Fault."""
        view = target.reshape(-1).view(np.uint8).data
        if self._first:
            view[: len(self._first)] = self._first
            view, self._first = view[len(self._first) :], b""
        source = self._started()
        waiting = select.poll()
        waiting.register(source, select.POLLIN)
        while view:
            # libvips holds a second end of the pipe as long as its objects live, so its end may never be seen.
            ready = waiting.poll(_PATIENCE_MS)
            count = os.readv(source, [view]) if ready else 0
            if count == 0 and (ready or not self._alive()):
                raise self._reason()
            view = view[count:]

    def rows(self) -> Rows:
        """The same as strips."""
        width, height, bands = self.image.width, self.image.height, self.image.bands
        step = rows_per_strip(width * bands * self.dtype.itemsize)
        strip = np.empty((min(step, height), width, bands), self.dtype)
        for top in range(0, height, step):
            part = strip[: height - top]
            self.read_into(part)
            yield part

    def _started(self) -> int:
        if self._from is None:
            self._from, into = os.pipe()
            with contextlib.suppress(AttributeError, OSError):  # smaller pipes only cost more calls
                fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            self._thread = threading.Thread(target=self._write, args=(into,), name="decoder", daemon=True)
            self._thread.start()
        return self._from

    def _write(self, into: int) -> None:
        try:
            self.image.rawsave_target(pyvips.Target.new_to_descriptor(into))
        except pyvips.Error as error:
            self._error = error.with_traceback(None)  # its frames would keep the pipe open
        finally:
            os.close(into)

    def _alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _reason(self) -> Exception:
        if self._thread:
            self._thread.join()
        return self._error or truncated("its pixels are cut off")

    def close(self) -> None:
        """End the decoder, wherever it is."""
        if self._from is not None:
            os.close(self._from)  # what it still writes ends in an error that nobody asks for
            self._from = None
        if self._thread:
            self._thread.join()
            self._thread = None
