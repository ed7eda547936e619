"""The tiles of one image in a single zip, stored and not deflated: one file on the disk instead of thousands.

The addresses inside are those of the folder. Entries are in the order of their names, without times, so that
the same tiles give the same bytes on any number of threads; above 4 GB or 65,535 tiles it is a Zip64
(APPNOTE 6.3.10, 4.3.14).
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

from heritage3d.pipeline import zips
from heritage3d.tiling.tree import Tree, output_error
from heritage3d.tiling.waiting import Waiting


class Zipped(Tree):
    """Takes tiles as ``tree.Tree`` does, from many threads; the file is written when the block is left.

    ``path`` must not exist yet; its folder must. Nothing is there when the block is left by an error.
    """

    def __init__(self, path: Path, quality: int) -> None:
        super().__init__(path.parent, quality)
        self.path = path
        self._waiting: Waiting[str] = Waiting()

    def __exit__(self, *error: object) -> None:
        try:
            if error[0] is None:
                self._finish()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the folder and of the scratch space."""
        self._waiting.close()
        super().close()

    def _put(self, path: str, content: bytes, *, counted: bool = True) -> None:
        try:
            self._waiting.add(path, content)
        except OSError as error:
            raise output_error(self.path, error, len(content)) from error
        with self._lock:
            self.files += counted
            self.bytes += len(content) if counted else 0

    def _finish(self) -> None:
        """Write the zip. Raises DiskFull and OutputError; then nothing is left of it."""
        try:
            with self.path.open("xb") as stream:
                try:
                    self._write(stream)
                except OSError:
                    self.path.unlink()
                    raise
        except OSError as error:
            raise output_error(self.folder, error, self._waiting.bytes) from error

    def _write(self, stream: BinaryIO) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for path in sorted(self._waiting.keys()):
                archive.writestr(zips.entry(path), self._waiting.take(path))
