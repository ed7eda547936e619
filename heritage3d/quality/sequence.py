"""The numbers in the names of a series: which page is missing, which is there twice.

``0012.tif``, ``ms-5_12v.tif``, ``第三页.jpg``, ``12r (2).tif``: the last number of a name counts, with its side.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from heritage3d.quality.measure import Finding
from heritage3d.record import naming

_COPY = re.compile(r"[\s_-]*(\(\d+\)|(copy|副本|拷贝|複製|复制)(\s*\(?\d+\)?)?)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|[零〇一二两三四五六七八九十百千]+")
_SIDE = re.compile(r"[\s_.-]*(recto|verso|[rvab]|正面?|背面?|上|下)(?![a-z])", re.IGNORECASE)
_FIRST_SIDES = {"recto": 0, "r": 0, "a": 0, "正": 0, "正面": 0, "上": 0}
_COUNTER = re.compile(r"(img|dsc[fn]?|_mg|_dsc|pict|gopr|pxl)[_ -]?$", re.IGNORECASE)
_FEWEST = 3
# Below this share of the numbers between first and last it is a clock or a shutter count, not a sequence of pages.
_DENSE = 0.6
_TOLD = 8  # numbers that one finding names


@dataclass(frozen=True)
class Numbered:
    """``name`` as it is shown; ``number`` and ``side`` (0, 1 or None) of it; ``family``: the rest of the name.

    ``digits`` is how wide the number is written with zeros in front, ``sign`` how the side is written.
    """

    name: str
    number: int
    side: int | None
    family: tuple[str, str]
    digits: int
    sign: str


def numbered(name: str) -> Numbered | None:
    """The number in a name without its suffix; None where it has none."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    text = _COPY.sub("", text)
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    last = found[-1]
    value = next(part[1] for part in naming.natural(last.group()) if part[0] == 0)
    rest = text[last.end() :]
    side = _SIDE.match(rest)
    which = None
    if side:
        which = _FIRST_SIDES.get(side.group(1).casefold(), 1)
        rest = rest[: side.start(1)] + rest[side.end(1) :]
    digits = len(last.group()) if last.group().startswith("0") else 0
    return Numbered(name, value, which, (text[: last.start()], rest), digits, side.group(1) if side else "")


def sequence_findings(names: Sequence[str]) -> list[Finding]:
    """``page_missing`` and ``page_repeated`` of the names (without suffixes) of one folder."""
    families: dict[tuple[str, str], list[Numbered]] = defaultdict(list)
    for name in names:
        if entry := numbered(name):
            families[entry.family].append(entry)
    found: list[Finding] = []
    for family in sorted(families):
        found.extend(_of_family(families[family]))
    return found


def _of_family(entries: list[Numbered]) -> list[Finding]:
    numbers = {entry.number for entry in entries}
    first, last = min(numbers), max(numbers)
    if len(numbers) < _FEWEST or len(numbers) < _DENSE * (last - first + 1):
        return []
    example = min(entries, key=lambda entry: (entry.number, entry.side or 0)).name
    found = []
    counted = Counter((entry.number, entry.side) for entry in entries)
    sided = sum(entry.side is not None for entry in entries) > len(entries) / 2
    missing: list[tuple[int, int | None]] = [(at, None) for at in range(first, last + 1) if at not in numbers]
    if sided:
        # The first recto and the last verso may be covers; in between both sides of a leaf are there.
        missing += [
            (number, side)
            for number in sorted(numbers)
            for side in (0, 1)
            if (number, side) not in counted
            and (number, None) not in counted
            and (number, side) not in {(first, 0), (last, 1)}
        ]
    if missing:
        missing.sort(key=lambda entry: (entry[0], entry[1] or 0))
        signs = {entry.side: entry.sign for entry in entries}
        digits = max(entry.digits for entry in entries)
        shown = [f"{number:0{digits}}{signs.get(side, '') if side is not None else ''}" for number, side in missing]
        # Of a camera's own counter numbers are missing because somebody deleted a bad shot.
        counter = _COUNTER.match(entries[0].family[0]) is not None
        found.append(Finding("page_missing", "warn" if counter else "fail", _told(shown, example)))
    repeated = sorted((key for key, count in counted.items() if count > 1), key=lambda key: (key[0], key[1] or 0))
    if repeated:
        files = [entry.name for key in repeated for entry in entries if (entry.number, entry.side) == key]
        found.append(Finding("page_repeated", "warn", _told(files, example)))
    return found


def _told(names: list[str], example: str) -> dict[str, object]:
    told = ", ".join(names[:_TOLD]) + (" …" if len(names) > _TOLD else "")
    return {"pages": told, "count": len(names), "example": example}
