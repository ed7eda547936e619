"""The command ``heritage3d reference``, for `make docs`; a test compares the pages with docs/reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d.messages import command as said

SUMMARY = said("reference", "Write the generated reference pages.")


def reference(folder: Annotated[Path, typer.Argument(help=said("out", "Folder"))]) -> None:
    """For `make docs`; a test compares them with docs/reference."""
    from heritage3d.pipeline.reference import pages

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
