"""The command ``heritage3d premis``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("premis", "Write what was done when, from the ledger, as PREMIS 3.")


def premis(
    out: Annotated[Path, typer.Argument(help=said("out", "Output folder"))],
    file: Annotated[Path, typer.Argument(help=said("premis.file", "XML file to write"))],
) -> None:
    """Times are in the ledger only, so this needs the output itself, not a copy."""
    from heritage3d.trust import premis as premis_

    count = premis_.export(out.absolute(), file.absolute())
    print(messages.text("premis.done", count=count, file=file))
