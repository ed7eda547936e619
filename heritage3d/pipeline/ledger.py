"""The SQLite file that remembers every run, job, artefact and published file. Only the parent writes it.

A job is known by its *slot*: object, step, and the name of the artefact that it works on. The slot's row
holds the cache key of its last good result; another key means that the job must run again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from heritage3d.errors import DiskFull, OutputError, OutputReadOnly
from heritage3d.pipeline.digests import pack, unpack
from heritage3d.pipeline.publications import Publications
from heritage3d.pipeline.store import free_bytes, may_die_here
from heritage3d.pipeline.tables import TABLES, ArtefactRow, JobRow, as_json, below, name_of, text_of

_NO_ROOM = 65_536  # bytes: less than SQLite needs to go on


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


class Ledger(Publications):
    """Opens or makes the file. Raises OutputError where it is damaged or the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(TABLES)
        except sqlite3.Error as error:
            with contextlib.suppress(AttributeError):  # it was not even opened
                self._db.close()
            raise refused(error, path) from error
        self.run = 0
        self._unlisted = set()
        self._paces: dict[str, tuple[float, int, int, int]] = {}  # of the jobs since the last commit

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
            self._unlisted.clear()

    def commit(self) -> None:
        """Make what was recorded since ``begin`` permanent."""
        if self._db.in_transaction:
            self._record_paces()
            may_die_here()
            self._db.execute("COMMIT")

    # runs and events

    def begin_run(self, workflow: str, captures: str, base: str) -> int:
        """Note that a run began; its number."""
        made = self._db.execute(
            "INSERT INTO run (began, workflow, captures, base) VALUES (?,?,?,?)",
            (time.time(), text_of(workflow), text_of(captures), base),
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
            (time.time(), self.run, what, text_of(object_id), step, slot, text_of(detail)),
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """Every event in its order: seq, at (seconds since 1970), run, what, object, step, slot, detail."""
        yield from self._rows("SELECT * FROM event ORDER BY seq")

    # captures

    def captures(self, folder: str) -> dict[str, tuple[str, int, str]]:
        """Known captures below a folder: path -> (print, bytes, SHA-256)."""
        rows = self._db.execute(
            "SELECT path, print, size, sha256 FROM capture WHERE path >= ? AND path < ?", below(folder)
        )
        return {name_of(path): (seen, size, sha256) for path, seen, size, sha256 in rows}

    def remember_captures(self, known: dict[str, tuple[str, int, str]]) -> None:
        """Note what captures are like now: path -> (print, bytes, SHA-256)."""
        self._db.executemany(
            "INSERT OR REPLACE INTO capture VALUES (?,?,?,?)", [(text_of(path), *told) for path, told in known.items()]
        )

    def forget_captures(self, paths: Iterable[str]) -> None:
        """Drop captures that are gone."""
        self._db.executemany("DELETE FROM capture WHERE path=?", [(text_of(path),) for path in paths])

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
            ArtefactRow(kind, name, digest, name_of(location), seen, base, tuple(unpack(files)), json.loads(evidence))
            for kind, name, digest, location, seen, base, files, evidence in rows
        ]

    def keys(self, object_id: str) -> dict[tuple[str, str], str]:
        """(step, slot) -> cache key of every job that is remembered for an object."""
        rows = self._db.execute("SELECT step, slot, key FROM job WHERE object=?", (object_id,))
        return {(step, slot): key for step, slot, key in rows}

    def record_job(
        self, object_id: str, step: str, slot: str, job: JobRow, artefacts: list[ArtefactRow], *, first: bool = False
    ) -> None:
        """Remember a good result in place of the slot's former one; none is there if it is the ``first``."""
        self._db.execute(
            "INSERT OR REPLACE INTO job VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(object_id, step, slot, job.key, job.stage, job.version),
                *(as_json(job.options), as_json(job.tools), as_json(job.inputs)),
                *(job.seconds, job.bytes_in, job.bytes_out, self.run),
            ),
        )
        seconds, read, written, jobs = self._paces.get(job.stage, (0.0, 0, 0, 0))
        self._paces[job.stage] = (seconds + job.seconds, read + job.bytes_in, written + job.bytes_out, jobs + 1)
        self.record_artefacts(object_id, step, slot, artefacts, first=first)

    def _record_paces(self) -> None:
        self._db.executemany(
            "INSERT INTO pace VALUES (?,?,?,?,?) ON CONFLICT (stage) DO UPDATE SET seconds=seconds+excluded.seconds, "
            "bytes_in=bytes_in+excluded.bytes_in, bytes_out=bytes_out+excluded.bytes_out, jobs=jobs+excluded.jobs",
            [(stage, *told) for stage, told in self._paces.items()],
        )
        self._paces.clear()

    def record_artefacts(
        self, object_id: str, step: str, slot: str, artefacts: list[ArtefactRow], *, first: bool = False
    ) -> None:
        """Replace the artefacts of a slot."""
        if not first:
            self._db.execute("DELETE FROM artefact WHERE object=? AND step=? AND slot=?", (object_id, step, slot))
        self._db.executemany(
            "INSERT OR REPLACE INTO artefact VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    *(object_id, step, slot, part, row.kind, row.name, row.digest, text_of(row.location)),
                    *(row.print, row.base, pack(row.files), as_json(row.evidence)),
                )
                for part, row in enumerate(artefacts)
            ],
        )

    def move_artefacts(self, object_id: str, moved: list[tuple[str, str, str, int]]) -> None:
        """Note that artefacts were renamed to other places: (place, step, slot, part) of each."""
        self._db.executemany(
            "UPDATE artefact SET location=? WHERE object=? AND step=? AND slot=? AND part=?",
            [(place, object_id, *which) for place, *which in moved],
        )

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
