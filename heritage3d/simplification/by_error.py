"""Fewer triangles: to an error that is kept everywhere, or to a number; texture places and colours go along.

Edges are collapsed by quadric error (Garland and Heckbert, 1997) in rounds of edges that do not touch, so that both
cores work and the result is the same on any number of them. Borders and seams of textures stay closed lines, parts
that touch stay together, the topology stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model
from heritage3d.simplification import preparing, rounds, sampling

# Above this share of the triangles a level saves too little to be worth a second geometry.
WORTHWHILE = 0.9
# What a forbidden place may deviate from then on, as a share of what it might before.
_TIGHTER = 0.8
# Texture places may move on the surface by so many times the allowed deviation.
_DRIFT = 2.0


def to_number(model: Model, triangles: int) -> Model:
    """About ``triangles`` triangles with the least error, never more where the topology, borders and seams allow it.

    Vertices move; texture places, normals and colours are those of the surface before at the new places. Places
    where faces do not make one fan stay as they are. The same model gives the same result on any number of threads.
    """
    if triangles >= model.triangles:
        return model
    source = preparing.bundle(model)
    mesh = source.working()
    rounds.to_number(mesh, triangles)
    return source.model_of(mesh) if mesh.triangles else model


class ByError:
    """Simplifies a model to an error, and learns from what is proved of the result.

    ``master`` is the surface of this very model, ``scale`` brings model units to its unit and that of ``limit``.
    Samples of the master ride on the faces that replace it and keep ``share`` of the limit in both directions; between
    the samples the limit may be crossed now and then. So the caller proves what it ships, says with ``forbid`` where
    that failed, and asks again: those places are then held more tightly. Texture places may slide on the surface by
    ``drift``, twice the limit where none is given.
    """

    def __init__(
        self, model: Model, master: Surface, scale: float, limit: float, share: float = 1.0, drift: float | None = None
    ) -> None:
        self.model, self.master = model, master
        self.source = preparing.bundle(model)
        allowed = limit * share / scale
        self.fixed = _rims(self.source)
        self.riders = sampling.riders(self.source, allowed, (_DRIFT * limit if drift is None else drift) / scale)

    def next(self) -> Model | None:
        """The model with fewer triangles; None where it saves too little."""
        mesh = self.source.working(self.fixed)
        if not mesh.triangles:
            return None
        rounds.within(mesh, self.riders)
        if not 0 < mesh.triangles <= WORTHWHILE * self.model.triangles:
            return None
        return self.source.model_of(mesh)

    def forbid(self, points: NDArray[np.float64]) -> None:
        """Allow less around these points (centred as ``master`` is)."""
        if not len(points):
            return
        bad = np.zeros(len(self.source.points), np.bool_)
        bad[self.source.place[self.master.faces[self.master.nearest(points).triangle].reshape(-1)]] = True
        faces = np.asarray(bad[self.riders.old_faces]).max(axis=1)
        self.riders.allowed[faces[self.riders.home]] *= _TIGHTER**2


def _rims(source: preparing.Bundle) -> NDArray[np.bool_]:
    """The places where what was captured meets what was invented.

    Only captured surfaces are compared, and a rim that slides on the surface would leave the captured one though the
    whole lies where it lay.
    """
    meets = np.zeros((2, len(source.points)), np.bool_)
    first = 0
    for entry in source.model.primitives:
        rows = source.place[first : first + len(entry.positions)]
        meets[int(entry.invented), rows[np.unique(entry.faces)]] = True
        first += len(entry.positions)
    return np.asarray(meets.all(axis=0))
