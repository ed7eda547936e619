"""USDZ: true in size, accepted by OpenUSD's own checker with Apple's rules, the same bytes each time."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from heritage3d import errors
from heritage3d.exhibit import augmenting, packaging
from heritage3d.gltf import writing as gltf
from heritage3d.iiif.check_presentation import check as check_manifest
from heritage3d.pipeline import addresses
from heritage3d.pipeline.kinds import recognise
from heritage3d.usdz import checking, writing
from tests.exhibit import trees
from tests.gltf import models

TOLD = writing.Told("甲骨 · Oracle bone", "Museum")


@pytest.fixture(scope="module")
def glb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("glb") / "web.glb"
    path.write_bytes(gltf.write(models.full(), gltf.Encoding()))
    return path


def test_the_checker_of_openusd_finds_nothing(glb: Path, tmp_path: Path) -> None:
    made = tmp_path / "bone.usdz"
    writing.write(glb, made, TOLD)
    assert recognise(made).name == "USDZ"
    assert checking.check(made) == []
    told = checking.info(made)
    sides = np.diff(models.full().bounds(), axis=0)[0]
    assert told["size_m"] == pytest.approx(sides, abs=2e-5)
    assert (told["title"], told["triangles"]) == ("甲骨 · Oracle bone", models.full().triangles)
    again = tmp_path / "again" / "bone.usdz"
    again.parent.mkdir()
    writing.write(glb, again, TOLD)
    assert made.read_bytes() == again.read_bytes()


def test_it_stands_on_the_floor_in_the_middle(glb: Path, tmp_path: Path) -> None:
    from pxr import Usd, UsdGeom

    writing.write(glb, tmp_path / "a.usdz", TOLD, longest_m=0.4)
    stage = Usd.Stage.Open(str(tmp_path / "a.usdz"))
    box = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default"]).ComputeWorldBound(stage.GetDefaultPrim())
    least, greatest = box.ComputeAlignedRange().GetMin(), box.ComputeAlignedRange().GetMax()
    assert max(high - low for low, high in zip(least, greatest, strict=True)) == pytest.approx(0.4, abs=1e-5)
    assert least[1] == pytest.approx(0, abs=1e-6)
    assert [least[axis] + greatest[axis] for axis in (0, 2)] == pytest.approx([0, 0], abs=1e-6)


def test_a_file_that_no_phone_opens_is_found(glb: Path, tmp_path: Path) -> None:
    writing.write(glb, tmp_path / "good.usdz", TOLD)
    with zipfile.ZipFile(tmp_path / "good.usdz") as source:
        files = {entry.filename: source.read(entry) for entry in source.infolist()}
    with zipfile.ZipFile(tmp_path / "packed.usdz", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    with zipfile.ZipFile(tmp_path / "bare.usdz", "w") as target:
        name = next(iter(files))
        target.writestr(name, files[name])
    (tmp_path / "cut.usdz").write_bytes((tmp_path / "good.usdz").read_bytes()[:5000])
    (tmp_path / "noise.usdz").write_bytes(b"PK\3\4" + bytes(22) + b"\x06\0\0\0a.usdc" + b"x" * 900)
    for wrong in ("packed", "bare", "cut", "noise"):
        found = checking.check(tmp_path / f"{wrong}.usdz")
        assert any(entry.severity == "error" for entry in found), wrong
        assert {entry.code for entry in found} == {errors.UsdzInvalid.code}, wrong


@pytest.fixture
def out(glb: Path, tmp_path: Path) -> Path:
    out = trees.tree(tmp_path / "published", ("竹简 2",))
    for level in (out / "objects" / "竹简 2" / "models").glob("*.glb"):
        level.write_bytes(glb.read_bytes())
    return trees.listed(out)


def test_a_package_for_phones(out: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        packaging.package(out, tmp_path / name, "ar")
    home = tmp_path / "one" / "data" / "objects" / "竹简 2"
    assert checking.check(home / "models" / "竹简 2.usdz") == []
    assert (home / "models" / "竹简 2.usdz").read_bytes() == (
        tmp_path / "two/data/objects/竹简 2/models/竹简 2.usdz"
    ).read_bytes()
    document = addresses.load(home / "manifest.json")
    offered = [entry for canvas in document["items"] for entry in canvas.get("rendering", [])]
    (ar,) = [entry for entry in offered if entry.get("format") == augmenting.MEDIA]
    assert ar["id"] == trees.BASE + "objects/%E7%AB%B9%E7%AE%80%202/models/%E7%AB%B9%E7%AE%80%202.usdz"
    assert [found.what for found in check_manifest(home / "manifest.json") if "usdz" in found.what] == []
    (home / "models" / "竹简 2.usdz").unlink()
    assert [found.severity for found in check_manifest(home / "manifest.json") if "usdz" in found.what] == ["error"]


def test_without_openusd_one_line_says_how_to_get_it(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pxr.Usd", None)
    with pytest.raises(errors.UsdMissing) as caught:
        packaging.package(out, tmp_path / "ar", "ar")
    assert "pip install 'heritage3d[ar]'" in caught.value.line("en")
    assert not (tmp_path / "ar").exists()
