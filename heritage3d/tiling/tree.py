"""Where the tiles of one image go: files below a folder, encoded once, counted."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Self

import numpy as np

from heritage3d.errors import DiskFull, OutputError
from heritage3d.image.encode import encode


class Tree:
    """A folder that many threads write at once; it knows how many files and bytes it holds."""

    def __init__(self, folder: Path, quality: int) -> None:
        self.folder, self.quality = folder, quality
        self.files = self.bytes = 0
        self._made: set[str] = set()
        self._written: set[str] = set()
        self._lock = threading.Lock()
        self._root = os.open(folder, os.O_RDONLY)  # a path from here is shorter to follow for the kernel

    def write(self, pixels: np.ndarray, paths: tuple[str, ...]) -> None:
        """Encode (rows, columns, 1 or 3) uint8 once per format and write it under each of the paths.

        Raises DiskFull and OutputError.
        """
        encoded: dict[str, bytes] = {}
        for path in self._new(paths):
            form = path.rpartition(".")[2]
            if form not in encoded:
                encoded[form] = encode(pixels, "webp" if form == "webp" else "jpg", self.quality)
            self._put(path, encoded[form])

    def _new(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those that nobody has written: the last pixel of a corner has one address at several scales."""
        with self._lock:
            new = tuple(path for path in paths if path not in self._written)
            self._written.update(new)
        return new

    def write_resized(self, pixels: np.ndarray, size: tuple[int, int], path: str) -> None:
        """Write the picture at (width, height)."""
        import cv2

        smaller = size[0] <= pixels.shape[1] and size[1] <= pixels.shape[0]
        resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        self.write(resized.reshape(size[1], size[0], pixels.shape[2]), (path,))

    def write_document(self, content: bytes, name: str) -> None:
        """Write a file that is no image: it is not counted."""
        self._put(name, content, counted=False)

    def _put(self, path: str, content: bytes, *, counted: bool = True) -> None:
        try:
            self._make(path.rpartition("/")[0])
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666, dir_fd=self._root)
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(number, view) :]
            finally:
                os.close(number)
        except OSError as error:
            raise output_error(self.folder, error, len(content)) from error
        with self._lock:
            self.files += counted
            self.bytes += len(content) if counted else 0

    def _make(self, folder: str) -> None:
        """Make a folder and those above it; four calls of the system a tile are the price of its address."""
        if not folder or folder in self._made:
            return
        self._make(folder.rpartition("/")[0])
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, dir_fd=self._root)
        self._made.add(folder)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._root)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def output_error(folder: Path, error: OSError, needed: int) -> OutputError:
    """The error of ours for tiles that could not be written; ``needed`` bytes did not fit."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(file=folder, needed=needed, free=shutil.disk_usage(folder).free)
    return OutputError(file=folder, detail=error.strerror or "input/output error")
