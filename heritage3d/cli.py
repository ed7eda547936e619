"""The Typer app: only wiring. What a command does lives in the room that it names."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import heritage3d
from heritage3d import messages
from heritage3d.errors import Heritage3dError, Interrupted, NotAnOutput, UnknownFormat

messages.use(messages.language_of_arguments())

import heritage3d.stages  # noqa: E402  registers stages, kinds and formats
from heritage3d.deviation import command as deviation_  # noqa: E402
from heritage3d.exhibit import command as exhibit_  # noqa: E402
from heritage3d.photogrammetry import command as photogrammetry_  # noqa: E402
from heritage3d.pipeline import workflow as workflows_  # noqa: E402
from heritage3d.pipeline.command import command_of, help_of  # noqa: E402
from heritage3d.pipeline.kinds import recognise  # noqa: E402
from heritage3d.pipeline.progress import printable  # noqa: E402
from heritage3d.pipeline.stage import stages  # noqa: E402
from heritage3d.pipeline.store import Store  # noqa: E402
from heritage3d.quality import command as quality_  # noqa: E402
from heritage3d.trust import command as trust_  # noqa: E402


def _help(key: str, english: str) -> str:
    return str(messages.lookup("commands", key, messages.language()) or english)


app = typer.Typer(
    help=_help("app", "From a folder of captures to IIIF tiles, glTF models, manifests and exhibitions."),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_MAIN = _help("panel.main", "Main commands")
_STAGES = _help("panel.stages", "Stages, one at a time")


@app.callback()
def _root(
    lang: Annotated[  # noqa: ARG001  only for the help: main() has taken it out of the arguments
        str | None, typer.Option("--lang", help=_help("lang", "Language: en or zh-Hans; else that of the system"))
    ] = None,
    version: Annotated[bool, typer.Option("--version", help=_help("version", "Show the version"))] = False,
) -> None:
    if version:
        print(heritage3d.__version__)
        raise typer.Exit


@app.command(
    rich_help_panel=_MAIN,
    help=_help("run", "Process every object of a captures folder as a workflow says, and publish."),
)
def run(
    workflow: Annotated[
        str, typer.Argument(help=_help("run.workflow", "A YAML file, or the name of a shipped workflow"))
    ],
    captures: Annotated[
        Path, typer.Argument(help=_help("run.captures", "Captures folder, with objects.csv or objects.xlsx"))
    ],
    out: Annotated[Path, typer.Option("--out", help=_help("run.out", "Output folder"))],
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            help=_help(
                "run.base",
                "Address under which the output will be published; that of the last run, at first http://127.0.0.1:8000/",
            ),
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help=_help("run.workers", "Parallel processes (0: one for each core)"))
    ] = 0,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help=_help("run.scheduler", "An outside Dask scheduler, tcp://…"))
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help=_help("run.only", "Only the object of this id; may be repeated"))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_help("run.dry_run", "Only say what would be done, how long, how large"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_help("run.json", "One JSON object per line"))] = False,
) -> None:
    """Read the sheet, check the workflow, run it, report."""
    from heritage3d.pipeline import progress, report
    from heritage3d.pipeline import run as engine
    from heritage3d.pipeline.addresses import checked_base
    from heritage3d.record.objects import read_objects

    steps = workflows_.load(workflow)
    address = checked_base(base) if base is not None else None
    objects = read_objects(captures.absolute(), only or [])
    count = workers or engine.workers_of_this_computer()
    if dry_run:
        _tell_estimate(steps, objects, out.absolute(), count, as_json=as_json)
        return
    with progress.shown(as_json=as_json) as listener:
        result = engine.run(
            workflow=steps,
            objects=objects,
            captures=captures.absolute(),
            out=out.absolute(),
            base=address,
            partial=bool(only),
            workers=count,
            scheduler=scheduler,
            listener=listener,
        )
    page = report.write_reports(Store(out.absolute()).hidden, result)
    if as_json:
        told = {state: result.count(state) for state in ("published", "unchanged", "withheld", "failed")}
        site = {"code": result.error.code, "what": result.error.what()} if result.error else None
        progress.tell({"event": "end", **told, "jobs": result.jobs, "exit_status": result.exit_status, "error": site})
    else:
        _tell_result(result, page, out)
    raise typer.Exit(result.exit_status)


def _tell_result(result: Any, page: Path, out: Path) -> None:
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


def _tell_estimate(steps: workflows_.Workflow, objects: list[Any], out: Path, workers: int, *, as_json: bool) -> None:
    from heritage3d.pipeline.estimate import estimate

    told = estimate(steps, objects, out, workers)
    if as_json:
        figures = {
            "objects": told.objects,
            "captures": told.captures,
            "capture_bytes": told.capture_bytes,
            "jobs": told.jobs,
            "seconds": round(told.seconds, 3),
            "bytes_out": told.bytes_out,
            "bytes_free": told.bytes_free,
            "fits": told.fits,
            "problems": [{"code": error.code, "what": error.what(), "cure": error.cure()} for error in told.problems],
        }
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


@app.command(rich_help_panel=_MAIN, help=_help("status", "Say how every object of an output folder fared."))
def status(
    out: Annotated[Path, typer.Argument(help=_help("out", "Output folder"))],
    as_json: Annotated[bool, typer.Option("--json", help=_help("run.json", "One JSON object per line"))] = False,
) -> None:
    """Read the ledger; nothing is changed."""
    from heritage3d.pipeline.ledger import Ledger

    path = Store(out.absolute()).ledger
    if not path.is_file():
        raise NotAnOutput(file=out)
    with Ledger(path) as ledger:
        last, objects = ledger.last_run(), list(ledger.objects())
    if as_json:
        print(json.dumps({"run": last, "objects": objects}, ensure_ascii=False))
        return
    if last:
        began = datetime.fromtimestamp(last["began"]).astimezone().strftime("%Y-%m-%d %H:%M")
        outcome = last["outcome"]
        print(f"{messages.text('status.run')}: {began}  {messages.text(f'status.{outcome}')}")
        print(f"{messages.text('status.workflow')}: {last['workflow']}")
        print(f"{messages.text('status.captures')}: {last['captures']}")
    for item in objects:
        print(f"{printable(item['id'])}: {messages.text('state.' + item['state'])}")
        for error in item["errors"]:
            fields = {key: value for key, value in error.items() if key != "code"}
            what = messages.error(error["code"], "what", fields)
            cure = messages.error(error["code"], "cure", fields)
            print(printable(f"    {error['code']} {fields.get('file') or ''}: {what} {cure}"))


@app.command(
    rich_help_panel=_MAIN,
    help=_help("bind", "Give a published tree another web address, without touching a tile or a model."),
)
def bind(
    out: Annotated[Path, typer.Argument(help=_help("out", "Output folder"))],
    base: Annotated[
        str, typer.Option("--base", help=_help("bind.base", "Web address at which the folder will be served"))
    ],
) -> None:
    """Works on any copy of the published tree."""
    from heritage3d.pipeline import binding

    done = binding.bind(out.absolute(), base)
    old = ", ".join(sorted(done.before))
    told = {"documents": done.documents, "written": done.written, "old": old, "new": base}
    print(printable(messages.text("bind.done", **told)))


@app.command(
    rich_help_panel=_MAIN, help=_help("doctor", "Check the environment: versions, optional parts, what is missing.")
)
def doctor() -> None:
    """Import every library for real."""
    from heritage3d.environment import examine

    bad = False
    for part in examine():
        mark = "✓" if part.good else "✗" if part.needed else "–"
        bad |= part.needed and not part.good
        print(f"{mark} {part.name} {part.version}".rstrip() + ("" if part.good else f": {part.cure}"))
    print(messages.text("doctor.bad" if bad else "doctor.good"))
    raise typer.Exit(6 if bad else 0)


@app.command(
    "stages", rich_help_panel=_MAIN, help=_help("stages", "List the stages: what they read and what they make.")
)
def list_stages() -> None:
    """One paragraph per stage."""
    for name, stage in sorted(stages().items()):
        print(f"{name}: {help_of(stage).partition(chr(10))[0]}")
        print(f"    {messages.text('stages.reads')} {', '.join(stage.reads)}")
        print(f"    {messages.text('stages.makes')} {', '.join(stage.writes)}")


@app.command(
    "workflows", rich_help_panel=_MAIN, help=_help("workflows", "List the workflows that come with heritage3d.")
)
def list_workflows() -> None:
    """Name, title and steps of each."""
    for name in workflows_.shipped():
        known = workflows_.load(name)
        title = known.title.get(messages.language()) or known.title.get("en", "")
        print(f"{name}: {title}".rstrip(": "))
        for line in workflows_.described(known):
            print(f"    {line}")


@app.command("schema", rich_help_panel=_MAIN, help=_help("schema", "Print the JSON Schema of workflows, for editors."))
def print_schema() -> None:
    """Derived from the stages' declarations."""
    from heritage3d.pipeline.schema import workflow_schema

    print(json.dumps(workflow_schema(), indent=2, ensure_ascii=False))


