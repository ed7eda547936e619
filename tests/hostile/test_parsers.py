"""Whatever bytes come: our own parsers answer with a value or with an error that has a code, never otherwise."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heritage3d import errors, messages
from heritage3d.exhibit import volumes
from heritage3d.hall import file as room_file
from heritage3d.photogrammetry.scale_file import read_scale_file
from heritage3d.pipeline import claim
from heritage3d.pipeline import workflow as workflows
from heritage3d.record import naming
from heritage3d.record.annotations import Subject, read_annotations
from heritage3d.record.objects import read_objects
from heritage3d.record.pages import pages_in_order
from heritage3d.trust import bagit, capture_hashes, fixity, judging_bags, keys, signing, tracing
from tests.hostile import corpus
from tests.hostile.changes import EXAMPLES, TRYING, edited

Parser = Callable[[Path, bytes], object]

SLOW = {"workflow": 6, "room.yaml": 3, "scale.yaml": 3}  # PyYAML takes its time with deep nesting

_LINES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([
            b"id,title", b"a,b", b'"', b"=cmd|' /C calc'!A0", b"\xef\xbb\xbfid", b"workflow: x", b"steps:",
            b"  a: {stage: tile}",
            b"&a [*a, *a]", b"!!python/object/apply:os.system [id]", b"BagIt-Version: 1.0", b"0" * 64 + b"  data/x",
            b"Tag-File-Character-Encoding: UTF-16", b"0" * 32 + b" *x", b'{"@graph": [{}]}', b"[" * 2000, b"9" * 5000,
            b'{"format": 1e999}', "竹简".encode("gb18030"), "竹简,𠀀".encode(), b"\x00", b"\r",
            b"heritage3d-ed25519 AAAA",
        ]),
    ),
    max_size=12,
)  # fmt: skip
DOCUMENTS = st.builds(lambda lines, end: end.join(lines) + end, _LINES, st.sampled_from([b"\n", b"\r\n", b""]))


def _in(name: str, read: Callable[[Path], object]) -> Parser:
    def parse(folder: Path, content: bytes) -> object:
        (folder / name).write_bytes(content)
        return read(folder)

    return parse


def _bag(folder: Path) -> object:
    if not (folder / "bagit.txt").exists():
        (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "manifest-sha256.txt").touch()
    return list(judging_bags.judge(folder))


def _story(folder: Path) -> object:
    home = folder / "objects" / "a"
    home.mkdir(parents=True)
    (folder / "provenance.json").rename(home / "provenance.json")
    (home / "x").write_text("x")
    return list(tracing.sentences(tracing.trace(home / "x"), messages.text))


def _signature(folder: Path) -> object:
    (folder / "checksums.txt").write_text("")
    return list(signing.verified(folder, frozenset(), needed=False))


def _provenance() -> bytes:
    act = {"@id": "urn:act", "@type": "prov:Activity", "step": "pages", "stage": "tile", "version": 1, "options": {}}
    act |= {"libraries": {}, "used": ["urn:page"], "parameter": ["master"]}
    made = {"@id": "urn:tiles", "kind": "iiif/image", "name": "p", "sha256": "0" * 64, "wasGeneratedBy": "urn:act"}
    page = {"@id": "urn:page", "kind": "image/master", "name": "p", "sha256": "1" * 64, "hadMember": ["urn:file"]}
    file = {"@id": "urn:file", "kind": "capture file", "name": "p.tif", "sha256": "1" * 64}
    graph = [{"@id": "urn:software", "@type": ["prov:Agent"]}, file, page, act, made | {"atLocation": ["x"]}]
    return json.dumps({"object": "a", "@graph": graph}, indent=1).encode()


_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LISTED = b"0" * 64 + b"  data/a.tif\n" + b"f" * 64 + b" *data/%0A/b.tif\n"
_SCALE = b"""\
markers: {dictionary: 4X4_50, size_mm: 18, board: {columns: 5, rows: 4, square_mm: 20}}
distances:
  - {from: 0, to: 1, mm: 120}
  - {from: A, to: B, mm: 50.5, check: true}
targets:
  A: [{photo: 1.jpg, x: 3, y: 4}]
  B: {photo: 2.jpg, x: 3.5, y: 4}
cameras: {1.jpg: [0, 1, 2]}
"""
_ROOM = b"""\
title: {en: Bones, zh-Hans: "\xe7\x94\xb2"}
size: {width: 8, depth: 9}
colours: {walls: "#c8beac"}
objects:
  - bone
  - {object: scroll, place: wall, wall: north, along: 1.5, text: {en: Read it}}
tours:
  - {title: First, stops: [{object: bone, note: 1}]}
