"""The command ``heritage3d doctor``: what is missing in this installation."""

from __future__ import annotations

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("doctor", "Check the environment: versions, optional parts, what is missing.")


def doctor() -> None:
    """Import every library for real."""
    from heritage3d.environment import examine

    bad = False
    for part in examine():
        mark = "✓" if part.good else "✗" if part.needed else "–"
        bad |= part.needed and not part.good
        print(f"{mark} {part.name} {part.version}".rstrip() + ("" if part.good else f": {part.cure}"))
    print(messages.text("doctor.bad" if bad else "doctor.good"))
    raise typer.Exit(6 if bad else 0)
