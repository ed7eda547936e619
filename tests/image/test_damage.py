"""Damage on the way from the camera: cut off anywhere, bits flipped; one line, and nothing at the destination."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from heritage3d.errors import ImageError, ImageTruncated
from heritage3d.pipeline.digests import sha256_of
from tests.image.pictures import noise, read
from tests.image.test_refusals import VARIANTS, write_tiff


@pytest.mark.parametrize("name", ["m.png", "m.jpg", "m.webp", "m.jp2", *VARIANTS])
def test_a_file_that_is_cut_off_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    pixels = noise(150, 101)
    if name in VARIANTS:
        write_tiff(path, pixels, VARIANTS[name])
    else:
        Image.fromarray(pixels).save(path)
    whole = path.read_bytes()
    read(path)
    for part in range(1, 20):
        path.write_bytes(whole[: len(whole) * part // 20])
        with pytest.raises(ImageError) as caught:
            read(path)
        assert isinstance(caught.value, ImageTruncated), (part, str(caught.value))


@pytest.mark.parametrize(
    "name", ["m.png", "m.jpg", "m.webp", "m.jp2", "lzw.tif", "deflate.tif", "zstd.tif", "jpeg.tif"]
)
def test_flipped_bits_never_crash_a_decoder(name: str, tmp_path: Path) -> None:
    """Read or refused in one line. That the picture changed is for the digest of the capture to tell."""
    path = tmp_path / name
    pixels = noise(150, 101)
    if name in VARIANTS:
        write_tiff(path, pixels, VARIANTS[name])
    else:
        Image.fromarray(pixels).save(path)
    whole = path.read_bytes()
    chance = random.Random(name)
    for _round in range(60):
        content = bytearray(whole)
        for _flip in range(chance.choice((1, 1, 8))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(content))
        try:
            read(path)
        except ImageError as error:
            line = str(error)
        else:
            continue
        assert "\n" not in line


def test_a_flipped_bit_is_found_by_the_digest_of_the_capture(tmp_path: Path) -> None:
    """No decoder sees it in plain samples: the picture is read, and is another one."""
    path = tmp_path / "m.tif"
    pixels = noise(150, 101)
    tifffile.imwrite(path, pixels, photometric="rgb")
    before, content = sha256_of(path), bytearray(path.read_bytes())
    content[-1000] ^= 4
    path.write_bytes(bytes(content))
    assert (np.round(read(path) * 255) != pixels).sum() == 1
    assert sha256_of(path) != before


def test_nothing_lies_at_the_destination_of_what_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.tif"
    write_tiff(path, noise(900, 700), VARIANTS["lzw.tif"])
    path.write_bytes(path.read_bytes()[:-5000])
    command = [
        sys.executable,
        "-c",
        "from heritage3d.cli import main; main()",
        "tile",
        str(path),
        str(tmp_path / "out"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "H3D_LANG": "en"}, check=False)
    assert ran.returncode == 1
    assert "H3D-311" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.tif"]
