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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import heritage3d.stages  # noqa: F401  registers the kinds
from heritage3d.pipeline.binding import bind
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


# --- what a run is in the middle of -----------------------------------------------------------------------

MOVED = "https://museum.example/collections/"


@dataclass(frozen=True)
class Edition:
    """What is published when a run dies: whether something stands there already, what is new, and what is done."""

    stands: bool
    renew: Callable[[Batch], None]
    do: Callable[[Batch], bool]  # whether anything changed


def _nothing(_batch: Batch) -> None: ...


def _another(batch: Batch) -> None:
    batch.object("a", "ONE", "two", "new")
    (batch.captures / "b" / "p1.txt").rename(batch.captures / "b" / "p9.txt")


def published(batch: Batch, base: str | None = None) -> bool:
    result = batch.run(base=base)
    assert result.exit_status == 0
    return result.changed


EDITIONS = {
    "first": Edition(False, _nothing, published),
    "second": Edition(True, _another, published),
    "moved": Edition(True, _nothing, lambda batch: published(batch, MOVED)),
    "bound": Edition(True, _nothing, lambda batch: bind(batch.out, MOVED).written > 0),
}


def prepare(folder: Path, edition: Edition) -> Batch:
    """A batch in an emptied folder, up to where the edition begins."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    batch = Batch(folder, inline)  # type: ignore[arg-type]  the same interface
    batch.object("a", "one", "two")
    batch.object("b", "four")
    batch.sheet("a,Alpha", "b,Beta")
    if edition.stands:
        published(batch)
        edition.renew(batch)
    return batch


def unbroken(folder: Path, edition: Edition) -> tuple[dict[str, str], dict[str, str]]:
    """The digests of the tree before the edition and after it."""
    batch = prepare(folder, edition)
    before = digests(batch.tree()) if edition.stands else {}
    edition.do(batch)
    return before, digests(batch.tree())


def in_a_child(batch: Batch, edition: Edition, die_at: int, watch: Callable[[], None] = lambda: None) -> int:
    """The exit status of a run that dies at its k-th step (137), or ends (0). ``watch`` is called in the child."""
    child = os.fork()
    if child == 0:
        os.environ["H3D_DIE_AT"] = str(die_at)
        status = 99
        with contextlib.suppress(BaseException):
            watch()
            edition.do(batch)
            status = 0
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, 137}, f"step {die_at}: exit {status}"
    return status


def check_whole(batch: Batch, edition: Edition, before: dict[str, str], wanted: dict[str, str], when: str) -> None:
    """Nothing half is seen, the same again gives the tree of an unbroken run, and once more changes nothing."""
    for name, digest in digests(batch.tree()).items():
        assert digest in {wanted.get(name), before.get(name)}, f"{when}: {name} is neither the old nor the new file"
    edition.do(batch)
    assert digests(batch.tree()) == wanted, f"{when}: the tree differs"
    assert edition.do(batch) is False, f"{when}: it is never done"


# --- the k-th step ----------------------------------------------------------------------------------------


def every_step(folder: Path, edition: Edition, stride: int) -> tuple[int, int]:
    """(runs that died, how often a page was cut again at most); an AssertionError where a tree differs."""
    before, wanted = unbroken(folder / "unbroken", edition)
    kills, repeated = 0, 0
    log = folder / "tiles.log"
    os.environ["TINY_LOG"] = str(log)
    while True:
        batch = prepare(folder / "broken", edition)
        log.write_text("")
        step = 1 + kills * stride
        if in_a_child(batch, edition, step) == 0:
            return kills, repeated
        check_whole(batch, edition, before, wanted, f"step {step}")
        tiles = log.read_text().splitlines()
        repeated = max([repeated, *(tiles.count(page) - 1 for page in tiles)])
        kills += 1


if __name__ == "__main__":
    root, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, edition in EDITIONS.items():
        count, twice = every_step(root / name, edition, every)
        print(f"{name} edition: died at {count} steps, every {every}., tree equal; a page was cut again {twice} times")