@app.command("info", rich_help_panel=_MAIN, help=_help("info", "Say what a file is."))
def print_info(file: Annotated[Path, typer.Argument(help=_help("file", "File"), exists=True, dir_okay=False)]) -> None:
    """JSON on standard output."""
    found = recognise(file)
    if found is None:
        raise UnknownFormat(file=file)
    print(json.dumps({"format": found.name, **found.info(file)}, indent=2, ensure_ascii=False, default=str))


@app.command(
    "check", rich_help_panel=_MAIN, help=_help("check", "Judge a file by its format; works on other people's files.")
)
def check_file(file: Annotated[Path, typer.Argument(help=_help("file", "File"), exists=True, dir_okay=False)]) -> None:
    """A line per finding; exit status 1 if one of them is an error."""
    found = recognise(file)
    if found is None:
        raise UnknownFormat(file=file)
    findings = found.check(file)
    for finding in findings:
        print(printable(f"{finding.severity} {finding.code} {finding.where}: {finding.what}".replace("  ", " ")))
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)
    print(messages.text("check.good"))


app.command("inspect", rich_help_panel=_MAIN, help=quality_.SUMMARY)(quality_.inspect)
app.command("preflight", rich_help_panel=_MAIN, help=photogrammetry_.SUMMARY)(photogrammetry_.preflight)
app.command("key", rich_help_panel=_MAIN, help=trust_.KEY)(trust_.key)
app.command("sign", rich_help_panel=_MAIN, help=trust_.SIGN)(trust_.sign)
app.command("verify", rich_help_panel=_MAIN, help=trust_.VERIFY)(trust_.verify)
app.command("package", rich_help_panel=_MAIN, help=exhibit_.PACKAGE)(exhibit_.package)
app.command("serve", rich_help_panel=_MAIN, help=exhibit_.SERVE)(exhibit_.serve)
app.command("trace", rich_help_panel=_MAIN, help=trust_.TRACE)(trust_.trace)
app.command("premis", rich_help_panel=_MAIN, help=trust_.PREMIS)(trust_.premis)
app.command("repair", rich_help_panel=_MAIN, help=trust_.REPAIR)(trust_.repair)
app.command("compare", rich_help_panel=_MAIN, help=deviation_.SUMMARY)(deviation_.compare)


@app.command(
    "reference", rich_help_panel=_MAIN, hidden=True, help=_help("reference", "Write the generated reference pages.")
)
def write_reference(folder: Annotated[Path, typer.Argument(help=_help("out", "Folder"))]) -> None:
    """For `make docs`; a test compares them with docs/reference."""
    from heritage3d.pipeline.reference import pages

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")


for _name, _stage in sorted(stages().items()):
    app.command(_name, rich_help_panel=_STAGES, help=help_of(_stage))(command_of(_stage))


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """Every failure ends in one line and an exit status, never in a traceback."""
    try:
        yield
    except Heritage3dError as error:
        print(printable(error.line()), file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print(Interrupted().line(), file=sys.stderr)
        sys.exit(Interrupted.exit_status)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if "H3D_DEBUG" in os.environ:
            raise
        print(printable(Heritage3dError(detail=f"{type(error).__name__}: {error}").line()), file=sys.stderr)
        sys.exit(Heritage3dError.exit_status)


def main() -> None:
    """The command ``heritage3d``. ``--lang`` may stand anywhere; it was read before the help was built."""
    arguments = messages.without_language(sys.argv[1:])
    with _one_line():
        app(args=arguments)
