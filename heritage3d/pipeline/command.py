"""Every stage as a command of its own: arguments, options, ranges and help come from the declaration."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import shutil
import tempfile
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ValidationError

from heritage3d import messages
from heritage3d.errors import DestinationInUse, JobKilled, OutputIsFile, UsageError
from heritage3d.pipeline import addresses
from heritage3d.pipeline.job import Outcome, Spec, blamed, first_input, guarded
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.process import prepare_process
from heritage3d.pipeline.stage import Artefact, Stage, option_named, python_name
from heritage3d.pipeline.store import move, remove, translated


def command_of(stage: Stage) -> Callable[..., None]:
    """A function whose signature Typer turns into the stage's command."""
    parameters = [_argument(entry.name, many=entry.arity == "all") for entry in stage.inputs]
    dest = typer.Argument(help=messages.command("dest", "Folder of the result: new or empty"))
    parameters.append(
        inspect.Parameter("dest", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[Path, dest])
    )
    parameters.extend(_option(stage, name) for name in stage.public_options())

    def command(**given: Any) -> None:
        inputs = {entry.name: given.pop(entry.name) for entry in stage.inputs}
        perform(stage, inputs, given.pop("dest"), given)

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = help_of(stage)
    return command


def help_of(stage: Stage) -> str:
    """The stage's help in the language of this process."""
    told = messages.lookup("stages", stage.name, messages.language()) if messages.language() != "en" else None
    summary = str(told["summary"]) if told else stage.summary
    return summary if told or not stage.description else f"{summary}\n\n{stage.description}"


def option_help(stage: Stage, name: str, language: str | None = None) -> str:
    """An option's help: English from the declaration, other languages from messages/."""
    chosen = language or messages.language()
    english = stage.Options.model_fields[name].description or ""
    if chosen == "en":
        return english
    return str(messages.lookup("options", f"{stage.name}.{name}", chosen) or english)


def _argument(name: str, *, many: bool) -> inspect.Parameter:
    told = typer.Argument(
        help=messages.command("input", "Input file" if not many else "Input files"), exists=True, show_default=False
    )
    annotation = Annotated[list[Path], told] if many else Annotated[Path, told]
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)


def _option(stage: Stage, name: str) -> inspect.Parameter:
    entry = stage.Options.model_fields[name]
    bounds: dict[str, Any] = {}
    for mark in entry.metadata:
        bounds |= {"min": mark.ge} if isinstance(mark, Ge) else {}
        bounds |= {"min": mark.gt} if isinstance(mark, Gt) else {}
        bounds |= {"max": mark.le} if isinstance(mark, Le) else {}
        bounds |= {"max": mark.lt} if isinstance(mark, Lt) else {}
    flag = "--" + name.replace("_", "-")
    hint = _plain_type(entry.annotation)
    declared = [f"{flag}/--no-{flag[2:]}"] if hint is bool else [flag]
    told = typer.Option(*declared, help=option_help(stage, name), **bounds)
    return inspect.Parameter(
        python_name(name), inspect.Parameter.KEYWORD_ONLY, default=entry.get_default(), annotation=Annotated[hint, told]
    )


def _plain_type(hint: Any) -> Any:
    """Typer understands plain types, Literal, Optional and lists of them; all else travels as text."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        inner = [entry for entry in typing.get_args(hint) if entry is not type(None)]
        return typing.Optional[_plain_type(inner[0])] if len(inner) == 1 else typing.Optional[str]  # noqa: UP045
    if origin is typing.Literal or hint in {int, float, bool, str, Path}:
        return hint
    if origin in {list, tuple}:
        return list[str]
    return str


def perform(stage: Stage, inputs: dict[str, Any], dest: Path, options: dict[str, Any]) -> None:
    """Run one stage outside any workflow: complete at ``dest``, or absent. Raises Heritage3dError."""
    try:
        checked = stage.Options(**{option_named(name): value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise UsageError(detail=f"--{name}: {first['msg']}") from error
    dest = dest.absolute()
    if dest.is_file():
        raise OutputIsFile(file=dest)
    if dest.is_dir() and any(dest.iterdir()):
        raise DestinationInUse(file=dest)
    with translated(dest):
        dest.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{dest.name[:60]}.", suffix=".work", dir=dest.parent))
    try:
        spec = Spec(
            object="",
            step=stage.name,
            slot=dest.name,
            stage=stage.name,
            module=stage.run.__module__,
            inputs=tuple(_given(entry.name, entry.arity == "all", inputs[entry.name], dest) for entry in stage.inputs),
            options=checked.model_dump(),
            work=f"{work}/work",
            kept=f"{work}/result",
            base=addresses.DEFAULT_BASE,
            folders={name: dest.name if (kind(name).place or "") != "." else "" for name in stage.writes},
        )
        outcome = _in_a_child(spec)
        if outcome.error is not None:
            raise outcome.error
        if dest.is_dir():
            dest.rmdir()
        move(spec.kept, dest)
    finally:
        remove(work)
        shutil.rmtree(work, ignore_errors=True)


def _given(name: str, many: bool, paths: Any, dest: Path) -> tuple[str, bool, tuple[Artefact, ...]]:
    every = paths if many else [paths]
    artefacts = []
    for path in every:
        absolute = Path(path).absolute()
        address = os.path.relpath(absolute, dest).replace(os.sep, "/")
        artefacts.append(Artefact(absolute, "", absolute.stem if absolute.is_file() else absolute.name, address))
    return name, not many, tuple(artefacts)


def _in_a_child(spec: Spec) -> Outcome:
    """Native code that crashes must end in a line, not in a core dump: the stage runs in a child process."""
    prepare_process()
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_report_outcome, args=(spec, send))
    child.start()
    send.close()
    try:
        outcome: Outcome = receive.recv()
    except EOFError:
        outcome = Outcome()
    child.join()
    if child.exitcode:
        cause = spec.note.read_text("utf-8", "replace") if spec.note.exists() else ""
        killed = JobKilled(file=first_input(spec), stage=spec.stage, limit="")
        outcome = Outcome(error=blamed(spec, cause) if cause else killed)
    return outcome


def _report_outcome(spec: Spec, send: Any) -> None:
    send.send(guarded(spec))
    send.close()
