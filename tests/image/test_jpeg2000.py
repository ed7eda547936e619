"""JPEG 2000 and HTJ2K: tiles one by one, bare codestreams where their colours are clear, damage refused."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from heritage3d.errors import ImageColoursUnclear, ImageError, ImageTruncated
from heritage3d.image.reading import describe
from heritage3d.pipeline import limits
from tests.image import jp2
from tests.image.pictures import noise, read


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_are_decoded_one_by_one_and_exactly(channels: int, dtype: type, tmp_path: Path) -> None:
    pixels = noise(700, 530, channels, dtype)
    (tmp_path / "m.jp2").write_bytes(jp2.boxed(jp2.tiled(pixels, 128), pixels))
    assert (np.round(read(tmp_path / "m.jp2") * np.iinfo(dtype).max) == pixels).all()


def test_a_tiled_picture_needs_the_memory_of_a_row_of_tiles(tmp_path: Path) -> None:
    """64 megapixels, 192 MB of samples; in one piece the decoder takes 12 bytes a pixel and more."""
    pixels = np.zeros((8192, 8192, 3), np.uint8)
    part = jp2.codestream(pixels[:1024, :1024], resolutions=2)
    at, length = part.index(b"\xff\x90\0\x0a"), int.from_bytes(part[4:6], "big")
    size = part[4:8] + struct.pack(">8I", 8192, 8192, 0, 0, 1024, 1024, 0, 0) + part[40 : 4 + length]
    tiles = b"".join(part[at : at + 4] + struct.pack(">H", number) + part[at + 6 : -2] for number in range(64))
    stream = part[:4] + size + part[4 + length : at] + tiles + b"\xff\xd9"
    (tmp_path / "m.jp2").write_bytes(jp2.boxed(stream, pixels))
    code = (
        "import resource, sys; from pathlib import Path; from heritage3d.image.reading import open_master\n"
        "import heritage3d.image.through_imagecodecs, imagecodecs\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with open_master(Path(sys.argv[1])) as master:\n"
        "    rows = sum(len(strip) for strip in master.strips())\n"
        "print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(tmp_path / "m.jp2")], capture_output=True, check=True)
    rows, megabytes = map(int, told.stdout.split())
    assert rows == 8192
    assert megabytes < 150


def test_a_bare_codestream_is_read_where_its_colours_are_clear(tmp_path: Path) -> None:
    for channels in (1, 3):
        pixels = noise(60, 40, channels)
        (tmp_path / "m.j2c").write_bytes(jp2.codestream(pixels))
        assert (np.round(read(tmp_path / "m.j2c") * 255) == pixels).all()
        (tmp_path / "m.jhc").write_bytes(imagecodecs.htj2k_encode(np.squeeze(pixels), reversible=True))
        assert describe(tmp_path / "m.jhc")["compression"] == "HTJ2K"
        assert (np.round(read(tmp_path / "m.jhc") * 255) == pixels).all()


def test_a_bare_codestream_is_refused_where_its_colours_are_a_guess(tmp_path: Path) -> None:
    pixels = noise(60, 40)
    (tmp_path / "m.j2c").write_bytes(jp2.codestream(pixels, mct=False))
    with pytest.raises(ImageColoursUnclear, match=r"H3D-325 .*3 components"):
        describe(tmp_path / "m.j2c")
    cinema = bytearray(jp2.codestream(pixels))
    cinema[6:8] = struct.pack(">H", 3)
    (tmp_path / "m.j2c").write_bytes(bytes(cinema))
    with pytest.raises(ImageColoursUnclear, match="profile 0x3"):
        describe(tmp_path / "m.j2c")


def test_a_codestream_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    pixels = noise(300, 280)
    for name, whole in (("m.j2c", jp2.codestream(pixels)), ("m.jp2", jp2.boxed(jp2.tiled(pixels, 128), pixels))):
        for part in range(1, 30):
            (tmp_path / name).write_bytes(whole[: len(whole) * part // 30])
            with pytest.raises(ImageTruncated):
                read(tmp_path / name)


def test_what_is_no_codestream_is_refused(tmp_path: Path) -> None:
    pixels = noise(300, 280)
    whole = jp2.tiled(pixels, 128)
    first = whole.index(b"\xff\x90\0\x0a")
    for at, value in ((8, b"\0\0\0\0"), (24, b"\0\0\0\0"), (first + 4, b"\x77\x77"), (first + 6, b"\0\0\0\x02")):
        content = bytearray(whole)
        content[at : at + len(value)] = value
        (tmp_path / "m.j2c").write_bytes(bytes(content))
        with pytest.raises(ImageError):
            read(tmp_path / "m.j2c")


def test_no_tiles_and_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from heritage3d.image import through_imagecodecs

    monkeypatch.setattr(through_imagecodecs, "MAX_WHOLE_PIXELS", 50_000)
    pixels = noise(300, 280)
    (tmp_path / "m.jp2").write_bytes(jp2.boxed(jp2.codestream(pixels), pixels))
    with pytest.raises(ImageError, match=r"H3D-315 .*without tiles"):
        read(tmp_path / "m.jp2")
    (tmp_path / "m.jp2").write_bytes(jp2.boxed(jp2.tiled(pixels, 128), pixels))
    assert (np.round(read(tmp_path / "m.jp2") * 255) == pixels).all()
    assert limits.MAX_PIXELS > through_imagecodecs.MAX_WHOLE_PIXELS
