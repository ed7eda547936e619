"""The command ``heritage3d repair``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

SUMMARY = said("repair", "Mend a published tree or a package from a second copy of it.")


def repair(
    out: Annotated[Path, typer.Argument(help=said("tree", "Published folder, package, or a copy of one"))],
    copy: Annotated[
        Path, typer.Option("--from", help=said("repair.from", "The second copy, which may be damaged too"))
    ],
) -> None:
    """Every file that is brought is held against its digest first."""
    from heritage3d.trust import mending

    done = mending.mend(out.absolute(), copy.absolute())
    for name in done.mended:
        print(printable(name))
    if done.set_aside:
        print(messages.text("repair.set_aside", folder=done.set_aside))
    told = "repair.done" if done.mended else "repair.nothing"
    print(messages.text(told, mended=len(done.mended), copy=copy, files=done.files))
