"""What a file or an artefact is: digests, listings of files, and the prints that spare a second hashing."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20  # bytes that are read or written at once
_SHORT = 512  # bytes: less is not worth compressing


@dataclass(frozen=True)
class Entry:
    """One file of an artefact: path relative to it ("" for an artefact that is one file), bytes, SHA-256."""

    path: str
    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex. Raises OSError."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_RDONLY)
    try:
        while chunk := os.read(handle, CHUNK):
            digest.update(chunk)
    finally:
        os.close(handle)
    return digest.hexdigest()


def sha256_of_text(text: str) -> str:
    """SHA-256 of a text as its bytes were, hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def files_below(root: Path) -> list[Path]:
    """Every file of an artefact, sorted by its relative POSIX path; the artefact itself if it is a file."""
    if not root.is_dir():
        return [root]
    found: list[Path] = []
    for folder, _folders, names in os.walk(root):
        found.extend(Path(folder, name) for name in names)
    return sorted(found, key=lambda path: relative(path, root))


def relative(path: Path, root: Path) -> str:
    """The POSIX path below root; "" for root itself."""
    inside, above = os.fspath(path), os.fspath(root)
    if inside == above:
        return ""
    if inside.startswith(above + "/"):
        return inside[len(above) + 1 :]
    return path.relative_to(root).as_posix()


def digest_of(entries: Iterable[Entry]) -> str:
    """The digest of an artefact: SHA-256 over its listing, so names and contents both count."""
    return sha256_of_text("".join(f"{entry.sha256}  {entry.path}\n" for entry in entries))


def pack_names(names: Iterable[str]) -> bytes:
    """Names of files as the ledger keeps them: each ends in NUL, the one character that none can hold.

    What is long is compressed; what is short stands behind a NUL as it is.
    """
    plain = "".join([f"{name}\0" for name in names]).encode("utf-8", "surrogateescape")
    return b"\0" + plain if len(plain) < _SHORT else zlib.compress(plain, 1)


def unpack_names(packed: bytes) -> list[str]:
    """The names that ``pack_names`` made, or those of an older ledger, which has them in lines."""
    plain = packed[1:] if packed[:1] == b"\0" else zlib.decompress(packed)
    text = plain.decode("utf-8", "surrogateescape")
    return text.split("\0")[:-1] if "\0" in text else [line for line in text.split("\n") if line]


def pack(entries: Iterable[Entry]) -> bytes:
    """A listing as the ledger keeps it."""
    return pack_names(f"{entry.sha256} {entry.size} {entry.path}" for entry in entries)


def unpack(packed: bytes) -> list[Entry]:
    """The listing that ``pack`` made."""
    parts = (line.split(" ", 2) for line in unpack_names(packed))
    return [Entry(path, int(size), sha256) for sha256, size, path in parts]


def print_of(root: Path | str, names: Iterable[str]) -> str:
    """A fingerprint of size, time and inode of the named files: equal prints spare a second hashing.

    It never decides anything else: where prints differ the contents are hashed, and only digests count.
    Empty where a file is absent.
    """
    folder, told = os.fspath(root), []
    try:
        for name in names:
            stat = os.stat(f"{folder}/{name}" if name else folder)  # noqa: PTH116  a hot path
            told.append(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\n")
    except OSError:
        return ""
    return sha256_of_text("".join(told))


def holds(path: Path, entry: Entry) -> bool:
    """Whether the file lies there with exactly the entry's contents (hashes it)."""
    try:
        return path.stat().st_size == entry.size and sha256_of(path) == entry.sha256
    except OSError:
        return False
