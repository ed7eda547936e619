"""Move a published tree to another base address: only the documents that hold addresses are written again.

Works on any copy of a tree: each document tells by its own id which base it had. Killed in the middle, the same
call finishes it, because every document is judged by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import orjson

from heritage3d.errors import BindingFailed, NotAnOutput
from heritage3d.pipeline import addresses
from heritage3d.pipeline.claim import claimed
from heritage3d.pipeline.digests import Entry, print_of
from heritage3d.pipeline.kinds import kinds
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.store import Store, translated, write
from heritage3d.pipeline.tree import CHECKSUMS


@dataclass
class Bound:
    """What was done: documents with addresses, those that were written, and the bases that were found."""

    documents: int
    written: int
    before: set[str]


def bind(out: Path, base: str) -> Bound:
    """Give every address of the tree at ``out`` the base ``base``.

    Raises NotAnOutput, UsageError (no web address), BindingFailed (a document whose base cannot be told: then
    nothing was written), BusyError, OutputError.
    """
    base = addresses.checked_base(base)
    store = Store(out)
    if not (out / CHECKSUMS).is_file():
        raise NotAnOutput(file=out)
    with claimed(store.hidden) if store.ledger.is_file() else contextlib.nullcontext():
        lines = _lines(out)
        names = {name for kind in kinds() for name in kind.addressed}
        places = [place for _, place in lines if PurePosixPath(place).name in names]
        bases = {place: _base_of(out, place) for place in places}  # all are judged before any is written
        before = set(bases.values())
        done = Bound(len(places), 0, before)
        entries: dict[str, Entry] = {}
        for place, old in bases.items():
            entries[place], written = _moved(out, place, old, base, store)
            done.written += written
        told = "".join(f"{_sha256(entries, sha256, place)}  {place}\n" for sha256, place in lines)
        write(out / CHECKSUMS, told.encode("utf-8", "surrogateescape"), _work(store))
        if store.ledger.is_file():
            with Ledger(store.ledger) as ledger:
                _remember(ledger, store, entries, before, base)
    return done


def _lines(out: Path) -> list[tuple[str, str]]:
    """(SHA-256, place) of every published file, in the order of checksums.txt."""
    with translated(out / CHECKSUMS):
        text = (out / CHECKSUMS).read_bytes().decode("utf-8", "surrogateescape")
    lines = [(line[:64], line[66:]) for line in text.split("\n") if line]
    root = out.resolve()
    if not all((out / place).resolve().is_relative_to(root) for _, place in lines):
        raise NotAnOutput(file=out / CHECKSUMS)  # a list of files elsewhere was not made by a run
    return lines


def _sha256(entries: dict[str, Entry], sha256: str, place: str) -> str:
    return entries[place].sha256 if place in entries else sha256


def _base_of(out: Path, place: str) -> str:
    """What stands before the document's own place in its id; that of an image service is its folder."""
    try:
        document = addresses.load(out / place)
    except (OSError, ValueError) as error:
        raise BindingFailed(file=place, detail=f"it cannot be read ({error})") from None
    identifier = document.get("id") if isinstance(document, dict) else None
    folder = place.rpartition("/")[0]
    for own in (place, folder):
        ending = addresses.join("", own).strip("/")
        if isinstance(identifier, str) and ending and identifier.endswith(f"/{ending}"):
            return identifier[: -len(ending)]
    raise BindingFailed(file=place, detail="its id does not end in its own place")


def _moved(out: Path, place: str, old: str, base: str, store: Store) -> tuple[Entry, bool]:
    with translated(out / place):
        before = (out / place).read_bytes()
    content = addresses.dump(addresses.rebind(orjson.loads(before), old, base))
    if content != before:
        write(out / place, content, _work(store))
    return Entry("", len(content), hashlib.sha256(content).hexdigest()), content != before


def _work(store: Store) -> Path:
    """Where files grow: the pipeline's own folder, or in a copy that has none, beside the tree's index."""
    return store.work if store.work.is_dir() else store.out


def _remember(ledger: Ledger, store: Store, entries: dict[str, Entry], before: set[str], base: str) -> None:
    """So that the next run takes the documents for what it made, and makes nothing anew."""
    ledger.begin()
    for place, object_id, digest, files in list(_placed(ledger)):
        now = _now(place, files, entries)
        if now != files:
            names = [entry.path for entry in now]
            ledger.record_placed(object_id, [(place, digest, print_of(store.out / place, names), now)])
    for object_id, step, slot in ledger.bound():
        rows = ledger.artefacts(object_id, step, slot)
        for at, row in enumerate(rows):
            held = tuple(_now(row.location, list(row.files), entries))
            seen = print_of(store.out / row.location, [entry.path for entry in held])
            old = next((start for start in sorted(before, key=len, reverse=True) if row.base.startswith(start)), "")
            rows[at] = replace(row, base=base + row.base[len(old) :] if old else row.base, files=held, print=seen)
        ledger.record_artefacts(object_id, step, slot, rows)
    ledger.rebase(base)
    ledger.commit()


def _placed(ledger: Ledger) -> Iterator[tuple[str, str, str, list[Entry]]]:
    for object_id in {object_id for _, object_id, _, _ in ledger.all_placed()}:
        for place, (digest, _seen, files) in ledger.placed(object_id).items():
            yield place, object_id, digest, files


def _now(place: str, files: list[Entry], entries: dict[str, Entry]) -> list[Entry]:
    prefix = "" if place == "." else place
    return [
        replace(entries[path], path=entry.path) if (path := f"{prefix}/{entry.path}".strip("/")) in entries else entry
        for entry in files
    ]
