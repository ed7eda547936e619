"""How two models differ in what light shows of them: the direction of the surface, and its colour. By samples.

These are means and percentiles over points spread evenly over both surfaces; no greatest value is stated, because
samples cannot prove one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation import sampling
from heritage3d.deviation.surface import Points, Surface
from heritage3d.gltf import texels, textures
from heritage3d.gltf.model import Model, Primitive
from heritage3d.image.lab import ciede2000, lab

SAMPLES = 100_000
_SIDE = 8192  # of a texture; larger ones are taken at this size


@dataclass(frozen=True)
class Spread:
    """A difference over samples: root of the mean square, mean, 95th percentile, and how many samples."""

    rms: float
    mean: float
    p95: float
    samples: int


class Looks:
    """A model and its surface: what is seen at places of it. ``name`` is the model's, for errors."""

    def __init__(self, model: Model, surface: Surface, name: str) -> None:
        self.model, self.surface, self.name = model, surface, name
        self.firsts = np.cumsum([0, *(len(entry.faces) for entry in model.primitives)])
        self._bases: list[Callable[..., Points]] | None = None

    @property
    def coloured(self) -> bool:
        """Whether anything but one factor a material says what colour the surface has."""
        return any(entry.colours is not None or _slot(self.model, entry) for entry in self.model.primitives)

    @property
    def shaded(self) -> bool:
        """Whether all vertices have normals."""
        return all(entry.normals is not None for entry in self.model.primitives)

    def normals(self, faces: NDArray[np.int64], weights: Points, *, smooth: bool) -> Points:
        """Unit normals at places, given by faces of the surface and the weights of their corners, (n, 3): those of the
        file, mixed, or those of the triangles."""
        corners = self.surface.corners(faces)
        result = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        if smooth:
            for entry, mine, rows in self._parts(faces):
                assert entry.normals is not None
                result[mine] = _mixed(weights[mine], entry.normals[rows])
        return np.asarray(result / np.maximum(np.linalg.norm(result, axis=1), 1e-300)[:, None])

    def colours(self, faces: NDArray[np.int64], weights: Points) -> Points:
        """Linear base colours at places, (n, 3). Raises TextureUnreadable, PartMissing."""
        if self._bases is None:
            self._bases = [_base(self.model, entry, self.name) for entry in self.model.primitives]
        result = np.zeros((len(faces), 3))
        for (_, mine, rows), base in zip(self._parts(faces), self._bases, strict=True):
            result[mine] = base(rows, weights[mine])
        return result

    def _parts(self, faces: NDArray[np.int64]) -> list[tuple[Primitive, NDArray[np.int64], NDArray[Any]]]:
        """For each primitive which of the places are its own, and the vertices of their faces."""
        given = self.surface.kept[faces]
        part = np.searchsorted(self.firsts, given, side="right") - 1
        found = []
        for index, entry in enumerate(self.model.primitives):
            mine = np.nonzero(part == index)[0]
            found.append((entry, mine, entry.faces[given[mine] - self.firsts[index]]))
        return found


def of_normals(one: Looks, other: Looks, samples: int | None = None) -> Spread:
    """The angles between the surfaces in degrees, from either to the nearest place of the other; by the normals of
    the files where both have them at all vertices, else by those of the triangles."""
    smooth = one.shaded and other.shaded
    angles = []
    for here, there in _pairs(one, other, samples or SAMPLES):
        ours, theirs = here[0].normals(*here[1:], smooth=smooth), there[0].normals(*there[1:], smooth=smooth)
        # The half angle by its tangent: the arc cosine would round small angles away.
        apart, along = np.linalg.norm(ours - theirs, axis=1), np.linalg.norm(ours + theirs, axis=1)
        angles.append(np.degrees(2 * np.arctan2(apart, along)))
    return _spread(np.concatenate(angles))


def of_colours(one: Looks, other: Looks, samples: int | None = None) -> Spread | None:
    """CIEDE2000 between the base colours, from either surface to the nearest place of the other; None where one of
    them has no colours. Raises TextureUnreadable, PartMissing."""
    if not (one.coloured and other.coloured):
        return None
    pairs = _pairs(one, other, samples or SAMPLES)
    parts = [ciede2000(lab(here[0].colours(*here[1:])), lab(there[0].colours(*there[1:]))) for here, there in pairs]
    return _spread(np.concatenate(parts))


_Places = tuple[Looks, NDArray[np.int64], Points]


def _pairs(one: Looks, other: Looks, samples: int) -> list[tuple[_Places, _Places]]:
    """For both directions the samples and the places of the other surface that are nearest to them."""
    result: list[tuple[_Places, _Places]] = []
    for start, end in ((one, other), (other, one)):
        faces, weights, near = sampling.meeting(start.surface, end.surface, samples)
        result.append(((start, faces, weights), (end, near.triangle, near.weights)))
    return result


def _spread(values: NDArray[np.float64]) -> Spread:
    return Spread(
        float(np.sqrt(np.mean(values**2))), float(np.mean(values)), float(np.percentile(values, 95)), len(values)
    )


def _mixed(weights: Points, values: NDArray[Any]) -> Points:
    return np.asarray(np.einsum("nk,nkj->nj", weights, values.astype(np.float64)))


def _material(model: Model, entry: Primitive) -> dict[str, Any]:
    material = model.materials[entry.material] if entry.material is not None else {}
    told: dict[str, Any] = material.get("pbrMetallicRoughness", {})
    return told


def _slot(model: Model, entry: Primitive) -> dict[str, Any] | None:
    """The base colour texture of a primitive, where its places are there too."""
    slot: dict[str, Any] | None = _material(model, entry).get("baseColorTexture")
    if slot is None or _set_of(slot) >= len(entry.uvs):
        return None
    return slot


def _set_of(slot: dict[str, Any]) -> int:
    moved = slot.get("extensions", {}).get("KHR_texture_transform", {})
    return int(moved.get("texCoord", slot.get("texCoord", 0)))


def _base(model: Model, entry: Primitive, name: str) -> Callable[..., Points]:
    """A function from corners (n, 3) and their weights (n, 3) to linear base colours (n, 3), glTF 2.0 section 3.9.2."""
    factor = np.asarray(_material(model, entry).get("baseColorFactor", [1.0] * 4), np.float64)[:3]
    slot, colours = _slot(model, entry), entry.colours
    texture = model.textures[int(slot["index"])] if slot else None
    picture = textures.pixels(texture, name, _SIDE) if texture else None

    def base(rows: NDArray[Any], weights: Points) -> Points:
        result = np.broadcast_to(factor, (len(rows), 3)).copy()
        if colours is not None:
            result *= _mixed(weights, colours[rows, :3])
        if slot is not None and texture is not None and picture is not None:
            told = slot.get("extensions", {}).get("KHR_texture_transform")
            places = texels.moved(_mixed(weights, entry.uvs[_set_of(slot)][rows]), told)
            result *= texels.between(picture, places, texture.sampler, colour=True)[:, :3]
        return result

    return base
