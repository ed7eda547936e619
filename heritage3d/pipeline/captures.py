"""The captures of one object: which files there are, which are known, what their digests are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from heritage3d.errors import CaptureFolderMissing, CaptureUnreadable, Heritage3dError, ObjectError, TooManyCaptures
from heritage3d.pipeline import limits
from heritage3d.pipeline.digests import Entry, print_of
from heritage3d.pipeline.ledger import Ledger

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
    """The files of an object's folder: ``known`` ones with digests, those to hash, those ``gone`` since last time."""

    folder: Path
    ledger: Ledger
    known: Seen = field(default_factory=dict)
    to_hash: list[Path] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, seen: dict[str, str], ledger: Ledger) -> Captures:
        """Those that ``prints_below`` saw in a folder; the ledger remembers digests of files that look unchanged."""
        remembered = ledger.captures(str(folder))
        known = {path: remembered[path] for path in seen if path in remembered and remembered[path][0] == seen[path]}
        to_hash = [Path(path) for path in seen if path not in known]
        return cls(folder, ledger, known, to_hash, [path for path in remembered if path not in seen])

    def unknown(self) -> Iterator[tuple[int, list[Path]]]:
        """The files that must be hashed, in portions that one job hashes, each with its number."""
        for at in range(0, len(self.to_hash), _HASH_AT_ONCE):
            yield at, self.to_hash[at : at + _HASH_AT_ONCE]

    def take(self, hashed: Seen) -> None:
        """Remember what was hashed."""
        self.known = dict(sorted({**self.known, **hashed}.items()))
        self.ledger.remember_captures(hashed)

    def suppose(self) -> None:
        """For a forecast: as if the files that must be hashed had been, and held what nobody has seen before."""
        new = {str(path): ("", path.stat().st_size, f"new: {path}") for path in self.to_hash}
        self.known = dict(sorted({**self.known, **new}.items()))

    def entries(self) -> tuple[Entry, ...]:
        """All files in one order, whether they were hashed just now or are remembered."""
        return self.entries_of(sorted(self.known), self.folder)

    def entries_of(self, files: Iterable[str], parent: Path) -> tuple[Entry, ...]:
        """Some of the files, by their path below ``parent``."""
        known, inside = self.known, f"{parent}/"
        return tuple(
            Entry(
                path.removeprefix(inside) if path.startswith(inside) else os.path.relpath(path, parent),
                *known[path][1:],
            )
            for path in files
            if path in known
        )


def prints_below(folder: Path) -> dict[str, str]:
    """The print of every file of an object's folder, by path. Raises as ``capture_files`` does."""
    return {path: print_of(path, [""]) for path in _paths(folder)}


def capture_files(folder: Path) -> list[Path]:
    """Every file of an object's folder in a fixed order.

    Raises CaptureFolderMissing, CaptureUnreadable, ObjectError, TooManyCaptures.
    """
    return [Path(path) for path in _paths(folder)]


def _paths(folder: Path) -> list[str]:
    found: list[str] = []
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir():
                        waiting += [entry.path] if not entry.name.startswith(".") and not entry.is_symlink() else []
                    elif entry.is_file():  # a fifo or a device would hang whoever reads it
                        found.append(entry.path)
                    elif entry.is_symlink():
                        raise ObjectError(file=entry.path, detail="it is a link to something that is not there")
        except OSError as error:
            if not os.path.isdir(folder):  # noqa: PTH112  a hot path
                raise CaptureFolderMissing(file=folder) from None
            raise CaptureUnreadable(file=error.filename, detail=error.strerror or "cannot be listed") from error
        if len(found) > limits.MAX_FILES_PER_OBJECT:
            raise TooManyCaptures(file=folder, count=len(found), limit=limits.MAX_FILES_PER_OBJECT)
    return sorted(found)
