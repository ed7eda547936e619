"""From finished jobs to the published tree: every place is swapped in one step, nothing is copied.

A new object is put together out of sight and appears by one rename. A newer edition replaces each
artefact that changed by one exchange; artefacts that did not change are not touched. Killed at any
moment, the next run finds every artefact at its old or at its new place and goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heritage3d.pipeline import addresses
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.places import folder_of
from heritage3d.pipeline.plan import Known, ObjectPlan, Settings
from heritage3d.pipeline.provenance import provenance_of
from heritage3d.pipeline.store import (
    Entry,
    holds,
    move,
    print_of,
    remove,
    sha256_of,
    swap,
    translated,
    write,
)

CHECKSUMS = "checksums.txt"


@dataclass(frozen=True)
class _Piece:
    """What goes to one place: the whole of an artefact, or one entry of a spread one."""

    place: str
    source: Path
    digest: str
    entries: list[Entry]


def publish_object(plan: ObjectPlan) -> bool:
    """Publish the edition of an object whose jobs are all done; whether anything changed."""
    known = [(found, place) for found in plan.artefacts() if (place := plan.place(found)) is not None]
    documents = {
        f"objects/{plan.object.id}/evidence.json": addresses.dump(evidence_of(plan)),
        f"objects/{plan.object.id}/provenance.json": addresses.dump(provenance_of(plan)),
    }
    home = f"objects/{plan.object.id}"
    return _Publication(plan.settings, plan.object.id, home).publish(known, documents)


def publish_collection(settings: Settings, known: list[Known]) -> bool:
    """Publish what the collection steps made; whether anything changed."""
    placed = [(found, place) for found in known if (place := kind(found.row.kind).place) is not None]
    return _Publication(settings, "", "").publish(placed, {})


class _Publication:
    def __init__(self, settings: Settings, object_id: str, home: str) -> None:
        self.settings = settings
        self.store = settings.store
        self.ledger = settings.ledger
        self.object_id = object_id
        self.home = home
        # An object that is not there yet grows in `next` and appears by one rename.
        self.new = bool(home) and not (self.store.out / home).exists()
        self.root = self.store.next if self.new else self.store.out

    def publish(self, known: list[tuple[Known, str]], documents: dict[str, bytes]) -> bool:
        before = self.ledger.placed(self.object_id)
        former = known
        known = [(self.rebound(found, place), place) for found, place in former]
        pieces = [piece for found, place in known for piece in _pieces(found, place)]
        self.ledger.begin()
        changed = known != former
        for piece in pieces:
            changed |= self.put(piece, before)
        for place, content in documents.items():
            changed |= self.write(place, content, before)
        if self.new and (self.root / self.home).exists():
            move(self.root / self.home, self.store.out / self.home)
        changed |= self.withdraw(set(before) - {piece.place for piece in pieces} - set(documents))
        for found, place in known:
            self.ledger.move_artefact(self.object_id, *found.slot, found.part, place)
        self.ledger.commit()
        return changed

    def put(self, piece: _Piece, before: dict[str, tuple[str, str, list[Entry]]]) -> bool:
        """Bring a piece to its place unless it lies there already; whether anything changed."""
        target = self.root / piece.place
        names = [entry.path for entry in piece.entries]
        if piece.source == self.store.out / piece.place or piece.source == target:
            seen = print_of(piece.source, names)
            if before.get(piece.place, ("", "", []))[:2] != (piece.digest, seen):
                self.ledger.record_placed(piece.place, self.object_id, piece.digest, seen, piece.entries)
            return False
        old, restored = before.get(piece.place), False
        same = old is not None and not self.new and old[2] == piece.entries
        if same and all(
            holds(target / name if name else target, entry) for name, entry in zip(names, piece.entries, strict=True)
        ):
            remove(piece.source)
        else:
            swap(piece.source, target)
            remove(piece.source)
            restored = True
        self.ledger.record_placed(piece.place, self.object_id, piece.digest, print_of(target, names), piece.entries)
        return not same or restored

    def write(self, place: str, content: bytes, before: dict[str, tuple[str, str, list[Entry]]]) -> bool:
        """Write a document of the engine's own unless it lies there already; whether it was written."""
        target = self.root / place
        entry = Entry("", len(content), _sha256(content))
        if (old := before.get(place)) and old[2] == [entry] and print_of(target, [""]) == old[1]:
            return False
        same = holds(target, entry)
        if not same:
            write(target, content, self.store.work)
        self.ledger.record_placed(place, self.object_id, entry.sha256, print_of(target, [""]), [entry])
        return not same

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
            self.ledger.forget_placed(place)
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
        return [_Piece(place, found.path, row.digest, list(row.files))]
    tops: dict[str, list[Entry]] = {}
    for entry in row.files:
        top, _slash, rest = entry.path.partition("/")
        tops.setdefault(top, []).append(replace(entry, path=rest))
    prefix = "" if place == "." else place + "/"
    return [
        # The digest of the unbound whole, so that it does not depend on the base.
        _Piece(prefix + top, found.path / top, _sha256(f"{row.digest}/{top}".encode()), entries)
        for top, entries in sorted(tops.items())
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- the engine's own documents ---------------------------------------------------------------------------


def evidence_of(plan: ObjectPlan) -> dict[str, Any]:
    """The measured figures of every published derivative of an object, by its place.

    ``intermediates``, by step and name: those of what was made on the way and is not published itself, such
    as the residuals of a stitched scroll or the angle of a deskewed page.
    """
    home = f"objects/{plan.object.id}/"
    figures = {
        place.removeprefix(home): {"kind": known.row.kind, "sha256": known.row.digest, **known.row.evidence}
        for known in plan.artefacts()
        if (place := plan.place(known)) is not None and known.row.evidence
    }
    on_the_way = {
        f"{known.slot[0]}/{known.row.name}": {"kind": known.row.kind, "sha256": known.row.digest, **known.row.evidence}
        for known in plan.artefacts()
        if plan.place(known) is None and known.row.evidence and not Path(known.row.location).is_absolute()
    }
    told = {"object": plan.object.id, "derivatives": dict(sorted(figures.items()))}
    for known in plan.artefacts():
        if (section := kind(known.row.kind).section) is not None:
            told[section] = known.row.evidence
    return told | ({"intermediates": dict(sorted(on_the_way.items()))} if on_the_way else {})


# --- what is done once for the tree -----------------------------------------------------------------------


def write_checksums(settings: Settings) -> bool:
    """Bring checksums.txt up to date with what is published; whether it changed."""
    lines: list[tuple[str, str]] = []
    for place, _object_id, _seen, entries in settings.ledger.all_placed():
        lines.extend((f"{place}/{entry.path}" if entry.path else place, entry.sha256) for entry in entries)
    content = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(lines)).encode("utf-8", "surrogateescape")
    path = settings.store.out / CHECKSUMS
    with translated(path):
        if path.is_file() and sha256_of(path) == _sha256(content):
            return False
    write(path, content, settings.store.work)
    return True


def sweep(settings: Settings) -> None:
    """Drop from the hidden folders what no remembered artefact needs."""
    needed = settings.ledger.locations()
    for folder in (settings.store.kept, settings.store.next, settings.store.work):
        for path in folder.iterdir() if folder.is_dir() else ():
            here = path.relative_to(settings.store.out).as_posix()
            if not any(location == here or location.startswith(here + "/") for location in needed):
                remove(path)
    remove(settings.store.begun)  # parts of jobs that were killed, and whose captures have changed since
