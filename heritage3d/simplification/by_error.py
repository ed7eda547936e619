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
from heritage3d.simplification import mending, preparing, resuming, rounds, sampling

# Above this share of the triangles a level saves too little to be worth a second geometry.
WORTHWHILE = 0.9
# What a forbidden place may deviate from then on, as a share of what it might before.
_TIGHTER = 0.8
# How often the samples are held more tightly before the rest is left to the caller's proof.
_TRIES = 6
# Where fewer than this share of the samples is concerned, those places are mended, and what cannot be is done again
# from where edges began to be refused: at most so many times, and only if that share of its samples kept there what
# they are allowed now.
_FEW, _RESUMED, _HELD = 0.02, 3, 0.8
# A level is filed down to these shares of its greatest deviation, for at most so much of its triangles.
_LEVELS, _SPENT = (0.8, 0.65, 0.55, 0.45), 0.01
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


def levelled(model: Model, master: Surface, scale: float, triangles: int) -> Model:
    """``to_number`` with a smaller greatest deviation from ``master``, the surface of this very model; ``scale`` as
    for ``ByError``.

    Quadrics care for the mean. Where the surface is farthest away it gets corners of the master, and as many triangles
    go elsewhere, where they are missed least; as long as that takes few.
    """
    base = to_number(model, triangles)
    found = mending.deviation(base, master, scale)
    best = base
    for share in _LEVELS:
        made, left = _filed(base, master, scale, share * found)
        more = made.triangles - base.triangles
        if len(left) or more > _SPENT * triangles:
            break
        made, left = _filed(to_number(model, triangles - more), master, scale, share * found)
        if len(left) or made.triangles > max(triangles, base.triangles):
            break
        best = made
    return best


def _filed(model: Model, master: Surface, scale: float, limit: float) -> tuple[Model, NDArray[np.float64]]:
    return mending.mended(model, master, scale, limit, mending.beyond(model, master, scale, limit))


class ByError:
    """Simplifies a model to an error, and learns from what is proved of the result.

    ``master`` is the surface of this very model, ``scale`` brings model units to its unit and that of ``limit``.
    Samples of the master ride on the faces that replace it and keep ``share`` of the limit in both directions; between
    the samples the limit may be crossed now and then. Where that is seen, those places are held more tightly, and the
    last few of them get corners of the master. The caller proves what it ships, says with ``forbid`` where that
    failed, and asks again. Texture places may slide on the surface by ``drift``, twice the limit where none is given.
    """

    def __init__(
        self, model: Model, master: Surface, scale: float, limit: float, share: float = 1.0, drift: float | None = None
    ) -> None:
        self.model, self.master, self.scale, self.limit = model, master, scale, limit
        self.source = preparing.bundle(model)
        allowed = limit * share / scale
        self.fixed = _rims(self.source)
        self.riders = sampling.riders(self.source, allowed, (_DRIFT * limit if drift is None else drift) / scale)
        self._trail: resuming.Trail | None = None
        self._fewer = np.zeros(0, np.int64)  # the samples that are allowed less than when the trail was made
        self._resumed = 0

    def next(self) -> Model | None:
        """The model with fewer triangles; None where it saves too little."""
        for attempt in range(_TRIES):
            thin = self._thinner()
            if thin is None:
                return None
            far = mending.beyond(thin, self.master, self.scale, self.limit)
            if not len(far):
                return thin
            if attempt == _TRIES - 1 or len(self._concerned(far)) < _FEW * len(self.riders.samples):
                thin, far = mending.mended(thin, self.master, self.scale, self.limit, far)
                if attempt == _TRIES - 1 or not len(far):
                    return thin
            self.forbid(far)
        return None

    def forbid(self, points: NDArray[np.float64]) -> None:
        """Allow less around these points (centred as ``master`` is)."""
        if len(points):
            fewer = self._concerned(points)
            self.riders.allowed[fewer] *= _TIGHTER**2
            self._fewer = np.union1d(self._fewer, fewer)

    def _concerned(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """The samples around some points."""
        bad = np.zeros(len(self.source.points), np.bool_)
        bad[self.source.place[self.master.faces[self.master.nearest(points).triangle].reshape(-1)]] = True
        faces = np.asarray(bad[self.riders.old_faces]).max(axis=1)
        return np.flatnonzero(faces[self.riders.home])

    def _thinner(self) -> Model | None:
        """As many edges gone as the samples allow; None where that saves too little."""
        trail, few = self._trail, len(self._fewer) < _FEW * len(self.riders.samples)
        if trail is not None and few and self._resumed < _RESUMED and resuming.held(trail, self._fewer) > _HELD:
            mesh, self._trail = resuming.again(trail, self._fewer)
            self._resumed += 1
        else:
            mesh = self.source.working(self.fixed)
            if not mesh.triangles:
                return None
            self._trail, self._resumed = resuming.within(mesh, self.riders), 0
        self._fewer = np.zeros(0, np.int64)
        if not 0 < mesh.triangles <= WORTHWHILE * self.model.triangles:
            return None
        return self.source.model_of(mesh)


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
