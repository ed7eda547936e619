"""Old-style JPEG in TIFF, in the three ways in which makers wrote it, against the same picture as a JPEG."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heritage3d.errors import ImageError
from tests.image.pictures import gradient, read

WIDTH, HEIGHT = 96, 64


def jpeg() -> tuple[bytes, dict[int, list[tuple[int, int]]], int]:
    """A baseline JPEG, 4:2:0: the stream, its segments by marker (place, length of the body), where its samples are."""
    buffer = io.BytesIO()
    Image.fromarray(np.round(gradient(WIDTH, HEIGHT) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    stream, at, found = buffer.getvalue(), 2, {}
    while True:
        marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
        found.setdefault(marker, []).append((at + 4, length - 2))
        at += 2 + length
        if marker == 0xDA:
            return stream, found, at


def tiff(tags: dict[int, tuple[int, ...]], data: bytes) -> bytes:
    """A TIFF of these tags (all LONG), the data right behind its header at 8."""
    tags = {
        256: (WIDTH,),
        257: (HEIGHT,),
        258: (8, 8, 8),
        259: (6,),
        262: (6,),
        277: (3,),
        512: (1,),
        530: (2, 2),
    } | tags
    at = 8 + len(data) + len(data) % 2
    far, entries = at + 2 + 12 * len(tags) + 4, b""
    extra = b""
    for tag, values in sorted(tags.items()):
        body = struct.pack(f"<{len(values)}I", *values)
        place = body if len(body) == 4 else struct.pack("<I", far + len(extra))
        extra += body if len(body) > 4 else b""
        entries += struct.pack("<HHI", tag, 4, len(values)) + place
    head = b"II*\0" + struct.pack("<I", at) + data + bytes(len(data) % 2)
    return head + struct.pack("<H", len(tags)) + entries + bytes(4) + extra


def whole() -> bytes:
    stream, _segments, samples = jpeg()
    strip = (8 + samples, len(stream) - samples - 2)
    return tiff({273: strip[:1], 279: strip[1:], 278: (HEIGHT,), 513: (8,), 514: (len(stream),)}, stream)


def beginning_and_strip() -> bytes:
    stream, segments, _samples = jpeg()
    scan = segments[0xDA][0][0] - 4
    given = {513: (8,), 514: (scan,), 273: (8 + scan,), 279: (len(stream) - scan - 2,), 278: (HEIGHT,)}
    return tiff(given, stream)


def tables_and_strip() -> bytes:
    stream, segments, samples = jpeg()
    tables: dict[int, list[int]] = {}
    for marker, low in ((0xDB, 65), (0xC4, 17)):
        for at, length in segments[marker]:
            done = 0
            while done < length:
                kind = stream[at + done]
                tables.setdefault(0xDB00 if marker == 0xDB else 0xC400 | kind & 0x10, []).append(8 + at + done + 1)
                done += 65 if marker == 0xDB else low + sum(stream[at + done + 1 : at + done + 17])
    given = {519: tables[0xDB00], 520: tables[0xC400], 521: tables[0xC410]}
    used = {tag: (places[0], places[1], places[1]) for tag, places in given.items()}
    strip = {273: (8 + samples,), 279: (len(stream) - samples - 2,), 278: (HEIGHT,)}
    return tiff(used | strip, stream)


WAYS = {"whole": whole, "beginning and strip": beginning_and_strip, "tables and strip": tables_and_strip}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_read_as_the_jpeg_that_it_holds(way: str, tmp_path: Path) -> None:
    (tmp_path / "m.tif").write_bytes(WAYS[way]())
    (tmp_path / "m.jpg").write_bytes(jpeg()[0])
    assert np.abs(read(tmp_path / "m.tif") - read(tmp_path / "m.jpg")).max() * 255 <= 2.01


@pytest.mark.parametrize("way", WAYS)
def test_what_is_cut_or_damaged_is_refused_or_read(way: str, tmp_path: Path) -> None:
    content = WAYS[way]()
    for part in range(1, 20):
        (tmp_path / "m.tif").write_bytes(content[: len(content) * part // 20])
        with pytest.raises(ImageError):
            read(tmp_path / "m.tif")
    chance = np.random.default_rng(2)
    for at in chance.integers(8, len(content), 60):
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(chance.integers(8))
        (tmp_path / "m.tif").write_bytes(bytes(flipped))
        try:
            assert read(tmp_path / "m.tif").shape[2] in (1, 3)
        except ImageError as error:
            line = str(error)
            assert "\n" not in line


def test_the_headroom_of_the_brightness_is_followed(tmp_path: Path) -> None:
    content = WAYS["whole"]()
    (tmp_path / "m.tif").write_bytes(content)
    plain = read(tmp_path / "m.tif") * 255
    stream, _segments, samples = jpeg()
    strip = {273: (8 + samples,), 279: (len(stream) - samples - 2,), 278: (HEIGHT,), 513: (8,), 514: (len(stream),)}
    (tmp_path / "m.tif").write_bytes(tiff({**strip, 532: (16, 235, 128, 240, 128, 240)}, stream))
    wider = read(tmp_path / "m.tif") * 255
    light = (plain.mean(axis=(0, 1)) - 16) * 255 / 219
    assert np.abs(wider.mean(axis=(0, 1)) - light).max() < 3
