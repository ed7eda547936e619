"""Fixity: every published file against checksums.txt, here or on any copy, and against its own format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from heritage3d.errors import Heritage3dError, NotAnOutput
from heritage3d.pipeline.kinds import Finding, recognise
from heritage3d.pipeline.store import Store, sha256_of

CHECKSUMS = "checksums.txt"
_JUDGED = {".glb", ".json"}  # formats with rules of their own; tiles are judged through their info.json


@dataclass(frozen=True)
class Fault:
    """A file that is not as it was published."""

    path: str
    why: Literal["changed", "missing", "extra", "invalid"]
    detail: str = ""


def verify(out: Path) -> Iterator[Fault | int]:
    """Every fault, and in the end the number of files that were looked at. Raises NotAnOutput.

    Formats are judged where every file is as published: after that a fault of format is ours, not the disk's.
    """
    listed = read_checksums(out)
    present = {path.relative_to(out).as_posix() for path in Store(out).published()} - {CHECKSUMS}
    intact = True
    for fault in _fixity(out, listed, present):
        intact = False
        yield fault
    for name in listed if intact else ():
        path = out / name
        if path.suffix in _JUDGED:
            for found in _judge(path):
                yield Fault(name, "invalid", f"{found.code} {found.what} {found.where}".strip())
    yield len(listed)


def _fixity(out: Path, listed: dict[str, str], present: set[str]) -> Iterator[Fault]:
    for name, sha256 in listed.items():
        path = out / name
        if name not in present:
            yield Fault(name, "missing")
            continue
        try:
            same = sha256_of(path) == sha256
        except OSError as error:
            yield Fault(name, "changed", error.strerror or "cannot be read")
            continue
        if not same:
            yield Fault(name, "changed")
    for name in sorted(present - set(listed)):
        yield Fault(name, "extra")


def read_checksums(out: Path) -> dict[str, str]:
    """Path -> SHA-256 of every published file, in order. Raises NotAnOutput."""
    path = out / CHECKSUMS
    if not path.is_file():
        raise NotAnOutput(file=out)
    lines = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
    listed: dict[str, str] = {}
    for line in lines:
        sha256, _gap, name = line.partition("  ")
        if name and len(sha256) == 64 and ".." not in Path(name).parts and not Path(name).is_absolute():
            listed[name] = sha256
        elif line:
            raise NotAnOutput(file=path)
    return listed


def _judge(path: Path) -> list[Finding]:
    try:
        found = recognise(path)
        return [entry for entry in found.check(path) if entry.severity == "error"] if found else []
    except Heritage3dError as error:
        return [Finding(error.code, error.what())]
