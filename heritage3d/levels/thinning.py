"""Few triangles of a scan in many charts: where their corners stop it, the surface is laid out anew."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from heritage3d.baking import make
from heritage3d.baking.make import BakeEvidence
from heritage3d.baking.unwrap import MOST_TRIANGLES
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive
from heritage3d.simplification import by_error

# Corners of charts stay where they are. From this share of them on they take what the surface needs.
_ENOUGH = 1.1


def thinned(
    source: Model, master: Model, triangles: int, side: int, name: str, *, level: bool = False
) -> tuple[Model, BakeEvidence | None]:
    """About ``triangles`` triangles of a level, and the evidence of what was baked for them, if it was.

    A scanner's atlas may have thousands of charts, whose corners cannot go. Where they keep the level above the
    number, its surface is simplified without them, cut into new charts, and every map of ``master`` is baked, at
    most ``side`` texels wide. With ``level`` the greatest deviation from ``source`` is made smaller; it takes longer.
    Raises MeshError subclasses.
    """
    if level and triangles < source.triangles:
        positions, faces = source.evidence().surface()
        thin = by_error.levelled(source, Surface(positions, faces), 1.0, triangles)
    else:
        thin = by_error.to_number(source, triangles)
    if thin.triangles <= _ENOUGH * triangles or not source.textures:
        return thin, None
    bare = by_error.to_number(_bare(source), triangles)
    if bare.triangles >= thin.triangles or bare.triangles > MOST_TRIANGLES:
        return thin, None
    return make.baked(
        bare, master, side=min(side, make.side_for(master, most=side)), maps=("baseColor",), name=name, unwrap=True
    )


def _bare(model: Model) -> Model:
    """The surface in one material without textures; what is invented stays apart."""
    positions, _ = model.surface()
    starts = np.cumsum([0, *(len(entry.positions) for entry in model.primitives)])
    parts = []
    for invented in (False, True):
        faces = [
            entry.faces + np.uint32(start)
            for entry, start in zip(model.primitives, starts[:-1], strict=True)
            if entry.invented == invented
        ]
        if faces:
            parts.append(Primitive(positions, np.concatenate(faces), material=0, invented=invented))
    material = _without_textures(model.materials[model.primitives[0].material or 0]) if model.materials else {}
    if any(entry.get("doubleSided") for entry in model.materials):
        material["doubleSided"] = True
    return replace(model, primitives=tuple(parts), materials=(material,), textures=())


def _without_textures(material: dict[str, Any]) -> dict[str, Any]:
    kept = {key: copy.deepcopy(value) for key, value in material.items() if not key.endswith("Texture")}
    kept.pop("extensions", None)
    if "pbrMetallicRoughness" in kept:
        told = kept["pbrMetallicRoughness"]
        kept["pbrMetallicRoughness"] = {key: value for key, value in told.items() if not key.endswith("Texture")}
    return kept
