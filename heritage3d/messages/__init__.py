"""Everything that a person reads, by code and language: errors, help, the report.

One folder per language, one YAML file per room; all files of a language are merged. The sections are
``errors`` (code -> what, cure), ``options`` (stage.option -> help), ``stages`` (name -> help),
``commands`` and ``texts``. English help of stages and options lives in their declarations, so only the
other languages repeat those keys.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "zh-Hans")
_FOLDER = Path(__file__).parent
_chosen: str | None = None


def use(language: str | None) -> None:
    """Choose the language for the rest of this process; None means: ask the locale again."""
    global _chosen
    _chosen = _supported(language) if language else None


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """For documents that speak a language of their own, whatever that of the process."""
    global _chosen
    before, _chosen = _chosen, _supported(language)
    try:
        yield
    finally:
        _chosen = before


def language() -> str:
    """The language of this process: chosen, else H3D_LANG, else the locale, else English."""
    if _chosen:
        return _chosen
    for name in ("H3D_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return _supported(value)
    return "en"


def language_of_arguments(arguments: list[str] = sys.argv) -> str | None:
    """The value of ``--lang`` before Typer has parsed anything: help texts are built at import."""
    for at, argument in enumerate(arguments):
        if argument == "--lang" and at + 1 < len(arguments):
            return _supported(arguments[at + 1])
        if argument.startswith("--lang="):
            return _supported(argument.removeprefix("--lang="))
    return None


def without_language(arguments: list[str]) -> list[str]:
    """The arguments without ``--lang X`` and ``--lang=X``, so that it may stand anywhere."""
    kept: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--lang":
            next(given, None)
        elif not argument.startswith("--lang="):
            kept.append(argument)
    return kept


def _supported(value: str) -> str:
    return "zh-Hans" if value.lower().startswith("zh") else "en"


@functools.cache
def _table(language: str) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted((_FOLDER / language).glob("*.yaml")):
        # CSafeLoader: the plain loader would cost every command a tenth of a second.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for section, entries in (yaml.load(path.read_text("utf-8"), loader) or {}).items():  # noqa: S506
            merged.setdefault(section, {}).update(entries or {})
    return merged


def lookup(section: str, key: str, language: str) -> Any:
    """The entry as written in that language, or None."""
    return _table(language).get(section, {}).get(key)


def text(key: str, /, **fields: Any) -> str:
    """A sentence of the section ``texts`` in the language of this process."""
    entry = lookup("texts", key, language())
    if entry is None:
        entry = lookup("texts", key, "en")
    if entry is None:
        raise KeyError(key)
    return str(entry).format_map(_Fields(fields))


def command(key: str, english: str) -> str:
    """The help of a command, or of one of its options, in the language of this process."""
    return str(lookup("commands", key, language()) or english)


def error(code: str, part: str, fields: dict[str, Any], chosen: str | None = None) -> str:
    """The ``what`` or ``cure`` of an error code."""
    for candidate in (chosen or language(), "en"):
        entry = lookup("errors", code, candidate)
        if entry:
            return str(entry[part]).format_map(_Fields(fields))
    return f"({code})"


class _Fields(dict[str, Any]):
    """A field that the raiser did not know reads as a question mark, never as a traceback."""

    def __missing__(self, key: str) -> str:
        return "?"
