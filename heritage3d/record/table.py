"""Read a spreadsheet file, CSV or XLSX, into rows of clean text, whatever program and language wrote it.

CSV: UTF-8 with or without byte order mark, UTF-16 with one, GB18030; comma, semicolon or tab, judged by the
first line. XLSX: the first sheet, values as they were calculated. Formulas in a CSV are plain text.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import Heritage3dError
from heritage3d.pipeline import limits

MAX_COLUMNS = 2_000
DELIMITERS = ",;\t"

Fault = Callable[[str], Heritage3dError]


@dataclass(frozen=True)
class Table:
    """The cells of a sheet. Numbers count the rows as a spreadsheet shows them: the header is row 1."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(path: Path, fault: Fault) -> Table:
    """The cells of a CSV or XLSX file: NFC text without surrounding space, blank rows left out.

    ``fault`` makes the error that is raised, from a short description of what is wrong.
    """
    try:
        size = path.stat().st_size
        if size > limits.MAX_SHEET_BYTES:
            raise fault(f"it has {size} bytes, the limit is {limits.MAX_SHEET_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise fault(error.strerror or "it cannot be opened") from None
    if data.startswith(b"PK\x03\x04"):
        from heritage3d.record.workbook import workbook_rows

        cells = workbook_rows(data, fault)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise fault("it is an old .xls file or is protected by a password")
    else:
        cells = _csv_rows(_decode(data, fault), fault)
    return _table(cells, fault)


def _table(cells: Iterator[list[str]], fault: Fault) -> Table:
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, texts in enumerate(cells, start=1):
        if number > limits.MAX_SHEET_ROWS:
            raise fault(f"it has more than {limits.MAX_SHEET_ROWS} rows")
        if len(texts) > MAX_COLUMNS and any(texts[MAX_COLUMNS:]):
            raise fault(f"row {number} has more than {MAX_COLUMNS} columns")
        row = [clean(text) for text in texts[:MAX_COLUMNS]]
        if not any(row):
            continue
        if header:
            rows.append((number, row))
        else:
            header = row
    return Table(header, rows)


def clean(text: str) -> str:
    """NFC, line ends as one newline, no space around (ideographic and no-break spaces too)."""
    if text.isascii():
        return text.replace("\r\n", "\n").strip()
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip().strip("\ufeff")


def _decode(data: bytes, fault: Fault) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            try:
                return _without_nul(data[len(mark) :].decode(encoding), fault)
            except UnicodeDecodeError as error:
                raise fault(f"its text breaks off or is damaged at byte {error.start + len(mark)}") from None
    try:
        return _without_nul(data.decode("utf-8"), fault)
    except UnicodeDecodeError as error:
        damaged = error.start
    if _mostly_utf8(data):
        raise fault(f"its UTF-8 text is damaged at byte {damaged}")
    try:
        return _without_nul(data.decode("gb18030"), fault)
    except UnicodeDecodeError as error:
        raise fault(f"byte {error.start} is neither UTF-8 nor GB18030") from None


def _mostly_utf8(data: bytes) -> bool:
    """Whether this is UTF-8 with a scratch in it: read as GB18030 it would give wrong signs without a word."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(not sign.isascii() for sign in text) - wrong
    return right > 4 * wrong


def _without_nul(text: str, fault: Fault) -> str:
    if "\0" in text:
        raise fault("it holds NUL characters: it is no text, or UTF-16 without a byte order mark")
    return text


def _csv_rows(text: str, fault: Fault) -> Iterator[list[str]]:
    delimiter = None
    if text[:4].lower() == "sep=" and text[4:5] in set(DELIMITERS):
        delimiter, text = text[4], text.partition("\n")[2]  # what Excel reads and never shows
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(first), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise fault(f"line {reader.line_num}: {error}") from None


def _delimiter(line: str) -> str:
    """The delimiter that makes the most of the header; one that yields a column `id` or `file` goes first."""

    def worth(delimiter: str) -> tuple[bool, int]:
        names = [name.strip().strip('"').casefold() for name in line.split(delimiter)]
        return not {"id", "file"}.isdisjoint(names), len(names)

    return max(DELIMITERS, key=worth)
