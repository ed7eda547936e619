"""Camera raw: scenes with known colours come out right, the same every time; what is broken is refused in time."""

from __future__ import annotations

import contextlib
import hashlib
import random
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from heritage3d.errors import ImageError, ImageRawRefused, ImageTooSlow, ImageTruncated
from heritage3d.image import develop, header, raw
from heritage3d.image.header import is_raw
from heritage3d.image.reading import describe, open_master
from heritage3d.pipeline.kinds import recognise
from tests.image.dng import patches, write_dng
from tests.image.pictures import delta_e_2000, lab, noise, read


@pytest.mark.parametrize("linear", [False, True])
def test_the_colours_of_the_scene_come_back(linear: bool, tmp_path: Path) -> None:
    scene = patches()
    write_dng(tmp_path / "m.dng", scene, linear=linear)
    found = read(tmp_path / "m.dng")
    assert found.shape == scene.shape
    # The middles of the patches: their edges are a matter of the interpolation.
    difference = delta_e_2000(lab(found), lab(scene)).reshape(4, 24, 5, 24)[:, 8:16, :, 8:16]
    assert difference.max() < 0.1


def test_brightness_does_not_depend_on_what_else_the_picture_shows(tmp_path: Path) -> None:
    dark = patches().clip(0, 0.5)
    write_dng(tmp_path / "m.dng", dark)
    assert np.abs(read(tmp_path / "m.dng")[4:20, 100:116] - 0.5).max() < 0.001  # the brightest grey


def test_the_content_decides_that_it_is_raw(tmp_path: Path) -> None:
    write_dng(tmp_path / "m.tif", patches(), compression=None)
    told = describe(tmp_path / "m.tif")
    assert (told["format"], told["compression"], told["width"], told["height"]) == ("camera raw", "DNG", 120, 96)
    known = recognise(tmp_path / "m.tif")
    assert known is not None
    assert known.name == "camera raw"
    assert known.check(tmp_path / "m.tif") == []
    tifffile.imwrite(tmp_path / "n.dng", noise(20, 10), photometric="rgb")
    assert not is_raw(tmp_path / "n.dng")
    assert describe(tmp_path / "n.dng")["format"] == "TIFF"


def test_a_raw_file_is_never_taken_for_its_thumbnail(tmp_path: Path) -> None:
    """As a NEF or an ARW: a small RGB page, the sensor's samples in a sub-page."""
    with tifffile.TiffWriter(tmp_path / "m.nef") as writer:
        writer.write(noise(32, 24), photometric="rgb", subfiletype=1, subifds=1)
        writer.write(noise(64, 48, 1, np.uint16)[:, :, 0], photometric="cfa")
    assert is_raw(tmp_path / "m.nef")
    with pytest.raises(ImageRawRefused, match="colours of this camera"):
        read(tmp_path / "m.nef")


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_it_stands_upright(orientation: int, turns: int, tmp_path: Path) -> None:
    scene = patches()
    write_dng(tmp_path / "m.dng", scene, orientation=orientation)
    wanted = np.rot90(scene, turns)
    told = describe(tmp_path / "m.dng")
    assert (told["height"], told["width"]) == wanted.shape[:2]
    assert np.median(np.abs(read(tmp_path / "m.dng") - wanted)) < 0.002


def test_developing_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dng(tmp_path / "m.dng", np.random.default_rng(3).uniform(0, 1, (300, 400, 3)))
    digests = []
    for threads in ("1", "4"):
        monkeypatch.setattr(raw.os, "environ", {**raw.os.environ, "OMP_NUM_THREADS": threads})
        digests.append(hashlib.sha256(read(tmp_path / "m.dng").tobytes()).hexdigest())
    assert digests[0] == digests[1]


def test_a_raw_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    write_dng(tmp_path / "m.dng", patches())
    whole = (tmp_path / "m.dng").read_bytes()
    for part in range(1, 10):
        (tmp_path / "m.dng").write_bytes(whole[: len(whole) * part // 10])
        with pytest.raises(ImageTruncated):
            read(tmp_path / "m.dng")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Canon CR3", struct.pack(">I8s4sI", 24, b"ftypcrx ", b"isom", 0) + bytes(4)),
        ("Fujifilm RAF", b"FUJIFILMCCD-RAW 0201" + bytes(200)),
        ("Panasonic RW2", b"IIU\0" + struct.pack("<IHHHIHII", 8, 1, 256, 3, 1, 64, 0, 0) + bytes(64)),
        ("Olympus ORF", b"IIRO" + struct.pack("<IHHHIHII", 8, 1, 256, 3, 1, 64, 0, 0) + bytes(64)),
        (
            "Canon CR2",
            b"II*\0\x10\0\0\0CR\2\0" + bytes(4) + struct.pack("<HHHIHII", 1, 256, 3, 1, 64, 0, 0) + bytes(64),
        ),
    ],
)
def test_the_makers_containers_are_known_and_junk_in_them_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.jpg").write_bytes(content)
    assert is_raw(tmp_path / "m.jpg")
    with pytest.raises(ImageRawRefused, match=f"H3D-320 .*{name}"):
        describe(tmp_path / "m.jpg")


def test_flipped_bits_are_survived_in_bounded_time(tmp_path: Path) -> None:
    write_dng(tmp_path / "m.dng", patches(), compression=None)
    whole = (tmp_path / "m.dng").read_bytes()
    chance = random.Random(5)
    for _round in range(12):
        content = bytearray(whole)
        for _flip in range(6):
            content[chance.randrange(900)] ^= 1 << chance.randrange(8)  # the tags lie in front
        (tmp_path / "m.dng").write_bytes(bytes(content))
        start = time.monotonic()
        with contextlib.suppress(ImageError):
            read(tmp_path / "m.dng")
        assert time.monotonic() - start < 30  # a loaded machine; alone it takes a second


def test_a_decoder_that_hangs_or_dies_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dng(tmp_path / "m.dng", patches())
    for program, error in (("while True: pass", ImageTooSlow), ("import os; os.abort()", ImageRawRefused)):
        (tmp_path / "program.py").write_text(program)
        monkeypatch.setattr(develop, "__file__", str(tmp_path / "program.py"))
        monkeypatch.setattr(develop, "DESCRIBE_SECONDS", 0.2)
        with pytest.raises(error):
            describe(tmp_path / "m.dng")


def test_a_header_bomb_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    write_dng(tmp_path / "m.dng", patches())
    content = bytearray((tmp_path / "m.dng").read_bytes())
    for tag, value in ((256, 120), (257, 96)):
        at = content.index(struct.pack("<HHII", tag, 4, 1, value))
        content[at : at + 12] = struct.pack("<HHII", tag, 4, 1, 19_000)
    (tmp_path / "m.dng").write_bytes(bytes(content))
    with pytest.raises(ImageError):
        describe(tmp_path / "m.dng")


def test_the_evidence_says_how_it_was_developed(tmp_path: Path) -> None:
    write_dng(tmp_path / "m.dng", patches())
    with open_master(tmp_path / "m.dng") as master:
        assert (master.channels, master.depth) == (3, 16)
        assert "white balance" in master.profile
    assert header.sniff(b"II*\0\x08\0\0\0" + bytes(20)) == "TIFF"
