"""The captures of one object: which files there are, which are known, what their digests are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from heritage3d.errors import CaptureFolderMissing, CaptureUnreadable, Heritage3dError, ObjectError, TooManyCaptures
from heritage3d.pipeline import limits
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.store import Entry, print_of

_HASH_AT_ONCE = 64  # captures per hashing job

Seen = dict[str, tuple[str, int, str]]  # path -> print, size, sha256


@dataclass(frozen=True)
class CaptureObject:
    """One row of the sheet: the object's id, its folder, its cells, and what is wrong with the row."""

    id: str
    folder: Path
    columns: dict[str, str]
    errors: tuple[Heritage3dError, ...] = ()


@dataclass
class Captures:
    """The files of an object's folder with their digests: ``known`` ones, and those that must be hashed yet."""

    folder: Path
    ledger: Ledger
    known: Seen = field(default_factory=dict)
    to_hash: list[Path] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, ledger: Ledger) -> Captures:
        """Those that lie in a folder now; the ledger remembers digests of files that look unchanged.

        Raises CaptureFolderMissing, CaptureUnreadable, ObjectError, TooManyCaptures.
        """
        seen = {str(path): print_of(path, [""]) for path in capture_files(folder)}
        remembered = ledger.captures(str(folder))
        known = {path: remembered[path] for path in seen if path in remembered and remembered[path][0] == seen[path]}
        return cls(folder, ledger, known, [Path(path) for path in seen if path not in known])

    def unknown(self) -> Iterator[tuple[int, list[Path]]]:
        """The files that must be hashed, in portions that one job hashes, each with its number."""
        for at in range(0, len(self.to_hash), _HASH_AT_ONCE):
            yield at, self.to_hash[at : at + _HASH_AT_ONCE]

    def take(self, hashed: Seen) -> None:
        """Remember what was hashed."""
        self.known = dict(sorted({**self.known, **hashed}.items()))
        self.ledger.remember_captures(str(self.folder), self.known)

    def entries(self) -> tuple[Entry, ...]:
        """All files in one order, whether they were hashed just now or are remembered."""
        return self.entries_of(sorted(self.known), self.folder)

    def entries_of(self, files: Iterable[str], parent: Path) -> tuple[Entry, ...]:
        """Some of the files, by their path below ``parent``."""
        known = self.known
        return tuple(Entry(os.path.relpath(path, parent), *known[path][1:]) for path in files if path in known)


def capture_files(folder: Path) -> list[Path]:
    """Every file of an object's folder in a fixed order. Raises CaptureFolderMissing, ObjectError."""
    if not folder.is_dir():
        raise CaptureFolderMissing(file=folder)
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise CaptureUnreadable(file=error.filename, detail=error.strerror or "cannot be listed")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(parent, name)
            if path.is_file():  # a fifo or a device would hang whoever reads it
                found.append(path)
            elif path.is_symlink():
                raise ObjectError(file=path, detail="it is a link to something that is not there")
        if len(found) > limits.MAX_FILES_PER_OBJECT:
            raise TooManyCaptures(file=folder, count=len(found), limit=limits.MAX_FILES_PER_OBJECT)
    return sorted(found)
