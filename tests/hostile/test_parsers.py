"""Whatever bytes come: our own parsers answer with a value or with an error that has a code, never otherwise."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.exhibit import volumes
from heritage3d.pipeline import workflow as workflows
from heritage3d.record import naming
from heritage3d.record.objects import read_objects
from heritage3d.trust import bagit, capture_hashes, fixity, judging_bags, keys, signing, tracing

EXAMPLES = int(os.environ.get("H3D_EXAMPLES", "120"))
Parser = Callable[[Path, bytes], object]

SLOW = {"workflow": 6}  # PyYAML takes its time with deep nesting

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
    return tracing.trace(home / "x")


def _signature(folder: Path) -> object:
    (folder / "checksums.txt").write_text("")
    return list(signing.verified(folder, frozenset(), needed=False))


PARSERS: dict[str, Parser] = {
    "sheet": _in("objects.csv", lambda folder: read_objects(folder, [])),
    "workflow": _in("w.yaml", lambda folder: workflows.load(str(folder / "w.yaml"))),
    "checksums.txt": _in("checksums.txt", lambda folder: list(fixity.unchanged(folder))),
    "bagit.txt": _in("bagit.txt", _bag),
    "bag manifest": _in("manifest-sha256.txt", _bag),
    "bag fetch.txt": _in("fetch.txt", _bag),
    "bag-info.txt": _in("bag-info.txt", _bag),
    "digest list": _in("SHA256SUMS", capture_hashes.check),
    "public key": _in("k.pub", lambda folder: keys.public(folder / "k.pub")),
    "private key": _in("k", lambda folder: keys.private(folder / "k")),
    "signature.json": _in("signature.json", _signature),
    "provenance.json": _in("provenance.json", _story),
}


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_end_in_a_value_or_a_code(name: str) -> None:
    tried = {"examples": 0}
    lines: list[str] = []

    @settings(
        max_examples=EXAMPLES // SLOW.get(name, 1),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(DOCUMENTS)
    def attempt(content: bytes) -> None:
        tried["examples"] += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                PARSERS[name](Path(folder), content)
            except errors.Heritage3dError as error:
                lines.extend((error.line("en"), error.line("zh-Hans")))

    attempt()
    assert [line for line in lines if "\n" in line or not line] == []
    print(f"{name}: {tried['examples']} documents, {len(lines) // 2} refused by code, 0 otherwise")


@settings(max_examples=EXAMPLES * 4, deadline=None, database=None)
@given(st.text())
def test_any_text_as_a_size_a_path_and_a_name(text: str) -> None:
    with contextlib.suppress(errors.SizeUnreadable):
        assert volumes.bytes_of(text) > 0
    with contextlib.suppress(errors.NameUnportable):
        volumes.check_names([text])
    assert naming.same(naming.same(text)) == naming.same(text)
    if not bagit.leads_out(text):
        assert ".." not in bagit.plain(text).replace("\\", "/").split("/") or "%" in text
