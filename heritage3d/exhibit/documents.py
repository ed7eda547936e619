"""Documents of a package: what stays behind is spoken of nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def without(value: Any, gone: Callable[[dict[str, Any]], bool]) -> Any:
    """The same document without the entries of lists that are ``gone``, and without lists that this leaves empty."""
    if isinstance(value, dict):
        kept = {key: without(entry, gone) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry != [] or value[key] == []}
    if isinstance(value, list):
        return [without(entry, gone) for entry in value if not (isinstance(entry, dict) and gone(entry))]
    return value
