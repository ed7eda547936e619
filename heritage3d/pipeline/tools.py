"""What makes the bytes of a stage beside its own code: versions of libraries, digests of assets of this package."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from collections.abc import Iterable
from pathlib import Path


def of(libraries: Iterable[str], assets: Iterable[str]) -> dict[str, str]:
    """The version of each distribution ("absent" where it is not installed), the digest of each folder of assets."""
    return {name: _version(name) for name in libraries} | {name: _digest(name) for name in assets}


@functools.cache
def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


@functools.cache
def _digest(asset: str) -> str:
    digest = hashlib.sha256()
    folder = Path(__file__).resolve().parents[1] / asset
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
