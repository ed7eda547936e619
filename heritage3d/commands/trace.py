"""The command ``heritage3d trace``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

SUMMARY = said("trace", "Tell how a published file was made: from which captures, step by step.")


def trace(
    file: Annotated[Path, typer.Argument(help=said("trace.file", "A file below objects/ of a published tree"))],
    as_json: Annotated[bool, typer.Option("--json", help=said("trace.json", "The story as JSON"))] = False,
) -> None:
    """Works on any copy."""
    from heritage3d.trust import tracing

    story = tracing.trace(file)
    if as_json:
        print(json.dumps(asdict(story), ensure_ascii=False, indent=2))
        return
    for sentence in tracing.sentences(story, messages.text):
        print(printable(sentence))
