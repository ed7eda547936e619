"""The command ``heritage3d inspect``: captures judged at the copy stand, one line each."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heritage3d import messages
from heritage3d.errors import UsageError
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

if TYPE_CHECKING:
    from heritage3d.quality.folder import Series
    from heritage3d.quality.inspecting import Inspection
    from heritage3d.quality.measure import Finding, Verdict


SUMMARY = said(
    "inspect", "Judge captures: sharpness, light, colour, page numbers; say what to change at the copy stand."
)


def inspect(
    path: Annotated[Path, typer.Argument(help=said("inspect.path", "An image, or a folder of images"), exists=True)],
    as_json: Annotated[bool, typer.Option("--json", help=said("inspect.json", "One JSON object per file"))] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help=said("inspect.watch", "Watch the folder and judge each file that arrives; Ctrl-C ends")
        ),
    ] = False,
    category: Annotated[
        str | None,
        typer.Option("--category", help=said("inspect.category", "Which set of limits, see the guide: quality.md")),
    ] = None,
    ppi: Annotated[
        float | None,
        typer.Option(
            "--ppi", min=1, help=said("inspect.ppi", "Resolution, where the files do not say it or say it wrong")
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", help=said("inspect.report", "Write a contact sheet and colour charts into this folder")
        ),
    ] = None,
) -> None:
    """Exit status 1 when a file or a series fails."""
    session = Session(as_json=as_json, category=_category(category), ppi=ppi)
    if watch:
        _watch(path, session)
    elif path.is_dir():
        _folder(path, session)
    else:
        session.judge(path, str(path))
    if report:
        from heritage3d.quality.contact_sheet import write_contact_sheet

        page = write_contact_sheet(report, session.inspections, session.series)
        print(printable(messages.text("inspect.report", path=page)), file=sys.stderr)
    raise typer.Exit(1 if session.verdict == "fail" else 0)


def _category(name: str | None) -> str:
    from heritage3d.quality import limits

    if name is not None and name not in limits.categories():
        raise UsageError(detail=f"--category {name}: known are {', '.join(limits.categories())}")
    return name or limits.DEFAULT


@dataclass
class Session:
    """What was judged so far, and how it is told."""

    as_json: bool
    category: str
    ppi: float | None
    inspections: list[Inspection] = field(default_factory=list)
    series: list[tuple[str, list[Finding]]] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The gravest of all."""
        from heritage3d.quality.inspecting import worst

        findings = [entry.verdict for _name, found in self.series for entry in found]
        return worst([*(entry.verdict for entry in self.inspections), *findings])

    def judge(self, path: Path, name: str, **more: Any) -> None:
        """Inspect one file and tell its line; an earlier judgement of the same name is replaced."""
        from heritage3d.quality.inspecting import inspect as judged

        inspection = judged(path, category=self.category, known_as=name, ppi=self.ppi)
        self.inspections = [entry for entry in self.inspections if entry.file != name] + [inspection]
        self.tell(inspection, more)

    def tell(self, inspection: Inspection, more: dict[str, Any]) -> None:
        """One line or one JSON object, at once."""
        from heritage3d.quality import telling

        if self.as_json:
            _print_json({**telling.as_dict(inspection), **more})
            return
        note = f" ({messages.text('inspect.again')})" if more.get("again") else ""
        self._line(inspection.file + note, inspection.verdict, telling.line(inspection))

    def tell_series(self, folder: str, found: list[Finding]) -> None:
        """A line for each finding of a folder."""
        from heritage3d.quality import telling
        from heritage3d.quality.inspecting import worst

        self.series.append((folder, found))
        if self.as_json:
            verdict = worst(entry.verdict for entry in found)
            told = [telling.finding_dict(entry) for entry in found]
            _print_json({"series": folder, "verdict": verdict, "findings": told})
            return
        name = messages.text("inspect.series", folder=folder) if folder else messages.text("inspect.series_here")
        for entry in found:
            self._line(name, entry.verdict, telling.finding(entry))

    def summary(self) -> None:
        """How many of each verdict."""
        from heritage3d.quality.contact_sheet import summary

        if not self.as_json:
            typer.echo(summary(self.inspections))

    def _line(self, name: str, verdict: Verdict, text: str) -> None:
        from heritage3d.quality.telling import COLOURS

        word = typer.style(messages.text(f"inspect.{verdict}"), fg=COLOURS[verdict], bold=verdict == "fail")
        typer.echo(f"{printable(name)}{messages.text('inspect.colon')}{word}{messages.text('inspect.comma')}{text}")


def _print_json(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _folder(root: Path, session: Session) -> None:
    """Every image of a folder, then what the folders say as series."""
    from heritage3d.quality.folder import series_of

    found = list(series_of(root))
    for entry in found:
        for file in entry.files:
            session.judge(root / file, file)
    if not found:
        print(printable(messages.text("inspect.none", folder=root)), file=sys.stderr)
        return
    _tell_series(found, session)
    session.summary()


def _tell_series(found: list[Series], session: Session) -> None:
    from heritage3d.quality import series

    captures = {entry.file: entry.capture for entry in session.inspections if entry.capture}
    for entry in found:
        known = [captures[file] for file in entry.files if file in captures]
        told = series.findings(known, entry.files, entry.page_list)
        if told or session.as_json:
            session.tell_series(entry.folder, told)


def _watch(root: Path, session: Session) -> None:
    """A line for each file that arrives, until Ctrl-C; then the summary and the series of what arrived."""
    if not root.is_dir():
        raise UsageError(detail=f"--watch needs a folder, and {root} is a file")
    from heritage3d.quality import inspecting, watching  # noqa: F401  loads what takes long before the first file
    from heritage3d.quality.folder import Series, series_of

    there = sum(len(entry.files) for entry in series_of(root))
    arriving = watching.landed(root)  # before the word is given: what comes after it is never missed
    print(printable(messages.text("inspect.watching", folder=root, files=there)), file=sys.stderr, flush=True)
    with _until_stopped():
        for file in arriving:
            name = file.path.relative_to(root).as_posix()
            if file.waiting:
                print(printable(messages.text("inspect.growing", file=name)), file=sys.stderr, flush=True)
            else:
                session.judge(file.path, name, again=file.again)
    judged = {entry.file for entry in session.inspections}
    arrived = [
        Series(entry.folder, [file for file in entry.files if file in judged], None) for entry in series_of(root)
    ]
    _tell_series([entry for entry in arrived if entry.files], session)
    session.summary()


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ctrl-C and a stop from outside end the block, not the program."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
