"""What people say of places: Web Annotations in both versions of the manifest, judged by the official schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from heritage3d.iiif.manifest import manifest
from heritage3d.iiif.parts import read_image, read_model
from heritage3d.iiif.scene import scene_manifest
from heritage3d.pipeline import addresses
from tests.iiif import published
from tests.iiif.test_scene import version_4

__all__ = ["version_4"]  # a fixture

SAID = [
    {"page": "2r", "box": [10, 20.5, 300, 40], "point": None, "title": {"en": ["Seal"]},
     "text": {"en": ["A collector's seal"], "zh-Hans": ["鉴藏印"]}},
    {"page": "2r", "box": [5, 6, 0, 0], "point": None, "title": None, "text": {"none": ["<b>ink</b>"]}},
    {"page": "1v", "box": None, "point": None, "title": None, "text": {"en": ["The whole page"]}},
    {"model": "scan", "box": None, "point": [10.0, 0.0, -5.0], "title": None,
     "text": {"zh-Hans": ["卜兆"], "en": ["crack"]}},
]  # fmt: skip
MATRIX = [[0.001, 0, 0, 0.5], [0, 0, 0.001, 0], [0, -0.001, 0, 0.25], [0, 0, 0, 1]]


def parts(root: Path) -> tuple[list[Any], list[Any]]:
    images = [read_image(published.image_service(root / f"pages/{n}"), n, f"pages/{n}") for n in ("2r", "1v")]
    folder = published.model(root / "models")
    told = json.loads((folder / "evidence.json").read_text()) | {"master_to_file": MATRIX}
    (folder / "evidence.json").write_text(json.dumps(told))
    return images, [read_model(folder, "scan", "models")]


def bound(document: dict[str, Any]) -> dict[str, Any]:
    moved = addresses.rebind(document, addresses.HERE, "https://museum.example/objects/slip-1/")
    return dict(json.loads(addresses.dump(moved)))


def test_on_the_canvases_of_presentation_3(tmp_path: Path, data: Path) -> None:
    made = bound(manifest(published.record(annotations=SAID), *parts(tmp_path)))
    schema = json.loads((data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(made)
    first, second, model = made["items"]
    seal, ink = first["annotations"][0]["items"]
    assert seal["motivation"] == "commenting"
    assert seal["target"] == f"{first['id']}#xywh=10,20.5,300,40"
    assert [(body["language"], body["value"]) for body in seal["body"]] == [
        ("en", "Seal\nA collector's seal"),
        ("zh-Hans", "鉴藏印"),
    ]
    assert ink["target"]["selector"] == {"type": "PointSelector", "x": 5, "y": 6}
    assert ink["body"][0] == {"type": "TextualBody", "value": "<b>ink</b>", "format": "text/plain"}
    assert second["annotations"][0]["items"][0]["target"] == second["id"]
    assert model["annotations"][0]["items"][0]["target"] == model["id"]


def test_a_page_that_was_cropped_gets_no_wrong_place(tmp_path: Path) -> None:
    record = published.record(annotations=SAID)
    record["pages"][0]["width"] += 10
    first = bound(manifest(record, *parts(tmp_path)))["items"][0]
    assert {entry["target"] for entry in first["annotations"][0]["items"]} == {first["id"]}


def test_at_points_of_a_scene_of_presentation_4(tmp_path: Path, version_4: Any) -> None:
    made = bound(scene_manifest(published.record(annotations=SAID), *parts(tmp_path)))
    version_4.validate(made)
    (said,) = made["items"][0]["annotations"][0]["items"]
    selector = said["target"]["selector"][0]
    # The same matrix took the model to metres: x 10 mm -> 0.01 + 0.5; y -> z; z -5 mm -> y.
    assert [selector[axis] for axis in "xyz"] == pytest.approx([0.51, -0.005, 0.25])
    assert [body["value"] for body in said["body"]["items"]] == ["卜兆", "crack"]


def test_without_annotations_nothing_is_there(tmp_path: Path) -> None:
    images, models = parts(tmp_path)
    told = json.dumps(
        [manifest(published.record(), images, models), scene_manifest(published.record(), images, models)]
    )
    assert '"annotations":' not in told
