"""The pages of an object in their order: from its page list (pages.csv), else the natural order of names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heritage3d import errors
from heritage3d.errors import Heritage3dError
from heritage3d.record import languages, naming
from heritage3d.record.cells import Place, check
from heritage3d.record.languages import Texts
from heritage3d.record.table import read_table

PAGE_LISTS = ("pages.csv", "pages.xlsx")
SIDES = {
    **dict.fromkeys(("recto", "r", "front", "正", "正面"), "recto"),
    **dict.fromkeys(("verso", "v", "back", "背", "背面"), "verso"),
}


@dataclass(frozen=True)
class Page:
    """One page: its file below the object's folder, what it is called, which side it is, where it belongs."""

    file: str
    label: Texts = field(default_factory=dict)
    side: str | None = None
    sections: tuple[Texts, ...] = ()  # of the table of contents, from the outermost inwards
    width_mm: float | None = None  # of the leaf that the whole picture shows


def pages_in_order(files: Sequence[str], page_list: Path | None = None, unusable: Sequence[str] = ()) -> list[Page]:
    """The pages among ``files`` (relative, with "/"), in the order of the page list where there is one.

    ``unusable`` files are there too, and known to be at fault: the list may name them, and they are no pages.
    Labels default to the file's stem. Raises PageListUnreadable, or ObjectErrors with every bad row:
    a file that is not there, named twice or not named at all, a side that is none.
    """
    if page_list is None:
        return [Page(file, _stem(file)) for file in sorted(files, key=naming.natural)]
    return _listed(files, page_list, unusable)


def _stem(file: str) -> Texts:
    name = file.rpartition("/")[2]
    return {languages.UNKNOWN: [unicodedata.normalize("NFC", name.rpartition(".")[0] or name)]}


def _listed(files: Sequence[str], page_list: Path, unusable: Sequence[str]) -> list[Page]:
    sheet = page_list.name

    def fault(detail: str) -> Heritage3dError:
        return errors.PageListUnreadable(file=sheet, detail=detail)

    table = read_table(page_list, fault)
    columns = [column_of(heading) for heading in table.header]
    if "file" not in columns:
        raise fault("it has no column `file`")
    if twice := next((name for name in columns if name and columns.count(name) > 1), None):
        raise fault(f"the column {twice} is there twice")
    known = by_name([*files, *unusable])
    rows_of: dict[str, int] = {}
    pages: list[Page] = []
    faults: list[Heritage3dError] = []
    for number, texts in table.rows:
        cells = {name: text for name, text in zip(columns, texts, strict=False) if name and text}
        named = cells.get("file", "")
        place = {"file": sheet, "row": number, "column": "file", "value": named[:200]}
        file = known.get(naming.same(named.replace("\\", "/").removeprefix("./")))
        if file is None:
            faults.append(errors.PageMissing(**place))
            continue
        if file in rows_of:
            faults.append(errors.PageTwice(**place, other=rows_of[file]))
            continue
        rows_of[file] = number
        if file in unusable:
            continue
        side = cells.get("side")
        if side and side.casefold() not in SIDES:
            faults.append(errors.SideUnknown(**{**place, "column": "side", "value": side[:200]}))
        label, section = texts_of(cells, "label"), texts_of(cells, "section")
        sections = _levels(section)
        if sections is None:
            told = " · ".join(text for texts in section.values() for text in texts)
            faults.append(errors.SectionUneven(**{**place, "column": "section", "value": told[:200]}))
        wide = cells.get("width_mm")
        checked = check("width_mm", wide, Place(sheet, number, "width_mm")) if wide else None
        if checked and checked.error:
            faults.append(checked.error)
        width_mm = float(checked.text) if checked and not checked.error else None
        pages.append(Page(file, label or _stem(file), SIDES.get((side or "").casefold()), sections or (), width_mm))
    forgotten = sorted(set(files) - rows_of.keys(), key=naming.natural)
    faults.extend(errors.PageUnlisted(file=sheet, row="-", column="file", value=file) for file in forgotten)
    if faults:
        raise errors.gathered(faults)
    return pages


def _levels(section: Texts) -> tuple[Texts, ...] | None:
    """``Volume 1/Part A`` as a text for each level, outermost first; None where languages differ in their levels."""
    paths = {tag: [part.strip() for part in re.split("[/／]", texts[0])] for tag, texts in section.items()}
    depths = {len(parts) for parts in paths.values()}
    if len(depths) > 1 or not all(part for parts in paths.values() for part in parts):
        return None
    return tuple({tag: [parts[at]] for tag, parts in paths.items()} for at in range(max(depths, default=0)))


def column_of(heading: str) -> str:
    """``Label@zh_hans`` -> ``label@zh-Hans``."""
    base, language = languages.split(heading)
    name = base.casefold()
    return f"{name}@{language}" if language else name


def by_name(files: Sequence[str]) -> dict[str, str]:
    """Every way to name a file in the list: its path below the object's folder, or its bare name where unique."""
    names: dict[str, str] = {}
    bare: dict[str, set[str]] = {}
    for file in files:
        bare.setdefault(naming.same(file.rpartition("/")[2]), set()).add(file)
        bare.setdefault(naming.same(file.partition("/")[2]), set()).add(file)
    names.update({name: next(iter(found)) for name, found in bare.items() if name and len(found) == 1})
    names.update({naming.same(file): file for file in files})
    return names


def texts_of(cells: dict[str, str], name: str) -> Texts:
    """What the columns ``name`` and ``name@LANG`` of a row say, by language."""
    texts = {}
    for column, text in cells.items():
        base, _, language = column.partition("@")
        if base == name:
            texts[language or languages.UNKNOWN] = [text]
    return texts
