"""Names: which identifiers are safe as folders everywhere, in which order files stand, what they are called.

Unicode letters are welcome; what breaks on Windows, exFAT or in an address is not.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable

MAX_ID_BYTES = 100
MAX_NAME_BYTES = 80

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"/\\|?*')
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
# In Unicode 下 stands before 中; volumes stand 上 中 下.
_VOLUMES = str.maketrans({"中": "下", "下": "中"})
_RUN = re.compile(r"([0-9]+|[零〇一二两三四五六七八九十百千]+)")


def unsafe(identifier: str) -> str | None:
    """Why this cannot be the name of a folder on every system; None if it can."""
    if identifier.isascii() and identifier.isalnum() and len(identifier) <= MAX_ID_BYTES:  # nearly all of a large sheet
        return "Windows keeps this name for a device" if _RESERVED.fullmatch(identifier) else None
    categories = {unicodedata.category(sign) for sign in identifier}
    size = len(identifier.encode("utf-8", "surrogatepass"))
    checks = (
        (not _FORBIDDEN.isdisjoint(identifier), 'it holds one of < > : " / \\ | ? *'),
        (not _HIDDEN.isdisjoint(categories), "it holds characters that do not show"),
        (identifier.startswith("."), "it starts with a dot"),
        (identifier != identifier.strip() or identifier.endswith("."), "it ends in a dot or has a space at an end"),
        (_RESERVED.fullmatch(identifier) is not None, "Windows keeps this name for a device"),
        (size > MAX_ID_BYTES, f"it has {size} bytes, the limit is {MAX_ID_BYTES}"),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def same(text: str) -> str:
    """The form in which two names are one and the same on a system that folds case or Unicode forms."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key: 2 before 10, 二 before 十, 上 中 下 in this order; the text itself decides between equals."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts: list[tuple[int, int, str]] = []
    for part in _RUN.split(folded):
        if part.isascii() and part.isdigit():
            parts.append((0, int(part[:4000]), ""))
        elif part and part[0] in _DIGITS | _UNITS:
            parts.append((0, _chinese_number(part), ""))
        elif part:
            parts.append((1, 0, part.translate(_VOLUMES)))
    return (*parts, (-1, 0, text))


def _chinese_number(text: str) -> int:
    if _UNITS.keys().isdisjoint(text):
        return int("".join(str(_DIGITS[sign]) for sign in text)[:4000])  # 一九四九
    total = digit = 0
    for sign in text:
        if sign in _UNITS:
            total += max(digit, 1) * _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def names_for(files: Iterable[str]) -> dict[str, str]:
    """A short safe name, unique among them, for each file: its stem, in the natural order of the files.

    Letters, digits and marks of every script, "-" and "_" stay; all else becomes "-".
    """
    taken: set[str] = set()
    names: dict[str, str] = {}
    for file in sorted(files, key=natural):
        stem = file.rpartition("/")[2]
        base = _safe(stem.rpartition(".")[0] or stem)
        name, count = base, 2
        while same(name) in taken:
            name, count = f"{base}-{count}", count + 1
        taken.add(same(name))
        names[file] = name
    return names


def _safe(stem: str) -> str:
    kept = "".join(
        sign if sign in "-_" or unicodedata.category(sign)[0] in "LMN" else "-"
        for sign in unicodedata.normalize("NFC", stem)
    )
    short = re.sub("-{2,}", "-", kept).strip("-").encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    return f"capture-{short}".rstrip("-") if not short or _RESERVED.fullmatch(short) else short


def readable(path: str) -> str | None:
    """The name if it is valid Unicode, None where its bytes are not UTF-8 (a disk written in GBK or Big5)."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return path


def displayed(path: str) -> str:
    """How to show a name whose bytes are not UTF-8: as GB18030 where that fits, else with escapes."""
    data = os.fsencode(path)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "backslashreplace")
