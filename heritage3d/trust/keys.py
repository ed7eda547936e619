"""Ed25519 keys: made here, kept outside every tree, the public half in one line of text."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from heritage3d.errors import KeyExists, KeyInTree, KeyUnusable
from heritage3d.pipeline.store import translated

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC = "heritage3d-ed25519"  # begins the one line of a public key
# What marks a folder that is copied, published, packaged or shared.
_MARKS = ("checksums.txt", ".heritage3d", "bagit.txt", "objects.csv", "objects.xlsx", "collection.json", ".git")


def make(path: Path) -> str:
    """Write a new private key (PEM, readable by its owner only) and beside it PATH.pub; the public key.

    H3D_KEY_PASSPHRASE, where set, encrypts the private key. Raises KeyInTree, KeyExists, OutputError.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    refuse_inside_a_tree(path)
    public = public_path(path)
    for file in (path, public):
        if os.path.lexists(file):
            raise KeyExists(file=file)
    secret = _passphrase()
    lock = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
        told = encoded(private.public_key().public_bytes_raw())
        public.write_text(f"{PUBLIC} {told}\n", "ascii")
    return told


def public_path(path: Path) -> Path:
    """Where the public half of a key lies."""
    return path.with_name(path.name + ".pub")


def refuse_inside_a_tree(path: Path) -> None:
    """Raises KeyInTree where a folder around the path is published, packaged, captures or a repository."""
    for folder in path.absolute().resolve().parents:
        if any(os.path.lexists(folder / mark) for mark in _MARKS):
            raise KeyInTree(file=path, folder=folder)


def private(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises KeyInTree, KeyUnusable."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    refuse_inside_a_tree(path)
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), _passphrase())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = (
            error.strerror if isinstance(error, OSError) else "it is no private key, or is locked with a passphrase"
        )
        raise KeyUnusable(file=path, detail=str(reason).lower()) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnusable(file=path, detail="it is no Ed25519 key")
    return found


def public(path: Path) -> str:
    """The public key in a file, in base64. Raises KeyUnusable."""
    try:
        words = path.read_text("ascii").split()
        if len(words) == 2 and words[0] == PUBLIC and len(base64.b64decode(words[1], validate=True)) == 32:
            return words[1]
    except (OSError, ValueError) as error:
        raise KeyUnusable(file=path, detail=f"it cannot be read ({error})") from None
    raise KeyUnusable(file=path, detail="it is no public key")


def encoded(raw: bytes) -> str:
    """Bytes of a key or signature as text."""
    return base64.b64encode(raw).decode("ascii")


def short(key: str) -> str:
    """What people compare by eye: the beginning of the key's SHA-256."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 16, 4))


# --- keys that this person trusts -------------------------------------------------------------------------


def pinned_file() -> Path:
    """Where the trusted keys of this person are kept, one in a line."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "heritage3d" / "trusted-keys"


def pinned() -> frozenset[str]:
    """The keys that this person trusts."""
    try:
        lines = pinned_file().read_text("ascii").splitlines()
    except (OSError, ValueError):
        return frozenset()
    return frozenset(line.removeprefix(PUBLIC).strip() for line in lines if line.startswith(PUBLIC + " "))


def trust(key: str) -> None:
    """Remember a key as trusted. Raises OutputError."""
    path = pinned_file()
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if key not in pinned():
            with path.open("a", encoding="ascii") as stream:
                stream.write(f"{PUBLIC} {key}\n")


def _passphrase() -> bytes | None:
    told = os.environ.get("H3D_KEY_PASSPHRASE")
    return told.encode() if told else None
