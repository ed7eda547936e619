"""The power fails at the k-th step: what was not synced is torn, emptied or gone, and the last renames did not happen.

Run as a program; it forks. A child runs a tiny batch and dies at its k-th step. What it had renamed and written since
the last sync of the file system is then undone and damaged as a disk may do it (three ways), the memory that SQLite
shares is gone and the end of its log is torn. What people see must be old or new and whole, and the same run must give
the tree of an unbroken one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from heritage3d.pipeline import job, publish, store, tree
from heritage3d.pipeline import run as runs
from tests.crash.every_step import EDITIONS, Edition, check_whole, in_a_child, prepare, unbroken

WAYS = ("torn", "zeros", "gone")
_SECTOR = 512


def _files(out: Path) -> Iterator[tuple[Path, int, tuple[int, int]]]:
    """Every file of an output but the ledger, whose log is torn by itself; its inode; its size and time."""
    for path in out.rglob("*"):
        if path.is_file() and not path.name.startswith("ledger.sqlite"):
            told = path.stat()
            yield path, told.st_ino, (told.st_size, told.st_mtime_ns)


class Diary:
    """What a run did to names and what it synced, written down by the child that dies."""

    def __init__(self, folder: Path, out: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        self.file = folder / "diary"
        self.out = out
        self.wal = out / ".heritage3d" / "ledger.sqlite-wal"
        self.count = 0

    def add(self, what: str, *told: Any) -> None:
        with self.file.open("a") as stream:
            stream.write(json.dumps([what, *told]) + "\n")

    def all_synced(self) -> None:
        """Everything that is there lies on the disk now, and the log of the ledger up to its length."""
        held = {number: told for _path, number, told in _files(self.out)}
        self.add("sync", self.wal.stat().st_size if self.wal.exists() else 0, held)

    def read(self) -> list[list[Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def keep(self) -> None:
        """Write down every rename and every sync of this process from now on."""
        self.all_synced()  # an edition before is on the disk since long
        replace, rename, fsync, exchange, durable = (
            os.replace, os.rename, os.fsync, store._exchange, store.make_durable,
        )  # fmt: skip

        def renamed(real: Callable[..., None]) -> Callable[..., None]:
            def do(source: Any, target: Any, **more: Any) -> None:
                backup = ""
                if os.path.isfile(target):  # noqa: PTH113
                    self.count += 1
                    backup = str(self.folder / f"old-{self.count}")
                    os.link(target, backup)
                real(source, target, **more)
                self.add("rename", os.fspath(source), os.fspath(target), backup)

            return do

        def exchanged(first: Path, second: Path) -> bool:
            done = exchange(first, second)
            if done:
                self.add("swap", str(first), str(second))
            return done

        def synced(folder: Path) -> None:
            durable(folder)
            self.all_synced()

        def one_synced(number: int) -> None:
            fsync(number)
            told = os.fstat(number)
            self.add("fsync", told.st_ino, (told.st_size, told.st_mtime_ns))

        def removed(path: Path) -> None:
            """What is deleted may come back too: it is put aside."""
            if os.path.lexists(path):
                self.count += 1
                aside = self.folder / f"gone-{self.count}"
                rename(path, aside)
                self.add("rename", str(path), str(aside), "")

        os.replace, os.rename, os.fsync = renamed(replace), renamed(rename), one_synced
        for module in (job, publish, tree, runs):
            module.remove = removed  # type: ignore[attr-defined]
        store._exchange = exchanged
        job.make_durable = publish.make_durable = synced  # type: ignore[attr-defined]


def _undo(entries: list[list[Any]]) -> None:
    """Take renames back, the last first."""
    for what, first, second, *backup in reversed(entries):
        if what == "swap":
            store._exchange(Path(first), Path(second))
        elif os.path.lexists(second) and Path(first).parent.is_dir():
            os.replace(second, first)  # noqa: PTH105
            if backup[0]:
                os.replace(backup[0], second)  # noqa: PTH105


def _damage(path: Path, way: str) -> None:
    """What a disk may bring back of a file that was never synced; its size and time may look right all the same."""
    told = path.stat()
    if way == "gone":
        path.unlink()
        return
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if way == "torn" else bytes(len(content)))
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def fail(out: Path, diary: Diary, way: str) -> tuple[int, int]:
    """Let the power fail over what a dead child left; (renames undone, files damaged)."""
    entries = diary.read()
    last = max(at for at, entry in enumerate(entries) if entry[0] == "sync")
    (_, log, told), after = entries[last], entries[last + 1 :]
    renames = [entry for entry in after if entry[0] in {"rename", "swap"}]
    undone = {"torn": renames, "zeros": [], "gone": renames[len(renames) // 2 :]}[way]
    _undo(undone)
    held = {int(number): tuple(seen) for number, seen in told.items()}
    held |= {entry[1]: tuple(entry[2]) for entry in after if entry[0] == "fsync"}
    files = [path for path, number, seen in list(_files(out)) if held.get(number) != seen]
    for path in files:
        _damage(path, way)
    hidden = out / ".heritage3d"
    (hidden / "ledger.sqlite-shm").unlink(missing_ok=True)
    wal = hidden / "ledger.sqlite-wal"
    if wal.exists() and (size := wal.stat().st_size) > log:
        at = log + (size - log) * {"torn": 1, "zeros": 2, "gone": 0}[way] // 3 // _SECTOR * _SECTOR
        content = wal.read_bytes()
        wal.write_bytes(content[:at] + (bytes(size - at) if way == "zeros" else b""))
    return len(undone), len(files)


def every_step(folder: Path, edition: Edition, stride: int) -> tuple[int, int, int]:
    """(failures played, renames undone, files damaged); an AssertionError where something is not whole."""
    before, wanted = unbroken(folder / "unbroken", edition)
    played = undone = damaged = 0
    step, status = 1, 137
    while status == 137:
        for way in WAYS:
            batch = prepare(folder / "broken", edition)
            diary = Diary(folder / "diary", batch.out)
            status = in_a_child(batch, edition, step, diary.keep)
            lost, torn = fail(batch.out, diary, way)
            played, undone, damaged = played + 1, undone + lost, damaged + torn
            check_whole(batch, edition, before, wanted, f"step {step}, {way}")
        step += stride
    return played, undone, damaged


if __name__ == "__main__":
    root, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, edition in EDITIONS.items():
        figures = every_step(root / name, edition, every)
        print(
            "{} edition: power failed {} times, {} renames undone, {} files damaged; all whole".format(name, *figures)
        )
