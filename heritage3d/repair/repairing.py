"""What a scanner leaves and no derivative should carry on: removed, turned, split or closed, and each act counted.

What deviations are measured against. The surface of the scan is what was captured: the repaired model without its
invented primitives (``Model.evidence``). Debris is not part of it, by the counts that say so; a filling is not part
of it either, since it lies where nobody looked, and a distance to it says nothing about the object. Deviations are
therefore certified between the evidence of the master and the evidence of the file, both ways, and the area that
was invented is stated beside them. With the fillings on both sides instead, a captured part of a file could pass by
lying near an invented part of the master; with them on one side, the figure would be the size of the holes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty
from heritage3d.gltf.model import Model
from heritage3d.mesh.shading import smooth
from heritage3d.repair import holes as closing
from heritage3d.repair import kernels, pieces, splitting
from heritage3d.repair.whole import Whole

#: Specks whose box has a smaller diagonal than this share of the object's are debris (with ``pieces.DEBRIS_AREA``).
DEBRIS = 0.01
#: Holes whose border is no longer than this share of the diagonal are closed: about one hundredth across.
HOLES = 0.03


class RepairCounts(TypedDict):
    """What was done. Areas are in the square of the model's own unit."""

    degenerate: int  # faces without an area
    duplicate: int  # faces that lie there twice in the same turn
    loose_vertices: int  # vertices that no face uses
    non_manifold_edges: int  # edges of more than two faces, split into sheets
    non_manifold_left: int  # of those, whose sheets hang together again at both ends: left as they are
    split_vertices: int  # vertices doubled for that
    flipped_faces: int  # turned over, to agree with their neighbours or to look outwards
    turned_pieces: int  # closed pieces that were inside out
    cavities: int  # closed pieces inside others, which look inwards and were left so
    twisted_edges: int  # edges at which no turning makes both faces agree (a Möbius band has some), left as they are
    debris_pieces: int
    debris_faces: int
    debris_area: float
    holes_filled: int
    holes_left: int  # of that size, with too many edges or on an edge of more than two faces
    invented_faces: int
    invented_area: float


def repaired(model: Model, name: str, *, debris: float = DEBRIS, holes: float = HOLES) -> tuple[Model, RepairCounts]:
    """The model as a derivative should have it, and what was done to it.

    ``debris`` is the greatest diagonal of a speck and ``holes`` the longest border of a hole, both as shares of the
    diagonal of the model's box; 0 leaves them. No captured vertex moves. What closes holes is the last
    primitive, ``invented``, with a material and colours of its own. ``name`` is the file's. Raises MeshEmpty where
    nothing is left.
    """
    whole = Whole.of(model)
    flat = kernels.flat(*model.surface())
    whole = whole.without(flat)
    twice = kernels.repeated(whole.faces, whole.owner, len(whole.points))
    whole = whole.without(twice)
    if not len(whole.faces):
        raise MeshEmpty(file=name)
    edges = whole.crowded[0]
    parts = pieces.pieces(whole)
    specks, number, lost = pieces.debris(whole, parts, debris)
    whole, parts = _turned(whole, parts, specks)
    whole.parted()
    low, high = whole.points[whole.faces.reshape(-1)].min(axis=0), whole.points[whole.faces.reshape(-1)].max(axis=0)
    filling, material = closing.filled(whole, parts, holes * float(np.linalg.norm(high - low)), name)
    split, doubled, knotted = splitting.split(whole)
    primitives, loose = split.primitives()
    counts = RepairCounts(
        degenerate=int(flat.sum()),
        duplicate=int(twice.sum()),
        loose_vertices=loose,
        non_manifold_edges=edges,
        non_manifold_left=knotted,
        split_vertices=doubled,
        flipped_faces=int(whole.turned.sum()),
        turned_pieces=parts.outwards,
        cavities=parts.cavities,
        twisted_edges=parts.twisted,
        debris_pieces=number,
        debris_faces=int(specks.sum()),
        debris_area=lost,
        holes_filled=filling.holes,
        holes_left=filling.left,
        invented_faces=0 if filling.primitive is None else len(filling.primitive.faces),
        invented_area=filling.area,
    )
    made = replace(model, primitives=tuple(primitives))
    if filling.primitive is not None and material is not None:
        shown = replace(filling.primitive, normals=smooth(filling.primitive.positions, filling.primitive.faces))
        made = replace(made, primitives=(*made.primitives, shown), materials=(*made.materials, material))
    return made, counts


def _turned(whole: Whole, parts: pieces.Pieces, specks: NDArray[np.bool_]) -> tuple[Whole, pieces.Pieces]:
    """The surface turned as its pieces should be, without debris, and its pieces by the faces that are left."""
    kept = ~specks
    parts = replace(parts, label=parts.label[kept], turned=parts.turned[kept])
    return whole.without(specks).turning(parts.turned), parts
