"""The ledger's tables, the rows that its readers get, and how names and values are written into them."""

from __future__ import annotations

import functools
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any

from heritage3d.pipeline.digests import Entry

STATES = ("published", "unchanged", "withheld", "failed")  # how an object can have ended

TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, began REAL NOT NULL, ended REAL, workflow TEXT NOT NULL, captures TEXT NOT NULL,
    base TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT 'unfinished');
CREATE TABLE IF NOT EXISTS capture (path TEXT PRIMARY KEY, print TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
    object TEXT NOT NULL, step TEXT NOT NULL, slot TEXT NOT NULL, key TEXT NOT NULL, stage TEXT NOT NULL,
    version INTEGER NOT NULL, options TEXT NOT NULL, tools TEXT NOT NULL, inputs TEXT NOT NULL,
    seconds REAL NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, run INTEGER NOT NULL,
    PRIMARY KEY (object, step, slot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artefact (
    object TEXT NOT NULL, step TEXT NOT NULL, slot TEXT NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, digest TEXT NOT NULL, location TEXT NOT NULL, print TEXT NOT NULL, base TEXT NOT NULL,
    files BLOB NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (object, step, slot, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS placed (
    place TEXT PRIMARY KEY, object TEXT NOT NULL, digest TEXT NOT NULL, print TEXT NOT NULL,
    files BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS placed_object ON placed (object);
CREATE TABLE IF NOT EXISTS object (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, published INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
    errors TEXT NOT NULL DEFAULT '[]', run INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edition (
    object TEXT PRIMARY KEY, asked TEXT NOT NULL, print TEXT NOT NULL, files BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pace (stage TEXT PRIMARY KEY, seconds REAL NOT NULL, bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL, jobs INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listed (file TEXT PRIMARY KEY, print TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, run INTEGER NOT NULL, what TEXT NOT NULL,
    object TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '', slot TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '');
"""


@dataclass(frozen=True)
class ArtefactRow:
    """An artefact as the ledger remembers it.

    ``location`` is relative to OUT, or absolute for a capture. ``digest`` is taken before addresses are
    bound; ``files`` are the files as they lie on the disk, bound to ``base``.
    """

    kind: str
    name: str
    digest: str
    location: str
    print: str
    base: str
    files: tuple[Entry, ...]
    evidence: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def captured(self) -> bool:
        """Whether it consists of captures, which lie elsewhere."""
        return os.path.isabs(self.location)  # noqa: PTH117  captures are many

    @functools.cached_property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self.files)


@dataclass(frozen=True)
class JobRow:
    """A job that was done: what it read, what it was asked, what did it, what it cost."""

    key: str
    stage: str
    version: int
    options: dict[str, Any]
    tools: dict[str, str]
    inputs: list[Any]
    seconds: float
    bytes_in: int
    bytes_out: int


_BYTES = re.compile("[\ud800-\udfff]")  # bytes that are no UTF-8, as Python hands them over (PEP 383)
_ESCAPED = re.compile("\0([0-9a-f]{4})")


_write = json.JSONEncoder(ensure_ascii=False).encode


def text_of(name: str) -> str:
    """A name as SQLite can hold it, whatever its bytes: NUL, which no name holds, and the number of a surrogate."""
    return name if name.isascii() else _BYTES.sub(lambda found: f"\0{ord(found[0]):04x}", name)


def name_of(text: str) -> str:
    """The name again."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\0" in text else text


def below(folder: str) -> tuple[str, str]:
    """The first and the last text that the path of a file below the folder can be."""
    return text_of(folder + "/"), text_of(folder + "0")


def as_json(value: Any) -> str:
    """A value as the ledger keeps it; lone surrogates, which SQLite refuses, are escaped."""
    if not value and isinstance(value, list | dict):
        return "[]" if isinstance(value, list) else "{}"
    text = _write(value)
    return text if text.isascii() else _BYTES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
