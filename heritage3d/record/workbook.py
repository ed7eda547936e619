"""Read the first sheet of an XLSX workbook without trusting it: sizes, entities and shapes are checked first."""

from __future__ import annotations

import datetime as dt
import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from heritage3d.pipeline import limits
from heritage3d.record.table import MAX_COLUMNS, Fault

MAX_MEMBERS = 2_000
MAX_RATIO = 120  # spreadsheets shrink about ten to thirty times
MAX_SMALL = 4_000_000  # below this the ratio does not matter
MAX_STRINGS_BYTES = 64_000_000  # the reader holds the shared strings in memory
ERROR_VALUE = "\ue000"  # marks a cell that holds an error of the spreadsheet, such as #N/A


def workbook_rows(data: bytes, fault: Fault) -> Iterator[list[str]]:
    """The rows of the first sheet as text, from row 1 on; a cell with an error starts with ``ERROR_VALUE``.

    Whole numbers lose their ".0", dates become YYYY-MM-DD, a number format of zeros (``0000``) is obeyed,
    because identifiers are often numbers that Excel only shows with zeros.
    """
    _refuse_bombs(data, fault)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheets = book.worksheets
            if not sheets:
                raise fault("the workbook has no sheet")
            sheet = next((entry for entry in sheets if entry.sheet_state == "visible"), sheets[0])
            sheet.reset_dimensions()  # a size that lies would make a million empty cells
            for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1):
                texts = [_text(cell) for cell in row]
                while texts and not texts[-1]:
                    texts.pop()
                yield texts
    except _UNPACKING:
        raise fault("it cannot be read as an Excel workbook (damaged ZIP)") from None
    except _READING as error:
        raise fault(f"it cannot be read as an Excel workbook ({type(error).__name__})") from None


_UNPACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
_READING = (OSError, ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError, ArithmeticError)


def _refuse_bombs(data: bytes, fault: Fault) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise fault(f"the workbook has {len(members)} parts")
            unpacked = sum(member.file_size for member in members)
            if unpacked > limits.MAX_SHEET_BYTES:
                raise fault(f"the workbook unpacks to {unpacked} bytes, the limit is {limits.MAX_SHEET_BYTES}")
            for member in members:
                ratio = member.file_size / max(member.compress_size, 1)
                if member.file_size > MAX_SMALL and ratio > MAX_RATIO:
                    raise fault(f"its part {member.filename} unpacks to {ratio:.0f} times its size")
                if "sharedStrings" in member.filename and member.file_size > MAX_STRINGS_BYTES:
                    raise fault(f"its texts have {member.file_size} bytes, the limit is {MAX_STRINGS_BYTES}")
                if member.filename.endswith((".xml", ".rels")) and _declares(archive, member):
                    raise fault(f"its part {member.filename} declares a document type")
    except (*_UNPACKING, OSError, ValueError, RuntimeError, KeyError) as error:
        detail = "encrypted" if isinstance(error, RuntimeError) else "damaged ZIP"
        raise fault(f"it cannot be read as an Excel workbook ({detail})") from None


def _declares(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as stream:
        return re.search(rb"<!(DOCTYPE|ENTITY)", stream.read(4096), re.IGNORECASE) is not None


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return ERROR_VALUE + str(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        if float(value).is_integer():
            zeros = str(getattr(cell, "number_format", "") or "")
            whole = str(int(value))
            return whole.zfill(len(zeros)) if set(zeros) == {"0"} else whole
        return repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)
