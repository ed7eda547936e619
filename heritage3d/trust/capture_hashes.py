"""Hashes that came with the captures: a bit that flipped between the camera and this disk is found here.

No decoder sees a flipped bit in plain samples (decision 0005). Cameras' programs, copy tools and BagIt write
the digests of files into lists beside them; a list that lies in the folder of an object is held against it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from heritage3d.errors import CaptureDamaged, CaptureListed, CaptureUnreadable, ObjectError

_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_SUFFIXES = {".md5", ".sha1", ".sha256", ".sha512"}
_NAMES = re.compile(r"(md5|sha1|sha256|sha512)sums?(\.txt)?|checksums?(\.txt)?|manifest-(md5|sha1|sha256|sha512)\.txt")
_LINE = re.compile(r"\\?(?P<hex>[0-9a-fA-F]{32,128})(?:[ \t]+\*?(?P<name>.+))?")
_BSD = re.compile(r"[A-Z0-9-]+ ?\((?P<name>.+)\) ?= ?(?P<hex>[0-9a-fA-F]{32,128})")
_MOST_BYTES = 64 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Listed:
    """One line: the file (relative to the object's folder), its digest, and the list that says so."""

    file: str
    algorithm: str
    digest: str
    source: str


def check(folder: Path, sha256: Mapping[str, str] | None = None) -> list[ObjectError]:
    """What is not as the lists in ``folder`` and the folders in it say: one error a file.

    ``sha256`` holds digests that are known already, by the path below ``folder``; those files are not read
    again for a list of SHA-256. A file that no list names is no fault. Raises nothing.
    """
    faults: list[ObjectError] = []
    found: dict[str, dict[str, str]] = {}
    present = {_plain(path.relative_to(folder).as_posix()): path for path in _files(folder)}
    for entry in listed(folder):
        path = present.get(_plain(entry.file))
        if path is None:
            faults.append(CaptureListed(file=entry.file, list=entry.source))
            continue
        name = path.relative_to(folder).as_posix()
        known = found.setdefault(name, {"sha256": sha256[name]} if sha256 and name in sha256 else {})
        try:
            if entry.algorithm not in known:
                known[entry.algorithm] = _digest(path, entry.algorithm)
        except OSError as error:
            faults.append(CaptureUnreadable(file=name, detail=error.strerror or "cannot be read"))
            continue
        if known[entry.algorithm] != entry.digest:
            faults.append(CaptureDamaged(file=name, list=entry.source))
    return faults


def is_list(name: str) -> bool:
    """Whether a file of this name is such a list."""
    return Path(name).suffix.lower() in _SUFFIXES or _NAMES.fullmatch(name.lower()) is not None


def listed(folder: Path) -> Iterator[Listed]:
    """What the lists name, in order: lists of ``sha256sum``, of BSD, of BagIt, and ``scan.tif.md5``."""
    for path in sorted(_files(folder)):
        alone = path.suffix.lower() in _SUFFIXES
        if not is_list(path.name) or path.stat().st_size > _MOST_BYTES:
            continue
        source = path.relative_to(folder).as_posix()
        for line in _text(path).splitlines():
            name, digest = _parsed(line.strip(), path.name[: -len(path.suffix)] if alone else "")
            place = PurePosixPath(source).parent / name
            if digest and not name.startswith("/") and ".." not in place.parts:
                yield Listed(place.as_posix(), _ALGORITHMS[len(digest)], digest, source)


def _parsed(line: str, neighbour: str) -> tuple[str, str]:
    """Name and digest of a line; "" where it is none."""
    match = _LINE.fullmatch(line) or _BSD.fullmatch(line)
    if match is None or len(match["hex"]) not in _ALGORITHMS:
        return "", ""
    name = (match["name"] or neighbour).strip().replace("\\", "/").removeprefix("./")
    return (name, match["hex"].lower()) if name else ("", "")


def _files(folder: Path) -> Iterator[Path]:
    """The files of the folder and of the folders in it, and no deeper: captures lie nowhere else."""
    for path in folder.iterdir():
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from (inner for inner in path.iterdir() if inner.is_file())


def _text(path: Path) -> str:
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")


def _plain(name: str) -> str:
    """A name as it compares: composed, as file systems and lists disagree on that."""
    return unicodedata.normalize("NFC", name)


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
