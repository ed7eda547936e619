"""From finished jobs to the published tree: every place is swapped in one step, nothing is copied.

A new object is put together out of sight and appears by one rename. A newer edition replaces each
artefact that changed by one exchange; artefacts that did not change are not touched. Killed at any
moment, the next run finds every artefact at its old or at its new place and goes on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import Entry, files_below, holds, print_of, relative
from heritage3d.pipeline.edition import Known
from heritage3d.pipeline.evidence import evidence_of
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.places import folder_of
from heritage3d.pipeline.plan import ObjectPlan
from heritage3d.pipeline.provenance import provenance_of
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.store import make_durable, move, remove, swap, translated, write, write_unseen


@dataclass(frozen=True)
class _Piece:
    """What goes to one place: the whole of an artefact, or one entry of a spread one."""

    place: str
    source: str
    digest: str
    entries: list[Entry]


def publish_objects(plans: list[ObjectPlan]) -> list[bool]:
    """Publish the editions of objects whose jobs are all done; for each, whether anything changed.

    What is new is made durable once for all of them, before any of it appears. Inside a transaction of the caller.
    """
    publications = [_of_object(plan) for plan in plans]
    fresh = [publication.prepare() for publication in publications]
    if any(fresh):
        make_durable(plans[0].settings.store.next)
    changed = [publication.appear() for publication in publications]
    for plan, publication in zip(plans, publications, strict=True):
        plan.remember(publication.files())
    return changed


def _of_object(plan: ObjectPlan) -> _Publication:
    home = f"objects/{plan.object.id}"
    documents = {
        f"{home}/evidence.json": addresses.dump(evidence_of(plan)),
        f"{home}/provenance.json": addresses.dump(provenance_of(plan)),
    }
    known = [
        (found, place) for found in plan.edition.artefacts() if (place := plan.edition.place(found.row)) is not None
    ]
    return _Publication(plan.settings, plan.object.id, home, known, documents)


def publish_collection(settings: Settings, known: list[Known]) -> bool:
    """Publish what the collection steps made; whether anything changed."""
    placed = [(found, place) for found in known if (place := kind(found.row.kind).place) is not None]
    settings.ledger.begin()
    publication = _Publication(settings, "", "", placed, {})
    publication.prepare()
    changed = publication.appear()
    settings.ledger.commit()
    return changed


class _Publication:
    """One edition on its way: ``prepare`` does all that nobody can see, ``appear`` the renames."""

    def __init__(
        self,
        settings: Settings,
        object_id: str,
        home: str,
        known: list[tuple[Known, str]],
        documents: dict[str, bytes],
    ) -> None:
        self.settings = settings
        self.store = settings.store
        self.ledger = settings.ledger
        self.object_id = object_id
        self.home = home
        self.documents = documents
        # An object that is not there yet grows in `next` and appears by one rename.
        self.out = str(self.store.out)
        self.new = bool(home) and not os.path.lexists(f"{self.out}/{home}")
        self.root = str(self.store.next) if self.new else self.out
        self.before = self.ledger.placed(object_id)
        self.noted: list[tuple[str, str, str, list[Entry]]] = []  # what the ledger has to learn: place, digest, print
        self.known = [(self.rebound(found, place), place) for found, place in known]
        self.changed = self.known != known
        self.pieces = [piece for found, place in self.known for piece in _pieces(found, place)]
        self.entries = {place: Entry("", len(content), _sha256(content)) for place, content in documents.items()}
        self.fresh: dict[str, str] = {}  # documents that wait beside, by their place

    def prepare(self) -> bool:
        """Write what is new out of sight; whether it must be made durable before it appears."""
        if self.new:
            self.drop_leftovers()
            with translated(home := Path(self.root, self.home)):
                home.mkdir(parents=True, exist_ok=True)
            for piece in self.pieces:
                self.changed |= self.put(piece)
        for number, (place, content) in enumerate(self.documents.items()):
            target = f"{self.root}/{place}"
            entry = self.entries[place]
            if (old := self.before.get(place)) and old[2] == [entry] and print_of(target, [""]) == old[1]:
                continue
            if self.new or not holds(Path(target), entry):
                name = _sha256(self.object_id.encode("utf-8", "surrogateescape"))
                beside = target if self.new else f"{self.store.work}/{name}-{number}.part"
                write_unseen(beside, content)
                self.fresh[place] = beside
        return bool(self.fresh)

    def appear(self) -> bool:
        """Bring everything to its place; whether anything changed."""
        if not self.new:
            for piece in self.pieces:
                self.changed |= self.put(piece)
        for place, entry in self.entries.items():
            target = f"{self.root}/{place}"
            if place in self.fresh and not self.new:
                move(self.fresh[place], target)
            seen = print_of(target, [""])
            if self.before.get(place) != (entry.sha256, seen, [entry]):
                self.noted.append((place, entry.sha256, seen, [entry]))
        if self.new and os.path.lexists(f"{self.root}/{self.home}"):
            move(f"{self.root}/{self.home}", f"{self.out}/{self.home}")
        gone = set(self.before) - {piece.place for piece in self.pieces} - set(self.documents)
        self.ledger.record_placed(self.object_id, self.noted)
        self.changed |= bool(self.fresh) | self.withdraw(gone)
        moved = [(place, *found.slot, found.part) for found, place in self.known if found.row.location != place]
        self.ledger.move_artefacts(self.object_id, moved)
        return self.changed

    def drop_leftovers(self) -> None:
        """Drop what a killed run had put together for an edition that is none any more."""
        left = f"{self.root}/{self.home}"
        if os.path.lexists(left):
            wanted = {f"{piece.place}/{entry.path}".rstrip("/") for piece in self.pieces for entry in piece.entries}
            for path in files_below(Path(left)):
                if relative(path, Path(self.root)) not in wanted:
                    remove(path)

    def files(self) -> list[str]:
        """Every file of the edition, relative to OUT."""
        named = [f"{piece.place}/{entry.path}".rstrip("/") for piece in self.pieces for entry in piece.entries]
        return [*named, *self.documents]

    def put(self, piece: _Piece) -> bool:
        """Bring a piece to its place unless it lies there already; whether anything changed."""
        target = f"{self.root}/{piece.place}"
        names = [entry.path for entry in piece.entries]
        if piece.source in {target, f"{self.out}/{piece.place}"}:
            seen = print_of(piece.source, names)
            if self.before.get(piece.place, ("", "", []))[:2] != (piece.digest, seen):
                self.noted.append((piece.place, piece.digest, seen, piece.entries))
            return False
        old, restored = self.before.get(piece.place), False
        same = old is not None and not self.new and old[2] == piece.entries
        if same and all(holds(Path(target, name), entry) for name, entry in zip(names, piece.entries, strict=True)):
            remove(piece.source)
        else:
            if swap(piece.source, target):
                remove(piece.source)
            restored = True
        self.noted.append((piece.place, piece.digest, print_of(target, names), piece.entries))
        return not same or restored

    def withdraw(self, places: Iterable[str]) -> bool:
        """Take away what the edition before had and this one has not."""
        gone = sorted(places, reverse=True)
        for number, place in enumerate(gone):
            path = self.store.out / place
            if path.exists() and not self.claimed_by_another(place):
                aside = self.store.work / f"withdrawn-{self.settings.run}-{number}"
                remove(aside)
                move(path, aside)
                remove(aside)
                self.prune(path.parent)
            self.ledger.forget_placed(self.object_id, place)
        return bool(gone)

    def claimed_by_another(self, place: str) -> bool:
        """Whether the same place now lies inside, or around, a place of this edition."""
        return any(
            other != place and (other + "/").startswith(place + "/") for other in self.ledger.placed(self.object_id)
        )

    def prune(self, folder: Path) -> None:
        while folder != self.store.out and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def rebound(self, found: Known, place: str) -> Known:
        """The artefact with its addresses bound to the base and place of this run."""
        told = kind(found.row.kind)
        here = addresses.join(self.settings.base, folder_of(found.row.kind, place))
        if not told.addressed or found.row.base in {"", here}:
            return found
        files: list[Entry] = []
        for entry in found.row.files:
            path = found.path / entry.path if entry.path else found.path
            if path.name in told.addressed:
                content = addresses.dump(addresses.rebind(addresses.load(path), found.row.base, here))
                write(path, content, self.store.work)
                entry = Entry(entry.path, len(content), _sha256(content))
            files.append(entry)
        seen = print_of(found.path, [entry.path for entry in files])
        row = replace(found.row, base=here, files=tuple(files), print=seen)
        rows = self.ledger.artefacts(self.object_id, *found.slot)
        rows[found.part] = row
        self.ledger.record_artefacts(self.object_id, *found.slot, rows)
        return replace(found, row=row)


def _pieces(found: Known, place: str) -> list[_Piece]:
    row = found.row
    if not kind(row.kind).spread:
        return [_Piece(place, os.fspath(found.path), row.digest, list(row.files))]
    tops: dict[str, list[Entry]] = {}
    for entry in row.files:
        top, _slash, rest = entry.path.partition("/")
        tops.setdefault(top, []).append(replace(entry, path=rest))
    prefix = "" if place == "." else place + "/"
    return [
        # The digest of the unbound whole, so that it does not depend on the base.
        _Piece(prefix + top, f"{found.path}/{top}", _sha256(f"{row.digest}/{top}".encode()), entries)
        for top, entries in sorted(tops.items())
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
