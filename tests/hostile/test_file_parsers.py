"""Images and models, changed anywhere: each reader of ours gives a value or an error with a code.

The decoders behind the readers (libvips, Draco and the like) are tried in processes of their own, in
tests/image/test_damage.py, tests/gltf/test_reading.py and test_damaged_corpus.py; here are the parsers that we wrote.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from heritage3d import errors
from heritage3d.gltf import container, ktx2
from heritage3d.iiif import pixels
from heritage3d.image import exif, header, profile
from heritage3d.mesh import reading
from heritage3d.photogrammetry import lens
from heritage3d.pipeline import addresses
from tests.hostile import corpus
from tests.hostile.changes import changed, edited, stored, tried

HEAD = 600  # bytes: where most headers end


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, bytes, str]]:
    return corpus.formats(tmp_path_factory.mktemp("formats"))


def _all_of_a_header(path: Path) -> object:
    return header.is_raw(path), lens.read_lens(path), pixels.pixel_size(path), header.read_header(path)


@pytest.mark.parametrize("form", corpus.IMAGES)
def test_the_header_of_an_image(form: str, formats: dict[str, tuple[str, bytes, str]]) -> None:
    file, whole, _ = formats[form]
    told = tried(
        edited(whole, HEAD),
        lambda folder, content: stored(folder / file, content),
        lambda at: _all_of_a_header(at / file),
        0.2 if form == "dng" else 1.0,  # asked in a process of its own
    )
    print(f"{form}: {told}")


@pytest.mark.parametrize("form", corpus.MESHES)
def test_a_mesh(form: str, formats: dict[str, tuple[str, bytes, str]]) -> None:
    file, whole, _ = formats[form]
    told = tried(
        edited(whole, HEAD),
        lambda folder, content: stored(folder / file, content),
        lambda at: (reading.companions(at / file), reading.read(at / file)),
        0.5,
    )
    print(f"{form}: {told}")


_MATERIALS = (
    b"newmtl a\nKd 0.5 0.4 0.3\nd 0.5\nmap_Kd -s 1 1 1 -o 0 0 0 a.png\nnorm -bm 1 n.png\nnewmtl b\nmap_Ke a.png\n"
)


def test_a_material_library() -> None:
    def put(folder: Path, content: bytes) -> None:
        (folder / "m.obj").write_text("mtllib m.mtl\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
        (folder / "m.mtl").write_bytes(content)
        (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (folder / "n.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    read = lambda folder: (reading.companions(folder / "m.obj"), reading.read(folder / "m.obj"))  # noqa: E731
    print(f"mtl: {tried(edited(_MATERIALS), put, read)}")


def test_the_document_of_a_gltf(formats: dict[str, tuple[str, bytes, str]], tmp_path: Path) -> None:
    """Its JSON with other values: indices that lead nowhere, counts that lie, numbers in place of lists."""
    sound = container.read(stored(tmp_path / "m.gltf", formats["gltf"][1])).document
    put = lambda folder, told: stored(folder / "m.gltf", addresses.dump(told))  # noqa: E731
    print(f"glTF: {tried(changed(sound), put, lambda folder: reading.read(folder / 'm.gltf'))}")


def _grey(gamma: float) -> bytes:
    """A grey profile with a parametric curve (ICC.1:2022, 10.18)."""
    numbers = (int(value * 65536).to_bytes(4, "big", signed=True) for value in (gamma, 1, 0, 1, 0))
    curve = b"para\0\0\0\0\0\3\0\0" + b"".join(numbers)
    head = bytearray(144)
    head[:4], head[16:20], head[36:40] = (144 + len(curve)).to_bytes(4, "big"), b"GRAY", b"acsp"
    head[128:144] = b"\0\0\0\1kTRC" + (144).to_bytes(4, "big") + len(curve).to_bytes(4, "big")
    return bytes(head) + curve


PROFILES = {
    "rgb": lambda: ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "grey": lambda: _grey(2.4),
    "black shines": lambda: _grey(-2.4),
    "steeper than any": lambda: _grey(30_000),
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_colour_profile(name: str) -> None:
    def read(folder: Path) -> list[float]:
        content = (folder / "p.icc").read_bytes()
        told = (profile.name(content), profile.space(content), profile.is_srgb(content))
        curve = profile.grey_curve(content)
        return [profile.to_srgb(curve(at / 8)) for at in range(9)] if told and curve else []

    sound = PROFILES[name]()
    assert (profile.grey_curve(sound) is not None) == (name == "grey")
    assert profile.is_srgb(sound) == (name == "rgb")
    print(f"profile: {tried(edited(sound), lambda folder, content: stored(folder / 'p.icc', content), read)}")


def test_an_exif_block_is_never_an_error() -> None:
    tag = b"\x12\1\3\0\1\0\0\0\6\0\0\0" + b"\x1a\1\5\0\1\0\0\0\x3e\0\0\0" + b"\x28\1\3\0\1\0\0\0\2\0\0\0"
    sound = b"Exif\0\0II*\0\x08\0\0\0\3\0" + tag + bytes(16)
    told = tried(
        edited(sound),
        lambda folder, content: stored(folder / "e", content),
        lambda folder: exif.read_exif((folder / "e").read_bytes()),
    )
    assert "0 refused" in told
    print(f"EXIF: {told}")


def test_the_head_of_a_ktx2() -> None:
    sound = ktx2.encode(np.full((8, 8, 3), 90, np.uint8), srgb=True)

    def read(folder: Path) -> None:
        try:
            ktx2.decode((folder / "t.ktx2").read_bytes())
        except ktx2.Ktx2Fault as error:
            raise errors.GltfInvalid(file="t.ktx2", detail=str(error)) from None

    print(f"KTX2: {tried(edited(sound, 160), lambda folder, content: stored(folder / 't.ktx2', content), read)}")
