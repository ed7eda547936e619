"""The commands `key`, `sign`, `verify`, `repair`, `trace` and `premis`: what they print; the work is done beside."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.pipeline.progress import printable


def _help(key: str, english: str) -> str:
    return str(messages.lookup("commands", key, messages.language()) or english)


KEY = _help("key", "Make a pair of keys for signatures, or trust the public key of somebody else (--trust).")
SIGN = _help("sign", "Sign a published tree or a package, after hashing every file of it again.")
VERIFY = _help("verify", "Hash every published file again and check its format; a line per bad file.")
REPAIR = _help("repair", "Mend a published tree or a package from a second copy of it.")

TRACE = _help("trace", "Tell how a published file was made: from which captures, step by step.")
PREMIS = _help("premis", "Write what was done when, from the ledger, as PREMIS 3.")

_Out = Annotated[Path, typer.Argument(help=_help("tree", "Published folder, package, or a copy of one"))]


def key(
    file: Annotated[Path, typer.Argument(help=_help("key.file", "New private key; beside it FILE.pub is written"))],
    trust: Annotated[
        bool, typer.Option("--trust", help=_help("key.trust", "FILE is a public key: trust it from now on"))
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


def sign(
    out: _Out,
    key: Annotated[Path, typer.Option("--key", help=_help("sign.key", "Private key, made by `heritage3d key`"))],
) -> None:
    """The signature lies in the tree as signature.json."""
    from heritage3d.trust import keys, signing

    done = signing.sign(out.absolute(), key.absolute())
    print(messages.text("sign.done", files=done.files, key=keys.short(done.key), path=out / signing.SIGNATURE))


def verify(
    out: _Out,
    key: Annotated[
        Path | None,
        typer.Option("--key", help=_help("verify.key", "Public key (FILE.pub): the signature must be of this key")),
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
    for said in signing.verified(root, trusted, needed=key is not None):
        if isinstance(said, Fault):
            bad += 1
            _tell(said)
        else:
            signed = said
    if bad:
        print(messages.text("verify.bad", bad=bad, files=files), file=sys.stderr)
        raise typer.Exit(1)
    print(messages.text("verify.good", files=files, seconds=f"{time.monotonic() - began:.1f}"))
    if signed is not None:
        how = "verify.signed" if signed.trusted else "verify.unknown_key"
        print(messages.text(how, files=signed.files, key=keys.short(signed.key)))


def _tell(fault: object) -> None:
    from heritage3d.trust.faults import Fault

    assert isinstance(fault, Fault)
    if fault.why in {"invalid", "bag"}:
        print(printable(f"{fault.path}: {fault.detail}"))
        return
    print(printable(f"{fault.path}: {messages.text(f'verify.{fault.why}', key=fault.detail)}"))


def repair(
    out: _Out,
    copy: Annotated[
        Path, typer.Option("--from", help=_help("repair.from", "The second copy, which may be damaged too"))
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


def trace(
    file: Annotated[Path, typer.Argument(help=_help("trace.file", "A file below objects/ of a published tree"))],
    as_json: Annotated[bool, typer.Option("--json", help=_help("trace.json", "The story as JSON"))] = False,
) -> None:
    """Works on any copy."""
    from heritage3d.trust import tracing

    story = tracing.trace(file)
    if as_json:
        print(json.dumps(asdict(story), ensure_ascii=False, indent=2))
        return
    for sentence in tracing.sentences(story, messages.text):
        print(printable(sentence))


def premis(
    out: Annotated[Path, typer.Argument(help=_help("out", "Output folder"))],
    file: Annotated[Path, typer.Argument(help=_help("premis.file", "XML file to write"))],
) -> None:
    """Times are in the ledger only, so this needs the output itself, not a copy."""
    from heritage3d.trust import premis as premis_

    count = premis_.export(out.absolute(), file.absolute())
    print(messages.text("premis.done", count=count, file=file))
