"""The stage manifest: from tile trees and models on disk to what a viewer loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heritage3d import errors
from heritage3d.iiif.pixels import pixel_size
from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.manifest import manifest
from tests.iiif import published


def parts_of(root: Path) -> list[Artefact]:
    return [
        Artefact(published.image_service(root / "pages/1v"), "iiif/image", "1v", "pages/1v"),
        Artefact(published.image_service(root / "pages/2r"), "iiif/image", "2r", "pages/2r"),
        Artefact(published.model(root / "models"), "gltf/lods", "scan", "models"),
    ]


def write(root: Path, parts: list[Artefact], record: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    (root / "record.json").write_text(json.dumps(record or published.record()))
    dest = root / "made"
    dest.mkdir(exist_ok=True)
    manifest(root / "record.json", parts, dest, **options)
    return json.loads((dest / "manifest.json").read_text())


def below(document: Any) -> list[str]:
    """Every address that a viewer would fetch."""
    if isinstance(document, dict):
        fetched = document.get("type") in {"Image", "Model", "Dataset", "ImageService3"}
        return ([document["id"]] if fetched else []) + [a for value in document.values() for a in below(value)]
    if isinstance(document, list):
        return [address for value in document for address in below(value)]
    return []


def test_pages_stand_in_the_order_of_the_record_and_models_follow(tmp_path: Path) -> None:
    made = write(tmp_path, parts_of(tmp_path))
    assert [canvas["label"] for canvas in made["items"]][:2] == [{"none": ["2r"]}, {"none": ["1v"]}]
    assert made["items"][2]["items"][0]["items"][0]["body"]["type"] == "Model"
    assert made["label"] == {"zh-Hans": ["竹简"], "en": ["Bamboo slip"]}
    assert made["provider"][0]["label"] == {"zh-Hans": ["湖北省博物馆"]}


def test_every_address_that_a_viewer_fetches_is_there(tmp_path: Path) -> None:
    made = write(tmp_path, parts_of(tmp_path))
    fetched = below(made)
    assert len(fetched) > 10
    for address in fetched:
        path = address.removeprefix(addresses.HERE)
        file = tmp_path / path if path != "thumbnail.jpg" else tmp_path / "made/thumbnail.jpg"
        assert file.exists(), path


def test_the_thumbnail_has_the_size_that_the_manifest_says(tmp_path: Path) -> None:
    made = write(tmp_path, parts_of(tmp_path)[:2], thumbnail=300)
    assert pixel_size(tmp_path / "made/thumbnail.jpg") == (225, 300)
    assert (made["thumbnail"][0]["width"], made["thumbnail"][0]["height"]) == (225, 300)


def test_same_parts_same_bytes(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    first = write(tmp_path, parts), (tmp_path / "made/thumbnail.jpg").read_bytes()
    again = write(tmp_path, parts[::-1][1:] + parts[2:]), (tmp_path / "made/thumbnail.jpg").read_bytes()
    assert first == again


@pytest.mark.parametrize(
    ("record", "behavior"),
    [
        ({"kind": "手卷"}, "continuous"),
        ({"kind": "Hand scroll"}, "continuous"),
        ({"kind": "竹简"}, "individuals"),
        ({}, "individuals"),
    ],
)
def test_behavior_follows_the_kind(tmp_path: Path, record: dict[str, Any], behavior: str) -> None:
    made = write(tmp_path, parts_of(tmp_path), published.record(**record))
    assert made["behavior"] == [behavior]


def test_every_broken_part_is_named(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    (tmp_path / "pages/1v/info.json").write_text("{")
    (tmp_path / "pages/2r/full/max/0/default.jpg").unlink()
    with pytest.raises(errors.ObjectErrors) as raised:
        write(tmp_path, parts)
    assert [error.file for error in raised.value.errors] == ["pages/1v/info.json", "pages/2r"]


def test_a_model_without_a_known_scale_is_published_all_the_same(tmp_path: Path) -> None:
    part = Artefact(published.model(tmp_path / "models", scale=False), "gltf/lods", "scan", "models")
    made = write(tmp_path, [part])
    canvas = made["items"][0]
    assert canvas["width"] == 640
    assert [entry["id"].rpartition("/")[2] for entry in canvas["rendering"]] == ["preview.glb", "vr.glb", "full.glb"]
    assert "behavior" not in made
