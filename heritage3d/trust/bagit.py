"""BagIt (RFC 8493, and the versions 0.93 to 0.97 before it): read and write the lists of a bag."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from heritage3d.errors import BagUnreadable
from heritage3d.pipeline.digests import files_below, relative, sha256_of
from heritage3d.pipeline.store import write

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
PAYLOAD = "manifest-sha256.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = "signature.json"  # stands outside the lists, because it signs them
_LIST = re.compile(r"(tag)?manifest-([a-z0-9]+)\.txt")
_DECLARED = re.compile(r"BagIt-Version: (\d+)\.(\d+)\r?\n?\r?\nTag-File-Character-Encoding: (\S+)\s*")
_DECLARED_BEFORE_1 = re.compile(r"BagIt-Version *: *(\d+)\.(\d+)\s*\nTag-File-Character-Encoding *: *(\S+)\s*")
_ALGORITHMS = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}


@dataclass
class Listing:
    """One manifest: its file, its algorithm and its lines (digest, path as written)."""

    file: str
    algorithm: str
    tag: bool
    lines: list[tuple[str, str]] = field(default_factory=list)

    def digests(self) -> dict[str, str]:
        """Path below the bag -> digest."""
        return {plain(path): digest.lower() for digest, path in self.lines}


@dataclass
class Bag:
    """What the tag files of a bag say."""

    version: tuple[int, int]
    encoding: str
    listings: list[Listing]
    fetch: list[str]


def is_bag(root: Path) -> bool:
    """Whether the folder calls itself a bag."""
    return (root / DECLARATION).is_file()


def read(root: Path) -> Bag:
    """The declaration and the lists of a bag. Raises BagUnreadable where they break the specification's grammar."""
    version, encoding = _declaration(root)
    listings = [
        _listing(path, found, encoding) for path in sorted(root.iterdir()) if (found := _LIST.fullmatch(path.name))
    ]
    if not any(not entry.tag for entry in listings):
        raise BagUnreadable(file=root, detail="it has no payload manifest")
    return Bag(version, encoding, listings, _fetch(root / "fetch.txt", encoding))


def _declaration(root: Path) -> tuple[tuple[int, int], str]:
    path = root / DECLARATION
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BagUnreadable(file=path, detail=f"it cannot be read ({error})") from None
    found = _DECLARED.fullmatch(text)
    before = _DECLARED_BEFORE_1.fullmatch(text)
    if not found and (not before or int(before[1]) >= 1):
        raise BagUnreadable(file=path, detail="it is not the two lines that BagIt asks for")
    major, minor, encoding = (found or before).groups()  # type: ignore[union-attr]
    try:
        codecs.lookup(encoding)
        return (int(major), int(minor)), encoding
    except (LookupError, ValueError):  # no codec; a number of thousands of digits, a name with NUL
        raise BagUnreadable(file=path, detail="nobody knows its version or its encoding") from None


def _listing(path: Path, found: re.Match[str], encoding: str) -> Listing:
    algorithm = found[2]
    if algorithm not in _ALGORITHMS:
        raise BagUnreadable(file=path, detail=f"the algorithm {algorithm} is not known")
    listing = Listing(path.name, algorithm, bool(found[1]))
    length = hashlib.new(algorithm).digest_size * 2
    for number, line in enumerate(_lines(path, encoding), 1):
        digest, _, name = line.partition(" ")
        name = name.lstrip(" \t")
        if len(digest) != length or not re.fullmatch(r"[0-9a-fA-F]+", digest) or not name:
            raise BagUnreadable(file=path, detail=f"line {number} is no digest with a path")
        listing.lines.append((digest, name))
    return listing


def _lines(path: Path, encoding: str) -> list[str]:
    try:
        text = path.read_bytes().decode(encoding)
    except (OSError, UnicodeError, LookupError) as error:  # the last: codecs of other things than text
        raise BagUnreadable(file=path, detail=f"it cannot be read ({error})") from None
    return [line for line in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")) if line.strip()]


def _fetch(path: Path, encoding: str) -> list[str]:
    if not path.is_file():
        return []
    parts = [line.split(None, 2) for line in _lines(path, encoding)]
    if any(len(part) != 3 for part in parts):
        raise BagUnreadable(file=path, detail="a line is no address, length and path")
    return [part[2] for part in parts]


def plain(path: str) -> str:
    """A path of a list as it names a file: percent signs of line ends undone, "./" and "*" left out."""
    shown = path.removeprefix("*")  # md5sum's mark of a binary file
    return str(PurePosixPath(re.sub("%(0[AaDd]|25)", lambda found: unquote(found[0]), shown)))


def leads_out(path: str) -> bool:
    """Whether a path of a list could name something outside the bag, on any system."""
    parts = re.split(r"[/\\]", path)
    starts = path.startswith(("/", "~", "\\")) or re.match(r"[A-Za-z]:|%\w+%", path) is not None
    return starts or ".." in parts or "\0" in path


def metadata(root: Path, bag: Bag) -> Iterator[tuple[str, str]]:
    """(label, value) of bag-info.txt, as far as it can be read."""
    path = root / INFO
    for line in _lines(path, bag.encoding) if path.is_file() else ():
        label, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            yield label.strip(), value.strip()


def same_for_others(path: str) -> str:
    """What a file system that ignores cases and forms of letters takes for the same name."""
    return unicodedata.normalize("NFC", path).casefold()


# --- writing ----------------------------------------------------------------------------------------------


def finish(root: Path, info: dict[str, str]) -> int:
    """Make a bag of a folder whose payload lies in ``data/``: write its tag files; the number of payload files.

    ``info`` goes to bag-info.txt with Payload-Oxum; no date, so that the same payload gives the same bag.
    Whatever else lies at the root becomes a listed tag file. Raises OutputError.
    """
    payload = files_below(root / "data") if (root / "data").is_dir() else []
    total = sum(path.stat().st_size for path in payload)
    told = {**info, "Payload-Oxum": f"{total}.{len(payload)}"}
    write(root / DECLARATION, b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", root)
    lines = "".join(f"{label}: {' '.join(value.split())}\n" for label, value in told.items())
    write(root / INFO, lines.encode(), root)
    write(root / PAYLOAD, _list_of(root, payload), root)
    named = {TAGS, SIGNATURE}
    tags = [path for path in files_below(root) if relative(path, root) not in named and path not in set(payload)]
    write(root / TAGS, _list_of(root, tags), root)
    return len(payload)


def _list_of(root: Path, files: list[Path]) -> bytes:
    lines = (f"{sha256_of(path)}  {_written(relative(path, root))}\n" for path in files)
    return "".join(lines).encode("utf-8", "surrogateescape")


def _written(path: str) -> str:
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D").replace(os.sep, "/")
