"""Reading and judging Presentation 4: the specification's own examples, drafts of others, what we write, mutations."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heritage3d import errors
from heritage3d.iiif.check_presentation import check
from heritage3d.iiif.describe import describe
from heritage3d.iiif.scenes import CAMERAS, LIGHTS, Container, containers
from heritage3d.pipeline import addresses
from heritage3d.pipeline.kinds import Finding
from tests.iiif.test_scene import scene_of

EXAMPLES = "iiif/api-examples/source/presentation/4.0/example"
# What is wrong in examples of the specification: a manifest that is not in the folder, a page that paints the canvas
# of another document, a comment among the painting annotations.
KNOWN = {
    "07_collection.json": "H3D-530",
    "uc07_image_composite.json": "H3D-526",
    "uc08_image_annotation.json": "H3D-529",
}


def wrong(path: Path) -> list[str]:
    return sorted({finding.code for finding in check(path) if finding.severity == "error"})


def read(data: Path, name: str) -> list[Container]:
    return containers(json.loads((data / EXAMPLES / name).read_text("utf-8")))


def test_all_examples_of_the_specification_are_read_and_judged(data: Path) -> None:
    paths = sorted((data / EXAMPLES).glob("*.json"))
    assert len(paths) == 37
    found = {path.name: containers(json.loads(path.read_text("utf-8"))) for path in paths}
    assert sum(map(bool, found.values())) == 26  # the others are collections, ranges of them and annotation pages
    painted = Counter(entry.kind for all_ in found.values() for one in all_ for entry in one.painted)
    assert min(painted[kind] for kind in ("Model", "Image", "Canvas", "Scene", "Video", "PerspectiveCamera")) > 0
    assert {path.name: codes for path in paths if (codes := wrong(path))} == {name: [c] for name, c in KNOWN.items()}


def test_a_scene_says_where_its_model_stands_and_who_looks_at_it(data: Path) -> None:
    (scene,) = read(data, "uc06_3d_annotation.json")
    model, camera, light = scene.painted
    assert (scene.background, model.kind, model.point) == ("#99CCFF", "Model", (-1.0, 1.0, 1.0))
    assert (camera.kind, camera.point, camera.look_at) == ("PerspectiveCamera", (0.0, 6.0, 10.0), model.annotation)
    assert light.kind == "SpotLight"


def test_a_canvas_in_a_scene_and_its_transforms(data: Path) -> None:
    (scene,) = read(data, "uc06_canvas_in_scene.json")
    assert "Canvas" in [entry.kind for entry in scene.painted]
    assert read(data, "uc01_artwork.json")[0].metres == pytest.approx(0.0004)
    hung = next(entry for entry in scene.painted if entry.kind == "Canvas")
    assert [kind for kind, *_axes in hung.transforms] == ["ScaleTransform", "RotateTransform"]


def saved(folder: Path, document: Any) -> Path:
    bound = addresses.rebind(document, addresses.HERE, "https://museum.example/o/slip-1/")
    (folder / "scene.json").write_bytes(addresses.dump(bound))
    return folder / "scene.json"


def test_what_we_write_is_read_back(tmp_path: Path) -> None:
    root = tmp_path / "o/slip-1"
    path = saved(root, scene_of(root, ppi=254.0)) if root.mkdir(parents=True) is None else root
    assert check(path) == []
    scene, *pages = containers(json.loads(path.read_bytes()))
    kinds = Counter(entry.kind for entry in scene.painted)
    assert (kinds["Model"], kinds["Canvas"]) == (1, 2)
    assert sum(kinds[kind] for kind in CAMERAS) == 1
    assert sum(kinds[kind] for kind in LIGHTS) == 2
    assert scene.metres == 1.0
    hung = next(entry for entry in scene.painted if entry.kind == "Canvas")
    canvas = next(page for page in pages if page.id == hung.id)
    (_kind, across, _up, _deep) = hung.transforms[0]
    assert canvas.width
    assert canvas.width * across == pytest.approx(0.09)  # 900 pixels at 254 ppi are 90 mm
    assert describe(path)["cameras"] == 1


def scene(document: Any) -> Any:
    return document["items"][0]


def paints(document: Any, at: int = 0) -> Any:
    return scene(document)["items"][0]["items"][at]


MUTATIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "no label": ("H3D-520", lambda d: d.pop("label")),
    "no items": ("H3D-520", lambda d: d.pop("items")),
    "items empty": ("H3D-520", lambda d: d.update(items=[])),
    "an image for a container": ("H3D-521", lambda d: scene(d).update(type="Image")),
    "plain label": ("H3D-527", lambda d: scene(d).update(label="Scene")),
    "colour by name": ("H3D-523", lambda d: scene(d).update(backgroundColor="red")),
    "scale as a number": ("H3D-521", lambda d: scene(d).update(spatialScale=1)),
    "scale in ells": ("H3D-523", lambda d: scene(d)["spatialScale"].update(unit="ell")),
    "canvas without width": ("H3D-520", lambda d: d["items"][1].pop("width")),
    "canvas of no height": ("H3D-523", lambda d: d["items"][1].update(height=0)),
    "the same annotation twice": ("H3D-525", lambda d: paints(d, 1).update(id=paints(d)["id"])),
    "painted elsewhere": ("H3D-526", lambda d: paints(d).update(target="https://museum.example/else")),
    "looks at nothing": ("H3D-526", lambda d: paints(d, 1)["body"]["lookAt"].update(id="https://museum.example/0")),
    "motivation as a string": ("H3D-529", lambda d: paints(d).update(motivation="painting")),
    "no body": ("H3D-520", lambda d: paints(d).pop("body")),
    "angle of view": ("H3D-523", lambda d: paints(d, 1)["body"].update(fieldOfView=300)),
    "bad rights": ("H3D-523", lambda d: d.update(rights="https://museum.example/terms")),
    "relative id": ("H3D-524", lambda d: scene(d).update(id="scene")),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutations_are_refused(tmp_path: Path, name: str) -> None:
    code, mutate = MUTATIONS[name]
    document = copy.deepcopy(json.loads(addresses.dump(scene_of(tmp_path, ppi=254.0))))
    mutate(document)
    assert code in wrong(saved(tmp_path, document))


def test_a_model_that_is_gone_is_found(tmp_path: Path) -> None:
    root = tmp_path / "o/slip-1"
    root.mkdir(parents=True)
    path = saved(root, scene_of(root, ppi=254.0))
    (root / "models/vr.glb").unlink()
    assert wrong(path) == ["H3D-530"]


def test_drafts_of_others_are_judged_without_a_crash(data: Path) -> None:
    seen = 0
    for path in sorted((data / "iiif/scenes-v4-draft").rglob("*.json")):
        try:
            findings: list[Finding] = check(path)
        except errors.IiifError:
            continue
        containers(json.loads(path.read_text("utf-8-sig")))
        assert all(finding.what for finding in findings)
        seen += 1
    assert seen > 50


@pytest.mark.parametrize("value", [None, 7, "x", [], [[]], {}, {"items": 3}, {"items": [None, {"type": "Scene", "items": [{"items": [{"motivation": "painting", "body": [1, {"type": "Choice"}], "target": [[]]}]}]}]}])  # fmt: skip  # noqa: E501
def test_wrong_types_are_absent_properties(value: Any) -> None:
    assert len(containers(value)) <= 1
