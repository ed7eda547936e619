"""The VR room: a sensible one without a word, the one that a team asked for, and what is said of mistakes."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from heritage3d import errors
from heritage3d.hall import budget, file, holdings, writing
from heritage3d.pipeline import addresses
from tests.hall import tree

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.sample(tmp_path_factory.mktemp("tree"))


def _of(document: dict[str, Any], identifier: str, kind: str = "") -> dict[str, Any]:
    return next(entry for entry in document["objects"] if entry["id"] == identifier and kind in ("", entry["kind"]))


def test_a_room_lays_itself_out(root: Path) -> None:
    room = writing.plan(root, None)
    told = room.document
    assert {entry["id"] for entry in told["objects"]} == {"bone", "statue", "jar", "scroll", "book", "letter"}
    assert [_of(told, name)["kind"] for name in ("bone", "scroll", "book", "letter")] == [
        "plinth", "wall", "lectern", "wall",
    ]  # fmt: skip
    assert room.left_out == ()


def test_everything_has_its_true_size(root: Path) -> None:
    told = writing.plan(root, None).document
    scroll = _of(told, "scroll")
    metres = 60_000 / 300 * 0.0254  # 5.08 m
    assert scroll["panels"][0]["size"][0] == pytest.approx(metres)
    assert told["size"][0] > metres + 1
    bone = _of(told, "bone")["model"]
    assert bone["factor"] == 1.0
    assert [high - low for low, high in zip(bone["least"], bone["greatest"], strict=True)] == pytest.approx(
        [0.08, 0.06, 0.009]
    )
    assert _of(told, "bone")["scale"] == _of(told, "scroll")["scale"] == "known"


def test_a_scroll_in_parts_hangs_as_one_run(tmp_path: Path) -> None:
    pages = [{"name": f"part-{number}", "label": {}, "side": None} for number in range(1, 5)]
    told = {"kind": "scroll", "ppi": 200, "viewing_direction": "right-to-left", "pages": pages}
    home = tree.add(tmp_path, "scroll", told)
    for entry in pages:
        tree.page(home, entry["name"], 4000, 2200)
    hung = _of(writing.plan(tmp_path, None).document, "scroll")
    part = 4000 / 200 * 0.0254
    assert [panel["name"] for panel in hung["panels"]] == ["part-4", "part-3", "part-2", "part-1"]
    middles = [panel["at"][0] for panel in hung["panels"]]
    assert [right - left for left, right in itertools.pairwise(middles)] == pytest.approx([part] * 3, abs=2e-4)
    assert hung["frame"]["size"][0] == pytest.approx(4 * part + 0.12, abs=1e-3)


def test_what_nobody_measured_is_shown_at_a_handy_size_and_says_so(root: Path) -> None:
    told = writing.plan(root, None).document
    jar, letter = _of(told, "jar"), _of(told, "letter")
    assert jar["scale"] == letter["scale"] == "unknown"
    assert jar["model"]["factor"] * 0.003 == pytest.approx(holdings.UNKNOWN_LONGEST)
    assert letter["panels"][0]["size"] == pytest.approx([0.2, 0.3])


def test_nothing_stands_in_another_thing_or_in_a_wall(root: Path) -> None:
    told = writing.plan(root, None).document
    width, height, depth = told["size"]
    stands = [entry["stand"] for entry in told["objects"] if "stand" in entry]
    for at, one in enumerate(stands):
        assert abs(one["at"][0]) + one["size"][0] / 2 < width / 2 - 0.5
        assert abs(one["at"][1]) + one["size"][2] / 2 < depth / 2 - 0.5
        for other in stands[:at]:
            assert math.dist(one["at"], other["at"]) > 1
    for entry in told["objects"]:
        x, z, _turn = entry["view"]
        assert abs(x) < width / 2
        assert abs(z) < depth / 2
        for panel in entry["panels"]:
            assert panel["at"][1] + panel["size"][1] / 2 < height
    statue = _of(told, "statue")["model"]
    assert statue["at"][1] + 2.3 < height


def test_a_book_lies_open_as_it_is_read(root: Path) -> None:
    panels = _of(writing.plan(root, None).document, "book")["panels"]
    assert [panel["spread"] for panel in panels] == [0, 1, 1, 2, 2, 3, 3]
    # From right to left: the second page lies to the right of the third.
    assert panels[1]["at"][0] > panels[2]["at"][0]


def test_a_tour_of_its_own_goes_through_what_was_said(root: Path) -> None:
    told = writing.plan(root, None).document
    stops = told["tours"][0]["stops"]
    bone = next(at for at, entry in enumerate(told["objects"]) if entry["id"] == "bone")
    assert {"object": bone, "note": None} in stops
    assert {"object": bone, "note": 0} in stops
    assert _of(told, "bone")["notes"][0]["point"] == pytest.approx([0.0, 0.02, 0.004])
    assert _of(told, "letter")["notes"][0]["box"] == [100, 50, 200, 100]


ASKED = """
title: {en: Bones and scrolls, zh-Hans: 骨与卷}
size: {width: 9, depth: 7, height: 4}
colours: {walls: "#8a8d86"}
light: evening
start: [0, -2.8]
devices: [quest3]
objects:
  - object: scroll
    wall: east
    along: 0
    height: 1.6
  - object: bone
    at: [1.5, 0.5]
    turn: 30
    height: 1.0
    text: {en: The team's own words.}
  - letter
tours:
  - title: {en: Three things, zh-Hans: 三件}
    stops:
      - object: bone
        note: 1
      - object: scroll
        text: {en: Walk along it.}
"""


def test_a_team_gets_the_room_that_it_asked_for(root: Path) -> None:
    told = writing.plan(root, ASKED).document
    assert told["title"] == {"en": ["Bones and scrolls"], "zh-Hans": ["骨与卷"]}
    assert told["size"] == [9, 4, 7]
    assert told["start"] == [0, 2.8]
    assert [entry["id"] for entry in told["objects"]] == ["scroll", "bone", "letter"]
    scroll, bone, _letter = told["objects"]
    assert scroll["frame"]["turn"] == -90
    assert scroll["frame"]["at"][0] == 4.5
    assert bone["stand"]["at"] == [1.5, -0.5]
    assert bone["stand"]["turn"] == 30
    assert bone["stand"]["size"][1] == 1.0
    assert bone["summary"] == {"en": ["The team's own words."]}
    assert told["tours"] == [
        {
            "title": {"en": ["Three things"], "zh-Hans": ["三件"]},
            "stops": [{"object": 1, "note": 0}, {"object": 0, "note": None, "text": {"en": ["Walk along it."]}}],
        }
    ]
    assert [entry["device"] for entry in told["devices"]] == ["quest3"]


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("objects:\n- bone\n- object: bonne\n", "H3D-541", 3, "bone"),
        ("objects:\n- object: book\n  pages: ['001', '01x']\n", "H3D-542", 3, "01x"),
        ("objects:\n- object: scroll\n  show: model\n", "H3D-542", 3, "pages"),
        ("size: {width: 5, depth: 5}\nobjects:\n- object: scroll\n", "H3D-543", 3, "5.64 m with its label"),
        ("size: {width: 6}\nobjects:\n- object: bone\n  at: [9, 0]\n", "H3D-543", 3, "outside the room"),
        ("objects:\n- object: bone\n  at: [0, 0]\n- object: jar\n  at: [0.1, 0]\n", "H3D-543", 4, "bone stands there"),
        ("objects:\n- object: bone\n  place: wall\n", "H3D-543", 3, "plinth"),
        ("size: {height: 2.4}\nobjects:\n- object: statue\n", "H3D-543", 3, "high"),
        ("start: [0, 0]\nobjects:\n- object: bone\n  at: [0, 0]\n", "H3D-543", 1, "bone stands there"),
        ("devices: [quest9]\nobjects:\n- bone\n", "H3D-544", 1, "quest3"),
        ("objects:\n- bone\ntours:\n- title: T\n  stops:\n  - object: jar\n", "H3D-542", 6, "jar"),
        ("objects:\n- bone\ntours:\n- title: T\n  stops:\n  - {object: bone, note: 2}\n", "H3D-542", 6, "note 2"),
        ("objects:\n- object: bone\n  wal: north\n", "H3D-540", 3, "wal"),
        ("objects:\n- object: bone\n  at: [.nan, 0]\n", "H3D-540", 3, "at"),
        ("title: {en: A}\ntitle: {en: B}\n", "H3D-540", 2, "twice"),
        ("objects: [\n", "H3D-540", 2, ""),
        ("- bone\n", "H3D-540", 1, ""),
        ("title: \ufffd\n", "H3D-540", 1, "UTF-8"),
        ("a: &a [*a]\n", "H3D-540", None, ""),
    ],
)
def test_mistakes_are_told_with_file_line_and_cure(
    root: Path, text: str, code: str, line: int | None, said: str
) -> None:
    with pytest.raises((errors.RoomError, errors.ObjectErrors)) as caught:
        writing.plan(root, text)
    fault = getattr(caught.value, "errors", [caught.value])[0]
    assert fault.code == code
    assert fault.file == (f"room.yaml:{line}" if line else "room.yaml")
    assert said in fault.line("en")
    for language in ("en", "zh-Hans"):
        assert "{" not in fault.line(language).replace(text, "")


def test_all_that_is_unknown_is_told_at_once(root: Path) -> None:
    with pytest.raises(errors.ObjectErrors) as caught:
        writing.plan(root, "objects: [one, bone, two]")
    assert [fault.fields["value"] for fault in caught.value.errors] == ["one", "two"]


def test_a_yaml_bomb_is_refused(root: Path) -> None:
    levels = "\n".join(f"k{at}: &k{at} [{', '.join([f'*k{at - 1}'] * 9)}]" for at in range(1, 9))
    with pytest.raises(errors.RoomError, match="too many"):
        writing.plan(root, f"k0: &k0 [1, 1]\n{levels}\n")


# --- budgets ------------------------------------------------------------------------------------------------


def test_a_room_that_is_too_heavy_is_refused_with_the_reason(tmp_path: Path) -> None:
    for number in range(3):
        tree.model(tree.add(tmp_path, f"heavy-{number}"), (100, 100, 100), triangles=3_000_000 + number)
    text = "objects: [heavy-0, heavy-1, heavy-2]\n"
    with pytest.raises(errors.RoomTooHeavy) as caught:
        writing.plan(tmp_path, text)
    line = caught.value.line("en")
    assert "triangles where 1000000 are allowed" in line
    assert "heavy-2 3000002" in line


def test_a_room_that_lays_itself_out_leaves_out_what_is_too_heavy(tmp_path: Path) -> None:
    for number in range(6):
        tree.model(tree.add(tmp_path, f"object-{number}"), (100, 100, 100), calls=15, triangles=1500)
    room = writing.plan(tmp_path, None)
    assert 0 < room.exhibits < 6
    assert room.left_out == tuple(f"object-{number}" for number in range(room.exhibits, 6))
    for frame in budget.frames().values():
        assert room.cost.draw_calls <= frame.draw_calls


def test_every_budget_names_its_source() -> None:
    for frame in budget.frames().values():
        assert frame.basis in ("source", "assumed")
        assert len(frame.source) > 20


# --- what is written ----------------------------------------------------------------------------------------


def test_the_same_tree_gives_the_same_room(root: Path) -> None:
    assert writing.plan(root, ASKED).document == writing.plan(root, ASKED).document


def test_a_part_of_the_tree_gets_a_room_of_its_own(root: Path, tmp_path: Path) -> None:
    viewer = tmp_path / "viewer"
    viewer.mkdir()
    (viewer / "vr.html").write_text('<html lang="{{lang}}"><title>{{title}}</title>')
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    writing.write(root, whole, ASKED, title={"en": ["X"]}, viewer=viewer)
    page = (whole / "vr.html").read_text("utf-8")
    assert page == '<html lang="en"><title>Bones and scrolls · 骨与卷</title>'
    tree.model(tree.add(part, "bone"), (80, 60, 9))
    room = writing.write_again(whole, part, tmp_path, title={"en": ["<b>"]}, viewer=viewer)
    assert [entry["id"] for entry in room.document["objects"]] == ["bone"]
    assert "<b>" not in (tmp_path / "vr.html").read_text("utf-8")
    same = writing.write_again(whole, root, tmp_path, title={"en": ["X"]}, viewer=viewer)
    assert same.document == writing.plan(root, ASKED, {"en": ["X"]}).document


def test_an_empty_tree_has_an_empty_room(tmp_path: Path) -> None:
    room = writing.plan(tmp_path, None)
    assert room.exhibits == 0
    assert room.document["tours"] == []


def test_a_file_alone_is_read_without_objects() -> None:
    told, lines = file.read_room(ASKED)
    assert told.objects[2].object == "letter"
    assert lines.at("objects", 1, "turn") == "room.yaml:15"


# --- beside the sheet ---------------------------------------------------------------------------------------

WORKFLOW = """
workflow: small
version: 1
steps:
  captures: {stage: ingest}
  pages: {stage: tile, from: captures}
  manifest: {stage: manifest, from: [captures, pages]}
  site: {stage: exhibit}
"""


def test_a_run_reads_the_file_beside_the_sheet(tmp_path: Path) -> None:
    """What it says is part of the result: another room is another site, and a bad one leaves the old site alone."""
    captures, out = tmp_path / "captures", tmp_path / "out"
    (captures / "page").mkdir(parents=True)
    Image.new("RGB", (300, 400), (220, 200, 170)).save(captures / "page" / "a.jpg")
    (captures / "objects.csv").write_text("id,ppi\npage,300\n", "utf-8")
    (tmp_path / "small.yaml").write_text(WORKFLOW, "utf-8")

    def run() -> tuple[int, str]:
        line = ["run", str(tmp_path / "small.yaml"), str(captures), "--out", str(out), "--workers", "1"]
        command = [sys.executable, "-m", "tests.command", *line]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stderr

    assert run()[0] == 0
    assert (out / "vr.html").is_file()
    (captures / "room.yaml").write_text("title: Ours\nobjects: [page]\n", "utf-8")
    assert run()[0] == 0
    assert addresses.load(out / "room.json")["title"] == {"none": ["Ours"]}
    (captures / "room.yaml").write_text("title: Theirs\nobjects: [pgae]\n", "utf-8")
    before = (out / ".heritage3d" / "ledger.sqlite").stat().st_mtime_ns
    status, said = run()
    assert status == 1
    assert "H3D-541 room.yaml:2" in said
    assert addresses.load(out / "room.json")["title"] == {"none": ["Ours"]}
    assert (out / ".heritage3d" / "ledger.sqlite").stat().st_mtime_ns == before  # no run was begun


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_room_of_the_guide_is_accepted(language: str) -> None:
    text = (ROOT / "docs" / "guide" / language / "vr-room.md").read_text("utf-8")
    told, _lines = file.read_room(text.split("```yaml\n")[1].split("```")[0])
    assert len(told.objects) == 5
    assert len(told.tours[0].stops) == 3
