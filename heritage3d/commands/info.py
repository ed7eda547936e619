"""The command ``heritage3d info``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from heritage3d.errors import UnknownFormat
from heritage3d.messages import command as said
from heritage3d.pipeline.kinds import recognise

SUMMARY = said("info", "Say what a file is.")


def info(file: Annotated[Path, typer.Argument(help=said("file", "File"), exists=True, dir_okay=False)]) -> None:
    """JSON on standard output."""
    found = recognise(file)
    if found is None:
        raise UnknownFormat(file=file)
    print(json.dumps({"format": found.name, **found.info(file)}, indent=2, ensure_ascii=False, default=str))
