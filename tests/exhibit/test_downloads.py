"""What visitors take away: one zip an object that opens by itself, named by its manifests, judged like all else."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from heritage3d import errors
from heritage3d.exhibit import downloads, packaging
from heritage3d.iiif.check_presentation import check
from heritage3d.pipeline import addresses, binding
from heritage3d.trust import fixity
from heritage3d.trust.faults import Fault
from tests.exhibit import trees

NAMES = ("slip-1", "竹简 2")
MOVED = "https://other.example/museum/"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.tree(tmp_path_factory.mktemp("downloads") / "published", NAMES)


@pytest.fixture(scope="module")
def web(out: Path) -> Path:
    packaging.package(out, out.parent / "web", "web", takeaway=True)
    return out.parent / "web"


def faults(root: Path) -> list[str]:
    return [f"{found.why} {found.path}" for found in fixity.verify(root) if isinstance(found, Fault)]


def said_of(manifest: Path) -> list[str]:
    """What `check` finds, but for the picture that the small tree of these tests does not make as it says."""
    return [found.what for found in check(manifest) if "thumbnail" not in found.what]


def rendering(document: dict[str, Any]) -> dict[str, Any]:
    (entry,) = (entry for entry in document["rendering"] if entry["format"] == "application/zip")
    return entry


def test_every_manifest_names_its_zip_with_its_size(web: Path) -> None:
    for name in NAMES:
        home = web / "data/objects" / name
        size = (home / f"{name}.zip").stat().st_size
        for file in ("manifest.json", "scene.json"):
            entry = rendering(addresses.load(home / file))
            assert entry["id"] == addresses.join(trees.BASE, downloads.place(name)).rstrip("/")
            assert entry["type"] == "Dataset"
            assert entry["label"].keys() == {"en", "zh-Hans", "zh-Hant"}
            assert all(f"{size / 1e6:.1f} MB" in texts[0] for texts in entry["label"].values())
        assert said_of(home / "manifest.json") == []


def test_the_zip_is_the_offline_package_of_its_object(out: Path, web: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(web / "data" / downloads.place("竹简 2")) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    (top,) = tmp_path.iterdir()
    assert top.name == "竹简 2"
    assert faults(top) == []
    assert "index.html#/object/%E7%AB%B9%E7%AE%80%202" in (top / "open.html").read_text("utf-8")
    packaging.package(out, tmp_path / "alone", "offline", objects=["竹简 2"])
    alone = tmp_path / "alone"
    files = sorted(path.relative_to(alone) for path in alone.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(top) for path in top.rglob("*") if path.is_file())
    assert [file for file in files if (top / file).read_bytes() != (alone / file).read_bytes()] == []


def test_the_lists_know_it(web: Path, tmp_path: Path) -> None:
    place = downloads.place("slip-1")
    assert place in fixity.read_checksums(web / "data")
    assert f"data/{place}" in (web / "manifest-sha256.txt").read_text("utf-8")
    shutil.copytree(web / "data", tmp_path / "copy")
    with (tmp_path / "copy" / place).open("r+b") as stream:
        stream.truncate(4000)  # a copy that was cut off
    assert f"changed {place}" in faults(tmp_path / "copy")
    (found,) = said_of(tmp_path / "copy/objects/slip-1/manifest.json")
    assert "slip-1.zip ends before the list" in found
    (tmp_path / "copy" / place).unlink()
    assert f"missing {place}" in faults(tmp_path / "copy")
    (found,) = said_of(tmp_path / "copy/objects/slip-1/manifest.json")
    assert "slip-1.zip is not there" in found


def test_a_model_that_was_cut_off_is_named(web: Path, tmp_path: Path) -> None:
    shutil.copytree(web / "data", tmp_path / "copy")
    path = tmp_path / "copy/objects/slip-1/models/vr.glb"
    path.write_bytes(path.read_bytes()[:-1])
    (found,) = said_of(tmp_path / "copy/objects/slip-1/manifest.json")
    assert found == "vr.glb has 11 bytes and says that it has 12"


def test_another_address_moves_the_link(web: Path, tmp_path: Path) -> None:
    shutil.copytree(web / "data", tmp_path / "copy")
    binding.bind(tmp_path / "copy", MOVED)
    entry = rendering(addresses.load(tmp_path / "copy/objects/slip-1/manifest.json"))
    assert entry["id"] == f"{MOVED}objects/slip-1/slip-1.zip"


def test_the_same_bytes_each_time(out: Path, web: Path, tmp_path: Path) -> None:
    packaging.package(out, tmp_path / "again", "web", takeaway=True)
    listed = (tmp_path / "again/manifest-sha256.txt").read_text("utf-8")
    assert listed == (web / "manifest-sha256.txt").read_text("utf-8")


def test_a_package_of_a_package_makes_them_anew_or_leaves_them(web: Path, tmp_path: Path) -> None:
    """No zip lies in a zip, and no manifest speaks of one that stayed behind."""
    data = web / "data"
    packaging.package(data, tmp_path / "twice", "web", takeaway=True)
    listed = fixity.read_checksums(tmp_path / "twice/data")
    assert listed == fixity.read_checksums(data)
    packaging.package(data, tmp_path / "as-it-is", "web")
    assert fixity.read_checksums(tmp_path / "as-it-is/data") == listed
    packaging.package(data, tmp_path / "disk", "offline")
    told = "".join(path.read_text("utf-8") for path in (tmp_path / "disk/data").rglob("object.js"))
    assert ".zip" not in told
    assert not list((tmp_path / "disk").rglob("*.zip"))


def test_an_offline_package_is_one_already(out: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError):
        packaging.package(out, tmp_path / "disk", "offline", takeaway=True)
    assert not (tmp_path / "disk").exists()


def test_a_link_of_the_sheet_stays_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "objects" / "a"
    home.mkdir(parents=True)
    theirs = {"id": "https://museum.example/a.pdf", "type": "Text", "label": {"en": ["PDF"]}}
    (home / "manifest.json").write_text(json.dumps({"rendering": [theirs], "items": []}), "utf-8")
    downloads.tell(home, "https://museum.example/c/", 1_234_567_890)
    document = addresses.load(home / "manifest.json")
    assert document["rendering"][0] == theirs
    assert document["rendering"][1]["label"]["en"] == ["Take it with you: opens without a network (ZIP, 1.2 GB)"]
    assert list(document) == ["rendering", "items"]
