"""Scripts and documents go compressed to whoever takes that; everything else, and every range, as it lies there."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from heritage3d.exhibit import serving

TEXT = b'{"label": "' + b"\xe9\xbe\x9f" * 4_000 + b'"}'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[serving.Site]:
    for name in ("a.json", "a.jpg", "a.glb", "a.js"):
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "small.json").write_bytes(b"{}")
    with serving.in_background(tmp_path) as running:
        yield running


def asked(server: serving.Site, name: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    line = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    line.request("GET", f"/{name}", headers={key.replace("_", "-"): value for key, value in headers.items()})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    return answer, content


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "GZIP"])
@pytest.mark.parametrize("name", ["a.json", "a.js"])
def test_what_is_text_goes_compressed(server: serving.Site, name: str, accepted: str) -> None:
    answer, content = asked(server, name, Accept_Encoding=accepted)
    assert answer.getheader("Content-Encoding") == "gzip"
    assert int(answer.getheader("Content-Length") or 0) == len(content) < 200
    assert gzip.decompress(content) == TEXT
    assert answer.getheader("Vary") == "Accept-Encoding"
    again, nothing = asked(server, name, Accept_Encoding=accepted, If_None_Match=answer.getheader("ETag") or "")
    assert (again.status, nothing) == (304, b"")


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("a.json", {}),
        ("a.json", {"Accept_Encoding": "br"}),
        ("a.json", {"Accept_Encoding": "gzip;q=0"}),
        ("a.jpg", {"Accept_Encoding": "gzip"}),
        ("a.glb", {"Accept_Encoding": "gzip"}),
    ],
)
def test_the_rest_goes_as_it_is(server: serving.Site, name: str, headers: dict[str, str]) -> None:
    answer, content = asked(server, name, **headers)
    assert answer.getheader("Content-Encoding") is None
    assert content == TEXT


def test_a_range_is_of_the_file_itself(server: serving.Site) -> None:
    answer, content = asked(server, "a.json", Accept_Encoding="gzip", Range="bytes=0-9")
    assert (answer.status, content) == (206, TEXT[:10])


def test_a_new_edition_is_not_answered_with_the_old(server: serving.Site, tmp_path: Path) -> None:
    asked(server, "a.json", Accept_Encoding="gzip")
    (tmp_path / "a.json").write_bytes(TEXT + b"\n")
    assert gzip.decompress(asked(server, "a.json", Accept_Encoding="gzip")[1]) == TEXT + b"\n"
