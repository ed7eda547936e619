"""The list of annotations beside the captures: what it says, and every row that cannot be used."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.record.annotations import Subject, read_annotations

SUBJECTS = {
    "pages/001r.tif": Subject("page", "001r"),
    "pages/001v.tif": Subject("page", "001v"),
    "mesh/bone.ply": Subject("model", "bone"),
}


def read(folder: Path, text: str) -> list[dict[str, Any]]:
    path = folder / "annotations.csv"
    path.write_text(text, "utf-8")
    return read_annotations(path, SUBJECTS)


def test_boxes_points_and_the_whole(tmp_path: Path) -> None:
    text = (
        "file,x,y,width,height,z,title@en,text@zh-Hans,text@en\n"
        "001r.tif,10,20.5,30,40,,Seal,鉴藏印,A collector's seal\n"
        "001v.tif,5,6,,,,,,A point\n"
        "bone.ply,−1.5,2,,,0.25,,卜兆,\n"
        "bone.ply,,,,,,,,All of it\n"
    )
    seal, point, crack, whole = read(tmp_path, text)
    assert seal["page"] == "001r"
    assert seal["box"] == [10, 20.5, 30, 40]
    assert (seal["title"], seal["text"]) == ({"en": ["Seal"]}, {"zh-Hans": ["鉴藏印"], "en": ["A collector's seal"]})
    assert point["box"] == [5, 6, 0, 0]
    assert (crack["model"], crack["point"]) == ("bone", [-1.5, 2, 0.25])
    assert (whole["box"], whole["point"], whole["title"]) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("nothing.tif,,,,,,words", "file"),
        ("001r.tif,,,,,,", "text"),
        ("001r.tif,1,,,,,words", "y"),
        ("001r.tif,1,2,3,,,words", "height"),
        ("001r.tif,1,2,,,3,words", "z"),
        ("001r.tif,-1,2,,,,words", "x"),
        ("001r.tif,one,2,,,,words", "x"),
        ("001r.tif,inf,2,,,,words", "x"),
        ("bone.ply,1,2,,,,words", "z"),
        ("bone.ply,1e300,2,,,1,words", "x"),
    ],
)
def test_a_bad_row_is_named_with_its_column(tmp_path: Path, row: str, column: str) -> None:
    with pytest.raises(errors.ObjectErrors) as raised:
        read(tmp_path, f"file,x,y,width,height,z,text\n001r.tif,,,,,,good\n{row}\nnowhere,,,,,,words\n")
    first, second = raised.value.errors
    assert (first.code, first.fields["row"], first.fields["column"]) == ("H3D-277", 3, column)
    assert second.fields["row"] == 4
    for language in ("en", "zh-Hans"):
        assert "?" not in first.line(language)


@pytest.mark.parametrize("text", ["", "file\na.tif\n", "text\nwords\n", "file,text,text\na,b,c\n", 'file,text\n"a'])
def test_lists_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(errors.AnnotationListUnreadable) as raised:
        read(tmp_path, text)
    assert raised.value.code == "H3D-276"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "annotations.csv"
    path.write_bytes(b"file,text,x,y\n" + data)
    with contextlib.suppress(errors.Heritage3dError):
        read_annotations(path, SUBJECTS)
