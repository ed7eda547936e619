"""The command ``heritage3d key``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("key", "Make a pair of keys for signatures, or trust the public key of somebody else (--trust).")


def key(
    file: Annotated[Path, typer.Argument(help=said("key.file", "New private key; beside it FILE.pub is written"))],
    trust: Annotated[
        bool, typer.Option("--trust", help=said("key.trust", "FILE is a public key: trust it from now on"))
    ] = False,
) -> None:
    """Private keys never lie in a tree that is copied."""
    from heritage3d.trust import keys

    if trust:
        known = keys.public(file)
        keys.trust(known)
        print(messages.text("key.trusted", key=keys.short(known)))
        return
    made = keys.make(file.absolute())
    keys.trust(made)
    print(messages.text("key.made", file=file, public=keys.public_path(file)))
    print(messages.text("key.trusted", key=keys.short(made)))
