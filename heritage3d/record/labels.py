"""What the sheet's own columns are called in each language: rows whose id is ``label@en``, ``label@zh-Hans`` …

Columns that every sheet may have (title, kind, material …) have their names already; a label of theirs is passed over,
so that a whole second heading may stand there.
"""

from __future__ import annotations

from pathlib import Path

from heritage3d import errors
from heritage3d.record import cells, languages
from heritage3d.record.languages import UNKNOWN, Texts

_ROW = "label"
Labels = dict[str, dict[str, str]]  # a column without its language -> language -> its name


def is_label_row(identifier: str) -> bool:
    """Whether a row of the sheet names columns and is no object."""
    return identifier.partition("@")[0].strip().casefold() == _ROW and "@" in identifier


def read(number: int, texts: list[str], columns: list[str], path: Path, labels: Labels) -> None:
    """Add what row ``number`` calls the columns. Raises SheetColumnUnusable."""

    def fault(column: str, detail: str) -> errors.SheetColumnUnusable:
        return errors.SheetColumnUnusable(file=str(path), column=column[:100], detail=f"row {number}: {detail}")

    identifier = texts[columns.index("id")]
    language = languages.split(identifier)[1]
    if language is None:
        raise fault(identifier, "what follows the @ is no language; write zh-Hans, zh-Hant, en")
    for column, text in zip(columns, texts, strict=False):
        base = languages.split(column)[0]
        if not text or not base or base in cells.KNOWN_COLUMNS:
            continue
        if cells.check(column, text, cells.Place(path.name, number, column)).error:
            raise fault(column, "its name cannot be read")
        known = labels.setdefault(base, {})
        if known.setdefault(language, text) != text:
            raise fault(column, f"it has two names, {known[language][:60]!r} and {text[:60]!r}")


def added(row: dict[str, str], labels: Labels) -> dict[str, str]:
    """The cells of an object with the names of its own columns, as further cells: ``label@en:findspot``."""
    named = dict.fromkeys(languages.split(column)[0] for column in row)
    return row | {
        f"{_ROW}@{language}:{base}": name for base in named for language, name in labels.get(base, {}).items()
    }


def taken(row: dict[str, str]) -> tuple[dict[str, str], Labels]:
    """The inverse of ``added``: the cells of an object, and the names of its columns."""
    own: dict[str, str] = {}
    labels: Labels = {}
    for column, text in row.items():
        head, colon, base = column.partition(":")
        language = languages.split(head)[1] if colon and is_label_row(head) else None
        if language and base:
            labels.setdefault(base, {})[language] = text
        else:
            own[column] = text
    return own, labels


def label_of(base: str, value: Texts, names: dict[str, str]) -> Texts:
    """What a column is called: its names, and its heading where that is the name in a language.

    A heading is in the one language of the texts for which no name was given. It is a mere key where every language of
    them has one, or where there are several names and nobody told the language of the text.
    """
    unnamed = [language for language in value if language not in names]
    label: Texts = {language: [name] for language, name in names.items()}
    if not names:
        # A label said once is in the language of its text; said for several languages it belongs to none.
        label[unnamed[0] if len(unnamed) == 1 else UNKNOWN] = [base]
    elif len(unnamed) == 1 and (unnamed[0] != UNKNOWN or len(names) == 1):
        label = {unnamed[0]: [base], **label}
    return label
