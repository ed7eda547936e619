"""Page order, labels and sides; names of pages and their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.record import naming
from heritage3d.record.pages import Page, pages_in_order


def listed(folder: Path, files: list[str], text: str) -> list[Page]:
    (folder / "pages.csv").write_text(text)
    return pages_in_order(files, folder / "pages.csv")


@pytest.mark.parametrize(
    "names",
    [
        ["p1.tif", "p2.tif", "p10.tif"],
        ["一.tif", "二.tif", "九.tif", "十.tif", "十一.tif", "二十.tif", "一百零三.tif"],
        ["001r.tif", "001v.tif", "002r.tif"],
        ["卷上-1.tif", "卷中-1.tif", "卷下-1.tif"],
        ["１.tif", "２.tif", "１０.tif"],
        ["a/2.tif", "a/10.tif", "b/1.tif"],
    ],
)
def test_natural_order(names: list[str]) -> None:
    assert [page.file for page in pages_in_order(names[::-1])] == names


def test_labels_default_to_the_stem() -> None:
    assert pages_in_order(["pages/001r.tif"])[0].label == {"none": ["001r"]}


def test_every_bad_row_is_listed(tmp_path: Path) -> None:
    text = "file,side\na.tif,recto\nA.TIF,\nmissing.tif,\n,verso\nb.tif,top\n"
    with pytest.raises(errors.ObjectErrors) as raised:
        listed(tmp_path, ["pages/a.tif", "pages/b.tif", "pages/c.tif"], text)
    found = [(error.code, error.fields["row"]) for error in raised.value.errors]
    assert found == [("H3D-271", 3), ("H3D-270", 4), ("H3D-270", 5), ("H3D-273", 6), ("H3D-272", "-")]
    for error in raised.value.errors:
        assert "?" not in error.line("zh-Hans") + error.line("en")


@pytest.mark.parametrize("text", ["", "name\na.tif\n", "file,file\na.tif,a.tif\n", 'file\n"a.tif'])
def test_lists_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(errors.PageListUnreadable):
        listed(tmp_path, ["a.tif"], text)


def test_a_bare_name_that_two_folders_share_is_no_name(tmp_path: Path) -> None:
    files = ["pages/1/a.tif", "pages/2/a.tif"]
    assert [page.file for page in listed(tmp_path, files, "file\n2/a.tif\npages\\1\\a.tif\n")] == files[::-1]
    with pytest.raises(errors.ObjectErrors):
        listed(tmp_path, files, "file\na.tif\npages/1/a.tif\n")


def test_sections(tmp_path: Path) -> None:
    pages = listed(tmp_path, ["1.tif", "2.tif"], "file,section@zh-Hans,section@en\n1.tif,序,Preface\n2.tif,,\n")
    assert pages[0].sections == ({"zh-Hans": ["序"], "en": ["Preface"]},)
    assert pages[1].sections == ()


def test_sections_have_levels(tmp_path: Path) -> None:
    header = "file,section@zh-Hans,section@en\n"
    (page,) = listed(tmp_path, ["1.tif"], header + "1.tif,卷一／上,Volume 1 / Part A\n")
    assert page.sections == (
        {"zh-Hans": ["卷一"], "en": ["Volume 1"]},
        {"zh-Hans": ["上"], "en": ["Part A"]},
    )
    for row in ("卷一/上,Volume 1", "卷一/,Volume 1/", "/上,/A"):
        with pytest.raises(errors.SectionUneven) as caught:
            listed(tmp_path, ["1.tif"], f"{header}1.tif,{row}\n")
        assert caught.value.fields["row"] == 2


def test_names_are_unique_and_stable() -> None:
    files = ["b/001.tif", "a/001.tif", "a/001.jpg", "001-2.tif", "???.tif", "con.tif", ".tif"]
    names = naming.names_for(files)
    assert names == naming.names_for(files[::-1])
    assert len({naming.same(name) for name in names.values()}) == len(files)
    assert names["con.tif"] == "capture-con"


FILES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12), max_size=12)


@settings(max_examples=200, deadline=None)
@given(FILES)
def test_names_are_safe_whatever_the_files_are_called(files: list[str]) -> None:
    names = naming.names_for(set(files))
    assert len({naming.same(name) for name in names.values()}) == len(set(files))
    assert all(naming.unsafe(name) is None for name in names.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_list_is_read_or_refused(tmp_path: Path, text: str) -> None:
    try:
        pages = listed(tmp_path, ["a.tif", "b.tif"], "file,label,side\n" + text)
    except errors.ObjectError:
        return
    assert {page.file for page in pages} == {"a.tif", "b.tif"}


def test_a_listed_file_that_is_known_to_be_bad_is_not_called_missing(tmp_path: Path) -> None:
    """It is named once, by what is wrong with it; the other pages keep their order."""
    page_list = tmp_path / "pages.csv"
    page_list.write_text("file\n2.jpg\nbad.jpg\n1.jpg\n", "utf-8")
    pages = pages_in_order(["pages/1.jpg", "pages/2.jpg"], page_list, ["pages/bad.jpg"])
    assert [page.file for page in pages] == ["pages/2.jpg", "pages/1.jpg"]
