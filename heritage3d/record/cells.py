"""The cells of a sheet: what each known column may hold, in the one form that the rest of the house reads."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heritage3d import errors
from heritage3d.errors import RecordError
from heritage3d.record import naming
from heritage3d.record.links import ADDRESS, LINK_COLUMNS, lacking, nav_date
from heritage3d.record.rights import UnclearRights, licence
from heritage3d.record.workbook import ERROR_VALUE

UNITS = {
    **{name: name for name in ("mm", "cm", "m", "inch")},
    "毫米": "mm",
    "厘米": "cm",
    "米": "m",
    "英寸": "inch",
}
DIRECTIONS = {
    **{name: name for name in ("left-to-right", "right-to-left", "top-to-bottom", "bottom-to-top")},
    "ltr": "left-to-right",
    "rtl": "right-to-left",
    "ttb": "top-to-bottom",
    "btt": "bottom-to-top",
}
UP_AXES = {**dict.fromkeys(("y", "+y", "y-up"), "y"), **dict.fromkeys(("z", "+z", "z-up"), "z")}
MAX_NUMBER = 1e9

# Columns in which a text may be given in several languages: title@zh-Hans.
TEXT_COLUMNS = ("title", "summary", "kind", "date", "material", "holding", "rights", *LINK_COLUMNS)
PLAIN_COLUMNS = (
    *("id", "unit", "up", "width_mm", "height_mm", "depth_mm", "ppi", "viewing_direction"),
    *("nav_date", "start_page", "logo", "model_from"),
)
KNOWN_COLUMNS = frozenset(TEXT_COLUMNS + PLAIN_COLUMNS)
NUMBER_COLUMNS = frozenset({"width_mm", "height_mm", "depth_mm", "ppi"})


class Place(NamedTuple):
    """Where a cell stands, as the person sees it."""

    file: str
    row: int
    column: str


@dataclass(frozen=True)
class Checked:
    """A cell in its one form, or what is wrong with it (then the text is as it was written)."""

    text: str
    error: RecordError | None = None


def check(column: str, text: str, place: Place) -> Checked:
    """Judge one cell that is not empty; the same text comes back from a second check."""
    judge = _JUDGES.get(column) or (_links if column.partition("@")[0] in LINK_COLUMNS else None)
    plain = text.isprintable() and not text.startswith(ERROR_VALUE)
    if plain and (judge is None or (judge is _identifier and naming.unsafe(text) is None)):
        return Checked(text)  # nearly all cells of a large sheet
    fields: dict[str, object] = {**place._asdict(), "value": text[:200]}
    if text.startswith(ERROR_VALUE):
        wrong = text.removeprefix(ERROR_VALUE)
        fields |= {"value": wrong, "detail": f"it holds the spreadsheet error {wrong}"}
        return Checked(wrong, errors.CellUnusable(**fields))
    if column != "id" and any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
        fields |= {"value": ascii(text[:60]), "detail": "it holds control characters"}
        return Checked(text, errors.CellUnusable(**fields))
    return judge(text, fields) if judge else Checked(text)


def _identifier(text: str, fields: dict[str, object]) -> Checked:
    reason = naming.unsafe(text)
    shown = text[:200] if reason is None else ascii(text[:200])[1:-1] if "show" in reason else text[:200]
    return Checked(text, errors.IdUnsafe(**{**fields, "value": shown, "detail": reason}) if reason else None)


def _unit(text: str, fields: dict[str, object]) -> Checked:
    unit = UNITS.get(text.casefold())
    return Checked(unit) if unit else Checked(text, errors.UnitUnknown(**fields))


def _direction(text: str, fields: dict[str, object]) -> Checked:
    direction = DIRECTIONS.get(text.casefold())
    return Checked(direction) if direction else Checked(text, errors.DirectionUnknown(**fields))


def _up(text: str, fields: dict[str, object]) -> Checked:
    axis = UP_AXES.get(text.casefold())
    return Checked(axis) if axis else Checked(text, errors.UpUnknown(**fields))


def _number(text: str, fields: dict[str, object]) -> Checked:
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?(e[+-]?[0-9]{1,2})?", plain, re.IGNORECASE):
        value = float(plain)
        if math.isfinite(value) and 0 < value <= MAX_NUMBER:
            return Checked(f"{value:.12g}")
    return Checked(text, errors.NumberUnusable(**fields))


def _rights(text: str, fields: dict[str, object]) -> Checked:
    try:
        return Checked(licence(text) or text)
    except UnclearRights as error:
        return Checked(text, errors.RightsUnclear(**fields, detail=str(error)))


def _links(text: str, fields: dict[str, object]) -> Checked:
    line = lacking(text)
    return Checked(text, errors.LinkUnusable(**(fields | {"value": line[:200]})) if line else None)


def _logo(text: str, fields: dict[str, object]) -> Checked:
    return Checked(text, None if ADDRESS.fullmatch(text) else errors.LinkUnusable(**fields))


def _nav_date(text: str, fields: dict[str, object]) -> Checked:
    date = nav_date(unicodedata.normalize("NFKC", text).replace("\u2212", "-"))
    return Checked(date) if date else Checked(text, errors.DateUnusable(**fields))


_JUDGES: dict[str, Callable[[str, dict[str, object]], Checked]] = {
    "id": _identifier,
    "unit": _unit,
    "up": _up,
    "viewing_direction": _direction,
    "rights": _rights,
    "nav_date": _nav_date,
    "logo": _logo,
    **dict.fromkeys(NUMBER_COLUMNS, _number),
}
