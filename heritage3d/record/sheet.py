"""The sheet of a captures folder: objects.csv or objects.xlsx, one row an object (design section 6).

A bad row carries its errors and never stops the others; only a sheet that cannot be read at all raises.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from heritage3d import errors
from heritage3d.errors import Heritage3dError, RecordError
from heritage3d.record import cells, labels, languages, naming
from heritage3d.record.table import read_table

SHEET_NAMES = ("objects.csv", "objects.xlsx")


@dataclass(frozen=True)
class Row:
    """One object of the sheet.

    ``number`` is the row as a spreadsheet shows it. ``cells`` maps the head of each filled column in its
    usual form ("title@zh-Hans", "unit") to its text in its usual form ("mm"); where rows of the sheet name columns
    in a language, ``label@en:findspot`` holds such a name (record.labels). A row with ``errors`` must
    not be published; its ``id`` may then be empty or unsafe.
    """

    number: int
    id: str
    cells: dict[str, str] = field(default_factory=dict)
    errors: list[RecordError] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """The sheet that was read, and all its rows in its order."""

    file: Path
    rows: list[Row]


def find_sheet(captures: Path) -> Path:
    """The sheet of a captures folder. Raises CapturesError, SheetMissing, SheetAmbiguous."""
    try:
        names = sorted(entry.name for entry in captures.iterdir() if entry.name.casefold() in SHEET_NAMES)
    except OSError as error:
        raise errors.CapturesError(file=str(captures), detail=error.strerror or "it cannot be read") from None
    if not names:
        raise errors.SheetMissing(file=str(captures))
    if len(names) > 1:
        raise errors.SheetAmbiguous(file=str(captures / names[0]), other=names[1])
    return captures / names[0]


class Folders:
    """The folders of objects in a captures folder, listed once for the many that are looked for."""

    def __init__(self, captures: Path) -> None:
        self._captures = captures
        try:
            with os.scandir(captures) as entries:
                self._names = {entry.name for entry in entries if entry.is_dir()}
        except OSError:
            self._names = set()

    def find(self, identifier: str) -> Path:
        """The folder of an object, also where its name has another Unicode form (NFD, as macOS writes it).

        Raises CaptureFolderMissing.
        """
        exact = self._captures / identifier
        if identifier in self._names or exact.is_dir():  # the latter on systems that fold case
            return exact
        other = None if identifier.isascii() else self._in_other_forms.get(naming.same(identifier))
        if other is None:
            raise errors.CaptureFolderMissing(file=os.fspath(exact))
        return self._captures / other

    @functools.cached_property
    def _in_other_forms(self) -> dict[str, str]:
        return {naming.same(name): name for name in sorted(self._names, reverse=True)}


def read_sheet(captures: Path) -> Sheet:
    """All rows of the sheet, each cell checked.

    Raises CapturesError and its subclasses where the sheet as a whole cannot be used.
    """
    path = find_sheet(captures)

    def fault(detail: str) -> Heritage3dError:
        return errors.SheetUnreadable(file=str(path), detail=detail)

    table = read_table(path, fault)
    if not table.header:
        raise errors.SheetEmpty(file=str(path))
    columns = _columns(table.header, path)
    rows: list[Row] = []
    named: labels.Labels = {}
    seen: dict[str, Row] = {}
    first_column = columns.index("id")
    for number, texts in table.rows:
        if labels.is_label_row(texts[first_column] if first_column < len(texts) else ""):
            labels.read(number, texts, columns, path, named)
            continue
        row = _row(number, texts, columns, path.name)
        if row.id:
            first = seen.setdefault(naming.same(row.id), row)
            if first is not row:
                place = {"file": path.name, "row": number, "column": "id", "value": row.id}
                row.errors.append(errors.DuplicateObject(**place, other=f"{first.number} ({first.id})"))
        rows.append(row)
    if not rows:
        raise errors.SheetEmpty(file=str(path))
    return Sheet(path, [replace(row, cells=labels.added(row.cells, named)) for row in rows] if named else rows)


def _columns(header: list[str], path: Path) -> list[str]:
    """The usual form of each head of a column ("" for a column without one)."""
    columns: list[str] = []
    for heading in header:
        base, language = languages.split(heading)
        known = base.casefold() if base.casefold() in cells.KNOWN_COLUMNS else ""
        detail = ""
        if known in cells.PLAIN_COLUMNS and language:
            detail = "it takes no language"
        elif heading.partition("@")[0].strip().casefold() in cells.KNOWN_COLUMNS and "@" in heading and not language:
            detail = "what follows the @ is no language; write zh-Hans, zh-Hant, en"
        column = f"{known or base}@{language}" if language else known or base
        if column and column in columns:
            detail = "it is there twice"
        if detail:
            raise errors.SheetColumnUnusable(file=str(path), column=heading[:100], detail=detail)
        columns.append(column)
    if "id" not in columns:
        found = ", ".join(name for name in columns if name)[:200]
        raise errors.SheetColumnMissing(file=str(path), found=found or "none")
    return columns


def _row(number: int, texts: list[str], columns: list[str], file: str) -> Row:
    kept: dict[str, str] = {}
    faults: list[RecordError] = []
    for column, text in zip(columns, texts, strict=False):
        if not column or not text:
            continue
        checked = cells.check(column, text, cells.Place(file, number, column))
        kept[column] = checked.text
        if checked.error:
            faults.append(checked.error)
    beyond = next((text for text in texts[len(columns) :] if text), None)
    if beyond is not None:
        place = {"file": file, "row": number, "column": len(columns) + 1}
        faults.append(errors.RowTooLong(**place, value=beyond[:200]))
    if not kept.get("id"):
        faults.insert(0, errors.IdMissing(file=file, row=number, column="id"))
    return Row(number, kept.get("id", ""), kept, faults)
