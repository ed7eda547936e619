"""Camera raw files (CR2, CR3, NEF, ARW, RAF, ORF, RW2, DNG): developed by LibRaw in a process of its own.

Developed the same way every time: white balance of the camera, sRGB, 16 bits, upright, and nothing that
depends on what the picture shows. The container is walked here first, so that a cut file is named as such.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from heritage3d.errors import ImageRawRefused, ImageTooSlow
from heritage3d.image import develop, tiff
from heritage3d.image.header import Fault, Header, Read, truncated, unsupported
from heritage3d.image.strips import MAX_WHOLE_PIXELS, Rows, Strips, rows_per_strip

#: Raw files hold noise, which no coder makes smaller than this: more pixels a byte is a lie of the header.
_MAX_PIXELS_PER_BYTE = 64
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's flip -> EXIF
_WAIT = 6  # a loaded machine gives a process a part of a core; the limit proper is processor time


def parse(number: int, read: Read, size: int) -> Header:
    """The header of a raw file. Raises header.Fault."""
    name = _container(read, size)
    told = _tell(_call(number, ["describe"], None, develop.DESCRIBE_SECONDS), name)
    pixels = told["width"] * told["height"]
    sensor = told["sensor"][0] * told["sensor"][1]
    if max(pixels, sensor) > MAX_WHOLE_PIXELS:
        raise unsupported(f"{name} above {MAX_WHOLE_PIXELS // 1_000_000} megapixels is not developed")
    if sensor > size * _MAX_PIXELS_PER_BYTE:
        raise Fault(ImageRawRefused, detail=f"{name}: its header claims {sensor} pixels in {size} bytes")
    if not told["known"]:
        raise Fault(ImageRawRefused, detail=f"{name}: the colours of this camera are not known")
    if not 0.99 < told["aspect"] < 1.01 or told["flip"] not in _ORIENTATIONS:
        raise unsupported(f"{name} with pixels that are not square")
    return Header(
        format="camera raw",
        width=told["width"],
        height=told["height"],
        bits=max(8, min(16, int(told["white"]).bit_length())),
        bands=told["colours"],
        colour="camera",
        orientation=_ORIENTATIONS[told["flip"]],
        compression=name,
    )


def open_rows(number: int, header: Header) -> Strips:
    """The developed rows: 16-bit sRGB, upright. The picture is developed when the first is asked for."""
    width, height = header.upright
    shape = (height, width, 3)

    def rows() -> Rows:
        with tempfile.TemporaryFile() as file:
            seconds = develop.seconds_for(width * height)
            told = _tell(_call(number, ["develop", str(MAX_WHOLE_PIXELS)], file, seconds), header.compression)
            if tuple(told["developed"]) != shape or os.fstat(file.fileno()).st_size != width * height * 6:
                raise unsupported(f"{header.compression}: it develops to another size than its header says")
            samples = np.memmap(file, np.uint16, "r", shape=shape)
            step = rows_per_strip(width * 6)
            for top in range(0, height, step):
                yield np.asarray(samples[top : top + step])

    return Strips(3, 16, rows)


def _call(number: int, arguments: list[str], samples: IO[bytes] | None, seconds: int) -> tuple[int, str]:
    """Run develop.py on the file with this descriptor; its exit status and the last line that it said."""
    os.lseek(number, 0, os.SEEK_SET)
    surroundings = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(Path(develop.__file__)), *arguments],
            stdin=number,
            stdout=samples or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds * _WAIT,
            env=surroundings,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Fault(ImageTooSlow, seconds=seconds * _WAIT) from None
    if done.returncode == -getattr(signal, "SIGXCPU", 24):
        raise Fault(ImageTooSlow, seconds=seconds)
    return done.returncode, done.stderr.decode("utf-8", "replace").rstrip().rpartition("\n")[2]


def _tell(answer: tuple[int, str], name: str) -> dict[str, Any]:
    status, line = answer
    if status != 0:
        raise Fault(ImageRawRefused, detail=f"{name}: its decoder stopped with status {status}")
    told: dict[str, Any] = json.loads(line)
    if "error" in told:
        text = " ".join(str(told["error"]).split())[:120].rstrip(".")
        raise Fault(ImageRawRefused, detail=f"{name}: {text[:1].lower()}{text[1:]}")
    return told


def _container(read: Read, size: int) -> str:
    """What the file is called by those who make it; its bytes are all there. Raises header.Fault."""
    head = read(0, 128)
    if head[4:12] == b"ftypcrx ":
        _walk_boxes(read, size)
        return "Canon CR3"
    if head[:15] == b"FUJIFILMCCD-RAW":
        for at in (84, 92, 100):  # preview, description, samples: offset and length of each
            start, length = int.from_bytes(head[at : at + 4], "big"), int.from_bytes(head[at + 4 : at + 8], "big")
            if start + length > size:
                raise truncated(f"{start + length - size} bytes are missing at its end")
        return "Fujifilm RAF"
    known = {b"IIU\0": "Panasonic RW2", b"IIRO": "Olympus ORF", b"IIRS": "Olympus ORF", b"MMOR": "Olympus ORF"}
    pages = tiff.pages(read, size, deep=True)
    for page in pages:
        _check_end(page, size)
    if head[:4] in known:
        return known[head[:4]]
    if any(50706 in page.tags for page in pages):
        return "DNG"
    if head[8:10] == b"CR":
        return "Canon CR2"
    makers = {"NIKON": "Nikon NEF", "SONY": "Sony ARW", "PENTAX": "Pentax PEF", "SAMSUNG": "Samsung SRW"}
    maker = str(next((p.tags[271][0].decode("latin-1") for p in pages if 271 in p.tags), "")).strip("\0 ")
    return makers.get(maker.split(" ")[0].upper(), f"a raw file of {maker}" if maker else "a raw file")


def _check_end(page: tiff.Page, size: int) -> None:
    offsets, counts = page.chunks
    ends = [at + length for at, length in zip(offsets, counts, strict=False) if isinstance(length, int)]
    # The last strip of a Panasonic file is "to the end", which it says with the largest number.
    if ends and max(ends) > size and max(counts) < 0xFFFF_FFFF:
        raise truncated(f"{max(ends) - size} bytes are missing at its end")


def _walk_boxes(read: Read, size: int) -> None:
    """ISO base media boxes (ISO/IEC 14496-12), each inside the file."""
    at = 0
    for _count in range(10_000):
        if at >= size:
            return
        head = read(at, 16)
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:16], "big") if length == 1 else length or size - at
        if len(head) < 8 or length < 8 or at + length > size:
            raise truncated(f"{at + length - size} bytes are missing at its end" if length >= 8 else "a box is cut off")
        at += length
