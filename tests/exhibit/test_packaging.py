"""Packages: whole, the same bytes each time, accepted by other people's tools, and nothing left where they fail."""

from __future__ import annotations

import base64
import json
import re
import ssl
import urllib.request
import warnings
from pathlib import Path
from typing import Any

import pytest

from heritage3d import errors
from heritage3d.exhibit import certificate, packaging, serving, volumes
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import files_below
from heritage3d.trust import fixity
from heritage3d.trust.faults import Fault
from tests.exhibit import trees

CALL = re.compile(r'heritage3d\((".*?"), "(text|base64)", (".*")(?:, (\d+))?\);\n')


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.tree(tmp_path_factory.mktemp("trees") / "published")


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files_below(root)}


def faults(root: Path) -> list[Fault]:
    return [found for found in fixity.verify(root) if isinstance(found, Fault)]


def carried(data: Path) -> dict[str, bytes]:
    """Everything that the scripts of an offline package bring, by its path."""
    found: dict[str, list[bytes]] = {}
    for script in sorted(data.rglob("*.js")):
        for name, form, content, _part in CALL.findall(script.read_text("utf-8")):
            value = json.loads(content)
            body = value.encode() if form == "text" else base64.b64decode(value, validate=True)
            found.setdefault(json.loads(name), []).append(body)
    return {name: b"".join(parts) for name, parts in found.items()}


