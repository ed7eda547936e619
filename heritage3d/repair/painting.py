"""The colours around a hole, so that what closes it does not shout; it has no texture of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import TextureUnreadable
from heritage3d.gltf import textures
from heritage3d.gltf.model import Model, Primitive
from heritage3d.mesh import assembling

#: The name of the material of what was invented.
NAME = "filled, not captured"
_MOST_SIDE = 1 << 15
_GREY = 0.5


class Painter:
    """Gives vertices of a model the colour in which they are seen: texture times vertex colour times factor."""

    def __init__(self, model: Model, name: str) -> None:
        self.model, self.name = model, name
        self.starts = np.cumsum([0, *(len(entry.positions) for entry in model.primitives)])
        self.coloured = any(entry.colours is not None or entry.material is not None for entry in model.primitives)
        self.used: dict[int | None, int] = {}
        self._pictures: dict[int, NDArray[np.uint8]] = {}

    def colours(self, owner: NDArray[np.int32], rows: NDArray[np.uint32]) -> NDArray[np.float64]:
        """The colours of some vertices (rows of the whole model, with their primitives), (n, 4), linear, opaque."""
        made = np.ones((len(rows), 4))
        for number in np.unique(owner):
            entry, mine = self.model.primitives[number], owner == number
            at = rows[mine] - self.starts[number]
            self.used[entry.material] = self.used.get(entry.material, 0) + int(mine.sum())
            colour = np.ones((len(at), 4)) if entry.colours is None else entry.colours[at].astype(np.float64)
            made[mine] = colour * self._material(entry, at)
        made[:, 3] = 1
        return made

    def material(self) -> dict[str, Any]:
        """A material without textures that looks like the one that most of the borders have."""
        most = max(self.used, key=lambda number: (self.used[number], number is not None))
        source = {} if most is None else self.model.materials[most]
        pbr = source.get("pbrMetallicRoughness", {})
        kept = {"metallicFactor": 0.0, "roughnessFactor": 0.9}
        if most is not None and "metallicRoughnessTexture" not in pbr:
            kept = {key: pbr.get(key, 1.0) for key in kept}
        made: dict[str, Any] = {"name": NAME, "pbrMetallicRoughness": kept}
        if source.get("doubleSided"):
            made["doubleSided"] = True
        if "KHR_materials_unlit" in source.get("extensions", {}):
            made["extensions"] = {"KHR_materials_unlit": {}}
        return made

    def _material(self, entry: Primitive, rows: NDArray[np.uint32]) -> NDArray[np.float64]:
        if entry.material is None:
            return np.ones((len(rows), 4))
        pbr = self.model.materials[entry.material].get("pbrMetallicRoughness", {})
        factor = np.array(pbr.get("baseColorFactor", [1.0] * 4), np.float64)
        slot = pbr.get("baseColorTexture")
        if slot is None:
            return np.tile(factor, (len(rows), 1))
        moved = slot.get("extensions", {}).get("KHR_texture_transform", {})
        chosen = int(moved.get("texCoord", slot.get("texCoord", 0)))
        if chosen >= len(entry.uvs):
            return np.tile(factor, (len(rows), 1))
        picture = self._picture(int(slot["index"]))
        return factor * _sampled(picture, _moved(entry.uvs[chosen][rows].astype(np.float64), moved))

    def _picture(self, index: int) -> NDArray[np.uint8]:
        if index not in self._pictures:
            try:
                self._pictures[index] = textures.pixels(self.model.textures[index], self.name, _MOST_SIDE)
            except TextureUnreadable:  # said where the texture itself is needed
                self._pictures[index] = np.full((1, 1, 4), 188, np.uint8)
        return self._pictures[index]


def _moved(uv: NDArray[np.float64], moved: dict[str, Any]) -> NDArray[np.float64]:
    """KHR_texture_transform: scale, then rotation, then offset."""
    scale, turn = np.array(moved.get("scale", [1, 1])), float(moved.get("rotation", 0))
    u, v = (uv * scale).T
    turned = np.stack([np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u], axis=1)
    return np.asarray(turned + np.array(moved.get("offset", [0, 0])), np.float64)


def _sampled(picture: NDArray[np.uint8], uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest texels, as linear light; beyond the picture it repeats."""
    height, width = picture.shape[:2]
    column = np.minimum((uv[:, 0] % 1.0 * width).astype(np.int64), width - 1)
    row = np.minimum((uv[:, 1] % 1.0 * height).astype(np.int64), height - 1)
    return assembling.linear(picture[row, column] / 255.0).astype(np.float64)
