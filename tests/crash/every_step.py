"""Die at the k-th write to the file system or the ledger, k = 1, 2, 3 …, until a run ends unhit (SQLite's method).

Run as a program: it forks, so it must not have Dask's threads. After each death the same run is started
again and must give the tree of an unbroken run; at the moment of death no partial file may be visible.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import heritage3d.stages  # noqa: F401  registers the kinds
from heritage3d.pipeline.job import Outcome, Spec, guarded
from tests.pipeline.conftest import Batch


class Inline:
    """The executor's interface without processes: one job at a time, here."""

    workers = 1
    free = 1

    def __init__(self) -> None:
        self.waiting: deque[Spec] = deque()

    @property
    def busy(self) -> bool:
        return bool(self.waiting)

    idle = answered = False

    def submit(self, specs: list[Spec]) -> None:
        self.waiting.extend(specs)

    def under_way(self) -> list[list[Spec]]:
        return []

    def outcomes(self) -> Iterator[tuple[Spec, Outcome]]:
        spec = self.waiting.popleft()
        yield spec, guarded(spec)


@contextlib.contextmanager
def inline(_workers: int, _scheduler: str | None) -> Iterator[Inline]:
    yield Inline()


def digests(tree: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in tree.items()}


def in_a_child(batch: Batch, die_at: int) -> int:
    """The exit status of a run that dies at its k-th step (137), or ends (0)."""
    child = os.fork()
    if child == 0:
        os.environ["H3D_DIE_AT"] = str(die_at)
        status = 99
        with contextlib.suppress(BaseException):
            status = batch.run().exit_status
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def prepare(folder: Path, *, second_edition: bool) -> Batch:
    batch = Batch(folder, inline)  # type: ignore[arg-type]  the same interface
    batch.object("a", "one", "two")
    batch.object("b", "four")
    batch.sheet("a,Alpha", "b,Beta")
    if second_edition:  # die while an edition replaces another one
        assert batch.run().exit_status == 0
        batch.object("a", "ONE", "two", "new")
        (batch.captures / "b" / "p1.txt").rename(batch.captures / "b" / "p9.txt")
    return batch


def every_step(folder: Path, *, second_edition: bool) -> tuple[int, int]:
    """(steps at which a run died, how often a page was cut again at most); an AssertionError where a tree differs."""
    unbroken = prepare(folder / "unbroken", second_edition=second_edition)
    before = digests(unbroken.tree()) if second_edition else {}
    unbroken.run()
    wanted = digests(unbroken.tree())
    kills, repeated = 0, 0
    log = folder / "tiles.log"
    os.environ["TINY_LOG"] = str(log)
    while True:
        shutil.rmtree(folder / "broken", ignore_errors=True)
        (folder / "broken").mkdir()
        batch = prepare(folder / "broken", second_edition=second_edition)
        log.write_text("")
        status = in_a_child(batch, kills + 1)
        if status == 0:
            return kills, repeated
        assert status == 137, f"step {kills + 1}: exit {status}"
        visible = digests(batch.tree())
        for name, digest in visible.items():
            known = {wanted.get(name), before.get(name)}
            assert digest in known, f"step {kills + 1}: {name} is neither the old nor the new file"
        assert batch.run().exit_status == 0
        assert digests(batch.tree()) == wanted, f"step {kills + 1}: the tree differs"
        assert batch.run().changed is False
        tiles = log.read_text().splitlines()
        repeated = max(repeated, max(tiles.count(page) for page in tiles) - 1)
        kills += 1


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for edition in (False, True):
        (root / str(edition)).mkdir(parents=True)
        for name in ("unbroken", "broken"):
            (root / str(edition) / name).mkdir()
        count, twice = every_step(root / str(edition), second_edition=edition)
        name = "second" if edition else "first"
        print(f"{name} edition: died at {count} of {count} steps, a page was cut again at most {twice} times")
