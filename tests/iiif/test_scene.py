"""The Presentation 4 draft: valid by the official schemas, at true size, every address there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from heritage3d.iiif.describe import describe
from heritage3d.iiif.parts import read_image, read_model
from heritage3d.iiif.scene import scene_manifest
from heritage3d.pipeline import addresses
from tests.iiif import published


def scene_of(root: Path, *, scale: bool = True, **record: Any) -> dict[str, Any]:
    images = [read_image(published.image_service(root / f"pages/{n}"), n, f"pages/{n}") for n in ("2r", "1v")]
    models = [read_model(published.model(root / "models", scale=scale), "scan", "models")]
    return scene_manifest(published.record(**record), images, models)


@pytest.fixture(scope="session")
def version_4(data: Path) -> jsonschema.Draft202012Validator:
    """The official schemas; their references differ from their names in case."""
    folder = data / "iiif/schemas-and-fixtures/schema/v4"
    schemas = {path.name.casefold(): json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}

    def find(address: str) -> Resource[Any]:
        return Resource.from_contents(schemas[address.rpartition("/")[2].casefold()])

    return jsonschema.Draft202012Validator(schemas["main.json"], registry=Registry(retrieve=find))


def test_the_examples_of_the_specification_are_valid_here(version_4: Any, data: Path) -> None:
    paths = sorted((data / "iiif/api-examples/source/presentation/4.0/example").glob("*.json"))
    assert len(paths) == 37
    for path in paths:
        version_4.validate(json.loads(path.read_text("utf-8")))
        assert describe(path)["presentation_api"] == 4


@pytest.mark.parametrize("record", [{}, {"ppi": 600.0}, {"ppi": 300.0, "viewing_direction": "right-to-left"}])
@pytest.mark.parametrize("scale", [True, False])
def test_the_official_schemas_accept_it(tmp_path: Path, version_4: Any, record: dict[str, Any], scale: bool) -> None:
    document = json.loads(addresses.dump(scene_of(tmp_path, scale=scale, **record)))
    version_4.validate(document)


def test_pages_hang_beside_the_model_at_true_size(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, ppi=254.0)["items"][0]
    assert scene["spatialScale"] == {"type": "Quantity", "quantityValue": 1.0, "unit": "m"}
    hanging = [entry for entry in scene["items"][0]["items"] if entry["body"]["type"] == "SpecificResource"]
    points = [entry["target"]["selector"][0] for entry in hanging]
    assert hanging[0]["body"]["transform"][0]["x"] == pytest.approx(0.0001)  # 254 ppi are 0.1 mm a pixel
    assert points[0]["y"] == pytest.approx(1200 * 0.0001 / 2)
    assert points[1]["x"] - points[0]["x"] > 900 * 0.0001
    assert points[0]["x"] > 0.120  # the model is 120 mm wide, and its origin may lie at its left edge


def test_an_unknown_scale_is_not_guessed(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, scale=False, ppi=300.0)["items"][0]
    assert "spatialScale" not in scene
    assert [entry["body"]["type"] for entry in scene["items"][0]["items"]] == ["Model"]


def test_ids_are_unique(tmp_path: Path) -> None:
    seen: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") in {"Annotation", "AnnotationPage", "PerspectiveCamera"} and len(node) > 2:
                seen.append(node["id"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(scene_of(tmp_path, ppi=300.0))
    assert len(seen) == len(set(seen)) > 8