"""
_PAGES = "file,label,label@zh-Hans,side,section\na.tif,1r,一,recto,卷一/上\nb.tif,1v,二,verso,卷一/下\n".encode()
_NOTES = "file,text@en,text,x,y,width,height\na.tif,Seal,印,3,4,10%,20\nb.tif,,二,,,,\n".encode()
_SUBJECTS = {name: Subject("page", name) for name in ("a.tif", "b.tif")}
_CLAIM = b'{"owner": "host (12)", "since": "2026-01-01T00:00:00+00:00"}'
_DOCUMENTS = corpus.documents()

#: What reads it, and a sound one to begin with.
PARSERS: dict[str, tuple[Parser, bytes]] = {
    "sheet": (_in("objects.csv", lambda folder: read_objects(folder, [])), _DOCUMENTS["csv"][1]),
    "workbook": (_in("objects.xlsx", lambda folder: read_objects(folder, [])), _DOCUMENTS["xlsx"][1]),
    "pages.csv": (_in("pages.csv", lambda folder: pages_in_order(["a.tif", "b.tif"], folder / "pages.csv")), _PAGES),
    "annotations.csv": (_in("n.csv", lambda folder: read_annotations(folder / "n.csv", _SUBJECTS)), _NOTES),
    "workflow": (_in("w.yaml", lambda folder: workflows.load(str(folder / "w.yaml"))), _DOCUMENTS["yaml"][1]),
    "scale.yaml": (_in("scale.yaml", lambda folder: read_scale_file(folder / "scale.yaml")), _SCALE),
    "room.yaml": (_in("r", lambda folder: room_file.read_room((folder / "r").read_text("utf-8", "replace"))), _ROOM),
    "checksums.txt": (_in("checksums.txt", lambda folder: list(fixity.unchanged(folder))), b"0" * 64 + b"  a/b.jpg\n"),
    "bagit.txt": (_in("bagit.txt", _bag), _BAGIT),
    "bag manifest": (_in("manifest-sha256.txt", _bag), _LISTED),
    "bag fetch.txt": (_in("fetch.txt", _bag), b"https://example.org/a 12 data/a.tif\n"),
    "bag-info.txt": (_in("bag-info.txt", _bag), b"Payload-Oxum: 12.2\nContact-Name: x\n  and y\n"),
    "digest list": (_in("SHA256SUMS", capture_hashes.check), _LISTED),
    "public key": (_in("k.pub", lambda folder: keys.public(folder / "k.pub")), b"heritage3d-ed25519 AAAA\n"),
    "private key": (_in("k", lambda folder: keys.private(folder / "k")), b"-----BEGIN PRIVATE KEY-----\nMC4=\n"),
    "signature.json": (_in("signature.json", _signature), b'{"format":"x","algorithm":"Ed25519","root":"","files":1}'),
    "provenance.json": (_in("provenance.json", _story), _provenance()),
    "claim": (_in("claim", lambda folder: claim._holder(folder / "claim")), _CLAIM),
}


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_end_in_a_value_or_a_code(name: str) -> None:
    tried = {"examples": 0, "refused": 0}
    lines: list[str] = []
    parse, sound = PARSERS[name]

    @settings(TRYING, max_examples=max(5, EXAMPLES // SLOW.get(name, 1)))
    @given(st.one_of(DOCUMENTS, edited(sound), edited(sound)))
    def attempt(content: bytes) -> None:
        assume(len(content) < 1 << 16)
        tried["examples"] += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                parse(Path(folder), content)
            except errors.Heritage3dError as error:
                tried["refused"] += 1
                every = error.errors if isinstance(error, errors.ObjectErrors) else [error]
                lines.extend(one.line(language) for one in every for language in ("en", "zh-Hans"))

    attempt()
    assert [line for line in lines if "\n" in line or not line] == []
    print(f"{name}: {tried['examples']} documents, {tried['refused']} refused by code, 0 otherwise")


_BOMB = "".join(
    f"{letter}: &{letter} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, letter in zip("abcdefghi", "bcdefghij", strict=True)
)
ODD_YAML = {
    "no number": 'size: !!int ""\n',
    "no date": "size: !!timestamp x\n",
    "no truth": "size: !!bool perhaps\n",
    "a list as a key": "? [1, 2]\n: 3\n",
    "lists of lists as a key": "a: &a [1]\n" + _BOMB + "? [*j]\n: 3\n",
    "lists of lists": "a: &a [1]\n" + _BOMB + "markers: {dictionary: *j}\n",
    "a ring": "size: &a [*a]\n",
    "control characters": "size: \x01\n",
}


@pytest.mark.parametrize("name", ["workflow", "scale.yaml", "room.yaml"])
@pytest.mark.parametrize("odd", ODD_YAML)
@pytest.mark.timeout(20)
def test_yaml_that_breaks_its_own_library_is_refused(name: str, odd: str, tmp_path: Path) -> None:
    with pytest.raises(errors.Heritage3dError) as refused:
        PARSERS[name][0](tmp_path, ODD_YAML[odd].encode())
    assert "\n" not in refused.value.line("en")
    assert len(refused.value.line("en")) < 1000


@settings(TRYING, max_examples=EXAMPLES * 4)
@given(st.text())
def test_any_text_as_a_size_a_path_and_a_name(text: str) -> None:
    with contextlib.suppress(errors.SizeUnreadable):
        assert volumes.bytes_of(text) > 0
    with contextlib.suppress(errors.NameUnportable):
        volumes.check_names([text])
    assert naming.same(naming.same(text)) == naming.same(text)
    if not bagit.leads_out(text):
        assert ".." not in bagit.plain(text).replace("\\", "/").split("/") or "%" in text
