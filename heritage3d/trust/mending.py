"""Mend a published tree or a package from a second copy of it: file by file, each proved by its digest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import CopyUnfit
from heritage3d.pipeline.digests import sha256_of
from heritage3d.pipeline.store import move, remove, swap, translated
from heritage3d.trust import bagit, fixity, signing
from heritage3d.trust.faults import Fault


@dataclass(frozen=True)
class Mended:
    """How many files the tree has, which were brought from the copy, and where strangers' files went."""

    files: int
    mended: tuple[str, ...]
    set_aside: Path | None


def mend(root: Path, copy: Path) -> Mended:
    """Bring back every changed or missing file of ``root`` from ``copy``; move files that do not belong aside.

    The copy may be damaged too, elsewhere. Raises NotAnOutput, BagUnreadable, OutputError, and CopyUnfit
    where a file is good in neither or the two are different editions.
    """
    work = root.with_name(root.name + ".mending")
    remove(work)
    mended = _lists(root, copy, work)
    faults = [fault for fault in fixity.unchanged(root) if isinstance(fault, Fault) and fault.severity == "error"]
    listed = _listed(root)
    lost: list[str] = []
    for name in dict.fromkeys(fault.path for fault in faults if fault.path in listed):
        source = copy / name
        if source.is_file() and sha256_of(source) == listed[name]:
            _bring(source, root / name, work)
            mended.append(name)
        else:
            lost.append(name)
    aside = _set_aside(root, [fault.path for fault in faults if fault.why == "extra"])
    mended += _signature(root, copy, work)
    remove(work)
    if lost:
        raise CopyUnfit(file=lost[0], detail=f"{len(lost)} files are good in neither of the two")
    left = [found for found in fixity.unchanged(root) if isinstance(found, Fault) and found.severity == "error"]
    if left:
        raise CopyUnfit(file=left[0].path, detail=left[0].detail or left[0].why)
    return Mended(len(listed), tuple(mended), aside)


def _lists(root: Path, copy: Path, work: Path) -> list[str]:
    """Bring the lists from the copy where they differ and the copy is good; those that were brought."""
    names = _list_names(copy)
    differing = [name for name in names if _content(root / name) != _content(copy / name)]
    if not differing:
        return []
    for found in fixity.unchanged(copy):
        if isinstance(found, Fault) and found.severity == "error":
            raise CopyUnfit(file=found.path, detail="the lists differ, and the copy is not as its own list says")
    ours = {line for name in names for line in _content(root / name).splitlines()}
    theirs = {line for name in names for line in _content(copy / name).splitlines()}
    if len(ours & theirs) * 2 < len(theirs):
        raise CopyUnfit(file=copy, detail="it is a copy of another edition")
    for name in differing:
        _bring(copy / name, root / name, work)
    return differing


def _listed(root: Path) -> dict[str, str]:
    if not bagit.is_bag(root):
        return fixity.read_checksums(root)
    listings = [listing for listing in bagit.read(root).listings if listing.algorithm == "sha256"]
    return {name: digest for listing in listings for name, digest in listing.digests().items()}


def _list_names(root: Path) -> list[str]:
    if not bagit.is_bag(root):
        return [fixity.CHECKSUMS]
    listings = [listing.file for listing in bagit.read(root).listings]
    return [*listings, bagit.DECLARATION]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _bring(source: Path, target: Path, work: Path) -> None:
    """A proved copy appears at its place in one step."""
    with translated(target):
        work.mkdir(exist_ok=True)
        fresh = work / "file"
        shutil.copyfile(source, fresh)
        target.parent.mkdir(parents=True, exist_ok=True)
    swap(fresh, target)
    remove(fresh)


def _set_aside(root: Path, strangers: list[str]) -> Path | None:
    if not strangers:
        return None
    folder = root.with_name(root.name + ".set-aside")
    for name in strangers:
        target, number = folder / name, 1
        while target.exists():
            number += 1
            target = folder / f"{name}.{number}"
        move(root / name, target)
    return folder


def _signature(root: Path, copy: Path, work: Path) -> list[str]:
    """The copy's signature, where ours is none of this list and the copy's is."""
    source = copy / signing.SIGNATURE
    if not source.is_file() or _signs(root):
        return []
    _bring(source, root / signing.SIGNATURE, work)
    return [signing.SIGNATURE]


def _signs(root: Path) -> bool:
    return any(isinstance(found, signing.Signed) for found in signing.verified(root, frozenset(), needed=False))
