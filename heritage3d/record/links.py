"""What lies elsewhere on the web: cells that hold words and an address, the date of an object, the holder's logo."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from heritage3d.record import languages
from heritage3d.record.languages import UNKNOWN, Texts

ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`()（）\[\]]+")
_AROUND = r"[<(（\[]?\s*"
_LINK = re.compile(rf"{_AROUND}({ADDRESS.pattern})\s*[>)）\]]?")
_DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"(-?\d{4,6})(?:-(\d\d)(?:-(\d\d))?)?")

LABELS: dict[str, Texts] = {
    "homepage": {"en": ["Page of the object"], "zh-Hans": ["藏品页面"], "zh-Hant": ["藏品頁面"]},
    "see_also": {"en": ["Catalogue data"], "zh-Hans": ["编目数据"], "zh-Hant": ["編目資料"]},
    "download": {"en": ["Download"], "zh-Hans": ["下载"], "zh-Hant": ["下載"]},
}
LINK_COLUMNS = tuple(LABELS)


def split(text: str) -> tuple[str, str | None]:
    """Words and the address behind them: ``Museum (https://museum.example/)``; None where there is no address."""
    match = _LINK.search(text)
    return (_LINK.sub("", text).strip(" ,;，；:：") if match else text), (match[1] if match else None)


def lacking(text: str) -> str | None:
    """The first line of a cell that names no address; None where each does."""
    return next((line for line in text.splitlines() if line.strip() and split(line)[1] is None), None)


def links(row: dict[str, str], name: str) -> list[dict[str, Any]]:
    """What the columns ``name`` and ``name@LANG`` link to: {"address", "label"} for each address, in their order."""
    found: dict[str, Texts] = {}
    for column, text in row.items():
        base, language = languages.split(column)
        if base != name:
            continue
        for line in filter(None, map(str.strip, text.splitlines())):
            words, address = split(line)
            said = found.setdefault(address or line, {})
            if words:
                said.setdefault(language or UNKNOWN, []).append(words)
    return [{"address": address, "label": label or LABELS[name]} for address, label in found.items()]


def nav_date(text: str) -> str | None:
    """A year, month or day as xsd:dateTime in UTC (1936, 1936-06, -0213-01-01); None where it is none.

    A full date and time with its zone stays as it is. Years before 1 are counted as ISO 8601 does.
    """
    match = _DATE.fullmatch(text.strip())
    told = f"{match[1]}-{match[2] or '01'}-{match[3] or '01'}T00:00:00Z" if match else text.strip()
    return told if valid_date(told) else None


def valid_date(text: str) -> bool:
    """Whether this is an xsd:dateTime with a time zone, of a day that exists (years 1 to 9999)."""
    if not _DATE_TIME.fullmatch(text):
        return False
    if text.startswith("-") or len(text.partition("-")[0]) > 4:
        return True  # before year 1 or after 9999: right in form, beyond Python's calendar
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
