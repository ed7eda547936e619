"""The registry of kinds (the types of artefacts) and of formats (how a file of a kind is recognised).

A room registers its kinds and formats in its own ``kinds.py``; that module stays light, because every
command imports it. The functions that it names import the heavy libraries when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

HEAD_BYTES = 4096


@dataclass(frozen=True)
class Kind:
    """The type of an artefact.

    ``place`` says where the artefact is published below OUT; kinds without a place stay in ``kept/``.
    It is a template of ``{object}`` and ``{name}``; ``{/name}`` stands for ``/name`` where the object
    has several artefacts of the kind and for nothing where it has one. ``spread`` means that the
    entries of the artefact's folder go to the place one by one, beside what lies there already.
    ``addressed`` names the JSON files in it that carry absolute addresses (see pipeline.addresses).
    ``section`` names the entry of the object's evidence.json that tells the figures of such an artefact a second
    time, where readers look for them without knowing the place.
    """

    name: str
    meaning: str
    place: str | None = None
    spread: bool = False
    addressed: tuple[str, ...] = ()
    section: str | None = None


@dataclass(frozen=True)
class Finding:
    """One fault that a check found. ``where`` is a place inside the file (a JSON pointer, a tile)."""

    code: str
    what: str
    where: str = ""
    severity: Literal["error", "warning"] = "error"


def _nothing(_path: Path) -> list[Path]:
    return []


@dataclass(frozen=True)
class Format:
    """A file format: how it is recognised, told about and judged.

    ``recognise`` gets the path and the first 4 KiB and looks at the content, not at the suffix, wherever
    the content tells. ``captured_as`` is the kind that such a file becomes when ingest finds it loose in
    an object's folder (None: it is never a capture). ``companions`` lists the other files that belong to
    a capture of this format (materials and textures of an OBJ), as existing paths below its folder;
    it raises an ObjectError when one is missing or lies outside.
    """

    name: str
    recognise: Callable[[Path, bytes], bool]
    info: Callable[[Path], dict[str, Any]]
    check: Callable[[Path], list[Finding]]
    captured_as: str | None = None
    companions: Callable[[Path], list[Path]] = field(default=_nothing)


_kinds: dict[str, Kind] = {}
_formats: list[Format] = []


def register(*entries: Kind | Format) -> None:
    """Add kinds and formats; a name can be registered once, formats are asked in order."""
    for entry in entries:
        if isinstance(entry, Format):
            _formats.append(entry)
        elif _kinds.setdefault(entry.name, entry) is not entry:
            raise ValueError(f"the kind {entry.name} is registered twice")


def kind(name: str) -> Kind:
    """The kind of that name. Raises KeyError."""
    return _kinds[name]


def kinds() -> Iterator[Kind]:
    """All kinds, by name."""
    return iter(sorted(_kinds.values(), key=lambda entry: entry.name))


def formats() -> Iterator[Format]:
    """All formats, in the order in which they are asked."""
    return iter(_formats)


def recognise(path: Path) -> Format | None:
    """The format of this file, judged from its first bytes; None if nobody knows it.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    return next((entry for entry in _formats if entry.recognise(path, head)), None)
