"""Textures of a model: decoded behind a guard, brought to a size, encoded for the role of a file."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshTooLarge, TextureUnreadable
from heritage3d.gltf import ktx2
from heritage3d.gltf.model import Model, Texture, texture_slots
from heritage3d.pipeline import limits

# Slots whose texels are numbers, not colours: chroma must not be thinned out and quality stays higher.
_DATA_SLOTS = frozenset({"normalTexture", "occlusionTexture", "metallicRoughnessTexture"})
# The only slots whose texels are colours in sRGB (glTF 2.0 and the extensions that are kept); all else is linear.
_COLOUR_SLOTS = frozenset({"baseColorTexture", "emissiveTexture", "specularColorTexture", "sheenColorTexture"})
_NORMAL_SLOTS = frozenset({"normalTexture", "clearcoatNormalTexture"})

Format = Literal["webp", "jpeg", "ktx2"]

# 16384 x 32768 and above is no texture. An empty picture of 100 pixels a byte may have 64 megapixels; captured
# ones have one to ten.
_MOST_PIXELS, _MOST_CHEAP_PIXELS, _PIXELS_PER_BYTE = 1 << 29, 1 << 26, 100


@dataclass(frozen=True)
class Role:
    """What a file wants of its textures: the longest side in pixels and the quality of WebP or JPEG, 1 to 100.

    ``data_side`` is the side for normals, roughness and occlusion; ``keep`` leaves the captured bytes
    alone wherever glTF can hold them at that size. ``format`` "ktx2" is UASTC with mip levels, which graphics cards
    hold at a quarter of the memory; it needs no quality.
    """

    side: int
    data_side: int
    quality: int = 85
    data_quality: int = 90
    keep: bool = False
    format: Format = "webp"


def decode(texture: Texture, name: str) -> Any:
    """The picture of a texture as a pyvips image (sRGB, 8 bit, 1 to 4 bands), read from memory.

    ``name`` is the model's, for errors. Raises TextureUnreadable, MeshTooLarge.
    """
    from heritage3d.image.vips import pyvips

    if texture.mime == ktx2.MIME:
        return _unpacked(texture, name)
    try:
        image = pyvips.Image.new_from_buffer(texture.data, "", fail_on="warning")
        _bounded(image.width * image.height, len(texture.data), name)
        if image.interpretation not in ("srgb", "b-w"):
            image = image.colourspace("srgb")
        if image.format != "uchar":
            image = image.cast("uchar", shift=image.format == "ushort")
        return image.copy_memory()
    except pyvips.Error as error:
        detail = str(error).strip().splitlines()[-1] if str(error).strip() else ""
        raise TextureUnreadable(file=name, reference=texture.name, detail=detail) from error


def check(texture: Texture, name: str) -> None:
    """Decode a texture to its last line; of ETC1S, which is not decoded, the header. Raises as ``decode`` does."""
    try:
        if texture.mime == ktx2.MIME and ktx2.header(texture.data).model == "ETC1S":
            return
    except ktx2.Ktx2Fault as fault:
        raise TextureUnreadable(file=name, reference=texture.name, detail=f"KTX2: {fault}") from fault
    decode(texture, name)


def _unpacked(texture: Texture, name: str) -> Any:
    """The first level of a KTX2 texture as a pyvips image."""
    from heritage3d.image.vips import pyvips

    try:
        head = ktx2.header(texture.data)
        _bounded(head.width * head.height, len(texture.data), name)
        texels = ktx2.decode(texture.data)
    except ktx2.Ktx2Fault as fault:
        raise TextureUnreadable(file=name, reference=texture.name, detail=f"KTX2: {fault}") from fault
    bands = texels if head.alpha else np.ascontiguousarray(texels[:, :, :3])
    image = pyvips.Image.new_from_memory(bands.tobytes(), head.width, head.height, bands.shape[2], "uchar")
    return image.copy(interpretation="srgb")


def _bounded(count: int, size: int, name: str) -> None:
    """Refuse by the header: more pixels than any scanner's texture has, or far more than so few bytes can tell."""
    most = min(limits.MAX_PIXELS, _MOST_PIXELS if size * _PIXELS_PER_BYTE > count else _MOST_CHEAP_PIXELS)
    if count > most:
        raise MeshTooLarge(file=name, count=count, limit=most, what="pixels of a texture")


def pixels(texture: Texture, name: str, side: int) -> NDArray[np.uint8]:
    """The texture as an array (height, width, 4) of at most ``side`` pixels a side."""
    return _array(_sized(decode(texture, name), side))


