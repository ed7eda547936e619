"""record.json: the description of an object, as the manifest and the reading room read it."""

from __future__ import annotations

from typing import Any

from heritage3d import errors
from heritage3d.record import cells, labels, languages, links
from heritage3d.record.languages import UNKNOWN, Texts
from heritage3d.record.rights import is_licence

# Labels of the columns that every sheet may have, in the languages of this project.
LABELS: dict[str, Texts] = {
    "kind": {"en": ["Kind"], "zh-Hans": ["类别"], "zh-Hant": ["類別"]},
    "date": {"en": ["Date"], "zh-Hans": ["年代"], "zh-Hant": ["年代"]},
    "material": {"en": ["Material"], "zh-Hans": ["材质"], "zh-Hant": ["材質"]},
    "size": {"en": ["Dimensions"], "zh-Hans": ["尺寸"], "zh-Hant": ["尺寸"]},
    "rights": {"en": ["Rights"], "zh-Hans": ["权利说明"], "zh-Hant": ["權利說明"]},
}
_SIZES = {"width_mm": "width", "height_mm": "height", "depth_mm": "depth"}


def checked(row: dict[str, str], file: str = "objects.csv", number: int = 0) -> dict[str, str]:
    """The cells of a row in their usual form. Raises RecordError, or ObjectErrors with all of them."""
    found = {
        column: cells.check(column, text, cells.Place(file, number, column)) for column, text in row.items() if text
    }
    if faults := [entry.error for entry in found.values() if entry.error]:
        raise errors.gathered(faults)
    return {column: entry.text for column, entry in found.items()}


def describe(identifier: str, row: dict[str, str]) -> dict[str, Any]:
    """The part of record.json that comes from the sheet; ``row`` maps heads of columns to texts.

    Raises RecordError where a cell cannot be used, ObjectErrors where several cannot.
    """
    row, named = labels.taken(checked(row))
    rights, statement = _rights(row)
    holding, homepage = _holding(texts(row, "holding"))
    return {
        "id": identifier,
        "title": texts(row, "title") or {UNKNOWN: [identifier]},
        "summary": texts(row, "summary") or None,
        "kind": next(iter(texts(row, "kind").values()), [None])[0],
        "metadata": _metadata(row, named),
        "rights": rights,
        "required_statement": statement,
        "holding": holding,
        "holding_homepage": homepage,
        "logo": row.get("logo"),
        "homepage": links.links(row, "homepage"),
        "see_also": links.links(row, "see_also"),
        "download": links.links(row, "download"),
        "nav_date": row.get("nav_date"),
        "start_page": row.get("start_page"),
        "viewing_direction": row.get("viewing_direction"),
        "unit": row.get("unit"),
        "size_mm": _size(row),
        "ppi": float(row["ppi"]) if "ppi" in row else None,
    }


def texts(row: dict[str, str], name: str) -> Texts:
    """What the columns ``name`` and ``name@LANG`` say, by language."""
    found: Texts = {}
    for column, text in row.items():
        base, language = languages.split(column)
        if base == name and text:
            found.setdefault(language or UNKNOWN, []).append(text)
    return found


def _rights(row: dict[str, str]) -> tuple[str | None, dict[str, Texts] | None]:
    """The licence's address, or the statement that viewers must show where it is none of the known licences."""
    said = texts(row, "rights")
    addresses = {text for values in said.values() for text in values if is_licence(text)}
    others = {tag: [text for text in values if text not in addresses] for tag, values in said.items()}
    others = {tag: values for tag, values in others.items() if values}
    statement = {"label": LABELS["rights"], "value": others} if others else None
    return (min(addresses) if addresses else None), statement


def _holding(said: Texts) -> tuple[Texts | None, str | None]:
    """Who holds the object, and its home page where a cell says ``Museum (https://museum.example/)``."""
    homepage: str | None = None
    names: Texts = {}
    for tag, values in said.items():
        for text in values:
            name, address = links.split(text)
            homepage = homepage or address
            names.setdefault(tag, []).append(name or text)
    return names or None, homepage


def _size(row: dict[str, str]) -> dict[str, float | None] | None:
    size = {name: float(row[column]) if column in row else None for column, name in _SIZES.items()}
    return size if any(size.values()) else None


def _metadata(row: dict[str, str], named: labels.Labels) -> list[dict[str, Texts]]:
    found = [
        {"label": LABELS[name], "value": said} for name in ("kind", "date", "material") if (said := texts(row, name))
    ]
    if size := _size(row):
        lengths = [f"{value:g}" for value in size.values() if value]
        found.append({"label": LABELS["size"], "value": {UNKNOWN: [" × ".join(lengths) + " mm"]}})
    others: dict[str, Texts] = {}
    for column, text in row.items():
        base, language = languages.split(column)
        if base not in cells.KNOWN_COLUMNS and text:
            others.setdefault(base, {}).setdefault(language or UNKNOWN, []).append(text)
    found += [
        {"label": labels.label_of(base, value, named.get(base, {})), "value": value} for base, value in others.items()
    ]
    return found
