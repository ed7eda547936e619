"""The power fails at the k-th step: what was not synced is torn, emptied or gone, and the last renames did not happen.

Run as a program; it forks. A child runs a tiny batch and dies at its k-th step. What it had renamed and written since
the last sync of the file system is then undone and damaged as a disk may do it (three ways), the memory that SQLite
shares is gone and the end of its log is torn. What people see must be old or new and whole, and the same run must give
the tree of an unbroken one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from heritage3d.pipeline import job, publish, store
from heritage3d.pipeline import run as runs
from tests.crash.every_step import digests, prepare
from tests.pipeline.conftest import Batch

WAYS = ("torn", "zeros", "gone")
_SECTOR = 512


class Diary:
    """What a run did to names and when it synced, written down by the child that dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "diary"
        self.count = 0

    def add(self, what: str, *told: Any) -> None:
        with self.file.open("a") as stream:
            stream.write(json.dumps([what, time.time_ns(), *told]) + "\n")

    def read(self) -> list[list[Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def keep(self, wal: Path) -> None:
        """Write down every rename and every sync of this process from now on."""
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
            self.add("sync", wal.stat().st_size if wal.exists() else 0)

        def one_synced(number: int) -> None:
            fsync(number)
            self.add("fsync", os.fstat(number).st_ino)

        self.add("sync", wal.stat().st_size if wal.exists() else 0)  # an edition before is on the disk since long
        os.replace, os.rename, os.fsync = renamed(replace), renamed(rename), one_synced

        def removed(path: Path) -> None:
            """What is deleted may come back too: it is put aside."""
            if os.path.lexists(path):
                self.count += 1
                aside = self.folder / f"gone-{self.count}"
                rename(path, aside)
                self.add("rename", str(path), str(aside), "")

        for module in (job, publish, runs):
            module.remove = removed  # type: ignore[attr-defined]
        store._exchange = exchanged
        job.make_durable = publish.make_durable = synced  # type: ignore[attr-defined]


def in_a_child(batch: Batch, die_at: int, diary: Diary) -> int:
    """The exit status of a run that dies at its k-th step (137), or ends (0); its diary is left."""
    child = os.fork()
    if child == 0:
        os.environ["H3D_DIE_AT"] = str(die_at)
        status = 99
        with contextlib.suppress(BaseException):
            diary.keep(batch.out / ".heritage3d" / "ledger.sqlite-wal")
            status = batch.run().exit_status
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _undo(entries: list[list[Any]]) -> None:
    """Take renames back, the last first."""
    for what, _at, first, second, *backup in reversed(entries):
        if what == "swap":
            store._exchange(Path(first), Path(second))
        elif os.path.lexists(second) and Path(first).parent.is_dir():
            os.replace(second, first)  # noqa: PTH105
            if backup[0]:
                os.replace(backup[0], second)  # noqa: PTH105


def _unsynced(out: Path, since: int, safe: set[int]) -> Iterator[Path]:
    for path in out.rglob("*"):
        if path.is_file() and not path.name.startswith("ledger.sqlite"):
            told = path.stat()
            if told.st_mtime_ns > since and told.st_ino not in safe:
                yield path


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
    syncs = [at for at, entry in enumerate(entries) if entry[0] == "sync"]
    last = entries[syncs[-1]] if syncs else ["sync", 0, 0]
    after = entries[syncs[-1] + 1 :] if syncs else entries
    renames = [entry for entry in after if entry[0] in {"rename", "swap"}]
    undone = {"torn": renames, "zeros": [], "gone": renames[len(renames) // 2 :]}[way]
    _undo(undone)
    safe = {entry[2] for entry in after if entry[0] == "fsync"}
    files = list(_unsynced(out, last[1], safe))
    for path in files:
        _damage(path, way)
    hidden = out / ".heritage3d"
    (hidden / "ledger.sqlite-shm").unlink(missing_ok=True)
    wal = hidden / "ledger.sqlite-wal"
    if wal.exists() and (size := wal.stat().st_size) > last[2]:
        at = last[2] + (size - last[2]) * {"torn": 1, "zeros": 2, "gone": 0}[way] // 3 // _SECTOR * _SECTOR
        content = wal.read_bytes()
        wal.write_bytes(content[:at] + (bytes(size - at) if way == "zeros" else b""))
    return len(undone), len(files)


def every_step(folder: Path, *, second_edition: bool, stride: int) -> tuple[int, int, int]:
    """(failures played, renames undone, files damaged); an AssertionError where something is not whole."""
    unbroken = prepare(folder / "unbroken", second_edition=second_edition)
    before = digests(unbroken.tree()) if second_edition else {}
    unbroken.run()
    wanted = digests(unbroken.tree())
    played = undone = damaged = 0
    step, status = 1, 137
    while status == 137:
        for way in WAYS:
            shutil.rmtree(folder / "broken", ignore_errors=True)
            (folder / "broken").mkdir()
            shutil.rmtree(folder / "diary", ignore_errors=True)
            (folder / "diary").mkdir()
            batch = prepare(folder / "broken", second_edition=second_edition)
            diary = Diary(folder / "diary")
            status = in_a_child(batch, step, diary)
            assert status in {0, 137}, f"step {step}: exit {status}"
            lost, torn = fail(batch.out, diary, way)
            played, undone, damaged = played + 1, undone + lost, damaged + torn
            for name, digest in digests(batch.tree()).items():
                known = {wanted.get(name), before.get(name)}
                assert digest in known, f"step {step}, {way}: {name} is neither the old nor the new file"
            assert batch.run().exit_status == 0, f"step {step}, {way}"
            assert digests(batch.tree()) == wanted, f"step {step}, {way}: the tree differs"
            assert batch.run().changed is False, f"step {step}, {way}"
        step += stride
    return played, undone, damaged


if __name__ == "__main__":
    root, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for edition in (False, True):
        (root / str(edition)).mkdir(parents=True)
        for place in ("unbroken", "broken"):
            (root / str(edition) / place).mkdir()
        figures = every_step(root / str(edition), second_edition=edition, stride=every)
        name = "second" if edition else "first"
        print(
            "{} edition: power failed {} times, {} renames undone, {} files damaged; all whole".format(name, *figures)
        )
