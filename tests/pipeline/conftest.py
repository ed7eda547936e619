"""A tiny collection and a way to run it on the real engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heritage3d.pipeline import workflow as workflows
from heritage3d.pipeline.estimate import Estimate, estimate
from heritage3d.pipeline.executor import Executor, engine
from heritage3d.pipeline.job import Outcome, Spec
from heritage3d.pipeline.run import Listener, ObjectResult, RunResult, run
from heritage3d.record.objects import read_objects
from tests.pipeline import tiny


class Silent:
    """Nobody watches."""

    def begin(self, objects: int) -> None: ...
    def job(self, spec: Spec, outcome: Outcome) -> None: ...
    def running(self, bundles: list[list[Spec]]) -> None: ...
    def object(self, result: ObjectResult) -> None: ...


Start = Callable[[int, str | None], contextlib.AbstractContextManager[Executor]]


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Start]:
    """One real Dask engine with two workers for all tests: starting it anew would take most of their time."""
    with engine(2) as executor:
        client = executor._client

        @contextlib.contextmanager
        def start(_workers: int, _scheduler: str | None) -> Iterator[Executor]:
            yield Executor(client)

        yield start


class Batch:
    """A captures folder, a workflow and an output."""

    def __init__(self, folder: Path, start: Start | None = None) -> None:
        self.start = start
        self.captures = folder / "captures"
        self.out = folder / "out"
        self.workflow = folder / "tiny.yaml"
        self.workflow.write_text(tiny.WORKFLOW, "utf-8")

    def object(self, name: str, *pages: str) -> Path:
        """Add or change an object with these pages."""
        folder = self.captures / name
        folder.mkdir(parents=True, exist_ok=True)
        for at, text in enumerate(pages, 1):
            (folder / f"p{at}.txt").write_text(text, "utf-8")
        return folder

    def sheet(self, *rows: str, head: str = "id,title") -> None:
        self.captures.mkdir(parents=True, exist_ok=True)
        (self.captures / "objects.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")

    def run(
        self,
        *,
        base: str | None = None,
        workers: int = 2,
        only: tuple[str, ...] = (),
        listener: Listener | None = None,
    ) -> RunResult:
        return run(
            workflow=workflows.load(str(self.workflow)),
            objects=read_objects(self.captures, list(only)),
            captures=self.captures,
            out=self.out,
            base=base,
            workers=workers,
            scheduler=None,
            listener=listener or Silent(),
            partial=bool(only),
            start=None if workers != 2 else self.start,
        )

    def foreseen(self, *, base: str | None = None, only: tuple[str, ...] = ()) -> Estimate:
        """What ``--dry-run`` says of such a run."""
        return estimate(
            workflows.load(str(self.workflow)),
            read_objects(self.captures, list(only)),
            captures=self.captures,
            out=self.out,
            workers=1,
            base=base,
            partial=bool(only),
        )

    def states(self, result: RunResult) -> dict[str, str]:
        return {item.id: item.state for item in result.objects}

    def tree(self, out: Path | None = None) -> dict[str, bytes]:
        """Every published file."""
        root = out or self.out
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".heritage3d" not in path.parts
        }


@pytest.fixture
def batch(tmp_path: Path, shared_engine: Start) -> Batch:
    """Two objects: a with three pages, b with one."""
    made = Batch(tmp_path, shared_engine)
    made.object("a", "one", "two", "three")
    made.object("b", "four")
    made.sheet("a,Alpha", "b,Beta")
    return made


@pytest.fixture
def new_batch(tmp_path: Path) -> Callable[[str], Batch]:
    """Batches in folders of their own."""

    def make(name: str) -> Batch:
        (tmp_path / name).mkdir()
        return Batch(tmp_path / name)

    return make
