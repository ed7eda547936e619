"""The files of an output on the disk: the only rename and the only atomic write.

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
from collections.abc import Iterable, Iterator
from pathlib import Path

from heritage3d.errors import DiskFull, Heritage3dError, OutputError, OutputReadOnly
from heritage3d.pipeline.digests import CHUNK, files_below, sha256_of

Where = str | os.PathLike[str]  # hot paths hand over text: making a Path takes longer than asking the disk
_steps = 0


def may_die_here() -> None:
    """Tests set H3D_DIE_AT=k: the process dies at its k-th write to the file system or the ledger."""
    if fatal := os.environ.get("H3D_DIE_AT"):
        global _steps
        _steps += 1
        if _steps == int(fatal):
            os._exit(137)


def move(source: Where, target: Where) -> None:
    """Rename to a final name: one that is free, or that of a file that is replaced. Raises OutputError.

    The folder above is made where it is missing.
    """
    may_die_here()
    with translated(target):
        try:
            os.replace(source, target)  # noqa: PTH105  a hot path
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            os.replace(source, target)  # noqa: PTH105


def swap(source: Where, target: Where) -> bool:
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
            aside = f"{os.fspath(source)}.old"
            for before, after in ((target, aside), (source, target), (aside, source)):
                os.replace(before, after)  # noqa: PTH105
    return True


def _exchange(first: Where, second: Where) -> bool:
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
    _grown(path, (content,), work)


def write_lines(path: Path, lines: Iterable[str], work: Path) -> bool:
    """Write a long text as ``write`` does, a line at a time; False where it stands there already.

    Raises OutputError.
    """
    return _grown(path, (line.encode("utf-8", "surrogateescape") for line in lines), work, unless_same=True)


def _grown(path: Path, parts: Iterable[bytes], work: Path, *, unless_same: bool = False) -> bool:
    """Let a file grow out of sight, bring it to the disk, and give it its name; whether it was given."""
    beside = work / f"{secrets.token_hex(8)}.part"
    digest = hashlib.sha256()
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb", buffering=CHUNK) as stream:
                for part in parts:
                    digest.update(part)
                    stream.write(part)
                stream.flush()
                os.fsync(stream.fileno())
            if unless_same and path.is_file() and sha256_of(path) == digest.hexdigest():
                beside.unlink()
                return False
            may_die_here()
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    return True


def write_unseen(path: Where, content: bytes) -> None:
    """Write a small file in a folder that nobody can see yet; ``make_durable`` comes before its ``move``.

    Raises OutputError.
    """
    may_die_here()
    with translated(path):
        try:
            _filled(path, content)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            _filled(path, content)


def _filled(path: Where, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)


def remove(path: Where) -> None:
    """Delete a file or folder that nobody can see any more (below .heritage3d)."""
    try:
        os.rmdir(path)  # noqa: PTH106  most of them are empty: what was in them has moved to its place
    except FileNotFoundError:
        return
    except NotADirectoryError:
        Path(path).unlink(missing_ok=True)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


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

    def __init__(self, path: Where) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise output_error(error, Path(self.path)) from error


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
