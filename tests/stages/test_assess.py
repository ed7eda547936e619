"""The stage assess: what was measured of an object's pictures, told in every language for its evidence page."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from heritage3d import errors, messages
from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact
from heritage3d.quality import limits
from heritage3d.stages.assess import AssessEvidence, assess
from heritage3d.stages.manifest import manifest
from heritage3d.stages.tile import tile
from tests.iiif import published
from tests.quality import pages, scenes


def page(folder: Path, name: str, blur: float = 0.0, *, measure: bool = True) -> Artefact:
    """A written page, cut into tiles and measured in passing."""
    picture = pages.page()
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    scan = folder / f"{name}.png"
    Image.fromarray(pages.finished(picture)).save(scan)
    dest = folder / "pages" / name
    dest.mkdir(parents=True)
    evidence = tile(scan, dest, measure=measure)
    return Artefact(dest, "iiif/image", name, f"pages/{name}", evidence.model_dump(mode="json"))


def target(folder: Path) -> Artefact:
    path = folder / "colour.png"
    scene = scenes.draw_target(scenes.ground("grey", (1400, 1000)), scenes.pose((700, 500), 140, 7))
    Image.fromarray(scenes.blur(scene, 0.6).pixels(np.uint8)).save(path)
    return Artefact(path, "image/target", "colour", "", {"file": "target/colour.png"})


def made(folder: Path, *parts: Artefact, **options: typing.Any) -> AssessEvidence:
    dest = folder / "quality"
    dest.mkdir()
    return assess(list(parts), dest, **options)


def test_a_soft_page_is_told_from_a_sharp_one_in_every_language(tmp_path: Path) -> None:
    found = made(tmp_path, page(tmp_path, "sharp"), page(tmp_path, "soft", 4.0))
    sharp, soft = found.pages
    assert (sharp.verdict, sharp.notes) == ("pass", [])
    assert soft.verdict == "fail"
    assert soft.address == "pages/soft"
    for language in messages.LANGUAGES:
        with messages.speaking(language):
            beginning = messages.text("finding.blurred").partition("?")[0]
            assert any(note[language].startswith(beginning) for note in soft.notes)
    assert set(sharp.figures) <= set(found.labels)
    assert all(set(words) == set(messages.LANGUAGES) for words in found.labels.values())
    assert float(sharp.figures["edge_blur"].split()[0]) < float(soft.figures["edge_blur"].split()[0])
    written = json.loads((tmp_path / "quality/evidence.json").read_text())
    assert written == found.model_dump(mode="json")


def test_a_target_brings_its_chart_and_its_figures(tmp_path: Path) -> None:
    found = made(tmp_path, target(tmp_path))
    (shot,) = found.targets
    assert shot.charts == 1
    assert shot.stars is not None
    names = {figure.label["en"] for figure in shot.figures}
    assert {"mean colour error", "white balance"} <= names
    assert all(figure.limit and figure.source for figure in shot.figures)
    with Image.open(tmp_path / "quality" / (shot.chart or "")) as chart:
        assert chart.size == (1600, 1000)


def test_a_page_that_was_not_measured_is_not_judged(tmp_path: Path) -> None:
    found = made(tmp_path, page(tmp_path, "1r", measure=False))
    assert found.pages == []
    assert found.targets == []


def test_a_target_that_cannot_be_read_is_named_by_its_file(tmp_path: Path) -> None:
    broken = target(tmp_path)
    broken.path.write_bytes(broken.path.read_bytes()[:-5000])
    with pytest.raises(errors.Heritage3dError) as caught:
        made(tmp_path, broken)
    assert "target/colour.png" in str(caught.value.fields.get("file"))


def test_the_same_parts_give_the_same_bytes_in_any_language(tmp_path: Path) -> None:
    parts = [page(tmp_path, "1r"), target(tmp_path)]
    trees = []
    for language in messages.LANGUAGES:
        dest = tmp_path / language
        dest.mkdir()
        with messages.speaking(language):
            assess(parts, dest)
        trees.append({path.name: path.read_bytes() for path in dest.iterdir()})
    assert trees[0] == trees[1]
    assert set(trees[0]) == {"colour.jpg", "evidence.json"}


def test_the_manifest_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps(published.record()))
    parts = [page(tmp_path, "1v"), Artefact(tmp_path, "image/quality", "slip", "quality")]
    dest = tmp_path / "made"
    dest.mkdir()
    manifest(tmp_path / "record.json", parts, dest)
    linked = json.loads((dest / "manifest.json").read_text())["seeAlso"]
    assert addresses.here("quality/evidence.json") in [entry["id"] for entry in linked]


def test_the_option_knows_the_sets_of_limits() -> None:
    category = typing.get_type_hints(assess)["category"]
    assert typing.get_args(category) == limits.categories()
