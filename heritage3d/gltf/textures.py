"""Textures of a model: decoded behind a guard, brought to a size, encoded for the role of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshTooLarge, TextureUnreadable
from heritage3d.gltf.model import Model, Texture, texture_slots
from heritage3d.pipeline import limits

# Slots whose texels are numbers, not colours: chroma must not be thinned out and quality stays higher.
_DATA_SLOTS = frozenset({"normalTexture", "occlusionTexture", "metallicRoughnessTexture"})

# 16384 x 32768 and above is no texture. An empty picture of 100 pixels a byte may have 64 megapixels; captured
# ones have one to ten.
_MOST_PIXELS, _MOST_CHEAP_PIXELS, _PIXELS_PER_BYTE = 1 << 29, 1 << 26, 100


@dataclass(frozen=True)
class Role:
    """What a file wants of its textures: the longest side in pixels and the quality of WebP, 1 to 100.

    ``data_side`` is the side for normals, roughness and occlusion; ``keep`` leaves the captured bytes
    alone wherever glTF can hold them at that size.
    """

    side: int
    data_side: int
    quality: int = 85
    data_quality: int = 90
    keep: bool = False


def decode(texture: Texture, name: str) -> Any:
    """The picture of a texture as a pyvips image (sRGB, 8 bit, 1 to 4 bands), read from memory.

    ``name`` is the model's, for errors. Raises TextureUnreadable, MeshTooLarge.
    """
    from heritage3d.image.vips import pyvips

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


def _bounded(count: int, size: int, name: str) -> None:
    """Refuse by the header: more pixels than any scanner's texture has, or far more than so few bytes can tell."""
    most = min(limits.MAX_PIXELS, _MOST_PIXELS if size * _PIXELS_PER_BYTE > count else _MOST_CHEAP_PIXELS)
    if count > most:
        raise MeshTooLarge(file=name, count=count, limit=most, what="pixels of a texture")


def pixels(texture: Texture, name: str, side: int) -> NDArray[np.uint8]:
    """The texture as an array (height, width, 4) of at most ``side`` pixels a side."""
    image = _sized(decode(texture, name), side)
    if image.bands < 3:
        colour = image[0].bandjoin([image[0], image[0]])
        image = colour.bandjoin(image[1]) if image.bands == 2 else colour
    if image.bands == 3:
        image = image.bandjoin(255)
    return np.ascontiguousarray(image.numpy()[:, :, :4])


def _sized(image: Any, side: int) -> Any:
    longest = max(image.width, image.height)
    return image if longest <= side else image.resize(side / longest, kernel="lanczos3")


def fitted(model: Model, role: Role, name: str) -> Model:
    """The model with every texture at the size and in the encoding of the role.

    Raises TextureUnreadable where a texture cannot be decoded to its last line.
    """
    kinds: dict[int, set[str]] = {}
    for material in model.materials:
        for slot, reference in texture_slots(material):
            kinds.setdefault(int(reference["index"]), set()).add(slot)
    made = [
        _fitted(texture, role, bool(kinds.get(index, set()) & _DATA_SLOTS), name)
        for index, texture in enumerate(model.textures)
    ]
    return replace(model, textures=tuple(made))


def _fitted(texture: Texture, role: Role, data: bool, name: str) -> Texture:
    image = decode(texture, name)
    side = role.data_side if data else role.side
    small = max(image.width, image.height) <= side
    if small and role.keep and texture.mime:
        return texture
    scaled = _sized(image, side)
    if role.keep:
        encoded, mime = _exact(scaled), "image/png"
    else:
        quality = role.data_quality if data else role.quality
        encode: Callable[..., bytes] = scaled.webpsave_buffer
        encoded, mime = encode(Q=quality, effort=4, smart_subsample=True, keep="none"), "image/webp"
    if small and texture.mime and len(texture.data) <= len(encoded):
        return texture
    return replace(texture, data=encoded, mime=mime)


def _exact(image: Any) -> bytes:
    data: bytes = image.pngsave_buffer(compression=6, keep="none")
    return data
