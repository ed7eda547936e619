"""Judge a bag as RFC 8493 asks: complete, valid, and nothing that leads out of it."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from heritage3d.pipeline.digests import files_below, relative
from heritage3d.trust import bagit
from heritage3d.trust.bagit import Bag, Listing
from heritage3d.trust.faults import Fault

_CHUNK = 1 << 20
_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}


def judge(root: Path) -> Iterator[Fault | int]:
    """Every fault, and in the end the number of files that were looked at. Raises BagUnreadable."""
    bag = bagit.read(root)
    bad = False
    for fault in (*_grammar(bag), *_warnings(bag)):
        bad |= fault.severity == "error"
        yield fault
    if any(bagit.leads_out(path) for path in _every_path(bag)):
        return  # such a bag is not opened at all
    digests = _Digests(root)
    payload = {relative(path, root) for path in files_below(root / "data")} if (root / "data").is_dir() else set()
    yield from _completeness(bag, payload)
    for listing in bag.listings:
        for name, wanted in listing.digests().items():
            yield from digests.held_against(name, listing, wanted)
    yield from _oxum(root, bag, payload)
    yield len(digests.seen)


def _every_path(bag: Bag) -> Iterator[str]:
    yield from bag.fetch
    for listing in bag.listings:
        yield from (path for _digest, path in listing.lines)


def _grammar(bag: Bag) -> Iterator[Fault]:
    for path in bag.fetch:
        if bagit.leads_out(path):
            yield Fault("fetch.txt", "bag", f"{path} leads out of the bag")
    for listing in bag.listings:
        seen: dict[str, str] = {}
        for digest, path in listing.lines:
            name = bagit.plain(path)
            if bagit.leads_out(path):
                yield Fault(listing.file, "bag", f"{path} leads out of the bag")
            if not listing.tag and not name.startswith("data/"):
                yield Fault(listing.file, "bag", f"{path} is no payload: it does not lie in data/")
            if name in seen and (bag.version >= (1, 0) or seen[name] != digest.lower()):
                yield Fault(listing.file, "bag", f"{name} is listed twice")
            elif name in seen:
                yield Fault(listing.file, "bag", f"{name} is listed twice", "warning")
            seen[name] = digest.lower()


def _warnings(bag: Bag) -> Iterator[Fault]:
    for listing in bag.listings:
        names: dict[str, str] = {}
        for _digest, path in listing.lines:
            name = bagit.plain(path)
            if names.setdefault(bagit.same_for_others(name), name) != name:
                yield Fault(listing.file, "bag", f"some disks take {name} for another file", "warning")
            if path.startswith(("./", "*")):
                yield Fault(listing.file, "bag", f"{path} is not written plainly", "warning")
            if name.rpartition("/")[2] in _SYSTEM_FILES:
                yield Fault(listing.file, "bag", f"{name} is a file of the system, which changes by itself", "warning")
        if listing.algorithm in {"md5", "sha1"} and bag.version >= (1, 0):
            yield Fault(listing.file, "bag", f"{listing.algorithm} no longer protects against intent", "warning")


def _completeness(bag: Bag, payload: set[str]) -> Iterator[Fault]:
    listed = [set(listing.digests()) for listing in bag.listings if not listing.tag]
    everywhere = set.intersection(*listed) if bag.version >= (1, 0) else set.union(*listed)
    anywhere = set.union(*listed)
    forms = {unicodedata.normalize("NFC", name) for name in anywhere}
    for name in sorted(payload - anywhere):
        if unicodedata.normalize("NFC", name) not in forms:
            yield Fault(name, "extra", "in no manifest")
    for name in sorted((payload & anywhere) - everywhere):
        yield Fault(name, "bag", "not in every payload manifest")
    for name in sorted({bagit.plain(path) for path in bag.fetch} - anywhere):
        yield Fault("fetch.txt", "bag", f"{name} is in no manifest")


def _oxum(root: Path, bag: Bag, payload: set[str]) -> Iterator[Fault]:
    told = dict(bagit.metadata(root, bag)).get("Payload-Oxum")
    if told is None:
        return
    found = f"{sum((root / name).stat().st_size for name in payload)}.{len(payload)}"
    if told != found:
        yield Fault(bagit.INFO, "bag", f"Payload-Oxum is {told}, and the payload is {found}")


class _Digests:
    """Digests of the bag's files; each file is read once for all the lists that name it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seen: dict[str, dict[str, str] | None] = {}

    def held_against(self, name: str, listing: Listing, wanted: str) -> Iterator[Fault]:
        path = self.root / name
        if not _is_file(path):
            other = self.otherwise(name)
            if other is None:
                yield Fault(name, "missing", f"listed in {listing.file}")
                return
            path = other
        if name not in self.seen or listing.algorithm not in (self.seen[name] or {}):
            try:
                known = self.seen.get(name) or {}
                self.seen[name] = {**known, listing.algorithm: _digest(path, listing.algorithm)}
            except OSError as error:
                self.seen[name] = None
                yield Fault(name, "changed", error.strerror or "cannot be read")
        found = self.seen[name]
        if found is not None and found[listing.algorithm] != wanted:
            yield Fault(name, "changed")

    def otherwise(self, name: str) -> Path | None:
        """The file whose name is the same text in another form of Unicode: some disks change the form."""
        wanted = unicodedata.normalize("NFC", name)
        folder = (self.root / name).parent
        if name == "." or not os.path.isdir(folder):  # noqa: PTH112  Path.is_dir raises for names that are too long
            return None
        beside = folder.iterdir()
        forms = ((path, unicodedata.normalize("NFC", relative(path, self.root))) for path in beside)
        return next((path for path, form in forms if form == wanted), None)


def _is_file(path: Path) -> bool:
    """Path.is_file, also for names that no file system could hold."""
    return os.path.isfile(path)  # noqa: PTH113


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
