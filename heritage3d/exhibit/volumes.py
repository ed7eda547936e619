"""What goes into a package and on which disk: sizes in words, names for every system, objects kept whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from heritage3d.errors import DiskTooSmall, NameUnportable, SizeUnreadable
from heritage3d.record import naming

FAT32_FILE = 4 * 1024**3 - 1  # the largest file of FAT32
WINDOWS_PATH = 200  # characters below the package; Windows allows 259 with what stands before
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


@dataclass(frozen=True)
class Volume:
    """One disk: the objects on it and the bytes that they need."""

    objects: tuple[str, ...]
    size: int


def bytes_of(text: str) -> int:
    """4.7GB, 700 MB, 32GiB, 1000000. Raises SizeUnreadable."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?\s*", text.upper())
    size = int(float(found[1]) * _UNITS[found[2] or ""]) if found else 0
    if not size:
        raise SizeUnreadable(value=repr(text))
    return size


def divide(sizes: dict[str, int], limit: int | None, overhead: int) -> list[Volume]:
    """Objects onto disks in their order; none is parted. ``overhead``: bytes of the viewer on every disk.

    Raises DiskTooSmall.
    """
    if limit is None:
        return [Volume(tuple(sizes), sum(sizes.values()) + overhead)]
    volumes: list[Volume] = []
    held: list[str] = []
    size = overhead
    for name, needed in sizes.items():
        if needed + overhead > limit:
            raise DiskTooSmall(object=name, needed=needed + overhead, size=limit)
        if held and size + needed > limit:
            volumes.append(Volume(tuple(held), size))
            held, size = [], overhead
        held.append(name)
        size += needed
    return [*volumes, Volume(tuple(held), size)]


def check_names(paths: list[str]) -> None:
    """Raises NameUnportable for a name that exFAT or Windows refuses, or two that they take for one."""
    seen: dict[str, str] = {}
    judged: set[str] = set()
    for path in paths:
        if len(path.encode("utf-16-le", "surrogatepass")) // 2 > WINDOWS_PATH:
            raise NameUnportable(file=path, detail=f"the path has more than {WINDOWS_PATH} characters")
        for folder in (PurePosixPath(path), *PurePosixPath(path).parents):
            name = str(folder)
            if name in judged or name == ".":
                continue
            judged.add(name)
            if reason := naming.unsafe(folder.name):
                raise NameUnportable(file=path, detail=reason)
            if seen.setdefault(naming.same(name), name) != name:
                raise NameUnportable(file=path, detail=f"{seen[naming.same(name)]} is the same name there")
