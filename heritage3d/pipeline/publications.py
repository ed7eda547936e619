"""The half of the ledger that tells what is published: editions, places, lists of the tree, how objects fared."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from heritage3d.pipeline.digests import Entry, pack, pack_names, unpack, unpack_names
from heritage3d.pipeline.tables import STATES, as_json, name_of, text_of


class Publications:
    """Part of ``Ledger``, which opens the file and begins and ends transactions."""

    _db: sqlite3.Connection
    _unlisted: set[str]  # which lists of the tree this transaction has dropped
    run: int

    def edition(self, object_id: str) -> tuple[str, str, list[str]] | None:
        """What an object's published edition was made from and how it lay there: asked, print, files below OUT."""
        found = self._db.execute(
            "SELECT asked, print, files FROM edition JOIN object ON id = object WHERE object=? AND published",
            (text_of(object_id),),
        ).fetchone()
        return found and (found[0], found[1], unpack_names(found[2]))

    def record_edition(self, object_id: str, asked: str, seen: str, files: list[str]) -> None:
        """Note what was published for an object, so that the next run need not look closer."""
        told = (text_of(object_id), asked, seen, pack_names(files))
        self._db.execute("INSERT OR REPLACE INTO edition VALUES (?,?,?,?)", told)

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

    def record_placed(self, object_id: str, placed: Iterable[tuple[str, str, str, list[Entry]]]) -> None:
        """Note what now lies at published places of an object: (place, digest, print, files) of each."""
        rows = [(place, object_id, digest, seen, pack(files)) for place, digest, seen, files in placed]
        self._db.executemany("INSERT OR REPLACE INTO placed VALUES (?,?,?,?,?)", rows)
        if rows:
            self._unlist(object_id)

    def forget_placed(self, object_id: str, place: str) -> None:
        """Note that nothing of an object is published there any more."""
        self._db.execute("DELETE FROM placed WHERE place=?", (place,))
        self._unlist(object_id)

    def _unlist(self, object_id: str) -> None:
        """Lists of the tree are out of date now, except that of the objects where only the collection ("") changed.

        Once in a transaction is enough.
        """
        which = "file != 'objects'" if not object_id else "1"
        if which not in self._unlisted:
            self._db.execute(f"DELETE FROM listed WHERE {which}")  # noqa: S608  fixed words
            if self._db.in_transaction:
                self._unlisted.add(which)

    # objects

    def record_objects(self, fared: Iterable[tuple[str, str, bool, float, list[dict[str, Any]]]]) -> None:
        """Remember how objects fared: (id, state, whether an edition is published, seconds, errors) of each.

        The state is published, unchanged, withheld or failed.
        """
        self._db.executemany(
            "INSERT OR REPLACE INTO object VALUES (?,?,?,?,?,?)",
            [
                (text_of(name), state, int(there), seconds, as_json(errors), self.run)
                for name, state, there, seconds, errors in fared
            ],
        )

    def count_objects(self) -> dict[str, int]:
        """How many objects are in each state: published, unchanged, withheld, failed."""
        found = dict(self._db.execute("SELECT state, COUNT(*) FROM object GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in STATES}

    def objects(self, *, only_faulty: bool = False) -> Iterator[dict[str, Any]]:
        """Every object that any run met, or only those with a fault: id, state, published, seconds, errors, run."""
        which = "WHERE errors != '[]'" if only_faulty else ""
        for row in self._rows(f"SELECT * FROM object {which} ORDER BY id"):  # noqa: S608  fixed words
            yield {**row, "id": name_of(row["id"]), "errors": json.loads(row["errors"])}

    def was_published(self, object_id: str) -> bool:
        """Whether an edition of the object is published now."""
        return bool(
            self._db.execute("SELECT published FROM object WHERE id=? AND published", (text_of(object_id),)).fetchone()
        )

    def _rows(self, query: str) -> Iterator[dict[str, Any]]:
        cursor = self._db.execute(query)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))
