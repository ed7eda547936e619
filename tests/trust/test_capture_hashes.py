"""Digests that lie beside the captures are held against them: a flipped bit is found, whoever wrote the list."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from heritage3d.errors import CaptureDamaged, CaptureListed
from heritage3d.trust.capture_hashes import check, listed


def captures(folder: Path) -> dict[str, bytes]:
    content = {"pages/001r.tif": b"first page" * 99, "pages/竹简 2.tif": b"second", "loose.jpg": b"third"}
    for name, body in content.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(body)
    return content


def lines(content: dict[str, bytes], algorithm: str, form: str) -> str:
    return "".join(
        form.format(hex=hashlib.new(algorithm, body).hexdigest(), name=name, alg=algorithm.upper()) + "\n"
        for name, body in content.items()
    )


LISTS = {
    "SHA256SUMS": ("sha256", "{hex}  {name}"),
    "checksums.txt": ("sha512", "{hex} *{name}"),
    "copy.md5": ("md5", "{hex} *{name}"),
    "manifest-sha1.txt": ("sha1", "{hex} {name}"),
    "card.sha256": ("sha256", "{alg} ({name}) = {hex}"),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_flipped_bit_is_found(name: str, encoding: str, tmp_path: Path) -> None:
    content = captures(tmp_path)
    algorithm, form = LISTS[name]
    text = lines(content, algorithm, form)
    text = text.replace("pages/", "pages\\") if name == "copy.md5" else text  # as on Windows
    (tmp_path / name).write_bytes(("; a remark\r\n" + text).encode(encoding))
    assert len(list(listed(tmp_path))) == 3
    assert check(tmp_path) == []
    body = bytearray(content["pages/竹简 2.tif"])
    body[2] ^= 1
    (tmp_path / "pages/竹简 2.tif").write_bytes(bytes(body))
    (fault,) = check(tmp_path)
    assert isinstance(fault, CaptureDamaged)
    assert fault.line("en").startswith(f"H3D-326 pages/竹简 2.tif: its bytes are not those that {name} names.")
    assert "重新复制" in fault.line("zh-Hans")


def test_a_digest_beside_its_file(tmp_path: Path) -> None:
    captures(tmp_path)
    (tmp_path / "pages" / "001r.tif.md5").write_text("0" * 32)
    assert [fault.fields for fault in check(tmp_path)] == [{"file": "pages/001r.tif", "list": "pages/001r.tif.md5"}]


def test_a_file_that_is_listed_and_missing(tmp_path: Path) -> None:
    content = captures(tmp_path)
    (tmp_path / "SHA256SUMS").write_text(lines(content | {"pages/003r.tif": b""}, "sha256", "{hex}  {name}"), "utf-8")
    (fault,) = check(tmp_path)
    assert isinstance(fault, CaptureListed)
    assert fault.file == "pages/003r.tif"


def test_known_digests_are_not_taken_again(tmp_path: Path) -> None:
    content = captures(tmp_path)
    (tmp_path / "SHA256SUMS").write_text(lines(content, "sha256", "{hex}  {name}"), "utf-8")
    known = {name: hashlib.sha256(body).hexdigest() for name, body in content.items()}
    for name in content:
        (tmp_path / name).write_bytes(b"not looked at")
    assert check(tmp_path, known) == []
    assert len(check(tmp_path)) == 3


def test_lists_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "object"
    folder.mkdir()
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../secret\n{'0' * 64}  /etc/passwd\nnot a digest  scan.tif\n")
    assert list(listed(folder)) == []
    assert check(folder) == []
