"""Read JSON that a stranger wrote: bounded in size and depth, no key twice, no NaN, no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heritage3d import errors
from heritage3d.pipeline import limits

MAX_BYTES = min(limits.MAX_JSON_BYTES, 64_000_000)  # a collection of 100,000 objects has 40 MB
MAX_DEPTH = 80


def read_json(path: Path) -> Any:
    """The document in a file, UTF-8 with or without byte order mark.

    Raises DocumentTooLarge; DocumentUnreadable for what is no JSON (RFC 8259), nests deeper than 80 levels,
    says a key twice in one object or holds a lone surrogate; CaptureUnreadable where it cannot be opened.
    """
    file = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise errors.DocumentTooLarge(file=file, count=size, limit=MAX_BYTES)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise errors.CaptureUnreadable(file=file, detail=error.strerror or "no access") from None
    except UnicodeDecodeError as error:
        raise errors.DocumentUnreadable(file=file, detail=f"byte {error.start} is no UTF-8") from None
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        json.dumps(document, ensure_ascii=False).encode("utf-8") if "\\ud" in text.lower() else None
    except RecursionError:
        raise errors.DocumentUnreadable(file=file, detail=f"it nests deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        detail = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise errors.DocumentUnreadable(file=file, detail=detail) from None
    except UnicodeEncodeError:
        raise errors.DocumentUnreadable(file=file, detail="it holds half of a surrogate pair") from None
    except ValueError as error:
        raise errors.DocumentUnreadable(file=file, detail=str(error)[:200]) from None
    if _deeper_than(document, MAX_DEPTH):
        raise errors.DocumentUnreadable(file=file, detail=f"it nests deeper than {MAX_DEPTH} levels")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!a} is there twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _deeper_than(document: Any, depth: int) -> bool:
    level = [document]
    for _ in range(depth):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
