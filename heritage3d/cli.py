"""The Typer app: only wiring. A command stands in ``commands``, a stage in ``stages``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Annotated

import typer

import heritage3d
from heritage3d import commands, messages
from heritage3d.errors import Heritage3dError, Interrupted

messages.use(messages.language_of_arguments())

import heritage3d.stages  # noqa: E402  registers stages, kinds and formats
from heritage3d.messages import command as said  # noqa: E402
from heritage3d.pipeline.command import command_of, help_of  # noqa: E402
from heritage3d.pipeline.progress import printable  # noqa: E402
from heritage3d.pipeline.stage import stages  # noqa: E402

app = typer.Typer(
    help=said("app", "From a folder of captures to IIIF tiles, glTF models, manifests and exhibitions."),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        print(heritage3d.__version__)
        raise typer.Exit


@app.callback()
def _root(
    lang: Annotated[  # only for the help: main() has taken it out of the arguments
        str | None, typer.Option("--lang", help=said("lang", "Language: en or zh-Hans; else that of the system"))
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help=said("version", "Show the version")),
    ] = False,
) -> None:
    """Options that stand before the command."""


for _name in commands.MAIN + commands.HIDDEN:
    _file = import_module(f"heritage3d.commands.{_name}")
    app.command(
        _name,
        rich_help_panel=said("panel.main", "Main commands"),
        help=_file.SUMMARY,
        hidden=_name in commands.HIDDEN,
    )(getattr(_file, _name))

for _name, _stage in sorted(stages().items()):
    app.command(_name, rich_help_panel=said("panel.stages", "Stages, one at a time"), help=help_of(_stage))(
        command_of(_stage)
    )


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
