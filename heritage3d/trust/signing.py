"""Sign a published tree or a package, and verify the signature offline.

What is signed is the Merkle root of the list of files: `checksums.txt` of a tree, the tag manifest of a package,
which holds the digest of the payload manifest. `verify` holds the files against the lists, and the list against
the signature; so a change of either is seen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heritage3d.errors import BagUnreadable, TreeNotIntact
from heritage3d.pipeline import addresses
from heritage3d.pipeline.store import write
from heritage3d.trust import bagit, fixity, keys, merkle
from heritage3d.trust.faults import Fault

SIGNATURE = bagit.SIGNATURE
_FORMAT = "heritage3d-signature/1"


@dataclass(frozen=True)
class Signed:
    """A good signature: over so many files, by this key (base64), which is trusted or not known."""

    files: int
    key: str
    trusted: bool


def sign(root: Path, key_file: Path) -> Signed:
    """Hash every file, then write signature.json beside the list.

    Raises NotAnOutput, BagUnreadable, KeyInTree, KeyUnusable, TreeNotIntact, OutputError.
    """
    private = keys.private(key_file)
    bad = [fault for fault in fixity.unchanged(root) if isinstance(fault, Fault) and fault.severity == "error"]
    if bad:
        raise TreeNotIntact(file=root, count=len(bad), first=bad[0].path)
    listed = signed_list(root)
    key = keys.encoded(private.public_key().public_bytes_raw())
    told: dict[str, Any] = {"format": _FORMAT, "algorithm": "Ed25519"}
    told |= {"root": merkle.root_of(listed), "files": _files(root), "key": key}
    told["signature"] = keys.encoded(private.sign(_statement(told)))
    write(root / SIGNATURE, addresses.dump(told), root)
    return Signed(told["files"], key, trusted=True)


def verified(root: Path, trusted: frozenset[str], *, needed: bool) -> Iterator[Fault | Signed]:
    """The faults of the signature, or how it was signed; nothing where there is none and none is ``needed``.

    ``trusted`` are public keys in base64. Raises NotAnOutput, BagUnreadable.
    """
    path = root / SIGNATURE
    if not path.exists():
        if needed:
            yield Fault(SIGNATURE, "unsigned")
        return
    told = _told(path)
    if told is None or not _good(told):
        yield Fault(SIGNATURE, "signature")
        return
    if needed and told["key"] not in trusted:
        yield Fault(SIGNATURE, "wrong_key", keys.short(told["key"]))
        return
    listed = signed_list(root)
    if told["files"] != _files(root) or told["root"] != merkle.root_of(listed):
        yield Fault(bagit.TAGS if bagit.is_bag(root) else fixity.CHECKSUMS, "stale")
        return
    yield Signed(told["files"], told["key"], told["key"] in trusted)


def signed_list(root: Path) -> list[merkle.Listed]:
    """The lines under a signature, in their order. Raises NotAnOutput, BagUnreadable."""
    if not bagit.is_bag(root):
        return list(fixity.read_checksums(root).items())
    listings = {entry.file: entry for entry in bagit.read(root).listings}
    if bagit.TAGS not in listings:
        raise BagUnreadable(file=root, detail=f"it has no {bagit.TAGS}")
    return [(path, digest) for digest, path in listings[bagit.TAGS].lines]


def _files(root: Path) -> int:
    """How many files stand under a signature."""
    if not bagit.is_bag(root):
        return len(fixity.read_checksums(root))
    return sum(len(listing.lines) for listing in bagit.read(root).listings)


def _statement(told: dict[str, Any]) -> bytes:
    """The bytes under the signature: every field counts."""
    names = ("format", "algorithm", "root", "files", "key")
    return "".join(f"{name}: {told[name]}\n" for name in names).encode()


def _told(path: Path) -> dict[str, Any] | None:
    """What signature.json says, if it is exactly what ``sign`` writes: one changed bit anywhere is a fault."""
    try:
        told = addresses.load(path)
        whole = path.read_bytes() == addresses.dump(told)
    except (OSError, ValueError):
        return None
    kinds = {"format": str, "algorithm": str, "root": str, "files": int, "key": str, "signature": str}
    same = isinstance(told, dict) and list(told) == list(kinds)
    return told if whole and same and all(type(told[name]) is kind for name, kind in kinds.items()) else None


def _good(told: dict[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if told["format"] != _FORMAT or told["algorithm"] != "Ed25519":
        return False
    try:
        raw, signature = (base64.b64decode(told[name], validate=True) for name in ("key", "signature"))
        if (keys.encoded(raw), keys.encoded(signature)) != (told["key"], told["signature"]):
            return False  # base64 has several spellings of some bytes
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _statement(told))
    except (ValueError, binascii.Error, InvalidSignature):
        return False
    return True
