"""The SQLite file that remembers every run, job, artefact and published file. Only the parent writes it.

A job is known by its *slot*: object, step, and the name of the artefact that it works on. The slot's row
holds the cache key of its last good result; another key means that the job must run again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heritage3d.errors import DiskFull, OutputError, OutputReadOnly
from heritage3d.pipeline.store import Entry, free_bytes, may_die_here, pack, unpack

_NO_ROOM = 65_536  # bytes: less than SQLite needs to go on

_TABLES = """
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

    @property
    def captured(self) -> bool:
        """Whether it consists of captures, which lie elsewhere."""
        return os.path.isabs(self.location)  # noqa: PTH117  a hot path

    @property
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


def refused(error: sqlite3.Error, path: Path) -> OutputError:
    """The error of ours for what SQLite could not do."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(file=path, free=free_bytes(path))
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return OutputReadOnly(file=path)
    if code == sqlite3.SQLITE_IOERR and free_bytes(path) < _NO_ROOM:  # the shared memory of the log has no room
        return DiskFull(file=path, free=free_bytes(path))
    return OutputError(file=path, detail=f"the ledger cannot be used: {error}")


class Ledger:
    """Opens or makes the file. Raises OutputError where it is damaged or the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            with contextlib.suppress(AttributeError):  # it was not even opened
                self._db.close()
            raise refused(error, path) from error
        self.run = 0
        self._unlisted = False

    def close(self) -> None:
        """Close the file; nothing more can be asked."""
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: object, error: object, _trace: object) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK" if kind else "COMMIT")
        except sqlite3.Error as later:
            if kind is None:
                raise refused(later, self._path) from later
        finally:
            self.close()
        if isinstance(error, sqlite3.Error):
            raise refused(error, self._path) from error

    def begin(self) -> None:
        """Start a transaction; everything until ``commit`` is remembered or forgotten together."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
            self._unlisted = False

    def commit(self) -> None:
        """Make what was recorded since ``begin`` permanent."""
        if self._db.in_transaction:
            may_die_here()
            self._db.execute("COMMIT")

    # runs and events

    def begin_run(self, workflow: str, captures: str, base: str) -> int:
        """Note that a run began; its number."""
        made = self._db.execute(
            "INSERT INTO run (began, workflow, captures, base) VALUES (?,?,?,?)",
            (time.time(), _text(workflow), _text(captures), base),
        )
        self.run = int(made.lastrowid or 0)
        return self.run

    def end_run(self, outcome: str) -> None:
        """Note how the run ended."""
        self._db.execute("UPDATE run SET ended=?, outcome=? WHERE id=?", (time.time(), outcome, self.run))

    def rebase(self, base: str) -> None:
        """Note that what the newest run published has another base now; the next run goes on with that."""
        self._db.execute("UPDATE run SET base=? WHERE id=(SELECT MAX(id) FROM run)", (base,))

    def last_run(self) -> dict[str, Any] | None:
        """The newest run: id, began, ended, workflow, captures, base, outcome."""
        return next(self._rows("SELECT * FROM run ORDER BY id DESC LIMIT 1"), None)

    def note(self, what: str, object_id: str = "", step: str = "", slot: str = "", detail: str = "") -> None:
        """Add an event; events keep their order by number, whatever the clock does."""
        self._db.execute(
            "INSERT INTO event (at, run, what, object, step, slot, detail) VALUES (?,?,?,?,?,?,?)",
            (time.time(), self.run, what, _text(object_id), step, slot, _text(detail)),
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """Every event in its order: seq, at (seconds since 1970), run, what, object, step, slot, detail."""
        yield from self._rows("SELECT * FROM event ORDER BY seq")

    # captures

    def captures(self, folder: str) -> dict[str, tuple[str, int, str]]:
        """Known captures below a folder: path -> (print, bytes, SHA-256)."""
        rows = self._db.execute(
            "SELECT path, print, size, sha256 FROM capture WHERE path >= ? AND path < ?", _below(folder)
        )
        return {_name(path): (seen, size, sha256) for path, seen, size, sha256 in rows}

    def remember_captures(self, known: dict[str, tuple[str, int, str]]) -> None:
        """Note what captures are like now: path -> (print, bytes, SHA-256)."""
        self._db.executemany(
            "INSERT OR REPLACE INTO capture VALUES (?,?,?,?)", [(_text(path), *told) for path, told in known.items()]
        )

    def forget_captures(self, paths: Iterable[str]) -> None:
        """Drop captures that are gone."""
        self._db.executemany("DELETE FROM capture WHERE path=?", [(_text(path),) for path in paths])

    # jobs and artefacts

    def job(self, object_id: str, step: str, slot: str) -> JobRow | None:
        """The last good result of a slot."""
        row = self._db.execute(
            "SELECT key, stage, version, options, tools, inputs, seconds, bytes_in, bytes_out FROM job "
            "WHERE object=? AND step=? AND slot=?",
            (object_id, step, slot),
        ).fetchone()
        if row is None:
            return None
        key, stage, version, options, tools, inputs, *figures = row
        return JobRow(key, stage, version, json.loads(options), json.loads(tools), json.loads(inputs), *figures)

    def artefacts(self, object_id: str, step: str, slot: str) -> list[ArtefactRow]:
        """What the last good result of a slot consists of."""
        rows = self._db.execute(
            "SELECT kind, name, digest, location, print, base, files, evidence FROM artefact "
            "WHERE object=? AND step=? AND slot=? ORDER BY part",
            (object_id, step, slot),
        )
        return [
            ArtefactRow(kind, name, digest, _name(location), seen, base, tuple(unpack(files)), json.loads(evidence))
            for kind, name, digest, location, seen, base, files, evidence in rows
        ]

    def record_job(self, object_id: str, step: str, slot: str, job: JobRow, artefacts: list[ArtefactRow]) -> None:
        """Remember a good result in place of the slot's former one."""
        self._db.execute(
            "INSERT OR REPLACE INTO job VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(object_id, step, slot, job.key, job.stage, job.version),
                *(_json(job.options), _json(job.tools), _json(job.inputs)),
                *(job.seconds, job.bytes_in, job.bytes_out, self.run),
            ),
        )
        self._db.execute(
            "INSERT INTO pace VALUES (?,?,?,?,1) ON CONFLICT (stage) DO UPDATE SET seconds=seconds+excluded.seconds, "
            "bytes_in=bytes_in+excluded.bytes_in, bytes_out=bytes_out+excluded.bytes_out, jobs=jobs+1",
            (job.stage, job.seconds, job.bytes_in, job.bytes_out),
        )
        self.record_artefacts(object_id, step, slot, artefacts)

    def record_artefacts(self, object_id: str, step: str, slot: str, artefacts: list[ArtefactRow]) -> None:
        """Replace the artefacts of a slot."""
        self._db.execute("DELETE FROM artefact WHERE object=? AND step=? AND slot=?", (object_id, step, slot))
        self._db.executemany(
            "INSERT INTO artefact VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    *(object_id, step, slot, part, row.kind, row.name, row.digest, _text(row.location)),
                    *(row.print, row.base, pack(row.files), _json(row.evidence)),
                )
                for part, row in enumerate(artefacts)
            ],
        )

    def move_artefact(self, object_id: str, step: str, slot: str, part: int, location: str) -> None:
        """Note that an artefact was renamed to another place."""
        self._db.execute(
            "UPDATE artefact SET location=? WHERE object=? AND step=? AND slot=? AND part=?",
            (location, object_id, step, slot, part),
        )

    def slots(self, object_id: str) -> list[tuple[str, str]]:
        """(step, slot) of every job that is remembered for an object."""
        return list(self._db.execute("SELECT step, slot FROM job WHERE object=? ORDER BY step, slot", (object_id,)))

    def bound(self) -> list[tuple[str, str, str]]:
        """(object, step, slot) of everything whose documents hold addresses."""
        return list(self._db.execute("SELECT DISTINCT object, step, slot FROM artefact WHERE base != ''"))

    def forget(self, object_id: str, step: str, slot: str) -> None:
        """Drop a slot that the workflow or the captures no longer have."""
        for table in ("job", "artefact"):
            self._db.execute(
                f"DELETE FROM {table} WHERE object=? AND step=? AND slot=?",  # noqa: S608  fixed names
                (object_id, step, slot),
            )

    def locations(self, below: str) -> Iterator[str]:
        """Where remembered artefacts lie below a folder of OUT; whatever else is in kept/ may go."""
        for (location,) in self._db.execute("SELECT location FROM artefact"):
            if location.startswith(below):
                yield location

    def pace(self) -> dict[str, tuple[float, int, int, int]]:
        """Stage -> (seconds, bytes read, bytes written, jobs) of all its jobs on this machine."""
        rows = self._db.execute("SELECT stage, seconds, bytes_in, bytes_out, jobs FROM pace")
        return {stage: (seconds, read, written, jobs) for stage, seconds, read, written, jobs in rows}

    # what is published

    def edition(self, object_id: str) -> tuple[str, str, list[str]] | None:
        """What an object's published edition was made from and how it lay there: asked, print, files below OUT."""
        found = self._db.execute(
            "SELECT asked, print, files FROM edition JOIN object ON id = object WHERE object=? AND published",
            (_text(object_id),),
        ).fetchone()
        return found and (found[0], found[1], zlib.decompress(found[2]).decode("utf-8", "surrogateescape").split("\n"))

    def record_edition(self, object_id: str, asked: str, seen: str, files: list[str]) -> None:
        """Note what was published for an object, so that the next run need not look closer."""
        packed = zlib.compress("\n".join(files).encode("utf-8", "surrogateescape"), 1)
        self._db.execute("INSERT OR REPLACE INTO edition VALUES (?,?,?,?)", (_text(object_id), asked, seen, packed))

    def listed(self, file: str) -> str | None:
        """The print of a list of the whole tree, if nothing was published or withdrawn since it was made."""
        found = self._db.execute("SELECT print FROM listed WHERE file=?", (file,)).fetchone()
        return found and str(found[0])

    def record_listed(self, file: str, seen: str) -> None:
        """Note that a list of the whole tree is up to date, and how it lies on the disk."""
        self._db.execute("INSERT OR REPLACE INTO listed VALUES (?,?)", (file, seen))

    def digests(self) -> Iterator[tuple[str, str, str]]:
        """(object, place, digest) of everything that published objects consist of, in one order."""
        yield from self._db.execute(
            "SELECT placed.object, place, digest FROM placed JOIN object ON object.id = placed.object "
            "WHERE object.published ORDER BY placed.object, place"
        )

    def placed(self, object_id: str) -> dict[str, tuple[str, str, list[Entry]]]:
        """Published places of an object ("" for the collection): place -> (digest, print, files)."""
        rows = self._db.execute("SELECT place, digest, print, files FROM placed WHERE object=?", (object_id,))
        return {place: (digest, seen, unpack(files)) for place, digest, seen, files in rows}

    def all_placed(self) -> Iterator[tuple[str, str, str, list[Entry]]]:
        """Every published place in order: place, object, print, files."""
        for place, object_id, seen, files in self._db.execute(
            "SELECT place, object, print, files FROM placed ORDER BY place"
        ):
            yield place, object_id, seen, unpack(files)

    def record_placed(self, place: str, object_id: str, digest: str, seen: str, files: list[Entry]) -> None:
        """Note what now lies at a published place."""
        self._db.execute(
            "INSERT OR REPLACE INTO placed VALUES (?,?,?,?,?)", (place, object_id, digest, seen, pack(files))
        )
        self._unlist()

    def forget_placed(self, place: str) -> None:
        """Note that nothing is published there any more."""
        self._db.execute("DELETE FROM placed WHERE place=?", (place,))
        self._unlist()

    def _unlist(self) -> None:
        """Lists of the tree are out of date now; once in a transaction is enough."""
        if not self._unlisted or not self._db.in_transaction:
            self._db.execute("DELETE FROM listed")
            self._unlisted = self._db.in_transaction

    # objects

    def record_object(
        self, object_id: str, state: str, *, published: bool, seconds: float, errors: list[dict[str, Any]]
    ) -> None:
        """Remember how an object fared: state is published, unchanged, withheld or failed."""
        self._db.execute(
            "INSERT OR REPLACE INTO object VALUES (?,?,?,?,?,?)",
            (_text(object_id), state, int(published), seconds, _json(errors), self.run),
        )

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every object that any run met: id, state, published, seconds, errors, run."""
        for row in self._rows("SELECT * FROM object ORDER BY id"):
            yield {**row, "id": _name(row["id"]), "errors": json.loads(row["errors"])}

    def was_published(self, object_id: str) -> bool:
        """Whether an edition of the object is published now."""
        return bool(
            self._db.execute("SELECT published FROM object WHERE id=? AND published", (_text(object_id),)).fetchone()
        )

    def _rows(self, query: str) -> Iterator[dict[str, Any]]:
        cursor = self._db.execute(query)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


_BYTES = re.compile("[\ud800-\udfff]")  # bytes that are no UTF-8, as Python hands them over (PEP 383)
_ESCAPED = re.compile("\0([0-9a-f]{4})")


def _text(name: str) -> str:
    """A name as SQLite can hold it, whatever its bytes: NUL, which no name holds, and the number of a surrogate."""
    return name if name.isascii() else _BYTES.sub(lambda found: f"\0{ord(found[0]):04x}", name)


def _name(text: str) -> str:
    """The name again."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\0" in text else text


def _below(folder: str) -> tuple[str, str]:
    """The first and the last text that the path of a file below the folder can be."""
    return _text(folder + "/"), _text(folder + "0")


def _json(value: Any) -> str:
    return _BYTES.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
