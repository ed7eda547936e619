"""The command ``heritage3d verify``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

if TYPE_CHECKING:
    from heritage3d.trust.faults import Fault

SUMMARY = said("verify", "Hash every published file again and check its format; a line per bad file.")


def verify(
    out: Annotated[Path, typer.Argument(help=said("tree", "Published folder, package, or a copy of one"))],
    key: Annotated[
        Path | None,
        typer.Option("--key", help=said("verify.key", "Public key (FILE.pub): the signature must be of this key")),
    ] = None,
) -> None:
    """Works on any copy, without a network."""
    from heritage3d.trust import fixity, keys, signing
    from heritage3d.trust.faults import Fault

    trusted = frozenset({keys.public(key)}) if key else keys.pinned()
    root = out.absolute()
    began, bad, files = time.monotonic(), 0, 0
    for found in fixity.verify(root):
        if isinstance(found, Fault):
            bad += found.severity == "error"
            _tell(found)
        else:
            files = found
    signed = None
    for told in signing.verified(root, trusted, needed=key is not None):
        if isinstance(told, Fault):
            bad += 1
            _tell(told)
        else:
            signed = told
    if bad:
        print(messages.text("verify.bad", bad=bad, files=files), file=sys.stderr)
        raise typer.Exit(1)
    print(messages.text("verify.good", files=files, seconds=f"{time.monotonic() - began:.1f}"))
    if signed is not None:
        how = "verify.signed" if signed.trusted else "verify.unknown_key"
        print(messages.text(how, files=signed.files, key=keys.short(signed.key)))


def _tell(fault: Fault) -> None:
    if fault.why in {"invalid", "bag"}:
        print(printable(f"{fault.path}: {fault.detail}"))
        return
    print(printable(f"{fault.path}: {messages.text(f'verify.{fault.why}', key=fault.detail)}"))
