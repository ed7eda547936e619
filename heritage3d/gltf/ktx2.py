"""KTX 2.0 with UASTC inside: textures that graphics cards hold compressed, with their mip levels.

Sources: the KTX File Format Specification 2.0 (sections 3 to 5), the Khronos Data Format Specification 1.3 (section 5,
basic descriptor block) and KHR_texture_basisu, which narrows both for glTF.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d import __version__
from heritage3d.gltf.mipmaps import chain

MIME = "image/ktx2"
IDENTIFIER = b"\xabKTX 20\xbb\r\n\x1a\n"
_HEADER = struct.Struct("<9I")
_INDEX = struct.Struct("<4I2Q")
_LEVEL = struct.Struct("<3Q")
_ZSTD = 2
_ZSTD_EFFORT = 6
_UASTC, _ETC1S = 166, 163
_RGB, _RGBA = 0, 3
_UNSPECIFIED, _BT709 = 0, 1
_LINEAR, _SRGB = 1, 2
_MOST_SIDE = 1 << 15
# Zstandard is told how long its result must be, and there are 16 bytes for each 16 texels.
_MOST_LEVELS = 16


class Ktx2Fault(Exception):
    """What is wrong with a KTX2 file, as a short fragment; callers add the name of the file."""


@dataclass(frozen=True)
class Header:
    """What the head of a KTX2 file says."""

    width: int
    height: int
    levels: int
    model: str  # "UASTC" or "ETC1S"
    alpha: bool
    srgb: bool
    zstd: bool
    places: tuple[tuple[int, int, int], ...]  # per level: offset, length, length unpacked


def encode(pixels: NDArray[np.uint8], *, srgb: bool, normal_map: bool = False, mipmaps: bool = True) -> bytes:
    """A KTX2 file of a texture, (h, w, 3 or 4) uint8: UASTC in Zstandard, with all mip levels.

    ``srgb`` is for colours; data (normals, roughness, occlusion) is linear. Sides must be multiples of four
    (KHR_texture_basisu). The same texture gives the same bytes, on any number of cores. Raises ValueError.
    """
    import imagecodecs

    from heritage3d.gltf import uastc

    height, width = pixels.shape[:2]
    if height % 4 or width % 4 or not height or not width or pixels.shape[2] not in (3, 4):
        raise ValueError(f"a texture of {width} x {height} texels; sides must be multiples of four")
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full((height, width), 255, np.uint8)])
    alpha = bool((pixels[..., 3] < 255).any())
    levels = chain(pixels, srgb=srgb, normal_map=normal_map) if mipmaps else [pixels]
    raw = [uastc.encode(level)[0] for level in levels]
    packed = [bytes(imagecodecs.zstd_encode(data, level=_ZSTD_EFFORT)) for data in raw]
    return _container(width, height, packed, [len(data) for data in raw], alpha=alpha, srgb=srgb)


def _container(width: int, height: int, packed: list[bytes], whole: list[int], *, alpha: bool, srgb: bool) -> bytes:
    descriptor = _descriptor(alpha=alpha, srgb=srgb)
    values = _key_values({"KTXorientation": "rd", "KTXwriter": f"heritage3d {__version__}"})
    after_index = len(IDENTIFIER) + _HEADER.size + _INDEX.size + len(packed) * _LEVEL.size
    start = after_index + len(descriptor) + len(values)
    places: list[tuple[int, int, int]] = []
    for data, length in zip(reversed(packed), reversed(whole), strict=True):  # the smallest level comes first
        places.append((start, len(data), length))
        start += len(data)
    head = IDENTIFIER + _HEADER.pack(0, 1, width, height, 0, 0, 1, len(packed), _ZSTD)
    head += _INDEX.pack(after_index, len(descriptor), after_index + len(descriptor), len(values), 0, 0)
    index = b"".join(_LEVEL.pack(*place) for place in reversed(places))
    return head + index + descriptor + values + b"".join(reversed(packed))


def _descriptor(*, alpha: bool, srgb: bool) -> bytes:
    """The data format descriptor: one basic block with one sample of 128 bits."""
    sample = struct.pack("<HBB4B2I", 0, 127, _RGBA if alpha else _RGB, 0, 0, 0, 0, 0, 0xFFFFFFFF)
    primaries, transfer = (_BT709, _SRGB) if srgb else (_UNSPECIFIED, _LINEAR)
    fixed = bytes([_UASTC, primaries, transfer, 0, 3, 3, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0])
    block = struct.pack("<IHH", 0, 2, 8 + len(fixed) + len(sample)) + fixed + sample
    return struct.pack("<I", 4 + len(block)) + block


def _key_values(pairs: dict[str, str]) -> bytes:
    """Keys in the order of their code points, each entry padded to four bytes."""
    made = b""
    for key, value in sorted(pairs.items()):
        entry = key.encode() + b"\0" + value.encode() + b"\0"
        made += struct.pack("<I", len(entry)) + entry + b"\0" * (-len(entry) % 4)
    return made


# --- reading ---------------------------------------------------------------------------------------------------


def header(data: bytes) -> Header:
    """The head of a KTX2 file that glTF allows: two dimensions, UASTC or ETC1S. Raises Ktx2Fault."""
    try:
        return _header(data)
    except struct.error as error:
        raise Ktx2Fault("it ends within its header") from error


def _header(data: bytes) -> Header:
    if data[:12] != IDENTIFIER:
        raise Ktx2Fault("it is no KTX 2.0 file")
    form, _, width, height, depth, layers, faces, levels, scheme = _HEADER.unpack_from(data, 12)
    if depth or layers or faces != 1 or not width or not height:
        raise Ktx2Fault("it holds no plain picture of two dimensions")
    if max(width, height) > _MOST_SIDE or levels > _MOST_LEVELS:
        raise Ktx2Fault(f"it says {width} x {height} texels in {levels} levels")
    at = 12 + _HEADER.size
    descriptor, length = struct.unpack_from("<2I", data, at)
    if length < 44 or descriptor + length > len(data):
        raise Ktx2Fault("its data format descriptor lies outside of it")
    model, _, transfer = data[descriptor + 12], data[descriptor + 13], data[descriptor + 14]
    channel = data[descriptor + 31] & 15
    if form or model not in (_UASTC, _ETC1S):
        raise Ktx2Fault("it holds neither UASTC nor ETC1S")
    if scheme not in ((0, _ZSTD) if model == _UASTC else (1,)):
        raise Ktx2Fault(f"its supercompression scheme {scheme} does not go with its format")
    places = tuple(_LEVEL.unpack_from(data, at + _INDEX.size + k * _LEVEL.size) for k in range(max(1, levels)))
    if any(offset + size > len(data) for offset, size, _ in places):
        raise Ktx2Fault("a level lies outside of it")
    alpha = channel == _RGBA if model == _UASTC else length >= 60
    return Header(
        width,
        height,
        levels,
        "UASTC" if model == _UASTC else "ETC1S",
        alpha,
        transfer == _SRGB,
        scheme == _ZSTD,
        places,
    )


def decode(data: bytes, level: int = 0) -> NDArray[np.uint8]:
    """The texels of one level of a UASTC file, (h, w, 4) RGBA, as a transcoder makes them. Raises Ktx2Fault."""
    import imagecodecs

    from heritage3d.gltf import uastc_blocks

    head = header(data)
    if head.model != "UASTC":
        raise Ktx2Fault("it holds ETC1S, which is not read")
    width, height = max(1, head.width >> level), max(1, head.height >> level)
    offset, size, _ = head.places[level]
    whole = -(-width // 4) * -(-height // 4) * 16
    stored: bytes = data[offset : offset + size]
    if head.zstd:
        try:
            stored = bytes(imagecodecs.zstd_decode(stored, out=whole))
        except (RuntimeError, ValueError) as error:
            raise Ktx2Fault("a level cannot be unpacked") from error
    if len(stored) != whole:
        raise Ktx2Fault(f"a level has {len(stored)} bytes in place of {whole}")
    texels, sound = uastc_blocks.decode(stored, width, height)
    if not sound:
        raise Ktx2Fault("a block has a mode that is reserved")
    return texels
