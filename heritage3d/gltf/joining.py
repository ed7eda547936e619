"""Fewer draw calls: materials that differ in texture and colour only become one, with their textures in an atlas."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf import atlas, textures
from heritage3d.gltf.atlas import Slot
from heritage3d.gltf.model import Floats, Model, Primitive, Texture, texture_slots

_REPEAT, _CLAMP = 10497, 33071
# Texture places are float32 and often stored in 16 bits: what is this near to the edge of the picture lies on it.
_NEAR = 1e-4

BEYOND = "its texture repeats or is clamped: places of the texture lie beyond the picture"
MOVED = "a texture is moved by KHR_texture_transform or lies on the second set of texture places"
BARE = "it has a texture but no texture places"
LARGE = "its texture does not fit into an atlas of that side"
ALONE = "no other material is like it in everything but texture and colour"


@dataclass(frozen=True)
class Group:
    """Materials (by their numbers before) that became one; the atlas in pixels, (0, 0) where they have no texture.

    ``scale`` is below 1 where textures had to be made smaller to fit: texels were dropped, and this says so.
    """

    materials: tuple[int, ...]
    width: int
    height: int
    scale: float


@dataclass
class Joined:
    """What ``joined`` did: draw calls before and after, what was joined, and why other materials were not."""

    before: int
    after: int = 0
    groups: list[Group] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)


def joined(model: Model, name: str, *, side: int = 4096, shrink: bool = False) -> tuple[Model, Joined]:
    """The model with as few materials as it can do with and look the same, and the record of what was joined.

    Joined are materials that differ in base colour factor and in the pictures of their textures only (the same
    maps, factors, alpha mode, sidedness, extensions, filters), where each texture is used inside its picture. Base
    colour factors go into vertex colours. An atlas is at most ``side`` pixels wide and high; without ``shrink``
    there are as many atlases as the texels need, with it one for each group, and ``Group.scale`` says what that
    cost. Atlases are PNG; the pixels are those of the textures where ``scale`` is 1, only that smaller maps of a
    material are enlarged to its largest. ``name`` is the model's, for errors. Raises TextureUnreadable, MeshTooLarge.
    """
    told = Joined(before=len({(entry.material, _form(entry), entry.invented) for entry in model.primitives}))
    classes: dict[tuple[Any, ...], list[int]] = {}
    for number in sorted({entry.material for entry in model.primitives if entry.material is not None}):
        why = _hindrance(model, number)
        if why:
            told.left[number] = why
        else:
            classes.setdefault(_alike(model, number), []).append(number)
    maker = _Maker(model, name, told)
    for numbers in classes.values():
        if len(numbers) < 2:
            told.left[numbers[0]] = ALONE
        elif next(texture_slots(model.materials[numbers[0]]), None) is None:
            maker.plain(numbers)
        else:
            maker.textured(numbers, side, shrink)
    made = maker.model()
    told.after = len({(entry.material, _form(entry), entry.invented) for entry in made.primitives})
    return made, told


def _form(entry: Primitive) -> tuple[bool, int, bool]:
    return entry.normals is not None, len(entry.uvs), entry.colours is not None


def _hindrance(model: Model, number: int) -> str:
    """Why the textures of a material cannot go into an atlas, "" where they can."""
    slots = list(texture_slots(model.materials[number]))
    if not slots:
        return ""
    if any(slot.get("texCoord", 0) or "extensions" in slot for _, slot in slots):
        return MOVED
    using = [entry for entry in model.primitives if entry.material == number]
    if any(not entry.uvs for entry in using):
        return BARE
    # Clamping the corners would not do: a triangle over the edge of the picture is clamped point by point.
    beyond = any(float(e.uvs[0].min()) < -_NEAR or float(e.uvs[0].max()) > 1 + _NEAR for e in using)
    return BEYOND if beyond else ""


def _alike(model: Model, number: int) -> tuple[Any, ...]:
    """What materials must have in common to become one."""
    material = json.loads(json.dumps(model.materials[number]))
    material.pop("name", None)
    material.get("pbrMetallicRoughness", {}).pop("baseColorFactor", None)
    filters = []
    for slot, reference in texture_slots(material):
        sampler = model.textures[reference.pop("index")].sampler
        filters.append((slot, sampler.get("magFilter"), sampler.get("minFilter")))
        reference["index"] = 0
    using = [entry for entry in model.primitives if entry.material == number]
    forms = sorted({(entry.normals is not None, entry.invented) for entry in using})
    if not material.get("pbrMetallicRoughness", {1: 1}):
        material.pop("pbrMetallicRoughness")
    return json.dumps(material, sort_keys=True), tuple(filters), tuple(forms)


class _Maker:
    """Collects new materials and textures; primitives are changed as their materials are joined."""

    def __init__(self, source: Model, name: str, told: Joined) -> None:
        self.source, self.name, self.told = source, name, told
        self.primitives = list(source.primitives)
        self.materials = list(source.materials)
        self.textures = list(source.textures)

    def model(self) -> Model:
        """The model with the materials and textures that are still in use."""
        used = sorted({entry.material for entry in self.primitives if entry.material is not None})
        place = {number: at for at, number in enumerate(used)}
        materials = json.loads(json.dumps([self.materials[number] for number in used]))
        pictures: dict[int, int] = {}
        for material in materials:
            for _, slot in texture_slots(material):
                slot["index"] = pictures.setdefault(slot["index"], len(pictures))
        return replace(
            self.source,
            primitives=tuple(
                replace(entry, material=None if entry.material is None else place[entry.material])
                for entry in self.primitives
            ),
            materials=tuple(materials),
            textures=tuple(self.textures[index] for index in pictures),
        )

    def plain(self, numbers: list[int]) -> None:
        """Materials without a texture: their colours go to the vertices."""
        self._replaced(numbers, self._material(numbers, {}), {})
        self.told.groups.append(Group(tuple(numbers), 0, 0, 1.0))

    def textured(self, numbers: list[int], side: int, shrink: bool) -> None:
        """Materials with the same maps: for each map an atlas, all of one layout."""
        names = [slot for slot, _ in texture_slots(self.source.materials[numbers[0]])]
        pictures = {number: self._pictures(number, names) for number in numbers}
        sizes = {number: _largest(found) for number, found in pictures.items()}
        for bin_, scale in atlas.bins(sizes, side, shrink):
            if len(bin_.slots) < 2:
                for number in bin_.slots:
                    self.told.left[number] = LARGE
                continue
            chosen = sorted(bin_.slots)
            indices = {}
            for name in names:
                wraps = {number: self._wraps(number, name) for number in chosen}
                drawn = atlas.drawn(bin_, {number: pictures[number][name] for number in chosen}, wraps)
                sampler = {
                    **self.source.textures[self._slot(chosen[0], name)].sampler,
                    "wrapS": _CLAMP,
                    "wrapT": _CLAMP,
                }
                indices[name] = len(self.textures)
                self.textures.append(Texture(drawn, "image/png", sampler, f"atlas {len(self.told.groups)} {name}"))
            self._replaced(chosen, self._material(chosen, indices), {n: (bin_, slot) for n, slot in bin_.slots.items()})
            self.told.groups.append(Group(tuple(chosen), bin_.width, bin_.height, scale))

    def _slot(self, number: int, name: str) -> int:
        return int(next(slot["index"] for key, slot in texture_slots(self.source.materials[number]) if key == name))

    def _pictures(self, number: int, names: list[str]) -> dict[str, NDArray[np.uint8]]:
        return {
            name: textures.pixels(self.source.textures[self._slot(number, name)], self.name, 1 << 15) for name in names
        }

    def _wraps(self, number: int, name: str) -> tuple[int, int]:
        sampler = self.source.textures[self._slot(number, name)].sampler
        return sampler.get("wrapS", _REPEAT), sampler.get("wrapT", _REPEAT)

    def _material(self, numbers: list[int], indices: dict[str, int]) -> int:
        """A new material like the first of them, white, with the atlases; its number."""
        made = json.loads(json.dumps(self.source.materials[numbers[0]]))
        made["name"] = f"joined {len(self.told.groups)}"
        made.get("pbrMetallicRoughness", {}).pop("baseColorFactor", None)
        for name, slot in texture_slots(made):
            slot["index"] = indices[name]
        self.materials.append(made)
        return len(self.materials) - 1

    def _replaced(self, numbers: list[int], material: int, places: dict[int, tuple[atlas.Bin, Slot]]) -> None:
        factors = {number: _factor(self.source.materials[number]) for number in numbers}
        mine = [at for at, entry in enumerate(self.primitives) if entry.material in factors]
        shaded = any(self.primitives[at].colours is not None for at in mine) or len(set(factors.values())) > 1
        shaded = shaded or any(value != (1.0,) * 4 for value in factors.values())
        for at in mine:
            entry = self.primitives[at]
            number = int(entry.material or 0)
            uvs: tuple[Floats, ...] = ()
            if number in places:
                uvs = (places[number][0].placed(places[number][1], entry.uvs[0]),)
            colours = entry.colours
            if shaded:
                colours = np.ones((len(entry.positions), 4), np.float32) if colours is None else colours
                colours = (colours * np.array(factors[number])).astype(np.float32)
            self.primitives[at] = replace(entry, material=material, uvs=uvs, colours=colours)


def _factor(material: dict[str, Any]) -> tuple[float, ...]:
    return tuple(float(v) for v in material.get("pbrMetallicRoughness", {}).get("baseColorFactor", (1.0,) * 4))


def _largest(pictures: dict[str, NDArray[np.uint8]]) -> tuple[int, int]:
    """The width and height that keeps every texel of the maps of a material."""
    return max(p.shape[1] for p in pictures.values()), max(p.shape[0] for p in pictures.values())
