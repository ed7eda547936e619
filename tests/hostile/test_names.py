"""Forty-five names for objects and for captures in every stage: each is published, or refused in one line.

Whatever is published is asked for through `serve`, and shows the capture that bore the name.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heritage3d import errors
from heritage3d.exhibit import serving
from heritage3d.pipeline import addresses
from heritage3d.record.captures import is_junk, survey
from tests.hostile import batch, corpus, names
from tests.photogrammetry import cards
from tests.stitching import drawn

LONG = "H3D_CORPUS" in os.environ
HEAD = "workflow: names\nversion: 1\nsteps:\n  captures: {stage: ingest}\n"
PAGES = (
    HEAD
    + """\
  corrected: {stage: correct, from: captures}
  pages: {stage: tile, from: corrected, measure: true}
  zipped: {stage: tile-zip, from: captures}
  whole: {stage: pyramid, from: captures}
  quality: {stage: assess, from: [captures, pages]}
  manifest: {stage: manifest, from: [captures, pages, quality]}
  site: {stage: exhibit}
"""
)
PARTS = (
    HEAD
    + """\
  whole: {stage: stitch, from: captures}
  pages: {stage: tile, from: whole}
  manifest: {stage: manifest, from: [captures, pages]}
  site: {stage: exhibit}
"""
)
MODELS = (
    HEAD
    + """\
  models: {stage: optimize, from: captures}
  manifest: {stage: manifest, from: [captures, models]}
  site: {stage: exhibit}
"""
)
PHOTOGRAPHS = (
    HEAD
    + """\
  cameras: {stage: align, from: captures, size: 640, features: 1000}
  dense: {stage: densify, from: cameras, longest: 256, threads: 1}
  surface: {stage: surface, from: dense, ground: keep}
  refined: {stage: refine, from: [surface, cameras], longest: 320, rounds: 1}
  textured: {stage: texture, from: [refined, cameras, dense], side: 512}
  manifest: {stage: manifest, from: [captures, textured]}
"""
)
FETCHED = {"Image", "Model", "Dataset", "Text", "Manifest"}


def stated(workflow: str, folder: Path, captures: Path, *more: str) -> batch.Run:
    """The run of a workflow over these captures; nothing that no input may cause."""
    ran = batch.run(folder, captures, *more, workflow=workflow)
    assert ran.faults == [], ran.said[-3000:]
    return ran


def grey(number: int) -> int:
    return 20 + 4 * number


def page(path: Path, number: int) -> None:
    """A leaf of one grey, told apart from all others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    Image.fromarray(np.full((48, 64), grey(number), np.uint8)).save(stream, "TIFF")
    path.write_bytes(stream.getvalue())


def shown(content: bytes) -> int:
    """The number of the leaf that an image shows."""
    return round((float(np.asarray(Image.open(io.BytesIO(content)).convert("L")).mean()) - 20) / 4)


def named_in(document: object) -> Iterator[tuple[str, str]]:
    """Type and address of everything below the base that a viewer of the document would fetch."""
    if isinstance(document, dict):
        kind, address = str(document.get("type", "")), str(document.get("id", ""))
        if address.startswith(addresses.DEFAULT_BASE) and kind in FETCHED:
            yield kind, address
        elif address.startswith(addresses.DEFAULT_BASE) and kind.startswith("ImageService"):
            yield kind, f"{address}/info.json"
        for value in document.values():
            yield from named_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from named_in(value)


def got(address: str, site: str) -> bytes:
    """What the server answers, as a browser asks for it. Raises HTTPError."""
    with urllib.request.urlopen(address.replace(addresses.DEFAULT_BASE, site, 1), timeout=20) as answer:
        return bytes(answer.read())


def resolved(out: Path) -> tuple[dict[str, dict[str, object]], int]:
    """The manifests that the collection names, by label; and how many addresses were asked for: all answered."""
    asked = 0
    manifests = {}
    with serving.in_background(out) as server:
        collection = json.loads(got(addresses.DEFAULT_BASE + "collection.json", server.address))
        for entry in collection["items"]:
            manifest = json.loads(got(entry["id"], server.address))
            for _kind, address in set(named_in(manifest)):
                assert got(address, server.address)
                asked += 1
            manifests[next(iter(manifest["label"].values()))[0]] = manifest
    return manifests, asked


