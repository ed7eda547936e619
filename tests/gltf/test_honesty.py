"""What was invented is marked in the file and can be switched off; what the file says of its object is read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heritage3d.gltf import about, checking, container, honesty, khronos, reading, writing
from heritage3d.gltf.about import About
from heritage3d.gltf.model import Model, Primitive
from heritage3d.gltf.writing import Compression, Encoding
from tests.gltf import builder, models

COMPRESSIONS: tuple[Compression, ...] = ("none", "meshopt", "draco")
ABOUT = About(
    title={"zh-Hans": "甲骨", "en": "Oracle bone"},
    identifier="H1",
    rights="https://creativecommons.org/licenses/by/4.0/",
    holder="博物馆",
    master_sha256="ab" * 32,
    master_file="扫描.ply",
    tool="heritage3d 1",
)


def mended() -> Model:
    """The full model with two fillings of one material, one of another, and one of none."""
    whole = models.full()
    fillings = [
        replace(models.bowl(4, at=0.7, seed=7), uvs=(), invented=True, material=2),
        replace(models.bowl(3, at=0.9, seed=8), uvs=(), invented=True, material=2),
        replace(models.bowl(3, at=1.2, seed=9), invented=True, material=0),
        Primitive(models.bowl(3, at=1.5).positions, models.bowl(3).faces, invented=True),
    ]
    plain = {"name": "filled", "pbrMetallicRoughness": {"metallicFactor": 0.0}}
    return replace(whole, primitives=(*whole.primitives, *fillings), materials=(*whole.materials, plain))


def stored(folder: Path, compression: Compression) -> Path:
    path = folder / f"{compression}.glb"
    path.write_bytes(writing.write(mended(), Encoding(compression), about=ABOUT, copyright="CC BY"))
    return path


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_is_invented_comes_back_as_such(compression: Compression, tmp_path: Path) -> None:
    back = reading.read(stored(tmp_path, compression))
    # The two fillings of one material are one draw call; none is joined with what was captured.
    assert [entry.invented for entry in back.primitives] == [False, False, False, True, True, True]
    assert back.evidence().triangles == models.full().triangles
    assert back.materials == mended().materials
    assert back.about == ABOUT
    told = checking.info(tmp_path / f"{compression}.glb")
    assert told["of them invented"] == mended().triangles - models.full().triangles
    assert (told["identifier"], told["master sha256"], told["title"]["zh-Hans"]) == ("H1", "ab" * 32, "甲骨")
    # Written again it is the same file: nothing piles up.
    again = tmp_path / "again.glb"
    again.write_bytes(writing.write(back, Encoding(compression), about=back.about))
    assert reading.read(again).materials == back.materials


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_variant_hides_it_and_the_other_shows_it(compression: Compression, tmp_path: Path) -> None:
    document = container.read(stored(tmp_path, compression)).document
    names = [entry["name"] for entry in document["extensions"][honesty.EXTENSION]["variants"]]
    assert names == ["as shown", "evidence only"]
    materials = document["materials"]
    for entry in document["meshes"][0]["primitives"]:
        invented = "_INVENTED" in entry["attributes"]
        mappings = entry.get("extensions", {}).get(honesty.EXTENSION, {}).get("mappings", [])
        assert bool(mappings) == invented
        by_variant = {variant: mapping["material"] for mapping in mappings for variant in mapping["variants"]}
        if invented:
            assert by_variant.get(0) == entry.get("material")
            hidden = materials[by_variant[1]]
            assert hidden["alphaMode"] == "MASK"
            assert hidden["pbrMetallicRoughness"]["baseColorFactor"][3] < hidden["alphaCutoff"]
            accessor = document["accessors"][entry["attributes"]["_INVENTED"]]
            assert (accessor["componentType"], accessor["type"]) == (5121, "SCALAR")
    # A viewer that knows no variants or no words opens the file all the same.
    assert not {honesty.EXTENSION, about.EXTENSION} & set(document.get("extensionsRequired", []))
    assert {honesty.EXTENSION, about.EXTENSION} <= set(document["extensionsUsed"])


def test_nothing_is_added_where_nothing_is_invented_or_said() -> None:
    document = writing.write(models.full(), Encoding())
    assert b"_INVENTED" not in document
    assert b"KHR_materials_variants" not in document
    assert b"KHR_xmp_json_ld" not in document
    assert writing.write(models.full(), Encoding(), about=About()) == document


@pytest.mark.skipif(not khronos.available(), reason="Node or gltf-validator is not installed")
def test_the_khronos_validator_finds_no_fault_in_marks_and_words(tmp_path: Path) -> None:
    paths = [stored(tmp_path, compression) for compression in COMPRESSIONS]
    for path, report in zip(paths, khronos.validate_all(paths), strict=True):
        assert report is not None
        assert not checking.findings_of(report), path.name
        assert not checking.judged(path, report)


@pytest.mark.parametrize(
    "value",
    [
        7,
        "dc:title",
        {"packets": {}},
        {"packets": [[]]},
        {"packets": []},
        {"packets": [{"dc:title": {"rdf:_1": "x"}, "dc:publisher": {"@set": {}}, "dc:source": 5, "dc:rights": []}]},
    ],
)
def test_a_strange_packet_is_passed_over(value: Any, tmp_path: Path) -> None:
    document, binary = builder.square()
    document["asset"]["extensions"] = {about.EXTENSION: {"packet": 0}}
    document["extensions"] = {about.EXTENSION: value}
    found = reading.read(builder.write(tmp_path / "a.glb", document, binary)).about
    assert found is None or found == About()


def test_the_words_of_others_are_read() -> None:
    packet = {"dc:title": "Bone", "dc:identifier": "urn:x", "dc:source": "https://example.org", "@id": ""}
    root = {
        "asset": {"extensions": {about.EXTENSION: {"packet": 0}}},
        "extensions": {about.EXTENSION: {"packets": [packet]}},
    }
    assert about.of(root) == About(title={"none": "Bone"}, identifier="urn:x")
    assert about.of({}) is None


def test_a_mark_of_another_kind_is_no_mark(tmp_path: Path) -> None:
    """An attribute of that name with vectors, or with zeros in it, does not make a surface invented."""
    document, binary = builder.square()
    document["meshes"][0]["primitives"][0]["attributes"]["_INVENTED"] = 2
    assert not reading.read(builder.write(tmp_path / "a.glb", document, binary)).primitives[0].invented
    marks = np.array([1, 1, 0, 1], np.float32).tobytes()
    binary += b"\0" * (-len(binary) % 4)
    document["accessors"].append({"bufferView": 3, "componentType": 5126, "count": 4, "type": "SCALAR"})
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": 16})
    document["buffers"] = [{"byteLength": len(binary) + 16}]
    document["meshes"][0]["primitives"][0]["attributes"]["_INVENTED"] = 3
    path = builder.write(tmp_path / "b.glb", document, binary + marks)
    assert not reading.read(path).primitives[0].invented
    path = builder.write(tmp_path / "c.glb", document, binary + np.ones(4, np.float32).tobytes())
    assert reading.read(path).primitives[0].invented