@pytest.mark.parametrize("form", ["web", "vr", "offline"])
def test_a_package_is_a_valid_bag_and_always_the_same(form: Any, out: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import bagit as theirs

    for name in ("one", "two"):
        (made,) = packaging.package(out, tmp_path / name, form)
        assert faults(tmp_path / name) == []
        theirs.Bag(str(tmp_path / name)).validate()
        assert made.files == len(contents(tmp_path / name))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_for_the_web_every_file_stays_as_it_is(out: Path, tmp_path: Path) -> None:
    packaging.package(out, tmp_path / "web", "web")
    assert contents(tmp_path / "web" / "data") == contents(out)
    assert [found for found in fixity.unchanged(tmp_path / "web" / "data") if isinstance(found, Fault)] == []


def test_for_a_headset_the_full_models_stay_behind(out: Path, tmp_path: Path) -> None:
    packaging.package(out, tmp_path / "vr", "vr")
    data = contents(tmp_path / "vr" / "data")
    assert [name for name in data if "full.glb" in name] == []
    assert len([name for name in data if name.endswith("/vr.glb")]) == 3
    documents = [content for name, content in data.items() if name.endswith(".json") and "/objects" in f"/{name}"]
    assert [content for content in documents if b"full.glb" in content] == []


def test_offline_the_scripts_carry_every_byte_that_a_page_asks_for(out: Path, tmp_path: Path) -> None:
    packaging.package(out, tmp_path / "disk", "offline")
    data = tmp_path / "disk" / "data"
    brought, plain = carried(data), contents(data)
    for name, content in contents(out).items():
        if name.startswith("assets/") or name in {"index.html", "vr.html", "checksums.txt"} or "/full/max/" in name:
            continue
        if re.search(r"/full/\d{4}", name) or name.endswith("/full/900,1200/0/default.jpg"):
            continue  # the whole page in one large picture: its tiles are there
        assert brought.get(name, plain.get(name)) == content, name
    assert [name for name in plain if name.endswith((".json", ".glb", ".wasm"))] == []
    page = (data / "index.html").read_text("utf-8")
    assert "module" not in page
    assert "crossorigin" not in page
    assert len(plain) < len(contents(out)) / 1.5


def test_only_some_objects(out: Path, tmp_path: Path) -> None:
    (made,) = packaging.package(out, tmp_path / "some", "web", objects=["竹简 2"])
    assert made.objects == 1
    data = tmp_path / "some" / "data"
    assert [path.name for path in (data / "objects").iterdir()] == ["竹简 2"]
    assert len(addresses.load(data / "collection.json")["items"]) == 1
    with pytest.raises(errors.ObjectUnknown):
        packaging.package(out, tmp_path / "none", "web", objects=["absent"])
    assert not (tmp_path / "none").exists()


def test_another_base(out: Path, tmp_path: Path) -> None:
    packaging.package(out, tmp_path / "moved", "web", base="https://other.example/")
    documents = [content for name, content in contents(tmp_path / "moved").items() if name.endswith(".json")]
    assert [content for content in documents if b"museum.example/collection/" in content] == []
    assert (
        addresses.load(tmp_path / "moved" / "data" / "collection.json")["id"] == "https://other.example/collection.json"
    )


def test_several_disks_are_packages_of_their_own(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = packaging._sizes(out, fixity.read_checksums(out), "offline", [])
    limit = packaging.OVERHEAD + max(sizes.values()) + 100
    made = packaging.package(out, tmp_path / "disks", "offline", split=limit)
    assert [entry.folder.name for entry in made] == ["disk-1", "disk-2", "disk-3"]
    assert all(entry.size <= limit for entry in made)
    assert all(faults(entry.folder) == [] for entry in made)
    assert "Bag-Count: 2 of 3" in (tmp_path / "disks" / "disk-2" / "bag-info.txt").read_text("utf-8")
    with pytest.raises(errors.DiskTooSmall):
        packaging.package(out, tmp_path / "small", "offline", split=packaging.OVERHEAD)
    assert not (tmp_path / "small").exists()


def test_a_damaged_file_is_not_packaged(tmp_path: Path) -> None:
    out = trees.tree(tmp_path / "published", ("a",))
    for form in ("web", "vr", "offline"):
        for name in ("objects/a/thumbnail.jpg", "objects/a/models/web.glb"):
            before = (out / name).read_bytes()
            (out / name).write_bytes(b"x" + before[1:])
            with pytest.raises(errors.TreeNotIntact) as caught:
                packaging.package(out, tmp_path / "package", form)  # type: ignore[arg-type]
            assert name in caught.value.line("en")
            (out / name).write_bytes(before)
    assert [path.name for path in tmp_path.iterdir()] == ["published"]


def test_a_place_that_is_taken_or_too_small(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(errors.OutputIsFile):
        packaging.package(out, tmp_path / "file", "web")
    with pytest.raises(errors.DestinationInUse):
        packaging.package(out, tmp_path / "full", "web")
    monkeypatch.setattr(packaging, "free_bytes", lambda _path: 1000)
    with pytest.raises(errors.DiskFull) as caught:
        packaging.package(out, tmp_path / "new", "web")
    assert caught.value.fields["free"] == 1000
    assert caught.value.fields["needed"] > 1000


@pytest.mark.parametrize(
    "path", ["objects/a/CON.jpg", "objects/a./x.jpg", "objects/a /x.jpg", 'objects/a"/x', "objects/" + "字" * 201]
)
def test_names_that_other_systems_refuse(path: str) -> None:
    with pytest.raises(errors.NameUnportable):
        volumes.check_names([path])


@pytest.mark.parametrize("pair", [("a/Café", "a/cafe\u0301"), ("a/B.jpg", "a/b.jpg"), ("A/x", "a/y")])
def test_names_that_other_systems_take_for_one(pair: tuple[str, str]) -> None:
    with pytest.raises(errors.NameUnportable):
        volumes.check_names(list(pair))


@pytest.mark.parametrize(
    ("text", "size"), [("4.7GB", 4_700_000_000), ("32 GiB", 32 * 2**30), ("700m", 700_000_000), ("12345", 12345)]
)
def test_sizes_in_words(text: str, size: int) -> None:
    assert volumes.bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "0", "1PB", "１ＧＢ "])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(errors.SizeUnreadable):
        volumes.bytes_of(text)


def test_https_with_a_certificate_made_on_the_spot(out: Path) -> None:
    """The certificate names the address, and nobody else's would do."""
    server = serving.site(out, port=0)
    certificate.secure(server)
    import threading

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        pem = ssl.get_server_certificate(("127.0.0.1", server.server_port))
        context = ssl.create_default_context(cadata=pem)
        address = f"https://127.0.0.1:{server.server_port}/collection.json"
        with urllib.request.urlopen(address, context=context, timeout=20) as answer:
            assert json.load(answer)["type"] == "Collection"
        with pytest.raises(OSError):
            urllib.request.urlopen(address, timeout=20)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
