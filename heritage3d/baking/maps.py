"""The maps of a level of detail, texel by texel from its master."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.baking import rasterising
from heritage3d.baking.looks import COLOUR_SLOTS, Frames, Look, Rows, Values, frames, length, stored
from heritage3d.baking.meeting import Master

_BLOCK = 1 << 19
_SKY_RAYS = 32
_SKY_FAR = 0.1  # of the diagonal: walls farther away darken nothing
_SKY_SIDE = 512
SLOTS = ("metallicRoughnessTexture", "emissiveTexture", "occlusionTexture")


@dataclass(frozen=True)
class Sheet:
    """A level of detail laid out flat: ``texel`` (k,) counts along the rows of a square of ``side`` texels; the face
    and the weights of its corners on each; ``twice`` is the share of texels under two faces."""

    side: int
    texel: Rows
    face: Rows
    weights: Values
    twice: float


def sheet(uvs: NDArray[np.floating], faces: NDArray[np.integer], side: int) -> Sheet:
    """Lay triangles out by their texture places (n, 2)."""
    places = uvs.astype(np.float64)
    over, twice = rasterising.covered(places, faces, side)
    texel = np.flatnonzero(over.reshape(-1) >= 0)
    face = over.reshape(-1)[texel]
    return Sheet(side, texel, face, rasterising.weights(places, faces, side, texel, face), twice)


class Baker:
    """A level of detail with texture places, and the master that its maps come from."""

    def __init__(self, low: Look, uvs: NDArray[np.floating], master: Look, bvh: Master | None = None) -> None:
        self.low, self.uvs, self.master = low, uvs.astype(np.float64), master
        self.bvh = bvh or Master(master.positions, master.faces)
        every = np.arange(len(low.faces))
        middles = low.points(every, np.full((len(every), 3), 1 / 3))
        self.reach = self.bvh.reach(np.concatenate([low.positions, middles]))
        self.tangents: Frames = frames(low.positions, low.faces, self.uvs)
        self.along = 1.0

    def spacing(self, flat: Sheet) -> float:
        """How far apart the places under neighbouring texels lie, in model units."""
        corner = self.low.positions[self.low.faces]
        area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2
        return float(np.sqrt(area / max(len(flat.texel), 1)))

    def surface(self, flat: Sheet, wanted: tuple[str, ...]) -> dict[str, NDArray[np.uint8]]:
        """Pictures (side, side, 3 or 4) by slot: "baseColorTexture", "normalTexture" and those of ``SLOTS``."""
        gap, count = self.spacing(flat), flat.side * flat.side
        pictures = {slot: np.zeros((count, 4), np.uint8) for slot in wanted}
        along = 0
        for at in range(0, len(flat.texel), _BLOCK):
            block = slice(at, at + _BLOCK)
            face, weights, texel = flat.face[block], flat.weights[block], flat.texel[block]
            normal = self._normal(face, weights)
            met = self.bvh.meet(self.low.points(face, weights), normal, self.reach)
            along += int(met.along.sum())
            for slot, picture in pictures.items():
                if slot == "normalTexture":
                    found = self.master.normal(met.face, met.weights, gap)
                    picture[texel] = self._bent(face, normal, found)
                elif slot == "baseColorTexture":
                    picture[texel] = _coded(self.master.colour(met.face, met.weights, gap), colour=True)
                else:
                    found = self.master.slot(slot, met.face, met.weights, gap)
                    picture[texel] = _coded(found, colour=slot in COLOUR_SLOTS)
        self.along = along / max(len(flat.texel), 1)
        bare = np.ones(count, bool)
        bare[flat.texel] = False
        return {slot: _finished(picture, bare, flat.side) for slot, picture in pictures.items()}

    def occlusion(self, flat: Sheet) -> NDArray[np.uint8]:
        """The share of the sky that the master sees, (side, side, 3), by rays."""
        count = flat.side * flat.side
        picture = np.zeros((count, 4), np.uint8)
        for at in range(0, len(flat.texel), _BLOCK):
            block = slice(at, at + _BLOCK)
            face, weights = flat.face[block], flat.weights[block]
            met = self.bvh.meet(self.low.points(face, weights), self._normal(face, weights), self.reach)
            smooth = length(np.einsum("nk,nkj->nj", met.weights, self.master.normals[self.master.faces[met.face]]))
            seen = self.bvh.openness(
                self.master.points(met.face, met.weights), smooth, _SKY_RAYS, _SKY_FAR * self.bvh.diagonal
            )
            picture[flat.texel[block]] = _coded(np.repeat(seen[:, None], 4, axis=1), colour=False)
        picture[:, 3] = 255
        bare = np.ones(count, bool)
        bare[flat.texel] = False
        return _finished(picture, bare, flat.side)

    def _normal(self, face: Rows, weights: Values) -> Values:
        return length(np.einsum("nk,nkj->nj", weights, self.low.normals[self.low.faces[face]].astype(np.float64)))

    def _bent(self, face: Rows, normal: Values, wanted: Values) -> NDArray[np.uint8]:
        """Normals in the tangent frame of their texels, as a normal map stores them."""
        tangent, across = self.tangents.at(face, normal)
        bend = np.stack([np.einsum("ij,ij->i", axis, wanted) for axis in (tangent, across, normal)], axis=1)
        bend[:, 2] = np.maximum(bend[:, 2], 0.05)  # no light comes from behind a surface
        made = np.full((len(face), 4), 255, np.uint8)
        made[:, :3] = np.round((length(bend) * 0.5 + 0.5) * 255)
        return made


def _coded(values: Values, *, colour: bool) -> NDArray[np.uint8]:
    made = np.empty((len(values), 4), np.uint8)
    made[:, :3] = stored(values[:, :3]) if colour else np.round(np.clip(values[:, :3], 0, 1) * 255)
    made[:, 3] = np.round(np.clip(values[:, 3], 0, 1) * 255)
    return made


def _finished(picture: NDArray[np.uint8], bare: NDArray[np.bool_], side: int) -> NDArray[np.uint8]:
    """Padded over what no face covers; without alpha where all is opaque."""
    whole = rasterising.padded(picture.reshape(side, side, 4), bare.reshape(side, side))
    return whole if (whole[..., 3] < 255).any() else np.ascontiguousarray(whole[..., :3])


def sky_side(side: int) -> int:
    """The side of an occlusion map: soft shadows need no more."""
    return min(side, _SKY_SIDE)
