"""What a person sees while a run works: a bar and the running jobs, plain lines, or JSON for machines."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from heritage3d import messages
from heritage3d.pipeline.job import Outcome, Spec
from heritage3d.pipeline.results import Listener, ObjectResult

_STATES = {"published": "green", "unchanged": "dim", "withheld": "yellow", "failed": "red"}


@contextlib.contextmanager
def shown(*, as_json: bool) -> Iterator[Listener]:
    """The display that suits where the output goes."""
    if as_json:
        yield _Machine()
    elif sys.stderr.isatty():
        display = _Terminal()
        with display.live:
            yield display
    else:
        yield _Lines()


class _Machine:
    """A JSON object per line on standard output."""

    def begin(self, objects: int) -> None:
        tell({"event": "begin", "objects": objects})

    def job(self, spec: Spec, outcome: Outcome) -> None:
        tell(
            {
                "event": "job",
                "object": spec.object,
                "step": spec.step or "arrive",
                "slot": spec.slot,
                "seconds": round(outcome.seconds, 3),
                "good": outcome.error is None,
            }
        )

    def running(self, bundles: list[list[Spec]]) -> None:
        """Machines ask for results, not for guesses."""

    def object(self, result: ObjectResult) -> None:
        tell({"event": "object", **as_dict(result)})


def tell(event: dict[str, Any]) -> None:
    """One line of JSON on standard output, at once."""
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def as_dict(result: ObjectResult) -> dict[str, Any]:
    """An object's result for machines: errors with code, what and cure."""
    errors = [
        {"code": error.code, "file": error.file, "what": error.what(), "cure": error.cure()} for error in result.errors
    ]
    return {"object": result.id, "state": result.state, "seconds": round(result.seconds, 3), "errors": errors}


class _Lines:
    """A plain line per object on standard error: for logs and pipes."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0

    def begin(self, objects: int) -> None:
        self.total = objects
        print(messages.text("run.begins", objects=objects), file=sys.stderr, flush=True)

    def job(self, spec: Spec, outcome: Outcome) -> None:
        """A line per object is enough for a log."""

    def running(self, bundles: list[list[Spec]]) -> None:
        """Logs tell what happened, not what is happening."""

    def object(self, result: ObjectResult) -> None:
        self.done += 1
        state = messages.text(f"state.{result.state}")
        took = f" {result.seconds:.1f} s" if result.seconds else ""
        print(f"[{self.done}/{self.total}] {printable(result.id)}: {state}{took}", file=sys.stderr, flush=True)
        for error in result.errors:
            print(f"    {printable(error.line())}", file=sys.stderr, flush=True)


class _Terminal:
    """One bar for the run, a line per running job, and what failed above them."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("·"),
            TextColumn("{task.fields[left]}", style="progress.remaining"),
            console=self.console,
        )
        self.task = self.bar.add_task(messages.text("run.objects"), total=None, left="-:--:--")
        self.live = Live(self, console=self.console, refresh_per_second=4, transient=True)
        self.bundles: list[list[Spec]] = []
        self.since: dict[Path, float] = {}  # the note of a running job -> when it was seen first
        self.total = self.done = self.worked = 0
        self.began: float | None = None  # when the first job was under way

    def __rich__(self) -> Group:
        """What is shown now: time goes on while a long job runs."""
        now = time.monotonic()
        self.bar.update(self.task, left=self.left(now))
        lines = Table.grid(padding=(0, 2))
        for specs in list(self.bundles):
            spec = next((spec for spec in specs if spec.note.exists()), specs[0])
            began = self.since.setdefault(spec.note, now)
            doing = spec.step or messages.text("run.arriving")
            lines.add_row("  ", doing, printable(f"{spec.object} {spec.slot}".strip()), f"{now - began:.0f} s")
        return Group(self.bar, lines)

    def left(self, now: float) -> str:
        """The time that is left, by the pace of the objects that had work: those that stand take none."""
        if self.began is None or not self.worked:
            return "-:--:--"
        seconds = (now - self.began) / self.worked * (self.total - self.done)
        return str(timedelta(seconds=round(seconds)))

    def begin(self, objects: int) -> None:
        self.total = objects
        self.bar.update(self.task, total=objects)

    def job(self, spec: Spec, outcome: Outcome) -> None:  # noqa: ARG002  the bar counts objects
        self.since.pop(spec.note, None)

    def running(self, bundles: list[list[Spec]]) -> None:
        self.bundles = bundles
        self.began = self.began or time.monotonic()

    def object(self, result: ObjectResult) -> None:
        self.done += 1
        self.worked += bool(result.jobs)
        self.bar.advance(self.task)
        if result.state != "unchanged":
            state = Text(messages.text(f"state.{result.state}"), style=_STATES[result.state])
            self.console.print(state, Text(printable(result.id)), Text(f"{result.seconds:.1f} s", style="dim"))
        for error in result.errors:
            self.console.print(Text("    " + printable(error.line()), style="red"))


def printable(text: str) -> str:
    """Text that is safe on a terminal: no control characters from file names, no lone surrogates."""
    if text.isprintable():  # which lone surrogates are not
        return text
    clean = "".join(char if char.isprintable() or char == " " else "\ufffd" for char in text)
    return clean.encode("utf-8", "replace").decode("utf-8")
