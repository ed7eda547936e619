"""Fixity: every published file against checksums.txt, here or on any copy, and against its own format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from heritage3d.errors import Heritage3dError, NotAnOutput
from heritage3d.pipeline.digests import sha256_of
from heritage3d.pipeline.kinds import Finding, recognise
from heritage3d.pipeline.store import Store
from heritage3d.trust import bagit, judging_bags
from heritage3d.trust.faults import Fault

CHECKSUMS = "checksums.txt"
_HEX = re.compile("[0-9a-f]{64}")
_JUDGED = {".glb", ".json"}  # formats with rules of their own; tiles are judged through their info.json


def verify(out: Path) -> Iterator[Fault | int]:
    """Every fault of a tree or a package, and in the end the number of files that were looked at.

    Formats are judged where every file is as published: after that a fault of format is ours, not the disk's.
    Raises NotAnOutput, BagUnreadable.
    """
    if bagit.is_bag(out):
        yield from judging_bags.judge(out)
        return
    intact, files = True, 0
    for found in unchanged(out):
        if isinstance(found, int):
            files = found
            continue
        intact = False
        yield found
    for name in read_checksums(out) if intact else ():
        path = out / name
        if path.suffix in _JUDGED:
            for entry in _judge(path):
                yield Fault(name, "invalid", f"{entry.code} {entry.what} {entry.where}".strip())
    yield files


def unchanged(out: Path) -> Iterator[Fault | int]:
    """As ``verify``, without looking into the files' formats."""
    if bagit.is_bag(out):
        yield from judging_bags.judge(out)
        return
    listed, unread = _read(out)
    if unread:
        yield Fault(CHECKSUMS, "changed", f"line {unread} is no digest with a path of this tree")
    present = {path.relative_to(out).as_posix() for path in Store(out).published()} - {CHECKSUMS, bagit.SIGNATURE}
    yield from _fixity(out, listed, present, extras=not unread)
    yield len(listed)


def _fixity(out: Path, listed: dict[str, str], present: set[str], *, extras: bool) -> Iterator[Fault]:
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
    for name in sorted(present - set(listed)) if extras else ():
        yield Fault(name, "extra")
    if list(listed) != sorted(listed):
        yield Fault(CHECKSUMS, "changed", "its lines are not in order")


def read_checksums(out: Path) -> dict[str, str]:
    """Path -> SHA-256 of every published file, in order. Raises NotAnOutput."""
    listed, unread = _read(out)
    if unread:
        raise NotAnOutput(file=out / CHECKSUMS)
    return listed


def _read(out: Path) -> tuple[dict[str, str], int]:
    """The list as far as it can be read, and the number of its first line that cannot (0: none)."""
    path = out / CHECKSUMS
    if not path.is_file():
        raise NotAnOutput(file=out)
    lines = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        sha256, _gap, name = line.partition("  ")
        if name and _HEX.fullmatch(sha256) and name not in listed and not bagit.leads_out(name):
            listed[name] = sha256
        elif line or number != len(lines):
            return listed, number
    return listed, 0


def _judge(path: Path) -> list[Finding]:
    try:
        found = recognise(path)
        return [entry for entry in found.check(path) if entry.severity == "error"] if found else []
    except Heritage3dError as error:
        return [Finding(error.code, error.what())]
