"""Send scripts and documents compressed: a third of the bytes on a slow line. Pictures and models are so already."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from pathlib import Path

SUFFIXES = frozenset({".js", ".mjs", ".css", ".html", ".json", ".svg", ".txt", ".wasm", ".csv", ".gltf"})
LEAST, MOST = 1_000, 16_000_000  # bytes of a file that are worth it
KEPT_BYTES = 32_000_000

_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()


def worth(path: Path, size: int, accepted: str, asked_range: str) -> bool:
    """Whether an answer may and should be compressed, by the request's Accept-Encoding and Range."""
    codings = [entry.strip().partition(";") for entry in accepted.lower().split(",")]
    offered = any(name.strip() in {"gzip", "*"} and rest.strip() != "q=0" for name, _mark, rest in codings)
    return offered and not asked_range and path.suffix.lower() in SUFFIXES and LEAST <= size <= MOST


def compressed(path: Path, content: bytes, tag: str) -> bytes:
    """The content as gzip; kept by its tag, so that a file that many ask for is compressed once."""
    key = (str(path), tag)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    packed = gzip.compress(content, 6, mtime=0)
    with _lock:
        _kept[key] = packed
        while sum(map(len, _kept.values())) > KEPT_BYTES:
            _kept.popitem(last=False)
    return packed
