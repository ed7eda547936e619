"""The sheet: every way in which spreadsheet programs write it, and every way in which people misfill it."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.record.record import describe
from heritage3d.record.sheet import Folders, Row, Sheet, read_sheet

TEXT = "id,title@zh-Hans,date\n甲骨-1,龟甲卜辞,商\n甲骨-2,牛骨卜辞,商\n"


def sheet_of(folder: Path, content: str | bytes, name: str = "objects.csv") -> Sheet:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sheet(folder)


def row_of(folder: Path, header: str, cells: str) -> Row:
    return sheet_of(folder, f"id,{header}\na,{cells}\n").rows[0]


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "objects.xlsx")
    return folder / "objects.xlsx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    rows = sheet_of(tmp_path, TEXT.replace(",", delimiter).replace("\n", newline).encode(encoding)).rows
    assert [row.id for row in rows] == ["甲骨-1", "甲骨-2"]
    assert rows[0].cells == {"id": "甲骨-1", "title@zh-Hans": "龟甲卜辞", "date": "商"}
    assert [row.number for row in rows] == [2, 3]


def test_rare_signs_in_gb18030(tmp_path: Path) -> None:
    assert sheet_of(tmp_path, "id,title\na,𠀀㐀\n".encode("gb18030")).rows[0].cells["title"] == "𠀀㐀"


def test_only_id_is_needed(tmp_path: Path) -> None:
    assert [row.id for row in sheet_of(tmp_path, "id\n1\n\n 2 \n").rows] == ["1", "2"]


def test_row_numbers_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    rows = sheet_of(tmp_path, 'sep=;\nid;title\na;"two\nlines"\n\nb;x\n').rows
    assert [(row.number, row.id) for row in rows] == [(2, "a"), (4, "b")]


def test_heads_in_any_case_and_form(tmp_path: Path) -> None:
    row = sheet_of(tmp_path, " ID ,TITLE@ZH_hans,Unit,Ink@EN\na,b,MM,black\n").rows[0]
    assert row.cells == {"id": "a", "title@zh-Hans": "b", "unit": "mm", "Ink@en": "black"}


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("unit", "parsec", "H3D-262"),
        ("width_mm", "12 mm", "H3D-263"),
        ("width_mm", "-3", "H3D-263"),
        ("width_mm", "0", "H3D-263"),
        ("ppi", "nan", "H3D-263"),
        ("ppi", "1e999", "H3D-263"),
        ("ppi", "1_000", "H3D-263"),
        ("viewing_direction", "sideways", "H3D-264"),
        ("rights", "CC BY", "H3D-265"),
        ("rights", "CC BY 9.0", "H3D-265"),
        ("rights", "https://creativecommons.org/licenses/by/", "H3D-265"),
        ("title", "a,b", "H3D-266"),
        ("title", "bell\x07", "H3D-267"),
    ],
)
def test_a_bad_cell_names_its_place(tmp_path: Path, header: str, cell: str, code: str) -> None:
    row = row_of(tmp_path, header, cell)
    assert [error.code for error in row.errors] == [code]
    assert row.errors[0].fields["row"] == 2
    assert row.errors[0].fields["file"] == "objects.csv"
    for language in ("en", "zh-Hans"):
        line = row.errors[0].line(language)
        assert code in line
        assert "?" not in line.replace("? *", "")
        assert row.errors[0].cure(language)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("cc by-sa 4.0", "http://creativecommons.org/licenses/by-sa/4.0/"),
        ("CC-BY-NC-ND-4.0", "http://creativecommons.org/licenses/by-nc-nd/4.0/"),
        ("CC BY NC SA 3.0 CN", "http://creativecommons.org/licenses/by-nc-sa/3.0/cn/"),
        ("CC0", "http://creativecommons.org/publicdomain/zero/1.0/"),
        ("https://creativecommons.org/licenses/by/4.0/deed.zh-hans", "http://creativecommons.org/licenses/by/4.0/"),
        ("https://rightsstatements.org/page/InC/1.0/?language=en", "http://rightsstatements.org/vocab/InC/1.0/"),
        ("InC-EDU", "http://rightsstatements.org/vocab/InC-EDU/1.0/"),
        ("版权所有", "版权所有"),
        ("https://museum.example/terms", "https://museum.example/terms"),
    ],
)
def test_rights(tmp_path: Path, cell: str, kept: str) -> None:
    row = row_of(tmp_path, "rights", cell)
    assert (row.cells["rights"], row.errors) == (kept, [])


@pytest.mark.parametrize(
    "identifier",
    ["..", ".hidden", "a/b", "a\\b", "C:x", "con", "NUL.txt", "COM1", "a.", "x" * 101, "汉" * 34, "a\u200bb",
     "a\u202eb", "a\tb", "a*", "a?", "a|b", "<a>", 'a""b'],
)  # fmt: skip
def test_unsafe_ids_are_refused(tmp_path: Path, identifier: str) -> None:
    row = sheet_of(tmp_path, f'id,title\n"{identifier}",x\n').rows[0]
    assert [error.code for error in row.errors] == ["H3D-261"]
    assert row.errors[0].line("zh-Hans").isprintable()


@pytest.mark.parametrize("identifier", ["甲骨-1", "ཀ", "ئۇ", "𠀀", "é", "a b", "-a", "a#1", "50%", "a'b", "_", "🐢"])
def test_letters_of_all_scripts_are_welcome(tmp_path: Path, identifier: str) -> None:
    assert not sheet_of(tmp_path, f"id,title\n{identifier},x\n").rows[0].errors


def test_the_later_of_two_equal_ids_is_at_fault(tmp_path: Path) -> None:
    rows = sheet_of(tmp_path, "id\nBone\nbone\ne\u0301\n\u00e9\n,\n").rows
    assert [[error.code for error in row.errors] for row in rows] == [[], ["H3D-251"], [], ["H3D-251"]]


def test_a_row_without_id(tmp_path: Path) -> None:
    rows = sheet_of(tmp_path, "id,title\n,orphan\na,x\n").rows
    assert [[error.code for error in row.errors] for row in rows] == [["H3D-260"], []]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", errors.SheetEmpty),
        ("id,title\n", errors.SheetEmpty),
        ("name,title\na,b\n", errors.SheetColumnMissing),
        ("id,title,title\na,b,c\n", errors.SheetColumnUnusable),
        ("id,title@中文\na,b\n", errors.SheetColumnUnusable),
        ("id,unit@en\na,mm\n", errors.SheetColumnUnusable),
        ('id,title\na,"never closed\n', errors.SheetUnreadable),
        (b"id,title\na,\x00\x00\n", errors.SheetUnreadable),
        ("id,title\na,b\n".encode("utf-16-le"), errors.SheetUnreadable),
        (b"id,title\na,\xff\xff\n", errors.SheetUnreadable),
        (b"id,title\na,\xed\xa0\x80\n", errors.SheetUnreadable),
        ("id,title\na,龟甲卜辞龟甲卜辞".encode()[:-1], errors.SheetUnreadable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", errors.SheetUnreadable),
        (b"PK\x03\x04 and nothing more", errors.SheetUnreadable),
        ("id," + "," * 100_000 + "x\n", errors.SheetUnreadable),
        ("id,title\na," + "x" * 200_000 + "\n", errors.SheetUnreadable),
    ],
)
def test_sheets_that_cannot_be_read_at_all(tmp_path: Path, content: str | bytes, error: type[Exception]) -> None:
    began = time.monotonic()
    with pytest.raises(error) as raised:
        sheet_of(tmp_path, content)
    assert isinstance(raised.value, errors.CapturesError)
    assert raised.value.line("zh-Hans")
    assert time.monotonic() - began < 2


def test_no_sheet_or_two(tmp_path: Path) -> None:
    with pytest.raises(errors.SheetMissing):
        read_sheet(tmp_path)
    with pytest.raises(errors.CapturesError):
        read_sheet(tmp_path / "nowhere")
    workbook(tmp_path, [["id"], ["a"]])
    with pytest.raises(errors.SheetAmbiguous):
        sheet_of(tmp_path, TEXT)


def test_formulas_in_a_csv_are_text(tmp_path: Path) -> None:
    cell = "=cmd|'/c calc'!A1"
    assert row_of(tmp_path, "title", cell).cells["title"] == cell


def test_workbooks(tmp_path: Path) -> None:
    import datetime as dt

    path = workbook(
        tmp_path, [["id", "title@zh-Hans", "width_mm", "date"], [None], ["a", "龟甲", 12.5, dt.date(1936, 6, 12)]]
    )
    book = openpyxl.load_workbook(path)
    book.active["A4"] = 7
    book.active["A4"].number_format = "0000"
    book.active["C4"] = 300.0
    book.active["B4"] = "#N/A"
    book.active["B4"].data_type = "e"
    book.save(path)
    rows = read_sheet(tmp_path).rows
    assert rows[0].cells == {"id": "a", "title@zh-Hans": "龟甲", "width_mm": "12.5", "date": "1936-06-12"}
    assert (rows[1].id, rows[1].cells["width_mm"], rows[1].number) == ("0007", "300", 4)
    assert [error.code for error in rows[1].errors] == ["H3D-267"]


def test_a_workbook_named_csv_is_read_all_the_same(tmp_path: Path) -> None:
    workbook(tmp_path, [["id"], ["a"]]).rename(tmp_path / "objects.csv")
    assert read_sheet(tmp_path).rows[0].id == "a"


def patched(path: Path, part: str, old: bytes, new: bytes) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            content = source.read(member)
            target.writestr(member, content.replace(old, new) if member == part else content)
    path.write_bytes(kept.getvalue())


def test_hostile_workbooks(tmp_path: Path) -> None:
    part = "xl/worksheets/sheet1.xml"
    path = workbook(tmp_path, [["id"], ["a"]])
    patched(path, part, b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    began = time.monotonic()
    assert len(read_sheet(tmp_path).rows) == 1
    assert time.monotonic() - began < 2
    for old, new in (
        (b"<sheetData>", b"<sheetData>" + b" " * 50_000_000),
        (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        (b"<sheetData>", b"<sheetData"),
    ):
        path = workbook(tmp_path, [["id"], ["a"]])
        patched(path, part, old, new)
        with pytest.raises(errors.SheetUnreadable):
            read_sheet(tmp_path)


def test_folders_in_another_unicode_form(tmp_path: Path) -> None:
    (tmp_path / "e\u0301tude").mkdir()
    folders = Folders(tmp_path)
    assert folders.find("\u00e9tude").is_dir()
    with pytest.raises(errors.CaptureFolderMissing):
        folders.find("étude-2")
    (tmp_path / "late").mkdir()
    assert folders.find("late").is_dir()  # made after the listing, or named otherwise where case is folded


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    text = "id,title@zh-Hans,unit\n" + "".join(f"obj-{n},竹简 {n},mm\n" for n in range(100_000))
    began = time.monotonic()
    assert len(sheet_of(tmp_path, text).rows) == 100_000
    assert time.monotonic() - began < 20


CELL = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=1, max_size=6), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_rows_are_read_or_refused(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    import csv

    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["id", "title@zh-Hans", "unit", "width_mm", "rights", "viewing_direction"])
    writer.writerows(rows)
    try:
        sheet = sheet_of(tmp_path, text.getvalue())
    except errors.CapturesError:
        return
    for row in sheet.rows:
        assert row.errors or row.id
        for error in row.errors:
            assert error.line("zh-Hans").startswith(error.code)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    for text in (b"id,title\n" + content, content):
        with contextlib.suppress(errors.CapturesError):
            sheet_of(tmp_path, text)


LABELLED = (
    "id,title@zh-Hans,出土地@zh-Hans,出土地@en,shelfmark,藏印\n"
    "label@en,Title,Findspot,,Shelf mark,Seals\n"
    "label@zh-Hant,題名,,出土地,,\n"
    "label@zh-Hans,,,,书号,\n"
    "a,卜骨,安阳,Anyang,甲-1,竹石\n"
)


def test_columns_are_called_in_every_language(tmp_path: Path) -> None:
    """A row whose id is label@LANG says what the sheet's own columns are called; it is no object."""
    (row,) = sheet_of(tmp_path, LABELLED).rows
    assert (row.id, row.errors, row.number) == ("a", [], 5)
    labels = [entry["label"] for entry in describe("a", row.cells)["metadata"]]
    assert labels == [
        {"zh-Hans": ["出土地"], "en": ["Findspot"], "zh-Hant": ["出土地"]},  # the heading is the name in zh-Hans
        {"en": ["Shelf mark"], "zh-Hans": ["书号"]},  # two names: the heading is a mere key
        {"none": ["藏印"], "en": ["Seals"]},
    ]
    assert describe("a", row.cells)["title"] == {"zh-Hans": ["卜骨"]}  # the known column keeps its own name


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("label@english,x\na,1\n", "no language"),
        ("label@en,Findspot\nlabel@en,Place\na,1\n", "two names"),
        ("label@en,Find\x01spot\na,1\n", "cannot be read"),
    ],
)
def test_a_bad_row_of_names_is_told(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(errors.SheetColumnUnusable) as caught:
        sheet_of(tmp_path, f"id,出土地\n{rows}")
    assert said in caught.value.line("en")
    assert "row " in caught.value.line("en")
