"""The rows of a vips image as its sink hands them over: libvips decodes and converts in its own threads, we take.

A region that is fetched piece by piece keeps 2,000 lines of a sequential image in its cache (125 MB of a
picture of 20,000 pixels) and works in one thread; a sink keeps a few and works in several. What it writes is
copied once, to where it is wanted; a pipe between would copy it twice more.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from heritage3d.image.header import truncated
from heritage3d.image.strips import Rows, rows_per_strip
from heritage3d.image.vips import pyvips


class Handed:
    """The rows of an image with uint8 or uint16 samples, once, top to bottom. ``close`` it at the end.

    Two threads take turns: one asks for rows and sleeps until its array is full, the decoder sleeps while
    nobody asks.
    """

    def __init__(self, image: Any) -> None:
        self.image = image
        self.dtype = np.dtype(np.uint16 if image.format == "ushort" else np.uint8)
        self._first = b""  # read ahead by ``begin``
        self._turn = threading.Condition()
        self._wanted: memoryview | None = None  # what is still to be filled
        self._ended = self._closed = False
        self._error: Exception | None = None
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
        """Fill (rows, width, bands), which lies in one piece, with the next rows.

        Raises pyvips.Error and header.Fault.
        """
        view = target.reshape(-1).view(np.uint8).data
        if self._first:
            view[: len(self._first)] = self._first
            view, self._first = view[len(self._first) :], b""
        if not view:
            return
        with self._turn:
            self._wanted = view
            self._begun()
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._wanted is None or self._ended)
            if self._wanted is not None:
                self._wanted = None
                raise self._failure()

    def _failure(self) -> Exception:
        """What ended the decoder, once. Kept here, it would hold the frames that it passes, and they hold the image:

        such a ring keeps the file open until the collector comes by, on whatever thread of libvips that may be.
        """
        error, self._error = self._error, None
        return error or truncated("its pixels are cut off")

    def rows(self) -> Rows:
        """The same as strips."""
        width, height, bands = self.image.width, self.image.height, self.image.bands
        step = rows_per_strip(width * bands * self.dtype.itemsize)
        strip = np.empty((min(step, height), width, bands), self.dtype)
        for top in range(0, height, step):
            part = strip[: height - top]
            self.read_into(part)
            yield part

    def close(self) -> None:
        """End the decoder, wherever it is."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _begun(self) -> None:
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._decode, name="decoder", daemon=True)
            self._thread.start()

    def _decode(self) -> None:
        try:
            target = pyvips.TargetCustom()
            target.on_write(self._take)
            self.image.rawsave_target(target)
        except Exception as error:  # noqa: BLE001  whatever it is: who waits for rows must hear of it
            self._error = error.with_traceback(None)  # its frames would keep the image
        finally:
            with self._turn:
                self._ended = True
                self._turn.notify_all()

    def _take(self, chunk: Any) -> int:
        """Called by libvips with bytes in their order; what it answers is how many were taken, fewer end the save."""
        at, size = 0, len(chunk)
        with self._turn:
            while at < size:
                self._turn.wait_for(lambda: self._wanted is not None or self._closed)
                if self._closed or self._wanted is None:
                    return -1
                count = min(size - at, len(self._wanted))
                self._wanted[:count] = chunk[at : at + count]
                self._wanted = self._wanted[count:] or None
                at += count
                if self._wanted is None:
                    self._turn.notify_all()
        return size
