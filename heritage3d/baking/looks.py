"""What a model looks like at a place of its surface: colour, normal and other maps, from textures and vertices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf import mipmaps, texels, textures
from heritage3d.gltf.model import Model, Primitive
from heritage3d.mesh.shading import shaded

Rows = NDArray[np.int64]
Values = NDArray[np.float64]
COLOUR_SLOTS = frozenset({"baseColorTexture", "emissiveTexture"})
_MOST_SIDE = 8192


def stored(light: Values) -> NDArray[np.uint8]:
    """Linear light as sRGB (IEC 61966-2-1)."""
    calm = np.clip(light, 0, 1)
    coded = np.where(calm <= 0.0031308, calm * 12.92, 1.055 * np.maximum(calm, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(coded * 255), np.uint8)


def length(vectors: Values) -> Values:
    """The vectors at unit length; those without a direction stay zero."""
    norm = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(vectors / np.maximum(norm, 1e-300)[:, None])


@dataclass(frozen=True)
class Frames:
    """Tangents of faces: the direction of growing u, and of falling v (a normal map's green)."""

    right: Values
    up: Values

    def at(self, face: Rows, normal: Values) -> tuple[Values, Values]:
        """Unit tangent and bitangent (n, 3) that stand upright on the normals, as TANGENT with its sign gives them."""
        right = self.right[face]
        tangent = length(right - np.einsum("ij,ij->i", right, normal)[:, None] * normal)
        across = np.cross(normal, tangent)
        sign = np.where(np.einsum("ij,ij->i", across, self.up[face]) < 0, -1.0, 1.0)
        return tangent, across * sign[:, None]


def frames(positions: Values, faces: NDArray[np.integer], uvs: NDArray[np.floating]) -> Frames:
    """The tangents of triangles: what viewers derive where a file has no TANGENT (three.js per pixel)."""
    corner, place = positions[faces], uvs[faces].astype(np.float64)
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    first, second = place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]
    turn = np.sign(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])[:, None]
    right = turn * (one * second[:, 1:] - two * first[:, 1:])
    down = turn * (two * first[:, :1] - one * second[:, :1])
    return Frames(length(right), length(-down))