def _array(image: Any) -> NDArray[np.uint8]:
    if image.bands < 3:
        colour = image[0].bandjoin([image[0], image[0]])
        image = colour.bandjoin(image[1]) if image.bands == 2 else colour
    if image.bands == 3:
        image = image.bandjoin(255)
    return np.ascontiguousarray(image.numpy()[:, :, :4])


def _sized(image: Any, side: int) -> Any:
    longest = max(image.width, image.height)
    return image if longest <= side else image.resize(side / longest, kernel="lanczos3")


#: Textures that were encoded before: by their bytes, the role and the slots.
Encoded = dict[tuple[bytes, Role, frozenset[str]], tuple[bytes, str]]


def fitted(model: Model, role: Role, name: str, before: Encoded | None = None) -> Model:
    """The model with every texture at the size and in the encoding of the role.

    KTX2 says of each texture whether it holds colours: one that serves as both colour and data becomes two.
    With ``before``, which it adds to, no texture is encoded twice for one role.
    Raises TextureUnreadable where a texture cannot be decoded to its last line.
    """
    before = {} if before is None else before
    if role.format == "ktx2" and not role.keep:
        model = _parted(model)
    kinds: dict[int, set[str]] = {}
    for material in model.materials:
        for slot, reference in texture_slots(material):
            kinds.setdefault(int(reference["index"]), set()).add(slot)
    made = []
    for index, texture in enumerate(model.textures):
        slots = frozenset(kinds.get(index, set()))
        key = (hashlib.sha256(texture.data).digest(), role, slots)
        if key not in before:
            before[key] = _encoded(texture, role, slots, name)
        data, mime = before[key]
        made.append(replace(texture, data=data, mime=mime))
    return replace(model, textures=tuple(made))


def _parted(model: Model) -> Model:
    """The model with a texture of its own for every use as data beside a use as colour."""
    materials, textures = copy.deepcopy(model.materials), list(model.textures)
    slots = [(slot, entry) for material in materials for slot, entry in texture_slots(material)]
    colours = {int(entry["index"]) for slot, entry in slots if slot in _COLOUR_SLOTS}
    places: dict[int, int] = {}
    for slot, entry in slots:
        index = int(entry["index"])
        if slot not in _COLOUR_SLOTS and index in colours:
            if index not in places:
                places[index] = len(textures)
                textures.append(textures[index])
            entry["index"] = places[index]
    return replace(model, materials=materials, textures=tuple(textures))


def _encoded(texture: Texture, role: Role, slots: frozenset[str], name: str) -> tuple[bytes, str]:
    """The bytes of a texture for a role, and their media type."""
    data = bool(slots & _DATA_SLOTS)
    image = decode(texture, name)
    side = role.data_side if data else role.side
    small = max(image.width, image.height) <= side
    if small and role.keep and texture.mime:
        return texture.data, texture.mime
    scaled = _sized(image, side)
    if role.keep:
        encoded, mime = _exact(scaled), "image/png"
    elif role.format == "ktx2":
        # A texture that no slot names keeps its place; as a colour it is the safest guess.
        texels = _array(_in_fours(scaled, side))
        colours = not slots or bool(slots & _COLOUR_SLOTS)
        return ktx2.encode(texels, srgb=colours, normal_map=bool(slots) and slots <= _NORMAL_SLOTS), ktx2.MIME
    else:
        encoded, mime = _coded(scaled, role, role.data_quality if data else role.quality, data)
    if small and texture.mime not in ("", ktx2.MIME) and len(texture.data) <= len(encoded):
        return texture.data, texture.mime
    return encoded, mime


def _coded(image: Any, role: Role, quality: int, data: bool) -> tuple[bytes, str]:
    if role.format == "webp":
        return image.webpsave_buffer(Q=quality, effort=4, smart_subsample=True, keep="none"), "image/webp"
    if image.hasalpha():
        if image[image.bands - 1].min() < 255:
            return _exact(image), "image/png"  # JPEG has no alpha
        image = image[: image.bands - 1]
    chroma = "off" if data else "auto"
    return image.jpegsave_buffer(Q=quality, optimize_coding=True, subsample_mode=chroma, keep="none"), "image/jpeg"


def _in_fours(image: Any, side: int) -> Any:
    """The image with sides that are multiples of four, each at most ``side`` where that is one."""
    wide, high = (max(4, min(-(-length // 4), max(side // 4, 1)) * 4) for length in (image.width, image.height))
    if (wide, high) == (image.width, image.height):
        return image
    return image.resize(wide / image.width, vscale=high / image.height, kernel="lanczos3")


def _exact(image: Any) -> bytes:
    data: bytes = image.pngsave_buffer(compression=6, keep="none")
    return data
