"""The command ``heritage3d check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.errors import UnknownFormat
from heritage3d.messages import command as said
from heritage3d.pipeline.kinds import recognise
from heritage3d.pipeline.progress import printable

SUMMARY = said("check", "Judge a file by its format; works on other people's files.")


def check(file: Annotated[Path, typer.Argument(help=said("file", "File"), exists=True, dir_okay=False)]) -> None:
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