class Look:
    """All primitives of a model as one list of faces, with their normals, colours and textures.

    ``faces`` are rows of ``positions`` and ``normals``; ``part`` says of each face which primitive it is of.
    Raises TextureUnreadable.
    """

    def __init__(self, model: Model, name: str = "") -> None:
        self.model, self.name = shaded(model), name
        parts = self.model.primitives
        self.positions, self.faces = self.model.surface()
        self.normals = np.concatenate([part.normals for part in parts if part.normals is not None])
        self.part = np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts])
        self.first = np.cumsum([0, *(len(part.faces) for part in parts)])
        self._chains: dict[tuple[int, bool], list[NDArray[np.uint8]]] = {}
        self._frames: dict[tuple[int, int], Frames] = {}
        self._density: dict[tuple[int, int], Values] = {}

    def points(self, face: Rows, weights: Values) -> Values:
        """Places of the surface, (n, 3)."""
        return np.asarray(np.einsum("nk,nkj->nj", weights, self.positions[self.faces[face]]))

    def colour(self, face: Rows, weights: Values, spacing: float) -> Values:
        """Base colours (n, 4), linear, with alpha; ``spacing`` is how far apart the places lie, in model units."""
        result = np.ones((len(face), 4))
        for part, mine in self._parts(face):
            entry, material = self.model.primitives[part], self._material(part)
            told = material.get("pbrMetallicRoughness", {})
            values = np.tile(np.asarray(told.get("baseColorFactor", [1.0] * 4), np.float64), (int(mine.sum()), 1))
            rows = entry.faces[face[mine] - self.first[part]]
            if entry.colours is not None:
                values *= np.einsum("nk,nkj->nj", weights[mine], entry.colours[rows].astype(np.float64))
            found = self._sampled(part, told.get("baseColorTexture"), face[mine], weights[mine], spacing, True)
            result[mine] = values if found is None else values * found
        return result

    def slot(self, slot: str, face: Rows, weights: Values, spacing: float) -> Values:
        """The texels of another slot (n, 4) times its factors; linear, 1 where a material has no such texture."""
        result = np.ones((len(face), 4))
        for part, mine in self._parts(face):
            material = self._material(part)
            told = material.get("pbrMetallicRoughness", {})
            factor = np.ones(4)
            if slot == "metallicRoughnessTexture":
                factor[1:3] = told.get("roughnessFactor", 1.0), told.get("metallicFactor", 1.0)
            elif slot == "emissiveTexture":
                factor[:3] = material.get("emissiveFactor", [0.0] * 3)
            entry = told.get(slot) or material.get(slot)
            found = self._sampled(part, entry, face[mine], weights[mine], spacing, slot in COLOUR_SLOTS)
            result[mine] = factor if found is None else factor * found
        return result

    def normal(self, face: Rows, weights: Values, spacing: float) -> Values:
        """Unit normals (n, 3), bent by normal maps."""
        smooth = length(np.einsum("nk,nkj->nj", weights, self.normals[self.faces[face]].astype(np.float64)))
        for part, mine in self._parts(face):
            entry = self._material(part).get("normalTexture")
            found = self._sampled(part, entry, face[mine], weights[mine], spacing, False)
            if found is None or entry is None:
                continue
            bend = found[:, :3] * 2 - 1
            bend[:, :2] *= float(entry.get("scale", 1.0))
            tangent, across = self._tangents(part, self._set(entry)).at(face[mine] - self.first[part], smooth[mine])
            smooth[mine] = length(tangent * bend[:, :1] + across * bend[:, 1:2] + smooth[mine] * bend[:, 2:3])
        return smooth

    def has(self, slot: str) -> bool:
        """Whether any material in use has a texture in this slot."""
        for part in range(len(self.model.primitives)):
            material = self._material(part)
            if slot in material or slot in material.get("pbrMetallicRoughness", {}):
                return True
        return False

    # --- textures -------------------------------------------------------------------------------------------

    def _parts(self, face: Rows) -> list[tuple[int, NDArray[np.bool_]]]:
        part = self.part[face]
        return [(int(number), part == number) for number in np.unique(part)]

    def _material(self, part: int) -> dict[str, Any]:
        index = self.model.primitives[part].material
        return {} if index is None else self.model.materials[index]

    @staticmethod
    def _set(entry: dict[str, Any]) -> int:
        moved = entry.get("extensions", {}).get("KHR_texture_transform", {})
        return int(moved.get("texCoord", entry.get("texCoord", 0)))

    def _tangents(self, part: int, number: int) -> Frames:
        if (part, number) not in self._frames:
            entry = self.model.primitives[part]
            self._frames[part, number] = frames(entry.positions, entry.faces, entry.uvs[number])
        return self._frames[part, number]

    def _sampled(
        self, part: int, entry: dict[str, Any] | None, face: Rows, weights: Values, spacing: float, colour: bool
    ) -> Values | None:
        if entry is None or self._set(entry) >= len(self.model.primitives[part].uvs):
            return None
        primitive, number = self.model.primitives[part], self._set(entry)
        own = face - self.first[part]
        places = np.einsum("nk,nkj->nj", weights, primitive.uvs[number][primitive.faces[own]].astype(np.float64))
        places = texels.moved(places, entry.get("extensions", {}).get("KHR_texture_transform"))
        index = int(entry["index"])
        levels = self._chain(index, colour)
        high, wide = levels[0].shape[:2]
        density = self._densities(part, number)[own] * math.sqrt(high * wide)
        wanted = np.log2(np.maximum(density * spacing, 1e-9))
        level = np.clip(np.round(wanted), 0, len(levels) - 1).astype(np.int64)
        sampler = self.model.textures[index].sampler
        result = np.empty((len(face), 4))
        for step in np.unique(level):
            mine = level == step
            result[mine] = texels.between(levels[step], places[mine], sampler, colour=colour)
        return result

    def _chain(self, index: int, colour: bool) -> list[NDArray[np.uint8]]:
        if (index, colour) not in self._chains:
            picture = textures.pixels(self.model.textures[index], self.name, _MOST_SIDE)
            self._chains[index, colour] = mipmaps.chain(picture, srgb=colour)
        return self._chains[index, colour]

    def _densities(self, part: int, number: int) -> Values:
        """Texture sides per model unit of each face."""
        if (part, number) not in self._density:
            entry = self.model.primitives[part]
            self._density[part, number] = density(entry, number)
        return self._density[part, number]


def density(primitive: Primitive, number: int = 0) -> Values:
    """For each face the root of its area in the texture over its area in space: texture sides per model unit."""
    corner, place = primitive.positions[primitive.faces], primitive.uvs[number][primitive.faces].astype(np.float64)
    one, two = place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]
    flat = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    space = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    return np.asarray(np.sqrt(flat / np.maximum(space, 1e-300)) * (space > 0))
