"""room.yaml before the run: what can never come true is told at once, with its line; nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.hall import foreseeing
from heritage3d.pipeline.kinds import recognise

KNOWN = {"bone", "book", "scroll"}


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("objects:\n- bone\n- object: bonne\n", "H3D-541", 3, "bone"),
        ("objects: [bone]\ntours:\n- title: T\n  stops:\n  - object: vase\n", "H3D-541", 5, "vase"),
        ("objects: [bone]\ntours:\n- title: T\n  stops:\n  - object: book\n", "H3D-542", 5, "book"),
        ("size: {width: 6, depth: 6}\nobjects:\n- object: bone\n  at: [9, 0]\n", "H3D-543", 3, "outside the room"),
        ("objects:\n- {object: bone, at: [0, 0]}\n- {object: book, at: [0.1, 0]}\n", "H3D-543", 3, "bone stands there"),
        ("size: {width: 4}\nobjects:\n- {object: scroll, along: 3}\n", "H3D-543", 3, "beyond the end"),
        ("start: [0, 0]\nobjects:\n- {object: bone, at: [0, 0]}\n", "H3D-543", 1, "bone stands there"),
        ("devices: [quest9]\n", "H3D-544", 1, "quest3"),
        ("objects:\n- bone\ncolour: red\n", "H3D-540", 3, "means nothing"),
    ],
)
def test_what_can_never_come_true(text: str, code: str, line: int, said: str) -> None:
    with pytest.raises(errors.RoomError) as caught:
        foreseeing.foresee(text, KNOWN)
    assert caught.value.code == code
    assert caught.value.file == f"room.yaml:{line}"
    assert said in caught.value.line("en")


def test_more_models_than_a_headset_draws() -> None:
    entries = "".join(
        f"- {{object: bone, show: model, at: [{at % 20 * 2 - 19}, {at // 20 * 2}]}}\n" for at in range(40)
    )
    with pytest.raises(errors.RoomTooHeavy) as caught:
        foreseeing.foresee("size: {width: 60, depth: 30}\ndevices: [pico4]\nobjects:\n" + entries, KNOWN)
    assert "draw calls where 80 are allowed" in caught.value.line("en")


def test_every_unknown_object_is_named_at_once() -> None:
    with pytest.raises(errors.ObjectErrors) as caught:
        foreseeing.foresee("objects: [bonne, buch]\n", KNOWN)
    assert len(caught.value.errors) == 2


def test_what_may_come_true_is_let_through() -> None:
    foreseeing.foresee("size: {width: 3, depth: 3}\nobjects: [bone, book, {object: scroll, show: pages}]\n", KNOWN)
    foreseeing.foresee("objects: [whatever]\n", None)


def test_check_holds_it_against_the_sheet_beside(tmp_path: Path) -> None:
    path = tmp_path / "room.yaml"
    path.write_text("objects: [bone, bonne]\n", "utf-8")
    found = recognise(path)
    assert found is not None
    assert found.check(path) == []  # no sheet: nobody knows
    (tmp_path / "objects.csv").write_text("id\nbone\n", "utf-8")
    (tmp_path / "bone").mkdir()
    assert [(entry.code, entry.where) for entry in found.check(path)] == [("H3D-541", "room.yaml:1")]
