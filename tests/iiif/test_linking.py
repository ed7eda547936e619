"""From the cells of a sheet to what a manifest links to: judged by the official schemas and our own check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import iiif_prezi3
import jsonschema
import pytest

from heritage3d import errors
from heritage3d.iiif.check_presentation import check
from heritage3d.iiif.manifest import manifest
from heritage3d.iiif.parts import Picture, read_image, read_model
from heritage3d.iiif.scene import scene_manifest
from heritage3d.pipeline import addresses
from heritage3d.record.record import describe
from tests.iiif import published
from tests.iiif.test_scene import version_4

__all__ = ["version_4"]  # a fixture

ROW = {
    "id": "slip-1",
    "title@zh-Hans": "竹简",
    "holding@zh-Hans": "示例博物馆（https://museum.example/）",
    "holding@en": "Sample Museum (https://museum.example/)",
    "logo": "https://museum.example/logo.svg",
    "homepage@en": "In the catalogue (https://museum.example/42)",
    "homepage@zh-Hans": "馆藏目录（https://museum.example/42）",
    "see_also": "https://museum.example/42.rdf\nLIDO: https://museum.example/42.xml",
    "download": "Everything in one package (https://museum.example/42.zip)\nhttps://museum.example/42.pdf",
    "nav_date": "1936-06",
    "start_page": "1v.tif",
    "viewing_direction": "right-to-left",
}


def made(root: Path, **more: Any) -> dict[str, Any]:
    images = [read_image(published.image_service(root / f"pages/{n}"), n, f"pages/{n}") for n in ("2r", "1v")]
    models = [read_model(published.model(root / "models"), "scan", "models")]
    published.jpeg(root / "thumbnail.jpg", 300, 400)
    told = published.record(**describe("slip-1", ROW | more))
    cover = Picture("thumbnail.jpg", 300, 400, "image/jpeg")
    (root / "record.json").write_bytes(addresses.dump(told))
    documents = {
        "manifest.json": manifest(told, images, models, thumbnail=cover),
        "scene.json": scene_manifest(told, images, models, thumbnail=cover),
    }
    for name, document in documents.items():
        bound = addresses.rebind(document, addresses.HERE, "https://museum.example/objects/slip-1/")
        (root / name).write_bytes(addresses.dump(bound))
    return {name: json.loads((root / name).read_bytes()) for name in documents}


def test_everything_that_a_row_links_to(tmp_path: Path, data: Path) -> None:
    root = tmp_path / "objects/slip-1"
    document = made(root)["manifest.json"]
    schema = json.loads((data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(document)
    iiif_prezi3.Manifest(**document)
    assert check(root / "manifest.json") == []
    (agent,) = document["provider"]
    assert agent["logo"] == [{"id": "https://museum.example/logo.svg", "type": "Image", "format": "image/svg+xml"}]
    assert agent["homepage"][0]["id"] == agent["id"] == "https://museum.example/"
    assert document["homepage"] == [
        {
            "id": "https://museum.example/42",
            "type": "Text",
            "label": {"en": ["In the catalogue"], "zh-Hans": ["馆藏目录"]},
            "format": "text/html",
        }
    ]
    told = [(entry["id"].rpartition("/")[2], entry.get("format")) for entry in document["seeAlso"]]
    assert told == [
        ("record.json", "application/json"),
        ("42.rdf", "application/rdf+xml"),
        ("42.xml", "application/xml"),
    ]
    assert document["seeAlso"][2]["label"] == {"none": ["LIDO"]}
    assert [entry["format"] for entry in document["rendering"]] == ["application/zip", "application/pdf"]
    assert document["navDate"] == "1936-06-01T00:00:00Z"
    assert document["start"] == {"id": document["items"][1]["id"], "type": "Canvas"}
    assert document["placeholderCanvas"]["items"][0]["items"][0]["body"]["id"].endswith("/thumbnail.jpg")


def test_the_same_in_presentation_4(tmp_path: Path, version_4: Any) -> None:
    document = made(tmp_path / "objects/slip-1")["scene.json"]
    version_4.validate(document)
    assert document["homepage"][0]["id"] == "https://museum.example/42"
    assert document["items"][0]["backgroundColor"].startswith("#")


def test_without_such_cells_nothing_is_said(tmp_path: Path) -> None:
    names = ("logo", "homepage@en", "homepage@zh-Hans", "see_also", "download", "nav_date", "start_page")
    document = made(tmp_path / "objects/slip-1", **dict.fromkeys(names, ""))["manifest.json"]
    assert not {"homepage", "rendering", "navDate", "start"} & document.keys()
    assert len(document["seeAlso"]) == 1
    assert "logo" not in document["provider"][0]


@pytest.mark.parametrize(
    ("cell", "value", "error"),
    [
        ("homepage", "our page", errors.LinkUnusable),
        ("homepage@en", "javascript:alert(1)", errors.LinkUnusable),
        ("see_also", "https://museum.example/a\nand more", errors.LinkUnusable),
        ("download", 'https://"><script>', errors.LinkUnusable),
        ("logo", "logo.png", errors.LinkUnusable),
        ("nav_date", "last Tuesday", errors.DateUnusable),
        ("nav_date", "1936-02-30", errors.DateUnusable),
    ],
)
def test_what_is_no_link_and_no_date_is_named(cell: str, value: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        describe("slip-1", {cell: value})
    assert cell in str(caught.value)


@pytest.mark.parametrize(
    ("told", "date"),
    [("1936", "1936-01-01T00:00:00Z"), ("-0213", "-0213-01-01T00:00:00Z"),
     ("\uff11\uff19\uff13\uff16", "1936-01-01T00:00:00Z"),
     ("1936-06-12T08:00:00+08:00", "1936-06-12T08:00:00+08:00")],
)  # fmt: skip
def test_dates_for_a_timeline(told: str, date: str) -> None:
    assert describe("slip-1", {"nav_date": told})["nav_date"] == date


@pytest.mark.parametrize("named", ["1v", "1v.tif", "scan"])
def test_an_object_opens_with_a_page_or_model_by_any_name(tmp_path: Path, named: str) -> None:
    document = made(tmp_path / "objects/slip-1", start_page=named)["manifest.json"]
    assert document["start"]["id"] in {canvas["id"] for canvas in document["items"][1:]}


def test_a_start_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.StartUnknown, match="99v"):
        made(tmp_path / "objects/slip-1", start_page="99v")


def test_a_page_of_known_width_hangs_at_true_size(tmp_path: Path) -> None:
    images = [read_image(published.image_service(tmp_path / f"pages/{n}"), n, f"pages/{n}") for n in ("2r", "1v")]
    models = [read_model(published.model(tmp_path / "models"), "scan", "models")]
    told = published.record()
    told["pages"][0]["width_mm"] = 90.0  # of 900 pixels
    document = scene_manifest(told, images, models)
    hanging = [entry["body"] for entry in document["items"][0]["items"][0]["items"] if "transform" in entry["body"]]
    assert [body["transform"][0]["x"] for body in hanging] == pytest.approx([0.0001])
    assert document["items"][1]["spatialScale"]["quantityValue"] == pytest.approx(0.0001)
    flat = manifest(told, images, models)
    assert flat["items"][0]["service"][0]["physicalScale"] == pytest.approx(0.1 / 25.4)
    assert "service" not in flat["items"][1]
