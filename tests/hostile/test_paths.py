"""Names that lead out, in every place where a stranger may write one: nothing outside is ever read."""

from __future__ import annotations

import builtins
import http.client
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from heritage3d import errors
from heritage3d.exhibit import serving
from heritage3d.gltf.references import path_of
from heritage3d.record.objects import read_objects
from heritage3d.trust import bagit, capture_hashes, fixity, judging_bags
from tests.hostile.paths import SECRET, vectors

Attack = Callable[[Path, str], object]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every path that this process opens."""
    seen: list[str] = []
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        real = getattr(module, name)

        def watched(path: object, *rest: object, _real: Callable[..., object] = real, **more: object) -> object:
            if isinstance(path, str | bytes | os.PathLike):
                seen.append(os.path.realpath(os.fsdecode(path)) if "\0" not in os.fsdecode(path) else "")
            return _real(path, *rest, **more)

        monkeypatch.setattr(module, name, watched)
    return seen


def sheet(folder: Path, name: str) -> object:
    (folder / "objects.csv").write_text("id,title\n" + json.dumps(name, ensure_ascii=False) + ",x\n", "utf-8")
    return read_objects(folder, [])


def chosen(folder: Path, name: str) -> object:
    (folder / "objects.csv").write_text("id,title\na,x\n", "utf-8")
    return read_objects(folder, [name])


def listed(folder: Path, name: str) -> object:
    (folder / "checksums.txt").write_text(f"{'0' * 64}  {name}\n", "utf-8")
    return list(fixity.unchanged(folder))


def bag(folder: Path, name: str) -> object:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "manifest-sha256.txt").write_text(f"{'0' * 64}  data/{name}\n", "utf-8")
    (folder / "tagmanifest-sha256.txt").write_text(f"{'0' * 64}  {name}\n", "utf-8")
    return list(judging_bags.judge(folder))


def fetched(folder: Path, name: str) -> object:
    bag(folder, "x")
    (folder / "fetch.txt").write_text(f"https://example.org/ - {name}\n", "utf-8")
    return list(judging_bags.judge(folder))


def card(folder: Path, name: str) -> object:
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n", "utf-8")
    return capture_hashes.check(folder)


def buffer(folder: Path, name: str) -> object:
    return path_of(folder / "model.gltf", name)


def address(folder: Path, name: str) -> object:
    with serving.in_background(folder) as server:
        for written in (name, quote(name, safe="/%")):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            try:
                connection.putrequest("GET", "/" + written, skip_host=True)
                connection.putheader("Host", "x")
                connection.endheaders()
                answer = connection.getresponse()
                assert b"nobody may read" not in answer.read()
            except (http.client.HTTPException, ValueError, UnicodeError, OSError):
                pass
            finally:
                connection.close()
    return None


PLACES: dict[str, Attack] = {
    "sheet": sheet,
    "--only": chosen,
    "checksums.txt": listed,
    "bag manifest": bag,
    "bag fetch.txt": fetched,
    "digest list of a card": card,
    "glTF uri": buffer,
    "address of the server": address,
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_outside_is_read(place: str, tmp_path: Path, opened: list[str]) -> None:
    secret = tmp_path / SECRET
    secret.write_text("nobody may read this")
    names = vectors(str(secret))
    assert len(names) == 60
    lines: list[str] = []
    for number, name in enumerate(names):
        folder = tmp_path / "deep" / "er" / str(number)
        folder.mkdir(parents=True)
        opened.clear()
        try:
            found = PLACES[place](folder, name)
        except errors.Heritage3dError as error:
            lines.append(error.line("en"))
        else:
            assert "nobody may read" not in repr(found)
        outside = [path for path in opened if path.endswith(SECRET) and not path.startswith(str(folder))]
        assert outside == [], (place, name)
    assert [line for line in lines if "\n" in line] == []
    print(f"{place}: {len(names)} attacks, {len(lines)} refused by code, 0 files opened outside")


def test_a_bag_with_such_a_path_is_not_opened_at_all(tmp_path: Path) -> None:
    for number, name in enumerate(vectors("/etc/passwd")):
        if not bagit.leads_out(name):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        found = fetched(folder, name.replace("\n", ""))
        assert any(getattr(fault, "why", "") in {"bag", "missing", "changed"} for fault in found)  # type: ignore[attr-defined]