def painted(canvas: dict[str, object], out: Path) -> int:
    """The number of the leaf that a canvas shows."""
    body = next(address for kind, address in named_in(canvas["items"]) if kind == "Image")
    with serving.in_background(out) as server:
        return shown(got(body, server.address))


def test_captures_of_any_name_become_pages(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    wanted = {}
    for number, name in enumerate(names.READABLE):
        file = names.stem(name, ".tif")
        page(captures / "volume" / "pages" / file, number)
        wanted[file] = number
    for number, raw in enumerate(names.UNREADABLE):
        page(captures / f"old-{number}" / names.undecoded(raw + b".tif"), number)
    batch.sheet(captures, ["volume", *(f"old-{number}" for number in range(len(names.UNREADABLE)))])
    ran = stated(PAGES, tmp_path, captures)
    for number in range(len(names.UNREADABLE)):
        assert ran.fates[f"old-{number}"].codes == ["H3D-269"], number
    assert ran.fates["volume"].published, ran.said[-3000:]
    manifests, asked = resolved(tmp_path / "out")
    (manifest,) = manifests.values()
    record = json.loads((tmp_path / "out/objects/volume/record.json").read_bytes())
    files = [entry["file"].removeprefix("pages/") for entry in record["pages"]]
    hidden = {name for name in wanted if is_junk(name)}
    assert set(files) == wanted.keys() - hidden
    canvases = manifest["items"]
    assert len(canvases) == len(files)
    for canvas, file in zip(canvases, files, strict=True):
        assert painted(canvas, tmp_path / "out") == wanted[file], file
    print(f"{len(files)} names as pages through 7 stages, {len(hidden)} passed over as hidden, ", end="")
    print(f"{len(names.UNREADABLE)} refused by code; {asked} addresses answered")


def test_objects_of_any_name_are_published_or_refused_in_one_line(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    listed = [*names.READABLE, *(raw.decode("gb18030", "replace") for raw in names.UNREADABLE)]
    for number, name in enumerate(names.READABLE):
        page(captures / name / "scan.tif", number)
    for number, raw in enumerate(names.UNREADABLE):
        page(captures / names.undecoded(raw) / "scan.tif", number)
    batch.sheet(captures, listed)
    ran = stated(PAGES, tmp_path, captures)
    manifests, asked = resolved(tmp_path / "out")
    published = {name for name, fate in ran.fates.items() if fate.published}
    refused = {name: fate.codes for name, fate in ran.fates.items() if not fate.published}
    assert len(published) + len(refused) == len(listed)
    assert {code for codes in refused.values() for code in codes} <= {"H3D-252", "H3D-261"}
    assert len(manifests) == 1  # they share one title
    for number, name in enumerate(names.READABLE):
        assert (name in {path.name for path in (tmp_path / "out" / "objects").iterdir()}) == (name in published), name
        if name in published:
            manifest = tmp_path / "out" / "objects" / name / "manifest.json"
            assert painted(json.loads(manifest.read_bytes())["items"][0], tmp_path / "out") == number
    print(f"{len(published)} names as objects, {len(refused)} refused by code; {asked} addresses answered")


def test_parts_of_any_name_are_joined(tmp_path: Path) -> None:
    """Two parts a scroll; in the short form three scrolls, of which one has names that nobody can read."""
    captures = tmp_path / "captures"
    whole = drawn.silk(1160, 620)
    pairs = list(zip(names.READABLE[::2], names.READABLE[1::2], strict=False))
    pairs = pairs if LONG else [pairs[0], pairs[6]]
    for number, pair in enumerate(pairs):
        for name, left in zip(sorted(pair), (0, 460), strict=True):
            path = captures / f"scroll-{number}" / "pages" / names.stem(f"p{name}", ".tif")
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = io.BytesIO()
            Image.fromarray(whole[:, left : left + 700]).save(stream, "TIFF")
            path.write_bytes(stream.getvalue())
    page(captures / "old" / names.undecoded(names.UNREADABLE[0] + b".tif"), 1)
    batch.sheet(captures, [*(f"scroll-{number}" for number in range(len(pairs))), "old"])
    ran = stated(PARTS, tmp_path, captures)
    assert ran.fates.pop("old").codes == ["H3D-269"]
    assert [fate.codes for fate in ran.fates.values() if not fate.published] == []
    _manifests, asked = resolved(tmp_path / "out")
    print(f"{2 * len(pairs)} names as parts; {asked} addresses answered")


OBJECT = "mtllib {material}\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"


def test_a_model_finds_its_companions_of_any_name_or_says_which_is_missing(tmp_path: Path) -> None:
    found = 0
    for number, name in enumerate(names.READABLE):
        folder = tmp_path / str(number) / "mesh"
        folder.mkdir(parents=True)
        material, texture = names.stem(name, ".mtl"), names.stem(name, ".png")
        (folder / names.stem(name, ".obj")).write_text(OBJECT.format(material=material), "utf-8", newline="")
        (folder / material).write_text(f"newmtl a\nmap_Kd {texture}\n", "utf-8", newline="")
        Image.fromarray(np.full((4, 4, 3), number, np.uint8)).save(tmp_path / "t.png")
        (tmp_path / "t.png").rename(folder / texture)
        told = survey(tmp_path / str(number))
        if is_junk(name):
            assert told.mesh == []
            continue
        if told.faults:
            (fault,) = told.faults
            assert "\n" not in fault.line("en")
            assert isinstance(fault, errors.CompanionMissing | errors.UnsafeReference | errors.UnknownCapture), name
            continue
        (mesh,) = told.mesh
        assert {path.name for path in mesh.companions} == {material, texture}, name
        found += 1
    print(f"{found} of {len(names.READABLE)} names as materials and textures found, the others named")


def test_models_of_any_name_are_made(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    chosen = names.READABLE if LONG else ["𠀀𪚥𰻞'\"\n%2e%2e"]
    readable = [name for name in chosen if not is_junk(name)]
    for number, name in enumerate(readable):
        (captures / f"m-{number}").mkdir(parents=True)
        (captures / f"m-{number}" / names.stem(name, ".stl")).write_bytes(corpus.formats(tmp_path)["stl"][1])
    batch.sheet(captures, [f"m-{number}" for number in range(len(readable))])
    ran = stated(MODELS, tmp_path, captures)
    assert [fate.codes for fate in ran.fates.values() if not fate.published] == []
    _manifests, asked = resolved(tmp_path / "out")
    print(f"{len(readable)} names as models; {asked} addresses answered")


@pytest.mark.skipif(not LONG, reason="the long form: make soak")
def test_photographs_of_any_name_become_a_model(tmp_path: Path) -> None:
    """Nine photographs a model: five models bear all names."""
    captures = tmp_path / "captures"
    taken = cards.take(9)
    readable = [name for name in names.READABLE if not is_junk(name)]
    groups = [readable[at : at + 9] for at in range(0, len(readable), 9)]
    for number, group in enumerate(groups):
        folder = captures / f"bone-{number}" / "photos"
        for (_name, path), name in zip(cards.write(folder, taken), [*group, *"123456789"], strict=False):
            path.rename(folder / names.stem(name, path.suffix))
    batch.sheet(captures, [f"bone-{number}" for number in range(len(groups))])
    ran = stated(PHOTOGRAPHS, tmp_path, captures)
    assert [fate.codes for fate in ran.fates.values() if not fate.published] == []
    print(f"{len(readable)} names as photographs of {len(groups)} models")


COMMANDS = (("info",), ("check",), ("inspect", "--json"), ("tile",), ("pyramid",), ("correct",))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_takes_a_file_of_any_name_or_refuses_it_in_one_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    chosen = [name.encode() for name in names.READABLE] + names.UNREADABLE
    chosen = chosen if LONG else [names.READABLE[1].encode(), b"-rf\n\x1b[31m", names.UNREADABLE[0]]
    for number, name in enumerate(chosen):
        home = tmp_path / str(number)
        home.mkdir()
        page(home / "scan.tif", number % 50)
        file = names.undecoded(name[:250] + b".tif")
        (home / "scan.tif").rename(home / file)
        more = [str(home / "out")] if command[0] in {"tile", "pyramid", "correct"} else []
        done = subprocess.run(
            [sys.executable, "-m", "tests.command", *command, "--", file, *more],
            cwd=home, capture_output=True, check=False, timeout=120,
            env={**os.environ, "H3D_LANG": "en", "PYTHONPATH": str(batch.ROOT)},
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert "Traceback" not in said, (name, said[-2000:])
        assert done.returncode in {0, 1}, (name, said[-2000:])
        assert "\x1b[31m" not in said
        if more and done.returncode == 0:
            assert any((home / "out").rglob("*"))
