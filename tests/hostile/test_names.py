"""Forty-five names for objects and for captures in every stage: each is published, or refused in one line.

Whatever is published is asked for through `serve`, and shows the capture that bore the name. The short form takes a
name of each kind; H3D_CORPUS=all takes all of them, and photographs too (`make soak`).
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heritage3d import errors
from heritage3d.exhibit import serving
from heritage3d.pipeline import addresses
from heritage3d.record.captures import is_junk, survey
from tests.hostile import batch, corpus, every_stage, names
from tests.longform import LONG, long_form
from tests.photogrammetry import cards
from tests.stitching import drawn

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


def resolved(out: Path) -> int:
    """How many addresses the manifests that the collection names ask for: all are answered."""
    asked = 0
    with serving.in_background(out) as server:
        collection = json.loads(got(addresses.DEFAULT_BASE + "collection.json", server.address))
        for entry in collection["items"]:
            manifest = json.loads(got(entry["id"], server.address))
            for _kind, address in set(named_in(manifest)):
                assert got(address, server.address)
                asked += 1
    return asked


def painted(canvas: dict[str, object], out: Path) -> int:
    """The number of the leaf that a canvas shows."""
    body = next(address for kind, address in named_in(canvas["items"]) if kind == "Image")
    with serving.in_background(out) as server:
        return shown(got(body, server.address))


@dataclass(frozen=True)
class Published:
    """A run over a volume whose pages bear the names, and over objects that do."""

    ran: batch.Run
    out: Path
    pages: dict[str, int]  # name of the file -> the leaf that it shows

    def manifest(self, identifier: str) -> Any:
        return json.loads((self.out / "objects" / identifier / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("names")
    captures = folder / "captures"
    wanted = {}
    for number, name in enumerate(names.TRIED):
        file = names.stem(name, ".tif")
        page(captures / "volume" / "pages" / file, number)
        wanted[file] = number
        page(captures / name / "scan.tif", number)
    for number, raw in enumerate(names.TRIED_BYTES):
        page(captures / f"old-{number}" / names.undecoded(raw + b".tif"), number)
        page(captures / names.undecoded(raw) / "scan.tif", number)
    old = [f"old-{number}" for number in range(len(names.TRIED_BYTES))]
    unreadable = [raw.decode("gb18030", "replace") for raw in names.TRIED_BYTES]
    batch.sheet(captures, ["volume", *old, *names.TRIED, *unreadable])
    return Published(stated(every_stage.PAGES, folder, captures), folder / "out", wanted)


def test_captures_of_any_name_become_pages(pages: Published) -> None:
    for number in range(len(names.TRIED_BYTES)):
        assert pages.ran.fates[f"old-{number}"].codes == ["H3D-269"], number
    assert pages.ran.fates["volume"].published, pages.ran.said[-3000:]
    record = json.loads((pages.out / "objects/volume/record.json").read_bytes())
    files = [entry["file"].removeprefix("pages/") for entry in record["pages"]]
    hidden = {name for name in pages.pages if is_junk(name)}
    assert set(files) == pages.pages.keys() - hidden
    for canvas, file in zip(pages.manifest("volume")["items"], files, strict=True):
        assert painted(canvas, pages.out) == pages.pages[file], file
    print(f"{len(files)} names as pages through 7 stages, {len(hidden)} passed over as hidden, ", end="")
    print(f"{len(names.TRIED_BYTES)} refused by code; {resolved(pages.out)} addresses answered")


def test_objects_of_any_name_are_published_or_refused_in_one_line(pages: Published) -> None:
    fates = {name: fate for name, fate in pages.ran.fates.items() if name != "volume" and not name.startswith("old-")}
    published = {name for name, fate in fates.items() if fate.published}
    refused = {name: fate.codes for name, fate in fates.items() if not fate.published}
    assert len(published) + len(refused) == len(names.TRIED) + len(names.TRIED_BYTES)
    assert {code for codes in refused.values() for code in codes} <= {"H3D-252", "H3D-261"}
    there = {path.name for path in (pages.out / "objects").iterdir()}
    for number, name in enumerate(names.TRIED):
        assert (name in there) == (name in published), name
        if name in published:
            assert painted(pages.manifest(name)["items"][0], pages.out) == number
    print(f"{len(published)} names as objects, {len(refused)} refused by code")


def scrolls(captures: Path) -> int:
    """Two parts a scroll, and one whose name nobody can read; how many names were given."""
    whole = drawn.silk(1160, 620)
    pairs = list(zip(names.TRIED[::2], names.TRIED[1::2], strict=False))
    pairs = pairs if LONG else pairs[2:3]
    for number, pair in enumerate(pairs):
        for name, left in zip(sorted(pair), (0, 460), strict=True):
            path = captures / f"scroll-{number}" / "pages" / names.stem(f"p{name}", ".tif")
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = io.BytesIO()
            Image.fromarray(whole[:, left : left + 700]).save(stream, "TIFF")
            path.write_bytes(stream.getvalue())
    page(captures / "old" / names.undecoded(names.UNREADABLE[0] + b".tif"), 1)
    return 2 * len(pairs)


def models(captures: Path) -> int:
    """A model for each name; how many there are."""
    surface = corpus.formats(captures.parent)["stl"][1]
    readable = [name for name in names.TRIED if not is_junk(name)]
    readable = readable if LONG else ["𠀀𪚥𰻞'\"\n%2e%2e"]
    for number, name in enumerate(readable):
        (captures / f"m-{number}").mkdir(parents=True)
        (captures / f"m-{number}" / names.stem(name, ".stl")).write_bytes(surface)
    return len(readable)


def test_parts_are_joined_and_models_made_whatever_they_are_called(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    parts, made = scrolls(captures), models(captures)
    batch.sheet(captures, sorted(folder.name for folder in captures.iterdir()))
    ran = stated(every_stage.PARTS_AND_MODELS, tmp_path, captures)
    assert ran.fates.pop("old").codes == ["H3D-269"]
    assert {name: fate.codes for name, fate in ran.fates.items() if not fate.published} == {}
    asked = resolved(tmp_path / "out")
    print(f"{parts} names as parts, {made} as models: all published; {asked} addresses answered")


OBJECT = "mtllib {material}\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"


def test_a_model_finds_its_companions_of_any_name_or_says_which_is_missing(tmp_path: Path) -> None:
    found = 0
    for number, name in enumerate(names.TRIED):
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
    print(f"{found} of {len(names.TRIED)} names as materials and textures found, the others named")


@long_form
def test_photographs_of_any_name_are_aligned(tmp_path: Path) -> None:
    """Nine photographs an object: five objects bear all names. What comes after `align` reads no file of theirs."""
    captures = tmp_path / "captures"
    taken = cards.take(9)
    readable = [name for name in names.READABLE if not is_junk(name)]
    groups = [readable[at : at + 9] for at in range(0, len(readable), 9)]
    for number, group in enumerate(groups):
        folder = captures / f"bone-{number}" / "photos"
        for (_name, path), name in zip(cards.write(folder, taken), [*group, *"123456789"], strict=False):
            path.rename(folder / names.stem(name, path.suffix))
    batch.sheet(captures, [f"bone-{number}" for number in range(len(groups))])
    ran = stated(every_stage.PHOTOGRAPHS.partition("  dense:")[0], tmp_path, captures)
    assert {name: fate.codes for name, fate in ran.fates.items() if not fate.published} == {}
    print(f"{len(readable)} names as photographs of {len(groups)} objects, all aligned")


COMMANDS = (("info",), ("check",), ("inspect", "--json"), ("tile",), ("pyramid",), ("correct",), ("optimize",))
WRITING = {"tile", "pyramid", "correct", "optimize"}
TRIED_COMMANDS = [command for command in COMMANDS if LONG or command[0] != "optimize"]  # seconds; a run did it above


def single(command: tuple[str, ...], home: Path, name: bytes) -> str:
    """The command on a file of this name, in a process of its own: "done", or the code of the refusal."""
    home.mkdir()
    file = home / names.undecoded(name[:250] + (b".stl" if command[0] == "optimize" else b".tif"))
    if command[0] == "optimize":
        file.write_bytes(corpus.formats(home.parent)["stl"][1])
    else:
        page(home / "page", 7)
        (home / "page").rename(file)
    done = subprocess.run(
        [sys.executable, "-m", "tests.command", *command, "--", file.name, *(["out"] * (command[0] in WRITING))],
        cwd=home, capture_output=True, check=False, timeout=120,
        env={**os.environ, "H3D_LANG": "en", "PYTHONPATH": str(batch.ROOT)},
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert "Traceback" not in said, (name, said[-2000:])
    assert done.returncode in {0, 1}, (name, said[-2000:])
    assert "\x1b[31m" not in said
    if done.returncode == 0 and command[0] in WRITING:
        assert any((home / "out").rglob("*"))
    refusal = re.search(r"H3D-\d+", said) if done.returncode else None
    return refusal[0] if refusal else "done" if done.returncode == 0 else "faults told"


@pytest.mark.parametrize("command", TRIED_COMMANDS, ids=lambda command: command[0])
@pytest.mark.timeout(3600)
def test_every_command_takes_a_file_of_any_name_or_refuses_it_in_one_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    """In the short form one name that is all at once; `tile` is given one that cannot be read, too."""
    tried = [name.encode() for name in names.READABLE] + names.UNREADABLE
    if not LONG:
        tried = ["-rf\n\x1b[31m𠀀%2e%2e'\"".encode(), *names.UNREADABLE[: command[0] == "tile"]]
    told = Counter(single(command, tmp_path / str(number), name) for number, name in enumerate(tried))
    assert not set(told) & batch.OURS
    print(f"{command[0]}: {len(tried)} names, {dict(told)}")
