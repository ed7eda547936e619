"""What the manifest writer makes, judged by others: the official schema, iiif-prezi3, and our own check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import iiif_prezi3
import jsonschema
import pytest

from heritage3d.iiif.check_presentation import check
from heritage3d.iiif.collection import Entry, collection
from heritage3d.iiif.contents import contents
from heritage3d.iiif.manifest import manifest
from heritage3d.iiif.parts import ImagePart, Picture, read_image, read_model
from heritage3d.pipeline import addresses
from tests.iiif import published

BASE = "http://127.0.0.1:8000/objects/slip-1/"


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A published object with two pages and a model, bound to a base."""
    folder = tmp_path / "objects/slip-1"
    images = [read_image(published.image_service(folder / f"pages/{n}"), n, f"pages/{n}") for n in ("1v", "2r")]
    models = [read_model(published.model(folder / "models"), "scan", "models")]
    published.jpeg(folder / "thumbnail.jpg", 300, 400)
    told = published.record(
        ppi=600.0,
        viewing_direction="right-to-left",
        holding_homepage="https://museum.example/",
        required_statement={"label": {"en": ["Rights"]}, "value": {"none": ["版权所有"]}},
        summary={"en": ["A slip"]},
    )
    volume = {"zh-Hans": ["卷一"], "en": ["Volume 1"]}
    for page, part in zip(told["pages"], ("上", "下"), strict=True):
        page["sections"] = [volume, {"zh-Hans": [part]}]
    (folder / "record.json").write_bytes(addresses.dump(told))
    thumbnail = Picture("thumbnail.jpg", 300, 400, "image/jpeg")
    document = addresses.rebind(manifest(told, images, models, thumbnail=thumbnail), addresses.HERE, BASE)
    (folder / "manifest.json").write_bytes(addresses.dump(document))
    return folder / "manifest.json", document


def schema(data: Path) -> Any:
    return json.loads((data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json").read_text("utf-8"))


def test_the_official_schema_accepts_it(made: tuple[Path, dict[str, Any]], data: Path) -> None:
    jsonschema.Draft7Validator(schema(data)).validate(made[1])


def test_prezi3_reads_it_back(made: tuple[Path, dict[str, Any]]) -> None:
    manifest = iiif_prezi3.Manifest(**made[1])
    assert len(manifest.items) == 3


def test_the_table_of_contents_is_nested(made: tuple[Path, dict[str, Any]]) -> None:
    (whole,) = made[1]["structures"]
    assert whole["label"]["zh-Hans"] == ["目录"]
    (volume,) = whole["items"]
    assert volume["label"] == {"zh-Hans": ["卷一"], "en": ["Volume 1"]}
    assert [part["label"]["zh-Hans"] for part in volume["items"]] == [["上"], ["下"]]
    assert [entry["id"] for part in volume["items"] for entry in part["items"]] == [
        canvas["id"] for canvas in made[1]["items"][:2]
    ]


def test_pages_of_a_section_stand_before_its_parts() -> None:
    one, two, part = {"en": ["One"]}, {"en": ["Two"]}, {"en": ["Part"]}
    told = {"1": [one], "2": [one, part], "3": [one, part], "4": [], "5": [two], "6": [one]}
    picture = Picture("full/max/0/default.jpg", 1, 1, "image/jpeg")
    images = [ImagePart(name, f"pages/{name}", 1, 1, picture, None) for name in told]
    (whole,) = contents(images, {name: {"sections": path} for name, path in told.items()})

    def shape(node: dict[str, Any]) -> Any:
        if node["type"] == "Canvas":
            return node["id"].rpartition("/")[2]
        return (node["label"]["en"][0], [shape(entry) for entry in node["items"]])

    assert [shape(entry) for entry in whole["items"]] == [
        ("One", ["1", ("Part", ["2", "3"])]),
        ("Two", ["5"]),
        ("One", ["6"]),
    ]
    assert contents(images, {}) == []


def test_our_own_check_finds_nothing(made: tuple[Path, dict[str, Any]]) -> None:
    assert check(made[0]) == []


def test_a_moved_tree_is_still_right(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    document = addresses.rebind(made[1], BASE, "https://museum.example/a/b/objects/slip-1/")
    (tmp_path / "objects/slip-1/manifest.json").write_bytes(addresses.dump(document))
    assert check(made[0]) == []


@pytest.mark.parametrize(
    "file", ["models/vr.glb", "pages/1v/info.json", "pages/2r/full/max/0/default.jpg", "record.json"]
)
def test_a_file_that_is_gone_is_found(made: tuple[Path, dict[str, Any]], file: str) -> None:
    (made[0].parent / file).unlink()
    assert [finding.code for finding in check(made[0])] == ["H3D-530"]


def test_a_picture_of_another_size_is_found(made: tuple[Path, dict[str, Any]]) -> None:
    published.jpeg(made[0].parent / "thumbnail.jpg", 299, 400)
    found = check(made[0])
    places = ["/thumbnail/0", "/placeholderCanvas/items/0/items/0/body"]
    assert [(finding.code, finding.where) for finding in found] == [("H3D-531", place) for place in places]
    assert "299 x 400" in found[0].what


def test_a_downloaded_manifest_needs_no_tree(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere/manifest.json"
    alone.parent.mkdir()
    alone.write_bytes(made[0].read_bytes())
    assert check(alone) == []


def test_addresses_never_leave_the_tree(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"x")
    document = dict(made[1], thumbnail=[{"id": BASE + "../../secret.jpg", "type": "Image"}])
    made[0].write_bytes(addresses.dump(document))
    assert [finding.code for finding in check(made[0])] == ["H3D-530"]


def test_collection_of_a_batch(made: tuple[Path, dict[str, Any]], data: Path, tmp_path: Path) -> None:
    entries = [Entry("slip-1", {"zh-Hans": ["竹简"], "en": ["Bamboo slip"]}, (300, 400))]
    document = addresses.rebind(collection(entries), addresses.HERE, "http://127.0.0.1:8000/")
    jsonschema.Draft7Validator(schema(data)).validate(document)
    (tmp_path / "collection.json").write_bytes(addresses.dump(document))
    assert check(tmp_path / "collection.json") == []
    made[0].unlink()
    assert [finding.code for finding in check(tmp_path / "collection.json")] == ["H3D-530"]
