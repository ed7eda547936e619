"""The command ``heritage3d stages``."""

from __future__ import annotations

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.command import help_of
from heritage3d.pipeline.stage import stages as registered

SUMMARY = said("stages", "List the stages: what they read and what they make.")


def stages() -> None:
    """One paragraph per stage."""
    for name, stage in sorted(registered().items()):
        print(f"{name}: {help_of(stage).partition(chr(10))[0]}")
        print(f"    {messages.text('stages.reads')} {', '.join(stage.reads)}")
        print(f"    {messages.text('stages.makes')} {', '.join(stage.writes)}")
