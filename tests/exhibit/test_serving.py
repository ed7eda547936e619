"""The web server behind `heritage3d serve`: what browsers need, and nothing that lies outside the tree."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.exhibit import serving, site
from tests.exhibit.load import load


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "published"
    (root / ".heritage3d").mkdir(parents=True)
    (root / ".heritage3d" / "ledger.sqlite").write_text("secret")
    (root / "index.html").write_text("<p>room")
    (root / "data.bin").write_bytes(bytes(range(100)))
    (root / "objects" / "罐 3").mkdir(parents=True)
    (root / "objects" / "罐 3" / "web.glb").write_bytes(b"glTF")
    (root / "objects" / "罐 3" / "index.html").write_text("<p>object")
    (tmp_path / "outside.txt").write_text("secret")
    return root


@pytest.fixture
def server(tree: Path) -> Iterator[serving.Site]:
    with serving.in_background(tree) as running:
        yield running


def ask(server: serving.Site, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path",
    [
        "/.heritage3d/ledger.sqlite",
        "/%2eheritage3d/ledger.sqlite",
        "/objects/../.heritage3d/ledger.sqlite",
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/..%5coutside.txt",
        "//../../outside.txt",
        "/index.html%00.txt",
        "/%ff%fe",
        "/objects",
        "/objects/",
        "/absent",
        "/index.html/",
        "/index.html/x",
        "//[",
    ],
)
def test_nothing_hidden_or_outside_is_found(server: serving.Site, path: str) -> None:
    status, _headers, body = ask(server, path)
    assert b"secret" not in body
    assert status in (301, 404) if path == "/objects" else status == 404 or b"room" in body


@pytest.mark.parametrize("target", ["../outside.txt", ".heritage3d", "../../.."])
def test_a_link_does_not_lead_out(tree: Path, target: str) -> None:
    (tree / "link").symlink_to(target)
    with serving.in_background(tree) as server:
        for path in ("/link", "/link/", "/link/ledger.sqlite", "/link/outside.txt"):
            status, _headers, body = ask(server, path)
            assert (status, b"secret" in body) == (404, False)


def test_a_link_inside_the_tree_is_followed(tree: Path) -> None:
    (tree / "same.bin").symlink_to("data.bin")
    with serving.in_background(tree) as server:
        assert ask(server, "/same.bin")[2] == bytes(range(100))


def test_the_root_and_folders_show_their_index(server: serving.Site) -> None:
    assert ask(server, "/")[2] == b"<p>room"
    assert ask(server, "/?x=1")[2] == b"<p>room"
    status, headers, _body = ask(server, "/objects/%E7%BD%90%203")
    assert (status, headers["location"]) == (301, "/objects/%E7%BD%90%203/")
    assert ask(server, headers["location"])[2] == b"<p>object"


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("a.glb", "model/gltf-binary"),
        ("a.wasm", "application/wasm"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.JPG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_every_file_has_its_media_type(tree: Path, name: str, media: str) -> None:
    (tree / name).write_bytes(b"x")
    with serving.in_background(tree) as server:
        _status, headers, _body = ask(server, f"/{name}")
    assert headers["content-type"] == media
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-9", 206, bytes(range(10)), "bytes 0-9/100"),
        ("bytes=90-", 206, bytes(range(90, 100)), "bytes 90-99/100"),
        ("bytes=-5", 206, bytes(range(95, 100)), "bytes 95-99/100"),
        ("bytes=50-5000", 206, bytes(range(50, 100)), "bytes 50-99/100"),
        ("bytes=100-", 416, b"", "bytes */100"),
        ("bytes=-0", 416, b"", "bytes */100"),
        ("bytes=9-2", 200, bytes(range(100)), None),
        ("bytes=0-1,5-6", 200, bytes(range(100)), None),
        ("bytes=-", 200, bytes(range(100)), None),
        ("lines=1-2", 200, bytes(range(100)), None),
    ],
)
def test_ranges(server: serving.Site, asked: str, status: int, body: bytes, told: str | None) -> None:
    found, headers, content = ask(server, "/data.bin", Range=asked)
    assert (found, content, headers.get("content-range")) == (status, body, told)


def test_an_unchanged_file_is_not_sent_again(server: serving.Site, tree: Path) -> None:
    _status, headers, _body = ask(server, "/data.bin")
    tag = headers["etag"]
    assert ask(server, "/data.bin", If_None_Match=tag)[0] == 304
    assert ask(server, "/data.bin", If_None_Match=f'"other", W/{tag}')[0] == 304
    assert ask(server, "/data.bin", Range="bytes=0-1", If_Range='"other"')[0] == 200
    (tree / "data.bin").write_bytes(b"changed")
    assert ask(server, "/data.bin", If_None_Match=tag)[2] == b"changed"


def test_head_sends_no_body(server: serving.Site) -> None:
    status, headers, body = ask(server, "/data.bin", "HEAD")
    assert (status, headers["content-length"], body) == (200, "100", b"")


def test_viewers_on_other_hosts_may_ask_first(server: serving.Site) -> None:
    status, headers, _body = ask(server, "/data.bin", "OPTIONS", Origin="https://viewer.example")
    assert (status, headers["access-control-allow-origin"]) == (204, "*")


def test_nothing_can_be_written(server: serving.Site, tree: Path) -> None:
    assert ask(server, "/data.bin", "PUT")[0] == 501
    assert ask(server, "/data.bin", "DELETE")[0] == 501
    assert (tree / "data.bin").read_bytes() == bytes(range(100))


def test_a_taken_port_is_one_line_with_a_cure(tree: Path) -> None:
    with serving.in_background(tree) as server, pytest.raises(errors.PortInUse) as caught:
        serving.site(tree, port=server.server_port)
    assert str(server.server_port) in caught.value.line("en")
    assert "--port" in caught.value.cure("zh-Hans")
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("port", [-1, 70_000])
def test_an_impossible_port_is_refused(tree: Path, port: int) -> None:
    with pytest.raises(errors.PortInUse):
        serving.site(tree, port=port)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.NotAnOutput):
        serving.site(tmp_path / "absent")


def test_a_client_that_leaves_does_no_harm(server: serving.Site, tree: Path) -> None:
    (tree / "large.bin").write_bytes(bytes(8_000_000))
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(100)
    assert ask(server, "/")[0] == 200


def test_ctrl_c_ends_it_and_frees_the_port(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serving.site(tree, port=0)
    port = server.server_port

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "serve_forever", interrupted)
    serving.run(server)
    serving.site(tree, port=port).server_close()


def test_the_page_and_the_server_ask_for_the_same_policy() -> None:
    page = (site.VIEWER / "index.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert f"{policy[1]}; frame-ancestors 'self'" == serving.POLICY


def test_two_hundred_clients_get_what_lies_in_the_tree(tree: Path) -> None:
    """Ranges, tags, compression and refusals, for a second; `python -m tests.exhibit.load TREE` is the long form."""
    (tree / "long.json").write_text("[" + "0," * 40_000 + "0]")
    with serving.in_background(tree) as running:
        told = load(running.server_port, tree, 200, 1.0)
    assert told.faults == []
    assert set(told.answers) == {"whole", "range", "known", "packed", "hidden"}
