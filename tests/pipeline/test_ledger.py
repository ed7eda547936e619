"""What the ledger keeps, it gives back: whatever names files have, and whoever wrote it."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest

from heritage3d.pipeline.digests import Entry, pack, unpack
from heritage3d.pipeline.ledger import Ledger

NAMES = ["objects/a/pages/first\nsecond/0.txt", "objects/a/\udcb9\udcc5.txt", "objects/a/manifest.json"]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.sqlite")
    made.record_objects([("a", "published", True, 0.0, [])])
    return made


@pytest.mark.parametrize("names", [NAMES, NAMES[:1], []])
def test_files_of_an_edition_keep_their_names(ledger: Ledger, names: list[str]) -> None:
    ledger.record_edition("a", "asked", "print", names)
    assert ledger.edition("a") == ("asked", "print", names)


def test_an_edition_that_an_older_version_noted_is_read(ledger: Ledger, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as older:
        older.execute("INSERT INTO edition VALUES ('a', 'asked', 'print', ?)", (zlib.compress(b"one\ntwo"),))
    assert ledger.edition("a") == ("asked", "print", ["one", "two"])


def test_listings_are_read_as_they_were_written() -> None:
    entries = [Entry(name, size, f"{size:064x}") for size, name in enumerate([*NAMES, ""])]
    assert unpack(pack(entries)) == entries
    older = zlib.compress(b"".join(f"{entry.sha256} {entry.size} {entry.path}\n".encode() for entry in entries[2:]))
    assert unpack(older) == entries[2:]
