"""The command ``heritage3d run``: every object of a captures folder, as a workflow says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline import workflow as workflows
from heritage3d.pipeline.progress import printable
from heritage3d.pipeline.store import Store

if TYPE_CHECKING:
    from heritage3d.pipeline.estimate import Estimate
    from heritage3d.pipeline.run import RunResult

SUMMARY = said("run", "Process every object of a captures folder as a workflow says, and publish.")


def run(
    workflow: Annotated[
        str, typer.Argument(help=said("run.workflow", "A YAML file, or the name of a shipped workflow"))
    ],
    captures: Annotated[
        Path, typer.Argument(help=said("run.captures", "Captures folder, with objects.csv or objects.xlsx"))
    ],
    out: Annotated[Path, typer.Option("--out", help=said("run.out", "Output folder"))],
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            help=said(
                "run.base",
                "Address under which the output will be published; that of the last run, at first http://127.0.0.1:8000/",
            ),
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help=said("run.workers", "Parallel processes (0: one for each core)"))
    ] = 0,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help=said("run.scheduler", "An outside Dask scheduler, tcp://…"))
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help=said("run.only", "Only the object of this id; may be repeated"))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=said("run.dry_run", "Only say what would be done, how long, how large"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=said("run.json", "One JSON object per line"))] = False,
) -> None:
    """Read the sheet, check the workflow, run it, report."""
    from heritage3d.pipeline import estimate, foreseen, progress
    from heritage3d.pipeline import run as engine
    from heritage3d.pipeline.addresses import checked_base
    from heritage3d.record.objects import read_objects

    steps = workflows.load(workflow)
    address = checked_base(base) if base is not None else None
    captures, out = captures.absolute(), out.absolute()
    objects = read_objects(captures, only or [])
    foreseen.judge(steps, captures, objects, out)
    count, partial = workers or engine.workers_of_this_computer(), bool(only)
    if dry_run:
        told = estimate.estimate(
            steps, objects, captures=captures, out=out, workers=count, base=address, partial=partial
        )
        _tell_estimate(told, as_json=as_json)
        return
    with progress.shown(as_json=as_json) as listener:
        result = engine.run(
            workflow=steps,
            objects=objects,
            captures=captures,
            out=out,
            base=address,
            partial=partial,
            workers=count,
            scheduler=scheduler,
            listener=listener,
        )
    _tell_end(result, out, as_json=as_json)
    raise typer.Exit(result.exit_status)


def _tell_end(result: RunResult, out: Path, *, as_json: bool) -> None:
    """Write the report, and say how the run ended."""
    from heritage3d.pipeline import progress, report

    page = report.write_reports(Store(out).hidden, result)
    if as_json:
        told = {state: result.count(state) for state in ("published", "unchanged", "withheld", "failed")}
        site = {"code": result.error.code, "what": result.error.what()} if result.error else None
        progress.tell({"event": "end", **told, "jobs": result.jobs, "exit_status": result.exit_status, "error": site})
    else:
        _tell_result(result, page, out)


def _tell_result(result: RunResult, page: Path, out: Path) -> None:
    from heritage3d.pipeline import report

    console = Console(stderr=True, soft_wrap=True)
    failed = [item for item in result.objects if item.errors]
    if failed:
        table = Table(show_lines=True)
        for name in ("object", "file", "code", "reason"):
            table.add_column(messages.text(f"report.{name}"), overflow="fold")
        for item in failed:
            for error in item.errors:
                reason = Text(printable(error.what())) + Text("\n" + printable(error.cure()), style="bold")
                table.add_row(Text(printable(item.id)), Text(printable(error.file)), error.code, reason)
        console.print(table)
    if result.error:
        console.print(Text(messages.text("run.site_failed", line=printable(result.error.line())), style="red"))
    if result.exit_status == 0 and not result.changed:
        console.print(messages.text("run.nothing"))
    else:
        console.print(Text(report.summary(result)))
    console.print(Text(messages.text("run.report", path=page)))
    console.print(Text(messages.text("run.look", out=out)))


def _tell_estimate(told: Estimate, *, as_json: bool) -> None:
    if as_json:
        problems = [{"code": error.code, "what": error.what(), "cure": error.cure()} for error in told.problems]
        figures = {**asdict(told), "seconds": round(told.seconds, 3), "fits": told.fits, "problems": problems}
        print(json.dumps(figures, ensure_ascii=False))
        return
    table = Table.grid(padding=(0, 2))
    minutes, seconds = divmod(round(told.seconds), 60)
    for key, value in (
        ("dry.objects", str(told.objects)),
        ("dry.captures", f"{told.captures} ({told.capture_bytes / 1e9:.2f} GB)"),
        ("dry.jobs", ", ".join(f"{name} {count}" for name, count in told.jobs.items())),
        ("dry.time", f"{minutes} min {seconds} s"),
        ("dry.writes", f"{told.bytes_out / 1e9:.2f} GB"),
        ("dry.free", f"{told.bytes_free / 1e9:.2f} GB"),
    ):
        table.add_row(messages.text(key), value)
    Console().print(table)
    print(messages.text("dry.fits" if told.fits else "dry.full"))
    for error in told.problems:
        print(printable(error.line()))
