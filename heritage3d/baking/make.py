"""A level of detail that looks like its master: its maps kept where they fit, else baked anew."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.baking.looks import Look, density
from heritage3d.baking.maps import SLOTS, Baker, Sheet, sheet, sky_side
from heritage3d.baking.meeting import Master
from heritage3d.baking.unwrap import unwrapped
from heritage3d.errors import TextureUnreadable
from heritage3d.gltf.model import Model, Primitive, Texture, compacted, texture_slots
from heritage3d.gltf.textures import decode
from heritage3d.gltf.writing import merged
from heritage3d.mesh.shading import shaded

Map = Literal["baseColor", "normal", "occlusion"]
_OVERLAP = 0.01  # the share of texels under two faces from which texture places cannot hold a bake
_FILLED = 0.55
_PER_VERTEX = 2.5
_OUTSIDE = 1e-3  # simplifiers push places at the rim this far over it
_LINEAR_MIPS = {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}


@dataclass(frozen=True)
class BakeEvidence:
    """What was baked and how finely.

    ``texels_per_unit`` is the mean density in texels per unit of the model, ``least_texels_per_unit`` what 95 % of
    the surface have at least; ``along_normals`` the share of texels whose place on the master lay along the normal
    (others took the nearest place); ``reach`` how far was looked. ``kept`` names slots of the master that were left
    as they are.
    """

    baked: tuple[str, ...]
    kept: tuple[str, ...]
    side: int
    unwrapped: bool
    charts: int
    covered: float
    texels_per_unit: float
    least_texels_per_unit: float
    along_normals: float
    reach: float


def baked(
    lod: Model,
    master: Model,
    *,
    side: int,
    maps: tuple[Map, ...] = ("baseColor", "normal", "occlusion"),
    name: str = "",
    unwrap: bool | None = None,
) -> tuple[Model, BakeEvidence]:
    """The level of detail with the master's colour, relief and shade in its textures, and the evidence.

    Both are in one coordinate system. Where the level of detail has texture places of its own without overlap and one
    material, they are kept, and so is every map of the master that it holds; only what is asked for and missing is
    baked (a normal map that carries the lost relief replaces the master's, whose bends it contains; an occlusion map
    of the master's is never computed anew). Else, or with
    ``unwrap``, the surface is cut into new charts and all maps are baked: those asked for, and any other that the
    master has. Textures are PNG (``textures.fitted`` brings them to a file's format). What is invented stays apart.

    ``side`` is that of the square textures in texels. Raises MeshTooLarge (more triangles than can be unwrapped),
    MeshEmpty, MeshNotFinite, TextureUnreadable, PartMissing.
    """
    low = shaded(merged(lod))
    flat = None if unwrap else _kept_places(low, side)
    anew = flat is None or unwrap is True
    charts = 0
    if anew:
        low, charts = _laid_out(low, side, name)
    look, source = Look(low, name), Look(master, name)
    uvs = np.concatenate([part.uvs[0] for part in low.primitives])
    flat = sheet(uvs, look.faces, side) if flat is None or anew else flat
    baker = Baker(look, uvs, source, Master(source.positions, source.faces))
    wanted = _wanted(low, source, maps, anew)
    pictures = baker.surface(flat, wanted)
    if "occlusion" in maps and not source.has("occlusionTexture"):
        pictures["occlusionTexture"] = baker.occlusion(sheet(uvs, look.faces, sky_side(side)))
    made, kept = _dressed(low, pictures)
    finest = np.concatenate([density(part) for part in low.primitives]) * side
    corner = look.positions[look.faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    order = np.argsort(finest, kind="stable")
    behind = np.searchsorted(np.cumsum(area[order]), 0.05 * area.sum())
    evidence = BakeEvidence(
        baked=tuple(sorted(pictures)),
        kept=kept,
        side=side,
        unwrapped=anew,
        charts=charts,
        covered=len(flat.texel) / side**2,
        texels_per_unit=float((finest * area).sum() / area.sum()),
        least_texels_per_unit=float(finest[order][min(behind, len(order) - 1)]),
        along_normals=baker.along,
        reach=baker.reach,
    )
    return made, evidence


def side_for(master: Model, *, most: int = 4096) -> int:
    """The side of new square textures that hold what the master shows: a power of two, 256 to ``most``.

    Charts fill about half of a square. A master with textures gives their density, one without the distance of its
    vertices.
    """
    whole = 0.0
    for part in master.primitives:
        corner = part.positions[part.faces]
        area = float(
            np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2
        )
        whole += _texels(part, master, area)
    wanted = 2 ** int(np.ceil(np.log2(max(np.sqrt(whole / _FILLED) * 0.9, 1.0))))
    return int(np.clip(wanted, min(256, most), most))


def _texels(part: Primitive, master: Model, area: float) -> float:
    """How many texels, or vertices, show a primitive of a master."""
    material = master.materials[part.material] if part.material is not None else {}
    slots = dict(texture_slots(material))
    entry = next(
        (slots[slot] for slot in ("baseColorTexture", "normalTexture", "occlusionTexture") if slot in slots), None
    )
    if entry is None or not part.uvs:
        # Colours run straight from vertex to vertex: one texel a vertex would blur their edges.
        return _PER_VERTEX * len(part.positions)
    picture = decode(master.textures[int(entry["index"])], "")
    corner = part.positions[part.faces]
    space = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    share = float((density(part) ** 2 * space).sum() / max(float(space.sum()), 1e-300))
    return share * area * float(picture.width) * float(picture.height)


def _kept_places(low: Model, side: int) -> Sheet | None:
    """The layout of the texture places that there are, None where they cannot hold a bake."""
    first = low.primitives[0]
    if any(not part.uvs or part.material != first.material for part in low.primitives):
        return None
    uvs = np.concatenate([part.uvs[0] for part in low.primitives])
    if float(uvs.min()) < -_OUTSIDE or float(uvs.max()) > 1 + _OUTSIDE:
        return None
    flat = sheet(uvs, low.surface()[1], side)
    return flat if flat.twice <= _OVERLAP else None


def _laid_out(low: Model, side: int, name: str) -> tuple[Model, int]:
    """The model with new texture places, one material for all, and what is invented apart."""
    positions, faces = low.surface()
    atlas = unwrapped(positions, faces, side, name)
    normals = np.concatenate([part.normals for part in low.primitives if part.normals is not None])
    whole = Primitive(
        positions=positions[atlas.vertices],
        faces=atlas.faces,
        normals=normals[atlas.vertices],
        uvs=(atlas.uvs.astype(np.float32),),
        material=0,
    )
    invented = np.repeat([part.invented for part in low.primitives], [len(part.faces) for part in low.primitives])
    parts = [
        compacted(replace(whole, faces=np.ascontiguousarray(whole.faces[invented == state]), invented=bool(state)))
        for state in (False, True)
        if (invented == state).any()
    ]
    material = copy.deepcopy(low.materials[low.primitives[0].material or 0]) if low.materials else {}
    for key in ("normalTexture", "occlusionTexture", "emissiveTexture"):
        material.pop(key, None)
    material["pbrMetallicRoughness"] = {
        key: value for key, value in material.get("pbrMetallicRoughness", {}).items() if not key.endswith("Texture")
    }
    if any(entry.get("doubleSided") for entry in low.materials):
        material["doubleSided"] = True
    return replace(low, primitives=tuple(parts), materials=(material,), textures=()), atlas.charts


def _wanted(low: Model, master: Look, maps: tuple[Map, ...], anew: bool) -> tuple[str, ...]:
    """The slots to bake: what is asked for and not there, and whatever else would be lost."""
    wanted = ["normalTexture"] if "normal" in maps or (anew and master.has("normalTexture")) else []
    coloured = any(part.colours is not None for part in master.model.primitives) or master.has("baseColorTexture")
    several = len({part.material for part in master.model.primitives}) > 1
    there = not anew and "baseColorTexture" in _pbr(low)
    if (coloured or several) and not there and ("baseColor" in maps or anew):
        wanted.append("baseColorTexture")
    if anew:
        wanted += [slot for slot in SLOTS if master.has(slot) or (several and slot == SLOTS[0])]
    return tuple(wanted)


def _pbr(model: Model) -> dict[str, Any]:
    index = model.primitives[0].material
    return {} if index is None or not model.materials else dict(model.materials[index].get("pbrMetallicRoughness", {}))


def _dressed(low: Model, pictures: dict[str, NDArray[np.uint8]]) -> tuple[Model, tuple[str, ...]]:
    """The model with its baked textures in place; which of its own slots stayed."""
    materials, textures = list(copy.deepcopy(low.materials)) or [{}], list(low.textures)
    index = low.primitives[0].material or 0
    material = materials[index]
    told = material.setdefault("pbrMetallicRoughness", {"metallicFactor": 0.0, "roughnessFactor": 0.9})
    held = [*material, *told]
    kept = tuple(sorted(key for key in held if key.endswith("Texture") and key not in pictures))
    for slot, picture in sorted(pictures.items()):
        entry = {"index": len(textures)}
        textures.append(Texture(png(picture), "image/png", dict(_LINEAR_MIPS), slot.removesuffix("Texture")))
        if slot == "baseColorTexture":
            told[slot] = entry
            told.pop("baseColorFactor", None)
        elif slot == "metallicRoughnessTexture":
            told[slot] = entry
            told |= {"metallicFactor": 1.0, "roughnessFactor": 1.0}
        else:
            material[slot] = entry
        if slot == "emissiveTexture":
            material["emissiveFactor"] = [1.0, 1.0, 1.0]
    colours = "baseColorTexture" in pictures  # they are in the texture now
    parts = tuple(replace(part, material=index, colours=None if colours else part.colours) for part in low.primitives)
    made = replace(low, primitives=parts, materials=tuple(materials), textures=tuple(textures))
    return _without_unused(made), kept


def _without_unused(model: Model) -> Model:
    """The model without textures that no material names."""
    materials = copy.deepcopy(model.materials)
    slots = [entry for material in materials for _, entry in texture_slots(material)]
    used = sorted({int(entry["index"]) for entry in slots})
    place = {index: at for at, index in enumerate(used)}
    for entry in slots:
        entry["index"] = place[int(entry["index"])]
    return replace(model, materials=materials, textures=tuple(model.textures[index] for index in used))


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture (h, w, 3 or 4) as PNG, quickly."""
    import cv2

    order = [2, 1, 0, 3][: picture.shape[2]]
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., order]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise TextureUnreadable(file="", reference="", detail="a baked texture cannot be stored")
    return bytes(data.tobytes())
