"""One digest for a whole list of files: a Merkle tree as in RFC 6962, section 2.1.

The leaves stand in the order of the list, so a list in another order has another root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

Listed = tuple[str, str]  # path, SHA-256 in hex


def root_of(listed: Sequence[Listed]) -> str:
    """The root, hex. A leaf is SHA-256(0x00, path, 0x00, digest as written), a node SHA-256(0x01, left, right)."""
    level = [_leaf(path, sha256) for path, sha256 in listed]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        # A last node without a neighbour rises as it is: the same tree as RFC 6962's division by powers of two.
        pairs = [hashlib.sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex()


def _leaf(path: str, sha256: str) -> bytes:
    return hashlib.sha256(b"\x00" + path.encode("utf-8", "surrogateescape") + b"\x00" + sha256.encode()).digest()
