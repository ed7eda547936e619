"""From a published file back to the bytes of the captures, and from what is told there to the same file again."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from getpass import getuser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heritage3d import errors, messages
from heritage3d.pipeline import addresses
from heritage3d.pipeline import workflow as workflows
from heritage3d.pipeline.command import perform
from heritage3d.pipeline.run import run
from heritage3d.pipeline.stage import stages
from heritage3d.record.objects import read_objects
from heritage3d.trust import premis, tracing
from tests.crash.every_step import inline
from tests.pipeline.conftest import Silent

WORKFLOW = """\
workflow: two pages
steps:
  captures: {stage: ingest}
  pages: {stage: tile, from: captures, size: 128, quality: 77}
  manifest: {stage: manifest, from: [captures, pages]}
"""


def publish(folder: Path) -> Path:
    """Two objects with two pages each; the cameras have noted where they were and whose they are."""
    captures = folder / "captures"
    noise = np.random.default_rng(5)
    for name in ("ms-1", "竹简 2"):
        for page in ("1r", "1v"):
            path = captures / name / "pages" / f"{page}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            exif = Image.Exif()
            exif[0x013B] = "Secret Photographer"
            exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 20.0), 3: "E", 4: (116.0, 23.0, 29.0)})
            picture = Image.fromarray(noise.integers(0, 255, (300, 420, 3), np.uint8))
            picture.save(path, exif=exif)
    (captures / "objects.csv").write_text("id,title\nms-1,Volume\n竹简 2,竹简\n", "utf-8")
    (folder / "flow.yaml").write_text(WORKFLOW, "utf-8")
    done = run(
        workflow=workflows.load(str(folder / "flow.yaml")),
        objects=read_objects(captures, []),
        captures=captures,
        out=folder / "out",
        base=None,
        workers=1,
        scheduler=None,
        listener=Silent(),
        start=inline,  # type: ignore[arg-type]  the same interface
    )
    assert done.exit_status == 0, done.objects
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("traced"))


def made_again(story: tracing.Story, captures: Path, folder: Path) -> Path:
    """Do what the story says with single commands, from the capture files alone; the file."""
    files = {entity["@id"]: captures / entity["name"] for entity in story.captures}
    for identifier, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() in identifier
    places: dict[str, Path] = {}
    last = folder
    for number, act in enumerate(story.acts):
        if act.stage == "ingest":
            for entity in act.made:
                for member in entity.get("hadMember", ()):
                    places[entity["@id"]] = files[member]
            continue
        inputs = {parameter: places[entity["@id"]] for parameter, entity in act.read}
        last = folder / str(number)
        perform(
            stages()[act.stage], inputs, last, {name.replace("-", "_"): value for name, value in act.options.items()}
        )
    place = next(place for place in story.artefact["atLocation"] if story.file.startswith(place))
    return last / story.file.removeprefix(place).lstrip("/")


def test_ten_files_are_made_again_from_what_is_told(published: Path, tmp_path: Path) -> None:
    out = published / "out"
    tiles = sorted(path for path in out.glob("objects/*/pages/**/*.jpg"))
    chosen = random.Random(11).sample(tiles, 10)
    folders: dict[Any, Path] = {}
    for at, path in enumerate(chosen):
        story = tracing.trace(path)
        told = json.dumps([story.artefact["@id"]])
        folders.setdefault(told, tmp_path / str(at))
        captures = published / "captures" / story.object
        if folders[told].exists():
            place = next(place for place in story.artefact["atLocation"] if story.file.startswith(place))
            again = next(folders[told].iterdir()) / story.file.removeprefix(place).lstrip("/")
        else:
            folders[told].mkdir()
            again = made_again(story, captures, folders[told])
        assert hashlib.sha256(again.read_bytes()).hexdigest() == story.sha256, path
    print(f"{len(chosen)} of {len(chosen)} files made again, byte for byte")


def test_the_story_is_told_in_both_languages(published: Path) -> None:
    path = next((published / "out").glob("objects/ms-1/pages/*/full/max/0/default.jpg"))
    story = tracing.trace(path)
    assert [act.stage for act in story.acts] == ["ingest", "tile"]
    for language, word in (("en", "captured"), ("zh-Hans", "采集")):
        with messages.speaking(language):
            said = list(tracing.sentences(story, messages.text))
        assert word in said[0]
        assert len(said) == 4
        assert all(entity["sha256"] in said[0] for entity in story.captures)
        assert "quality=77" in said[2]


def test_the_manifest_leads_back_to_every_capture(published: Path) -> None:
    for name in ("manifest.json", "thumbnail.jpg", "record.json"):
        story = tracing.trace(published / "out" / "objects" / "竹简 2" / name)
        assert sorted(entity["name"] for entity in story.captures) == ["pages/1r.tif", "pages/1v.tif"]


def test_provenance_is_prov_and_everything_leads_to_captures(published: Path) -> None:
    for path in (published / "out").glob("objects/*/provenance.json"):
        document = addresses.load(path)
        assert document["@context"]["prov"] == "http://www.w3.org/ns/prov#"
        graph = {entry["@id"]: entry for entry in document["@graph"]}
        assert len(graph) == len(document["@graph"])
        for entry in graph.values():
            for relation in ("used", "wasDerivedFrom", "hadMember"):
                assert all(target in graph for target in entry.get(relation, ()))
            if "wasGeneratedBy" in entry:
                assert graph[entry["wasGeneratedBy"]]["@type"] == "prov:Activity"
        held = [entry for entry in graph.values() if "atLocation" in entry]
        assert held
        assert all(tracing.trace(path.parent / _some_file(path.parent, entry)).captures for entry in held)


def _some_file(home: Path, entry: dict[str, Any]) -> Path:
    place = home / entry["atLocation"][0]
    return place if place.is_file() else next(path for path in sorted(place.rglob("*")) if path.is_file())


@pytest.mark.parametrize("name", ["index.html", "objects/ms-1/evidence.json", "absent"])
def test_a_file_that_nobody_told_of(name: str, published: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("x")
    root = tmp_path if name == "index.html" else published / "out"
    with pytest.raises(errors.NoProvenance):
        tracing.trace(root / name)


def test_a_ring_of_acts_and_an_act_without_a_name_end_in_one_line(published: Path, tmp_path: Path) -> None:
    home = tmp_path / "objects" / "ms-1"
    shutil.copytree(published / "out" / "objects" / "ms-1", home)
    document = addresses.load(home / "provenance.json")
    ingest = next(entry for entry in document["@graph"] if entry.get("stage") == "ingest")
    tile = next(entry for entry in document["@graph"] if entry.get("stage") == "tile")
    made = next(entry for entry in document["@graph"] if entry.get("wasGeneratedBy") == tile["@id"])
    ingest["used"].append(made["@id"])  # what it made is what it was made from
    (home / "provenance.json").write_bytes(addresses.dump(document))
    assert {act.stage for act in tracing.trace(home / made["atLocation"][0] / "info.json").acts} == {"ingest", "tile"}
    del tile["stage"]
    (home / "provenance.json").write_bytes(addresses.dump(document))
    with pytest.raises(errors.NoProvenance):
        tracing.trace(home / made["atLocation"][0] / "info.json")


def test_the_ledger_as_premis(published: Path, tmp_path: Path) -> None:
    count = premis.export(published / "out", tmp_path / "premis.xml")
    told = ET.parse(tmp_path / "premis.xml").getroot()
    space = {"p": premis.NAMESPACE}
    assert len(told.findall("p:event", space)) == count > 0
    assert len(told.findall("p:object", space)) == 2
    times = [event.findtext("p:eventDateTime", "", space) for event in told.findall("p:event", space)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", time) for time in times)


def test_no_product_names_a_person_a_place_or_a_machine(published: Path) -> None:
    """No user, host, home, folder of this computer; no position and no name that the camera noted."""
    named = {socket.gethostname(), getuser(), str(Path.home()), str(published), "Secret Photographer", "GPSLatitude"}
    secrets = {name for name in named if len(name) > 4}  # two letters stand in every picture by chance
    products = [path for path in (published / "out").rglob("*") if path.is_file() and ".heritage3d" not in path.parts]
    assert len(products) > 40
    found = [
        (path.name, secret)
        for path in products
        for secret in secrets
        if secret and secret.encode() in path.read_bytes()
    ]
    assert found == []
    for path in products:
        if path.suffix == ".jpg":
            with Image.open(path) as picture:
                assert not picture.getexif()


def test_the_command_tells_it(published: Path) -> None:
    path = next((published / "out").glob("objects/ms-1/pages/*/info.json"))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.command", "trace", str(path), "--json"], cwd=root, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["object"] == "ms-1"
