"""The command ``heritage3d sign``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("sign", "Sign a published tree or a package, after hashing every file of it again.")


def sign(
    out: Annotated[Path, typer.Argument(help=said("tree", "Published folder, package, or a copy of one"))],
    key: Annotated[Path, typer.Option("--key", help=said("sign.key", "Private key, made by `heritage3d key`"))],
) -> None:
    """The signature lies in the tree as signature.json."""
    from heritage3d.trust import keys, signing

    done = signing.sign(out.absolute(), key.absolute())
    print(messages.text("sign.done", files=done.files, key=keys.short(done.key), path=out / signing.SIGNATURE))
