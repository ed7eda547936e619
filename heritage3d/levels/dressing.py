"""What a level of detail shows beside its shape: the master's maps, or maps baked from the master."""

from __future__ import annotations

from heritage3d.baking import make
from heritage3d.baking.make import BakeEvidence, Map
from heritage3d.gltf.model import Model

# From this share of the master's triangles on a level shows so much of its relief that maps add nothing to see.
_THIN = 0.5
# Surfaces of more triangles are not cut into charts: it takes minutes, and so many vertices hold colours well.
_MOST = 100_000
# A preview is a first glance of 200 kB: it gets no relief.
_RELIEF = ("vr",)


def dressed(lod: Model, master: Model, role: str, side: int, name: str) -> tuple[Model, BakeEvidence | None]:
    """The level of detail with what must be baked, textures as PNG of at most ``side``, and the evidence of that.

    A master without textures loses colours and relief with its vertices: levels of much fewer triangles get them as
    textures. One with textures keeps them; where a headset's level is much coarser, a normal map carries the relief.
    """
    maps = _wanted(lod, master, role)
    if not maps:
        return lod, None
    return make.baked(lod, master, side=min(side, make.side_for(master, most=side)), maps=maps, name=name)


def _wanted(lod: Model, master: Model, role: str) -> tuple[Map, ...]:
    if role == "full" or lod.triangles > min(_MOST, _THIN * master.triangles):
        return ()
    coloured = not master.textures and any(part.colours is not None for part in master.primitives)
    maps: tuple[Map, ...] = ("baseColor",) if coloured else ()
    relief = role in _RELIEF or (coloured and role == "web")
    return (*maps, "normal") if relief else maps
