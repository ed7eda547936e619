"""What people say of places on pages and models: annotations.csv or annotations.xlsx beside the captures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from heritage3d import errors
from heritage3d.errors import Heritage3dError
from heritage3d.record import naming
from heritage3d.record.pages import by_name, column_of, texts_of
from heritage3d.record.table import read_table

ANNOTATION_LISTS = ("annotations.csv", "annotations.xlsx")
_MOST = 1e9
_PLACES: tuple[str, ...] = ("x", "y", "z", "width", "height")


@dataclass(frozen=True)
class Subject:
    """What can be annotated: a page or a model by its name."""

    kind: Literal["page", "model"]
    name: str


def read_annotations(path: Path, subjects: Mapping[str, Subject]) -> list[dict[str, Any]]:
    """The annotations in the order of the file, as record.json holds them.

    ``subjects`` maps files (relative, with "/") to what they became. Each entry has ``page`` or ``model`` (a name),
    ``text`` by language, ``title`` by language or None, and where it points: ``box`` [x, y, width, height] in pixels
    of the page as one sees it (width and height 0: a point), or ``point`` [x, y, z] in the coordinates of the scan;
    None for the whole. Raises AnnotationListUnreadable, or ObjectErrors with every bad row.
    """
    sheet = path.name

    def fault(detail: str) -> Heritage3dError:
        return errors.AnnotationListUnreadable(file=sheet, detail=detail)

    table = read_table(path, fault)
    columns = [column_of(heading) for heading in table.header]
    if twice := next((name for name in columns if name and columns.count(name) > 1), None):
        raise fault(f"the column {twice} is there twice")
    if "file" not in columns or not any(name.partition("@")[0] == "text" for name in columns):
        raise fault("it needs the columns `file` and `text`")
    known = by_name(list(subjects))
    read: list[dict[str, Any]] = []
    faults: list[Heritage3dError] = []
    for number, texts in table.rows:
        cells = {name: text for name, text in zip(columns, texts, strict=False) if name and text}

        def wrong(column: str, detail: str, at: int = number, row: dict[str, str] = cells) -> Heritage3dError:
            value = row.get(column, "")[:200]
            return errors.AnnotationUnusable(file=sheet, row=at, column=column, value=value, detail=detail)

        file = known.get(naming.same(cells.get("file", "").replace("\\", "/").removeprefix("./")))
        try:
            if file is None:
                raise wrong("file", "no page and no mesh of this name lies in the folder")
            read.append(_entry(subjects[file], cells, wrong))
        except errors.AnnotationUnusable as error:
            faults.append(error)
    if faults:
        raise errors.gathered(faults)
    return read


def _entry(subject: Subject, cells: dict[str, str], wrong: Callable[[str, str], Heritage3dError]) -> dict[str, Any]:
    text, title = texts_of(cells, "text"), texts_of(cells, "title")
    if not text:
        raise wrong("text", "it says nothing")
    figures = {name: _number(cells[name], name, wrong) for name in _PLACES if name in cells}
    told: dict[str, Any] = {
        subject.kind: subject.name,
        "box": None,
        "point": None,
        "text": text,
        "title": title or None,
    }
    if subject.kind == "model":
        told["point"] = _all(figures, ("x", "y", "z"), wrong) if figures else None
        return told
    if "z" in figures:
        raise wrong("z", "a page has no depth")
    if figures:
        place = _all(figures, ("x", "y"), wrong)
        size = _all(figures, ("width", "height"), wrong) if {"width", "height"} & figures.keys() else [0.0, 0.0]
        negative = next((name for name, value in figures.items() if value < 0), None)
        if negative:
            raise wrong(negative, "it lies outside the page")
        told["box"] = [*place, *size]
    return told


def _all(
    figures: dict[str, float], names: tuple[str, ...], wrong: Callable[[str, str], Heritage3dError]
) -> list[float]:
    missing = next((name for name in names if name not in figures), None)
    if missing:
        raise wrong(missing, f"a place needs {', '.join(names)}")
    return [figures[name] for name in names]


def _number(text: str, column: str, wrong: Callable[[str, str], Heritage3dError]) -> float:
    try:
        value = float(text.replace("\u2212", "-"))
    except ValueError:
        raise wrong(column, "it is no number") from None
    if not math.isfinite(value) or abs(value) > _MOST:
        raise wrong(column, "it is no number that can be a place")
    return value
