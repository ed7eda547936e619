"""The command ``heritage3d bind``: another web address for a published tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

SUMMARY = said("bind", "Give a published tree another web address, without touching a tile or a model.")


def bind(
    out: Annotated[Path, typer.Argument(help=said("out", "Output folder"))],
    base: Annotated[
        str, typer.Option("--base", help=said("bind.base", "Web address at which the folder will be served"))
    ],
) -> None:
    """Works on any copy of the published tree."""
    from heritage3d.pipeline import binding

    done = binding.bind(out.absolute(), base)
    old = ", ".join(sorted(done.before))
    told = {"documents": done.documents, "written": done.written, "old": old, "new": base}
    print(printable(messages.text("bind.done", **told)))
