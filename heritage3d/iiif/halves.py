"""The two pages of a scan that was split: their names, and what the record says of each."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal

Json = dict[str, Any]
Half = Literal["left", "right"]

# A label of an opening names both pages: "12v–13r", "12v / 13r", "12v|13r".
_BOTH = re.compile(r"\s*(?:–|—|/|\||\s-\s)\s*")
_SAID = {"left": ("(left)", "（左）"), "right": ("(right)", "（右）")}


def half_name(name: str, half: Half) -> str:
    """The name of one page of a split scan; "--" stands in no other name, so that it cannot be taken already."""
    return f"{name}--{half}"


def with_halves(record: Json, names: Collection[str]) -> Json:
    """The record with two pages in the place of each scan whose halves are among ``names``, in reading order.

    The order follows ``viewing_direction``; a label that names both pages is divided, any other gets its side.
    """
    backwards = record.get("viewing_direction") == "right-to-left"
    pages: list[Json] = []
    for page in record.get("pages") or []:
        order: tuple[Half, Half] = ("right", "left") if backwards else ("left", "right")
        found = [half for half in order if half_name(page["name"], half) in names]
        pages += [_half(page, half, order.index(half)) for half in found] or [page]
    return record | {"pages": pages} if pages else record


def _half(page: Json, half: Half, place: int) -> Json:
    label = {language: [_said(value, language, half, place) for value in values]
             for language, values in (page.get("label") or {}).items()}  # fmt: skip
    # In an opening the page that is read first is the back of its leaf, in either direction of writing.
    side = ("verso", "recto")[place] if page.get("side") else None
    return page | {"name": half_name(page["name"], half), "label": label, "side": side}


def _said(value: str, language: str, half: Half, place: int) -> str:
    both = _BOTH.split(value.strip())
    if len(both) == 2 and all(both):
        return both[place]
    plain, chinese = _SAID[half]
    return f"{value}{chinese}" if language.startswith("zh") else f"{value} {plain}"
