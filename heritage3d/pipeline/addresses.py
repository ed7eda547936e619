"""Addresses are bound last: documents are written with addresses that mean "here", and bound when published.

A stage writes every id in its JSON documents as ``HERE + relative/path`` where "here" is the folder in
which its artefact will lie (for an artefact that is a folder: that folder itself; for a single file or a
spread folder: the folder that holds it). So the digest of an artefact depends neither on ``--base`` nor on
where the artefact is published, and a change of the base touches no tile and no model.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from heritage3d.errors import UsageError

HERE = "http://here.invalid/"
DEFAULT_BASE = "http://127.0.0.1:8000/"

# Only these keys hold addresses in IIIF documents; a label that looks like one is left alone.
ADDRESS_KEYS = frozenset({"id", "@id", "target", "source", "scope", "start"})


def here(relative: str = "") -> str:
    """The neutral address of a path below the artefact's own folder (each segment percent-encoded)."""
    address = HERE + "/".join(quote(segment, safe=",") for segment in relative.split("/"))
    return address if relative else HERE.rstrip("/")


@functools.lru_cache(4096)
def join(base: str, relative: str) -> str:
    """``base`` plus a relative path, percent-encoded, ending in a slash: what HERE is bound to."""
    segments = (segment for segment in relative.split("/") if segment)
    quoted = "/".join(
        segment if segment.isascii() and segment.isalnum() else quote(segment, safe=",") for segment in segments
    )
    return base.rstrip("/") + "/" + (quoted + "/" if quoted else "")


def rebind(document: Any, old: str, new: str) -> Any:
    """The same document with every address below ``old`` moved below ``new`` (both end in a slash)."""
    if isinstance(document, dict):
        return {
            key: _moved(value, old, new) if key in ADDRESS_KEYS and isinstance(value, str) else rebind(value, old, new)
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [rebind(value, old, new) for value in document]
    return document


def _moved(address: str, old: str, new: str) -> str:
    if address.startswith(old):
        return new + address[len(old) :]
    return new.rstrip("/") if address == old.rstrip("/") else address


def checked_base(base: str) -> str:
    """The base as it is used: http(s), without query or fragment, ending in a slash. Raises UsageError."""
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(detail=f"--base {base!r} is no web address like https://example.org/collection/")
    return base.rstrip("/") + "/"


def dump(document: Any) -> bytes:
    """JSON as this project writes it: UTF-8, two spaces, keys in the given order, a final newline."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def load(path: Path) -> Any:
    """The document in a file. Raises orjson.JSONDecodeError (a ValueError)."""
    return orjson.loads(path.read_bytes())
