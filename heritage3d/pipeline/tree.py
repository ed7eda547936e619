"""What is done once for the whole tree: its list of digests, and sweeping away what nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator

from heritage3d.pipeline.digests import print_of, relative
from heritage3d.pipeline.settings import Settings
from heritage3d.pipeline.store import remove, write_lines

CHECKSUMS = "checksums.txt"


def write_checksums(settings: Settings) -> bool:
    """Bring checksums.txt up to date with what is published; whether it changed."""
    path = settings.store.out / CHECKSUMS
    if (seen := settings.ledger.listed(CHECKSUMS)) and seen == print_of(path, [""]):
        return False
    written = write_lines(path, _checksums(settings), settings.store.work)
    settings.ledger.record_listed(CHECKSUMS, print_of(path, [""]))
    return written


def _checksums(settings: Settings) -> Iterator[str]:
    """The lines in the order of their paths. Only places of which one begins with the other can stand otherwise."""
    first = ""
    group: list[tuple[str, str]] = []
    for place, _object_id, _seen, entries in settings.ledger.all_placed():
        if not place.startswith(first or "\0"):
            yield from (f"{sha256}  {path}\n" for path, sha256 in sorted(group))
            first, group = place, []
        group.extend((f"{place}/{entry.path}" if entry.path else place, entry.sha256) for entry in entries)
    yield from (f"{sha256}  {path}\n" for path, sha256 in sorted(group))


def sweep(settings: Settings) -> None:
    """Drop from the hidden folders what no remembered artefact needs."""
    out, hidden = settings.store.out, relative(settings.store.hidden, settings.store.out)
    depth = hidden.count("/") + 3  # .heritage3d/kept/<one>
    needed = {"/".join(location.split("/")[:depth]) for location in settings.ledger.locations(hidden)}
    for folder in (settings.store.kept, settings.store.next, settings.store.work):
        for path in folder.iterdir() if folder.is_dir() else ():
            if relative(path, out) not in needed:
                remove(path)
    remove(settings.store.begun)  # parts of jobs that were killed, and whose captures have changed since
