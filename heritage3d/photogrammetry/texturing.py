"""A surface painted from its photographs: each place from the one that shows it best, at the size it was taken.

Patches are cut out of the photographs as they are, corrected in exposure and along seams, and laid side by side, so
that the texture is as fine as the photographs on the ground and is resampled once at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import TextureImpossible
from heritage3d.gltf import atlas
from heritage3d.gltf.model import Model, Primitive, Texture
from heritage3d.photogrammetry import exposure, levelling, patches, sight, sight_kernels
from heritage3d.photogrammetry.levelling import Corners
from heritage3d.photogrammetry.patches import Patches
from heritage3d.photogrammetry.surface import Surface, areas
from heritage3d.photogrammetry.views import View

_RIM = 3  # pixels of the photograph around a patch
_BARE_TEXELS = 48  # longest side of a patch that no photograph shows
_CLAMP = 33071
_SLOT_PX = 3 * atlas.MARGIN  # of the smallest patch with its margin
_MARGINS_SHARE = 0.5  # of the texture

Colours = NDArray[np.uint8]


@dataclass(frozen=True)
class Textured:
    """``texture`` (h, w, 3) uint8 sRGB; ``uvs`` (k, 2) of its corners, v downwards; ``corners`` part the vertices of
    the surface. ``seen`` (m,) bool: faces that a photograph shows whole. ``gains`` (views, 3). ``seam_before`` and
    ``seam_after``: usual step of colour across seams in grey values. ``scale``: texels for a pixel of the photographs.
    """

    surface: Surface
    corners: Corners
    uvs: NDArray[np.float64]
    texture: Colours
    png: bytes
    seen: NDArray[np.bool_]
    patches: int
    photographs: int
    gains: NDArray[np.float32]
    seam_before: float
    seam_after: float
    scale: float
    texels_per_unit: float

    def model(self, *, metres: bool) -> Model:
        """As glTF has it: captured and invented faces apart, one texture. Unknown units are noted in the asset."""
        wrap = {"wrapS": _CLAMP, "wrapT": _CLAMP, "magFilter": 9729, "minFilter": 9987}
        pbr = {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": 0.9}
        positions = self.surface.vertices[self.corners.vertex]
        parts = []
        for invented in (False, True):
            faces = self.corners.faces[self.surface.invented == invented]
            if not len(faces):
                continue
            used, local = np.unique(faces, return_inverse=True)
            uvs = (self.uvs[used].astype(np.float32),)
            flat = local.reshape(-1, 3).astype(np.uint32)
            parts.append(Primitive(positions[used], flat, uvs=uvs, material=0, invented=invented))
        return Model(
            primitives=tuple(parts),
            materials=({"pbrMetallicRoughness": pbr},),
            textures=(Texture(self.png, "image/png", wrap, "photographs"),),
            format="GLB",
            unit="m" if metres else None,
        )


def texture(surface: Surface, views: Sequence[View], taking: Sequence[int], *, side: int, pixel: float) -> Textured:
    """Paint a surface from the photographs ``taking`` (indices of ``views``).

    ``side``: most texels of the texture's longer side; ``pixel``: what a pixel covers on the surface, world units.
    The same bytes for the same input. Raises TextureImpossible where no photograph sees anything, MaskUnfit, and what
    reading pictures raises.
    """
    found = sight.sight(surface, views, taking)
    if not (found.views[:, 0] >= 0).any():
        raise TextureImpossible(detail="no photograph sees any part of the surface")
    gains = exposure.gains(found, len(views))
    chosen = patches.choose(surface, sight.without_doubtful(found, gains), len(views), pixel)
    corners = levelling.corners_of(surface.faces, chosen)
    painter = _Painter(surface, views, chosen, corners, gains)
    added, before, after = levelling.corrections(corners, painter.shown, painter.label >= 0)
    uvs, pixels, png, scale = painter.paint(added, side)
    area = areas(surface)[chosen.label >= 0].sum()
    per_unit = np.sqrt(painter.pixels_of(chosen.label >= 0) / max(area, 1e-300)) * scale
    return Textured(
        surface, corners, uvs, pixels, png, found.seen, chosen.count,
        len(np.unique(chosen.label[chosen.label >= 0])), gains, before, after, scale, float(per_unit),
    )  # fmt: skip


def left_out(views: Sequence[View], asked: str) -> int | None:
    """The photograph that takes no part and is drawn again: by its name, none, or (auto) the one whose distance to the
    nearest other is the median. Raises TextureImpossible where no photograph has the name."""
    if asked == "none" or (asked == "auto" and len(views) < 4):
        return None
    if asked != "auto":
        names = [view.name for view in views]
        if asked not in names:
            raise TextureImpossible(detail=f"no aligned photograph is called {asked}")
        return names.index(asked)
    centres = np.array([view.centre for view in views])
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return int(np.argsort(apart.min(axis=1), kind="stable")[len(views) // 2])


class _Painter:
    """Patches with their photographs; ``label`` (k,): the photograph of each corner, -1 where none sees its patch."""

    def __init__(
        self,
        surface: Surface,
        views: Sequence[View],
        chosen: Patches,
        corners: Corners,
        gains: NDArray[np.float32],
    ) -> None:
        self.surface, self.views, self.chosen, self.corners, self.gains = surface, views, chosen, corners, gains
        of_patch = np.full(chosen.count, -1, np.int32)
        of_patch[chosen.patch] = chosen.label
        self.of_patch = of_patch
        self.label = of_patch[corners.patch]
        self.places = np.zeros((len(corners.vertex), 2))
        for index in np.unique(self.label[self.label >= 0]):
            mine = self.label == index
            self.places[mine] = sight.projected(views[index], surface.vertices[corners.vertex[mine]])[0]
        self._lay_bare()

    def _lay_bare(self) -> None:
        """Patches that no photograph shows are laid flat, seen along their mean normal, on a few texels."""
        faces = self.surface.faces
        order = np.argsort(self.corners.patch, kind="stable")
        bounds = np.searchsorted(self.corners.patch[order], np.arange(self.chosen.count + 1))
        bare = np.flatnonzero(self.of_patch < 0)
        by_face = np.argsort(self.chosen.patch, kind="stable")
        starts = np.searchsorted(self.chosen.patch[by_face], np.arange(self.chosen.count + 1))
        for patch in bare:
            rows = order[bounds[patch] : bounds[patch + 1]]
            corner = self.surface.vertices[faces[by_face[starts[patch] : starts[patch + 1]]]]
            normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]).sum(axis=0)
            across = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
            across /= max(float(np.linalg.norm(across)), 1e-300)
            down = np.cross(normal, across)
            down /= max(float(np.linalg.norm(down)), 1e-300)
            flat = self.surface.vertices[self.corners.vertex[rows]] @ np.stack([across, down], axis=1)
            flat -= flat.min(axis=0)
            self.places[rows] = flat * (_BARE_TEXELS / max(float(flat.max()), 1e-300)) * min(1.0, len(rows) / 64)

    def pixels_of(self, which: NDArray[np.bool_]) -> float:
        """How many pixels of their photographs these faces cover."""
        corner = self.places[self.corners.faces[which]]
        one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
        return float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() / 2)

    def shown(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The balanced colours (n, 3) that the photographs of some corners have there."""
        colours = np.zeros((len(rows), 3), np.float32)
        for index in np.unique(self.label[rows]):
            mine = np.flatnonzero(self.label[rows] == index)
            if index < 0:
                continue
            told = np.zeros((len(mine), 3), np.float32)
            picture = sight.blurred(sight.picture_of(self.views[index]))
            sight_kernels.looked_up(picture, np.ascontiguousarray(self.places[rows[mine]]), told)
            colours[mine] = told * self.gains[index]
        return colours

    def paint(self, added: NDArray[np.float32], side: int) -> tuple[NDArray[np.float64], Colours, bytes, float]:
        """Texture places (k, 2), the texture, the same as PNG, and its scale against the photographs."""
        boxes = self._boxes()
        sizes = {patch: (int(box[2]), int(box[3])) for patch, box in enumerate(boxes)}
        # Many small patches need room for their margins alone.
        while len(sizes) * _SLOT_PX**2 > _MARGINS_SHARE * side**2:
            side *= 2
        sheet, scale = next(atlas.bins(sizes, side, shrink=True))
        cut = self._cut(boxes, added)
        png = atlas.drawn(sheet, cut, dict.fromkeys(cut, (_CLAMP, _CLAMP)))
        left = np.array([sheet.slots[patch].left for patch in range(len(boxes))])[self.corners.patch]
        top = np.array([sheet.slots[patch].top for patch in range(len(boxes))])[self.corners.patch]
        wide = np.array([sheet.slots[patch].width for patch in range(len(boxes))])[self.corners.patch]
        high = np.array([sheet.slots[patch].height for patch in range(len(boxes))])[self.corners.patch]
        box = boxes[self.corners.patch]
        inside = (self.places - box[:, :2] + 0.5) / box[:, 2:]
        uvs = (inside * np.column_stack([wide, high]) + np.column_stack([left, top])) / [sheet.width, sheet.height]
        return uvs, _pixels(png), png, scale

    def _boxes(self) -> NDArray[np.float64]:
        """Left, top, width and height of each patch in its photograph, with a rim, (patches, 4)."""
        low = np.full((self.chosen.count, 2), np.inf)
        high = np.full((self.chosen.count, 2), -np.inf)
        np.minimum.at(low, self.corners.patch, self.places)
        np.maximum.at(high, self.corners.patch, self.places)
        low, high = np.floor(low) - _RIM, np.ceil(high) + _RIM
        return np.concatenate([low, high - low + 1], axis=1)

    def _cut(self, boxes: NDArray[np.float64], added: NDArray[np.float32]) -> dict[int, Colours]:
        """The picture of each patch, (h, w, 4)."""
        by_face = np.argsort(self.chosen.patch, kind="stable")
        starts = np.searchsorted(self.chosen.patch[by_face], np.arange(self.chosen.count + 1))
        cut: dict[int, Colours] = {}
        for index in np.unique(self.of_patch):
            picture = sight.picture_of(self.views[index]) if index >= 0 else None
            for patch in np.flatnonzero(self.of_patch == index):
                mine = by_face[starts[patch] : starts[patch + 1]]
                cut[int(patch)] = self._one(boxes[patch], mine, added, picture, int(index))
        return cut

    def _one(
        self,
        box: NDArray[np.float64],
        mine: NDArray[np.int64],
        added: NDArray[np.float32],
        picture: Colours | None,
        index: int,
    ) -> Colours:
        left, top, wide, high = (int(value) for value in box)
        faces = self.corners.faces[mine]
        used, flat = np.unique(faces, return_inverse=True)
        local = np.ascontiguousarray(self.places[used] - [left, top])
        own = self.surface.colours[self.corners.vertex[used]].astype(np.float32)
        told = own if picture is None else added[used]
        layer, covered = np.zeros((high, wide, 3), np.float32), np.zeros((high, wide), np.uint8)
        every = np.arange(len(faces))
        sight_kernels.spread(local, flat.reshape(-1, 3), every, np.ascontiguousarray(told), layer, covered)
        bare = covered == 0
        if bare.any() and not bare.all():
            from scipy.ndimage import distance_transform_edt

            rows, columns = distance_transform_edt(bare, return_distances=False, return_indices=True)
            layer = layer[rows, columns]
        if picture is not None:
            rows_, columns_ = (
                np.clip(np.arange(top, top + high), 0, picture.shape[0] - 1),
                np.clip(np.arange(left, left + wide), 0, picture.shape[1] - 1),
            )
            layer = picture[np.ix_(rows_, columns_)] * self.gains[index] + layer
        made = np.full((high, wide, 4), 255, np.uint8)
        made[..., :3] = np.clip(np.rint(layer), 0, 255)
        return made


def _pixels(png: bytes) -> Colours:
    import cv2

    decoded = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
