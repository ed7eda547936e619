"""Our own documents, a published tree and requests, changed anywhere: a value, or an error with a code."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.deviation import transform
from heritage3d.exhibit import listing, serving
from heritage3d.gltf import container
from heritage3d.hall import holdings
from heritage3d.iiif import check_image_service, check_presentation, describe, parts
from heritage3d.photogrammetry import aligned, cloud_files
from heritage3d.photogrammetry.surface import Surface
from heritage3d.pipeline import addresses, binding
from tests.gltf import builder
from tests.hall import tree
from tests.hostile import corpus
from tests.hostile.changes import EXAMPLES, TRYING, changed, edited, stored, tried

Reader = Callable[[Path], object]
HEAD = 600  # bytes: the header of a PLY


# --- what one stage hands to another ---------------------------------------------------------------------------


def test_a_surface_of_our_own() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    grey = np.full((3, 3), 90, np.uint8)
    one = np.ones(3, np.float32)
    made = Surface(points, np.array([[0, 1, 2]]), points.astype(np.float32), grey, one, one, np.array([False]))
    with tempfile.TemporaryDirectory() as folder:
        cloud_files.write_surface(Path(folder) / "s.ply", made, "m")
        sound = (Path(folder) / "s.ply").read_bytes()

    def read(folder: Path) -> None:
        for reader in (cloud_files.read_cloud, cloud_files.read_surface):
            try:
                reader(folder / "s.ply")
            except errors.DenseUnreadable:
                continue

    print(f"surface: {tried(edited(sound, HEAD), lambda folder, content: stored(folder / 's.ply', content), read)}")


_SCENE = {
    "scale_known": True, "reprojection_px": 0.5, "left_out": {"b.jpg": "no match"},
    "views": [{"name": "a.jpg", "photograph": "photographs/a.jpg", "mask": None, "width": 64, "height": 48,
               "matrix": [[1, 0, 0]] * 3, "rotation": [[1, 0, 0]] * 3, "translation": [0, 0, 1]}],
    "points": [{"at": [0, 0, 1], "seen_by": [0]}],
}  # fmt: skip
_MATRIX = {"master_to_file": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "files": [{"file": "web.glb"}]}
_SERVICE = {
    "@context": "http://iiif.io/api/image/3/context.json", "id": "http://127.0.0.1:8000/p", "type": "ImageService3",
    "protocol": "http://iiif.io/api/image", "profile": "level0", "width": 64, "height": 48,
    "tiles": [{"width": 32, "height": 32, "scaleFactors": [1, 2]}], "sizes": [{"width": 32, "height": 24}],
}  # fmt: skip
DOCUMENTS: dict[str, tuple[str, Any, Reader]] = {
    "scene.json": (aligned.SCENE, _SCENE, aligned.read_scene),
    "a matrix": ("evidence.json", _MATRIX, lambda folder: transform.read(folder / "evidence.json")),
    "info.json": (
        "info.json",
        _SERVICE,
        lambda folder: (
            check_image_service.check(folder / "info.json"),
            check_image_service.info(folder / "info.json"),
        ),
    ),
    "manifest.json": (
        "manifest.json",
        json.loads(corpus.documents()["json"][1]),
        lambda folder: (
            check_presentation.check(folder / "manifest.json"),
            describe.describe(folder / "manifest.json"),
        ),
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document(name: str) -> None:
    file, sound, read = DOCUMENTS[name]
    put = lambda folder, told: stored(folder / file, addresses.dump(told))  # noqa: E731
    print(f"{name}: {tried(changed(sound), put, read)}")


# --- a published tree that somebody has changed ----------------------------------------------------------------


def _glb(told: Any) -> bytes:
    text = addresses.dump(told)
    return builder.packed(builder.chunk(b"JSON", text + b" " * (-len(text) % 4)))


def _published(folder: Path) -> Path:
    """An object with a page and a model, as the rooms that read published trees know it."""
    home = tree.add(folder, "bone", {"pages": [{"name": "p1", "label": {"none": ["1r"]}}], "ppi": 300})
    tree.page(home, "p1", 640, 480)
    tree.model(home, (80, 60, 9))
    return home


PUBLISHED = ["record.json", "pages/p1/info.json", "models/evidence.json", "models/web.glb"]


@pytest.mark.parametrize("place", PUBLISHED)
def test_what_a_room_is_laid_out_from(place: str, tmp_path: Path) -> None:
    home = _published(tmp_path / "whole")
    sound = container.read(home / place).document if place.endswith("glb") else addresses.load(home / place)

    def put(folder: Path, told: Any) -> None:
        shutil.copytree(tmp_path / "whole", folder, dirs_exist_ok=True)
        content = _glb(told) if place.endswith("glb") else addresses.dump(told)
        (folder / "objects/bone" / place).write_bytes(content)

    def read(folder: Path) -> None:
        bone = folder / "objects/bone"
        holdings.read(folder, "bone")
        parts.read_image(bone / "pages/p1", "p1", "p1")
        parts.read_model(bone / "models", "models", "models")

    print(f"{place}: {tried(changed(sound), put, read)}")


_MANIFEST = {
    "type": "Manifest", "label": {"en": ["Bone"]}, "summary": {"en": ["x"]}, "thumbnail": [{"width": 3, "height": 4}],
    "metadata": [{"label": {"en": ["Date"]}, "value": {"none": ["1200"]}}],
    "items": [{"items": [{"items": [{"body": {"type": "Image"}}]}]}],
}  # fmt: skip


def test_the_manifests_that_a_gallery_lists() -> None:
    def put(folder: Path, told: Any) -> None:
        (folder / "objects/a").mkdir(parents=True)
        (folder / "objects/a/manifest.json").write_bytes(addresses.dump(told))

    print(f"gallery: {tried(changed(_MANIFEST), put, lambda folder: list(listing.listed(folder, ['a'])))}")


def test_documents_that_are_moved_to_another_base() -> None:
    place = "objects/a/manifest.json"
    sound = {"id": f"{addresses.DEFAULT_BASE}{place}", "items": [{"id": f"{addresses.DEFAULT_BASE}objects/a/c1"}]}

    def put(folder: Path, told: Any) -> None:
        (folder / "objects/a").mkdir(parents=True)
        (folder / place).write_bytes(addresses.dump(told))
        digest = hashlib.sha256((folder / place).read_bytes()).hexdigest()
        (folder / "checksums.txt").write_text(f"{digest}  {place}\n")

    print(f"bind: {tried(changed(sound), put, lambda folder: binding.bind(folder, 'https://museum.example/'))}")


# --- requests --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    root = tmp_path_factory.mktemp("served")
    (root / "竹简 1").mkdir()
    (root / "竹简 1" / "a.json").write_text("{}" * 4000)
    with serving.in_background(root) as server:
        yield "127.0.0.1", server.server_port


_REQUEST = (
    b"GET /%E7%AB%B9%E7%AE%80%201/a.json?x#y HTTP/1.1\r\nHost: a\r\nRange: bytes=3-9\r\nIf-Range: \"x\"\r\n"
    b"If-None-Match: W/\"a\", *\r\nAccept-Encoding: gzip;q=0.5, *;q=0\r\nConnection: close\r\n\r\n"
)  # fmt: skip
_RANGES = st.sampled_from(
    [b"bytes=" + b"9" * 5000 + b"-", b"bytes=-" + b"9" * 5000, b"bytes=9-3", b"bytes=-0", b"x=1-2"]
)


def test_a_request_is_answered_or_refused_and_the_server_stays(served: tuple[str, int]) -> None:
    answers = {"status": 0, "closed": 0}

    @settings(TRYING, max_examples=EXAMPLES)
    @given(
        st.one_of(edited(_REQUEST, 120), edited(_REQUEST), _RANGES.map(lambda one: _REQUEST.replace(b"bytes=3-9", one)))
    )
    def attempt(request: bytes) -> None:
        with socket.create_connection(served, timeout=10) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = bytearray()
            while block := connection.recv(1 << 16):
                answer += block
        answers["status" if answer else "closed"] += 1
        whole = request.count(b"\n") == _REQUEST.count(b"\n") and request.endswith(b"\r\n\r\n")
        assert answer or not whole, request

    attempt()
    with socket.create_connection(served, timeout=10) as connection:
        connection.sendall(_REQUEST)
        response = HTTPResponse(connection)
        response.begin()
        assert response.status in {200, 206, 304}
    print(f"serve: {answers}")
