"""What a run asks for, as a fingerprint: equal ones spare a close look at an object that is published already."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import heritage3d
from heritage3d.errors import BaseOfSome, CaptureUnreadable
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import print_of, sha256_of_text
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.stage import Beside
from heritage3d.pipeline.workflow import Workflow

_ENGINE = Path(__file__).parent  # its sources
_TEXT_BYTES = (1 << 20) + 1  # of a text beside the sheet: one more than any reader takes


def base_of(ledger: Ledger | None, asked: str | None, *, partial: bool) -> str:
    """The base of a run: the one that is asked for, else that of the last run.

    Raises BaseOfSome where only some objects (``partial``) would move to another one.
    """
    last = ledger.last_run() if ledger else None
    old = str(last["base"]) if last else ""
    if partial and asked and old and asked != old:
        raise BaseOfSome(base=asked, old=old)
    return asked or old or addresses.DEFAULT_BASE


def asked_of_all(workflow: Workflow, base: str, captures: Path | None) -> str:
    """A fingerprint of what a run asks of every object, whatever the object is."""
    told: list[Any] = [heritage3d.__version__, engine_print(_ENGINE), base]
    for step in workflow.object_steps():
        stage = step.stage
        kinds = [repr(kind(name)) for name in stage.writes]
        beside = [
            text_beside(captures, mark.file)
            for name in type(step.options).model_fields
            for mark in stage.marks(name, Beside)
        ]
        options = step.options.model_dump(mode="json")
        told.append([step.name, stage.name, stage.version, step.reads, options, stage.tools(), kinds, beside])
    return sha256_of_text(json.dumps(told, sort_keys=True))


@functools.cache
def engine_print(folder: Path) -> str:
    """A fingerprint of the engine's sources.

    It writes evidence.json and provenance.json itself, and no version number of theirs could be forgotten: where any
    line of it has changed, finished objects are looked at closely, and get new documents if those differ.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py*")):  # .pyc where an installation has no sources
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def asked_of_one(of_all: str, columns: dict[str, str], seen: dict[str, str]) -> str:
    """A fingerprint of what a run asks of an object with these columns and the prints of these captures."""
    return sha256_of_text(
        "\0".join([of_all, repr(sorted(columns.items())), *(f"{path} {seen[path]}" for path in seen)])
    )


def stands(object_id: str, asked: str, ledger: Ledger, out: Path) -> bool:
    """Whether the very edition that is asked for is published, as far as sizes, times and inodes tell.

    As with every print, a difference decides nothing: then the contents are looked at.
    """
    edition = ledger.edition(object_id)
    return edition is not None and edition[0] == asked and edition[1] == print_of(out, edition[2])


def text_beside(captures: Path | None, file: str) -> str | None:
    """The text of a file of the captures folder, None where there is none. Raises CaptureUnreadable.

    What is no UTF-8 becomes U+FFFD, which its reader refuses with the line.
    """
    path = captures / file if captures else None
    if path is None or not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            return stream.read(_TEXT_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise CaptureUnreadable(file=file, detail=error.strerror or "no access") from None
