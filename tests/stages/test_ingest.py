"""The stage ingest: what lies in a folder, what is refused, what the record says."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from heritage3d import errors
from heritage3d.pipeline import kinds
from heritage3d.pipeline.stage import Artefact, Output
from heritage3d.stages.ingest import ingest

OBJ = "mtllib bone.mtl\nusemtl bone\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"

pytestmark = pytest.mark.skipif(
    not {"image/master", "mesh/scan"} <= {entry.captured_as for entry in kinds.formats()},
    reason="the rooms of images and meshes register no format",
)


def picture(path: Path, side: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.full((side, side * 2, 3), 90, np.uint8))[1].tobytes())
    return path


def mesh(folder: Path) -> None:
    picture(folder / "textures/bone.png")
    (folder / "bone.mtl").write_text("newmtl bone\nmap_Kd textures/bone.png\n")
    (folder / "bone.obj").write_text(OBJ)


def take(folder: Path, **options: Any) -> tuple[dict[str, Any], list[Output]]:
    dest = folder.parent / "dest"
    dest.mkdir(exist_ok=True)
    outputs = ingest(Artefact(folder, "capture", folder.name), dest, **options)
    return json.loads((dest / "record.json").read_text("utf-8")), outputs


def named(outputs: list[Output], kind: str) -> list[str]:
    return [output.name for output in outputs if output.kind == kind]


@contextlib.contextmanager
def refused(kind: type[errors.Heritage3dError]) -> Iterator[pytest.ExceptionInfo[errors.ObjectErrors]]:
    """One file is named with this error; what else is there is handed on."""
    with pytest.raises(errors.ObjectErrors) as raised:
        yield raised
    assert [type(error) for error in raised.value.errors] == [kind]


def test_loose_files_are_judged_by_content(tmp_path: Path) -> None:
    folder = tmp_path / "bone-1"
    for name in ("page10.jpg", "page2.png", "page1.tif"):
        picture(folder / name)
    mesh(folder)
    (folder / "notes.txt").write_text("found in 1936")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "._page1.tif").write_bytes(b"x")
    record, outputs = take(folder)
    assert named(outputs, "image/master") == ["page1", "page2", "page10"]
    assert named(outputs, "mesh/scan") == ["bone"]
    assert [page["name"] for page in record["pages"]] == ["page1", "page2", "page10"]
    assert record["ignored"] == ["notes.txt"]
    model = next(output for output in outputs if output.kind == "mesh/scan")
    assert {path.name for path in model.files} == {"bone.mtl", "bone.png"}


def test_record_holds_digests_and_sizes(tmp_path: Path) -> None:
    path = picture(tmp_path / "a/pages/1r.png", side=16)
    page = take(tmp_path / "a")[0]["pages"][0]
    assert page["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (page["width"], page["height"]) == (32, 16)


def test_nothing_is_copied_and_nothing_is_changed(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    picture(folder / "pages/1.png")
    mesh(folder / "mesh")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    _record, outputs = take(folder)
    assert all(output.path in before for output in outputs if output.kind != "record")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [path.name for path in (tmp_path / "dest").iterdir()] == ["record.json"]


@pytest.mark.parametrize(("publish", "pages"), [("alone", 2), ("always", 2), ("never", 0)])
def test_photographs_alone_are_something_to_show(tmp_path: Path, publish: str, pages: int) -> None:
    for name in ("IMG_1.jpg", "IMG_2.jpg"):
        picture(tmp_path / "a/photos" / name)
    record, outputs = take(tmp_path / "a", publish_photos=publish)
    assert len(named(outputs, "photo")) == 2
    assert len(named(outputs, "image/master")) == len(record["pages"]) == pages
    assert record["photographs"] == 2


@pytest.mark.parametrize(("publish", "pages"), [("alone", 0), ("always", 1), ("never", 0)])
def test_photographs_beside_a_mesh(tmp_path: Path, publish: str, pages: int) -> None:
    picture(tmp_path / "a/photos/IMG_1.jpg")
    mesh(tmp_path / "a/mesh")
    assert len(take(tmp_path / "a", publish_photos=publish)[0]["pages"]) == pages


def test_all_bad_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    picture(folder / "pages/1.png")
    (folder / "pages/2.tif").write_bytes(b"")
    (folder / "pages/3.tif").write_bytes(b"not an image at all")
    (folder / "photos").mkdir()
    (folder / "photos/4.jpg").write_bytes(b"neither")
    (folder / "loose.jpg").write_bytes(b"")
    with pytest.raises(errors.ObjectErrors) as raised:
        take(folder)
    found = {error.file: error.code for error in raised.value.errors}
    assert found == {
        "pages/2.tif": "H3D-259",
        "pages/3.tif": "H3D-257",
        "photos/4.jpg": "H3D-257",
        "loose.jpg": "H3D-259",
    }
    assert [output.name for output in raised.value.outputs if output.kind == "image/master"] == ["1"]
    again = pickle.loads(pickle.dumps(raised.value))
    assert [error.line() for error in again.errors] == [error.line() for error in raised.value.errors]


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "secret.png")
    folder = tmp_path / "a/pages"
    picture(folder / "1.png")
    (folder / "2.png").symlink_to(tmp_path / "secret.png")
    with refused(errors.CaptureOutside):
        take(tmp_path / "a")
    (folder / "2.png").unlink()
    (folder / "more").symlink_to(tmp_path)
    with refused(errors.CaptureOutside):
        take(tmp_path / "a")
    (folder / "more").unlink()
    (folder / "loop.png").symlink_to(folder / "loop.png")
    with refused(errors.CaptureUnreadable):
        take(tmp_path / "a")
    (folder / "loop.png").unlink()
    (folder / "2.png").symlink_to("1.png")
    assert len(take(tmp_path / "a")[0]["pages"]) == 2


def test_a_pipe_does_not_hang_the_run(tmp_path: Path) -> None:
    picture(tmp_path / "a/pages/1.png")
    os.mkfifo(tmp_path / "a/pages/2.png")
    with refused(errors.UnknownCapture):
        take(tmp_path / "a")


def test_a_name_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    picture(tmp_path / "a/pages/1.png")
    other = os.fsencode(tmp_path / "a/pages") + b"/" + "甲骨.png".encode("gbk")
    Path(os.fsdecode(other)).write_bytes(b"x")
    with refused(errors.CaptureNameUnreadable) as raised:
        take(tmp_path / "a")
    assert raised.value.errors[0].file == "pages/甲骨.png"


@pytest.mark.parametrize(
    "name", ["甲骨 (1)#?%.png", "𠀀.png", "བོད.png", "e\u0301.png", "a'b\"c.png", "-rf.png", "x" * 240 + ".png"]
)
def test_odd_names_become_safe_addresses(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "a/pages/1.png")
    (tmp_path / "a/pages/1.png").rename(tmp_path / "a/pages" / name)
    record, _outputs = take(tmp_path / "a")
    made = record["pages"][0]["name"]
    assert made
    assert len(made.encode()) <= 80
    assert not set(made) & set("/\\#?%\"' .")


def test_an_empty_folder_has_nothing_to_publish(tmp_path: Path) -> None:
    (tmp_path / "a/pages").mkdir(parents=True)
    (tmp_path / "a/readme.txt").write_text("later")
    with pytest.raises(errors.NothingToPublish):
        take(tmp_path / "a")
    with pytest.raises(errors.CaptureFolderMissing):
        take(tmp_path / "b")


def test_the_page_list_orders_and_labels(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        picture(tmp_path / "a/pages" / name)
    (tmp_path / "a/pages.csv").write_text(
        "file;label;label@zh-Hans;side\nc.png;1r;一正;recto\nA.PNG;1v;;v\npages/b.png;;;\n"
    )
    pages = take(tmp_path / "a")[0]["pages"]
    assert [page["name"] for page in pages] == ["c", "a", "b"]
    assert pages[0]["label"] == {"none": ["1r"], "zh-Hans": ["一正"]}
    assert [page["side"] for page in pages] == ["recto", "verso", None]
    assert pages[2]["label"] == {"none": ["b"]}


def test_the_row_becomes_the_record(tmp_path: Path) -> None:
    picture(tmp_path / "a/1.png")
    row = {
        "id": "龟甲-7",
        "title@zh-Hans": "龟甲",
        "title@en": "Tortoise shell",
        "unit": "mm",
        "width_mm": "120.5",
        "ppi": "600",
        "rights": "cc by-sa 4.0",
        "holding@en": "Museum of Writing (https://museum.example/)",
        "viewing_direction": "right-to-left",
        "date": "商",
        "出土地@zh-Hans": "安阳",
    }
    record = take(tmp_path / "a", row=row)[0]
    assert record["id"] == "龟甲-7"
    assert record["title"] == {"zh-Hans": ["龟甲"], "en": ["Tortoise shell"]}
    assert record["rights"] == "http://creativecommons.org/licenses/by-sa/4.0/"
    assert record["size_mm"] == {"width": 120.5, "height": None, "depth": None}
    assert record["ppi"] == 600
    assert record["holding"] == {"en": ["Museum of Writing"]}
    assert record["holding_homepage"] == "https://museum.example/"
    assert {"label": {"zh-Hans": ["出土地"]}, "value": {"zh-Hans": ["安阳"]}} in record["metadata"]


def test_real_captures(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bones"
    (folder / "pages").mkdir(parents=True)
    for path in sorted((data / "photos/oracle-bones").glob("*.jp*g")):
        (folder / "pages" / path.name).write_bytes(path.read_bytes())
    record, outputs = take(folder)
    assert len(record["pages"]) == 3
    assert {page["width"] for page in record["pages"]} == {2667, 4000, 3000}
    assert len(outputs) == 4


def test_a_capture_that_differs_from_the_list_that_came_with_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "ms-1"
    for name in ("1", "2"):
        picture(folder / f"pages/{name}.tif")
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.rglob("*.tif"))
    )
    (folder / "pages/SHA256SUMS").write_text(sums)
    take(folder)
    body = bytearray((folder / "pages/2.tif").read_bytes())
    body[len(body) // 2] ^= 1
    (folder / "pages/2.tif").write_bytes(body)
    with refused(errors.CaptureDamaged) as raised:
        take(folder)
    assert raised.value.errors[0].file == "pages/2.tif"


def test_known_lengths_are_handed_on_to_photogrammetry(tmp_path: Path) -> None:
    folder = tmp_path / "bone"
    (folder / "photos").mkdir(parents=True)
    cv2.imwrite(str(folder / "photos/1.jpg"), np.zeros((40, 60, 3), np.uint8))
    (folder / "scale.yaml").write_text("distances: []\n")
    dest = tmp_path / "dest"
    dest.mkdir()
    made = ingest(Artefact(folder, "capture", "bone"), dest)
    assert [(output.kind, output.path) for output in made if output.name == "scale"] == [
        ("photogrammetry/scale", folder / "scale.yaml")
    ]


@pytest.mark.parametrize(
    ("wanted", "kind", "absent"), [("scan", "mesh/scan", "photo"), ("photographs", "photo", "mesh/scan")]
)
def test_an_object_with_mesh_and_photographs_becomes_one_model(
    tmp_path: Path, wanted: str, kind: str, absent: str
) -> None:
    picture(tmp_path / "a/photos/IMG_1.jpg")
    mesh(tmp_path / "a/mesh")
    _record, outputs = take(tmp_path / "a", model_from=wanted)
    assert named(outputs, kind)
    assert not named(outputs, absent)


def test_what_lies_in_parts_is_joined_later(tmp_path: Path) -> None:
    """A folder parts holds overlapping pictures; with ``overlapping`` all page scans are such."""
    folder = tmp_path / "scroll"
    for name in ("parts/2.png", "parts/1.png", "pages/colophon.png"):
        picture(folder / name)
    record, outputs = take(folder)
    assert named(outputs, "image/part") == ["1", "2"]
    assert named(outputs, "image/master") == ["colophon"]
    assert [page["name"] for page in record["pages"]] == ["colophon", "1", "2"]
    _record, outputs = take(folder, overlapping=True)
    assert named(outputs, "image/part") == ["colophon", "1", "2"]
    assert named(outputs, "image/master") == []
