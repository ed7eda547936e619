"""The command ``heritage3d workflows``."""

from __future__ import annotations

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline import workflow

SUMMARY = said("workflows", "List the workflows that come with heritage3d.")


def workflows() -> None:
    """Name, title and steps of each."""
    for name in workflow.shipped():
        known = workflow.load(name)
        title = known.title.get(messages.language()) or known.title.get("en", "")
        print(f"{name}: {title}".rstrip(": "))
        for line in workflow.described(known):
            print(f"    {line}")
