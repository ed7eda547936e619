"""Files of an output: digests, listings, the only rename and the only atomic write.

Everything that appears at a final name appears through ``move``, ``swap`` or ``write`` of this module:
complete or absent, whatever is killed when.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import DiskFull, Heritage3dError, OutputError, OutputReadOnly

_CHUNK = 1 << 20
_steps = 0


def may_die_here() -> None:
    """Tests set H3D_DIE_AT=k: the process dies at its k-th write to the file system or the ledger."""
    if fatal := os.environ.get("H3D_DIE_AT"):
        global _steps
        _steps += 1
        if _steps == int(fatal):
            os._exit(137)


# --- digests and listings ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One file of an artefact: path relative to it ("" for an artefact that is one file), bytes, SHA-256."""

    path: str
    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


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


def listing(root: Path) -> list[Entry]:
    """The files of an artefact with their digests, in the order of their paths."""
    return [Entry(relative(path, root), path.stat().st_size, sha256_of(path)) for path in files_below(root)]


def digest_of(entries: Iterable[Entry]) -> str:
    """The digest of an artefact: SHA-256 over its listing, so names and contents both count."""
    text = "".join(f"{entry.sha256}  {entry.path}\n" for entry in entries)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def pack(entries: Iterable[Entry]) -> bytes:
    """A listing as the ledger keeps it."""
    text = "".join(f"{entry.sha256} {entry.size} {entry.path}\0" for entry in entries)
    return zlib.compress(text.encode("utf-8", "surrogateescape"), 1)


def unpack(packed: bytes) -> list[Entry]:
    """The listing that ``pack`` made."""
    text = zlib.decompress(packed).decode("utf-8", "surrogateescape")
    lines = text.split("\0" if "\0" in text else "\n")[:-1]  # names may hold line ends; older ledgers could not
    parts = (line.split(" ", 2) for line in lines)
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
    return hashlib.sha256("".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def holds(path: Path, entry: Entry) -> bool:
    """Whether the file lies there with exactly the entry's contents (hashes it)."""
    try:
        return path.stat().st_size == entry.size and sha256_of(path) == entry.sha256
    except OSError:
        return False


# --- the only rename, the only write ----------------------------------------------------------------------


def move(source: Path, target: Path) -> None:
    """Rename to a final name that does not exist yet. Raises OutputError."""
    may_die_here()
    with translated(target):
        _renamed(source, target)


def _renamed(source: Path, target: Path) -> None:
    """Rename, making the folder above where it is missing."""
    try:
        os.replace(source, target)  # noqa: PTH105  a hot path
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


def swap(source: Path, target: Path) -> bool:
    """Put source at target in one step; whether something lay at target, which lies at source afterwards.

    Raises OutputError.
    """
    if not os.path.lexists(target):
        move(source, target)
        return False
    may_die_here()
    with translated(target):
        if not _exchange(source, target):
            # File systems without an atomic exchange: the shortest gap that two renames allow.
            aside = source.with_name(source.name + ".old")
            target.rename(aside)
            source.rename(target)
            aside.rename(source)
    return True


def _exchange(first: Path, second: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename_exchange, here = 2, -100
    done = ctypes.CDLL(None, use_errno=True).renameat2(
        here, os.fsencode(first), here, os.fsencode(second), rename_exchange
    )
    if done == 0:
        return True
    if ctypes.get_errno() in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(second))


def write(path: Path, content: bytes, work: Path) -> None:
    """Write a small file so that its name holds the old or the new bytes, never a part. Raises OutputError.

    The bytes grow in the folder ``work``, on the same disk and out of sight.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = work / f"{secrets.token_hex(8)}.part"
        try:
            with beside.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            may_die_here()
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def replace_file(source: Path, target: Path) -> None:
    """Rename a durable file over another one, or to a name that is free. Raises OutputError."""
    may_die_here()
    with translated(target):
        _renamed(source, target)


def write_unseen(path: Path, content: bytes) -> None:
    """Write a small file in a folder that nobody can see yet; ``make_durable`` comes before its ``move``.

    Raises OutputError.
    """
    may_die_here()
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_lines(path: Path, lines: Iterable[str], work: Path) -> bool:
    """Write a long text as ``write`` does, a line at a time; False where it stands there already.

    Raises OutputError.
    """
    beside = work / f"{secrets.token_hex(8)}.part"
    digest = hashlib.sha256()
    with translated(path):
        try:
            with beside.open("wb", buffering=_CHUNK) as stream:
                for line in lines:
                    told = line.encode("utf-8", "surrogateescape")
                    digest.update(told)
                    stream.write(told)
                stream.flush()
                os.fsync(stream.fileno())
            if path.is_file() and sha256_of(path) == digest.hexdigest():
                beside.unlink()
                return False
            may_die_here()
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    return True


def remove(path: Path) -> None:
    """Delete a file or folder that nobody can see any more (below .heritage3d)."""
    if path.is_dir() and not path.is_symlink():
        try:
            path.rmdir()  # most of them are empty: what was in them has moved to its place
        except OSError:
            shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def make_durable(folder: Path) -> None:
    """Bring everything written so far on this file system to the disk: once per artefact, not per file."""
    if sys.platform.startswith("linux"):
        handle = os.open(folder, os.O_RDONLY)
        try:
            ctypes.CDLL(None).syncfs(handle)
        finally:
            os.close(handle)
    else:
        os.sync()


class translated:  # noqa: N801  reads as a word in `with translated(path):`
    """Turns the operating system's refusals into errors with a cure."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise output_error(error, self.path) from error


def output_error(error: OSError, path: Path) -> Heritage3dError:
    """The error of ours for a failed write."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(file=path, free=free_bytes(path))
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return OutputReadOnly(file=path)
    return OutputError(file=path, detail=error.strerror or type(error).__name__)


def free_bytes(path: Path) -> int:
    """Free space where this path lies or will lie."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


# --- the folders of an output -----------------------------------------------------------------------------


class Store:
    """The folders of one output: the published tree and, hidden beside it, the pipeline's own."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.hidden = out / ".heritage3d"
        self.work = self.hidden / "work"  # jobs in progress; emptied when a run begins
        self.begun = self.hidden / "begun"  # parts that long jobs have finished, for after a crash
        self.kept = self.hidden / "kept"  # results that wait for their object, and intermediates
        self.next = self.hidden / "next"  # new objects while they are put together
        self.ledger = self.hidden / "ledger.sqlite"

    def create(self) -> None:
        """Make the folders. Raises OutputError (read-only, a file in the way, disk full)."""
        with translated(self.out):
            for folder in (self.work, self.kept, self.next):
                folder.mkdir(parents=True, exist_ok=True)

    def published(self) -> Iterator[Path]:
        """Every file of the published tree."""
        for path in files_below(self.out):
            if self.hidden not in path.parents:
                yield path
