"""Pieces of a surface: turned consistently, closed ones outwards; specks that float beside the object left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.repair import kernels, piece_kernels
from heritage3d.repair.piece_kernels import ALONG_NORMALS, AREA, OPEN, TURNED_AREA, VOLUME
from heritage3d.repair.whole import Whole

#: Debris is below this share of the whole area, each piece; together below this share, else it is no debris but
#: how the scan was made.
DEBRIS_AREA = 0.001
_DEBRIS_TOGETHER = 0.01
# Closed pieces inside others whose place is found by their solid angle; beyond these the box decides.
_WINDINGS = 16
# A side is told by the stored normals where the faces look along them at least that much, as a share of the area.
_TOLD = 0.2


@dataclass(frozen=True)
class Pieces:
    """What hangs together over edges: the piece of each face and what was measured of each piece."""

    label: NDArray[np.int32]
    turned: NDArray[np.bool_]  # faces that must be turned for the piece to be consistent and outwards
    told: NDArray[np.float64]
    box: NDArray[np.float64]
    twisted: int  # edges at which no turning makes the faces agree
    outwards: int  # closed pieces that were inside out
    cavities: int  # closed pieces that look inwards because they lie inside another

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return len(self.told)


def pieces(whole: Whole) -> Pieces:
    """The pieces of a surface and how each should be turned.

    Edges at which no turning makes the faces agree are parted in ``whole.mate``. Within a piece the greater area
    keeps its side. A closed piece then looks outwards (positive volume), unless it
    lies inside another one and looks inwards consistently: that is a cavity, as computed tomography sees them. An
    open piece looks to the side of the normals that the scanner stored, where it stored any.
    """
    label, turned, count = kernels.flooded(whole.faces, whole.mate)
    twisted = int(kernels.cut(whole.faces, whole.mate, turned))
    normals = [entry.normals for entry in whole.model.primitives]
    stored = np.concatenate([n for n in normals if n is not None]) if all(n is not None for n in normals) else None
    none = np.empty((0, 3), np.float32)
    told, box = piece_kernels.measured(
        whole.faces, whole.points, label, turned, whole.mate, whole.rows, none if stored is None else stored, count
    )
    area, other = told[:, AREA], told[:, TURNED_AREA]
    invert = other > area / 2
    closed = told[:, OPEN] == 0
    solid = closed & (np.abs(told[:, VOLUME]) > 1e-9 * area**1.5)
    invert[solid] = told[solid, VOLUME] < 0
    sided = ~solid & (np.abs(told[:, ALONG_NORMALS]) > _TOLD * area)
    invert[sided] = told[sided, ALONG_NORMALS] < 0
    given = solid & (told[:, VOLUME] < 0) & (other == 0)
    cavities = _cavities(whole, label, told, box, np.flatnonzero(given), solid)
    invert[cavities] = False
    turned ^= invert[label]
    outwards = int((given & invert).sum())
    return Pieces(label, turned, told, box, twisted, outwards, len(cavities))


def _cavities(
    whole: Whole,
    label: NDArray[np.int32],
    told: NDArray[np.float64],
    box: NDArray[np.float64],
    inwards: NDArray[np.int64],
    solid: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Those of the pieces that look inwards which lie inside another closed piece."""
    found = []
    inwards = inwards[np.argsort(-told[inwards, AREA], kind="stable")]
    for rank, piece in enumerate(inwards):
        around = solid & (box[:, :3] < box[piece, :3]).all(axis=1) & (box[:, 3:] > box[piece, 3:]).all(axis=1)
        if not around.any():
            continue
        if rank < _WINDINGS:
            at = whole.points[whole.faces[np.argmax(label == piece), 0]]
            if abs(piece_kernels.winding(whole.faces, whole.points, around[label], at)) < 0.5:
                continue
        found.append(piece)
    return np.array(found, np.int64)


def debris(whole: Whole, parts: Pieces, share: float) -> tuple[NDArray[np.bool_], int, float]:
    """Faces of specks: clusters of pieces (those that touch are one) whose box is smaller than ``share`` of the
    diagonal of the largest one and whose area is below DEBRIS_AREA of all. With their number and area.

    Nothing is debris where all of it together is more than a hundredth of the area.
    """
    none = np.zeros(len(whole.faces), bool), 0, 0.0
    if share <= 0 or parts.count < 2:
        return none
    cluster = piece_kernels.gathered(whole.faces, parts.label, len(whole.points), parts.count)
    names, of_piece = np.unique(cluster, return_inverse=True)
    area = np.bincount(of_piece, parts.told[:, AREA], len(names))
    low, high = np.full((len(names), 3), np.inf), np.full((len(names), 3), -np.inf)
    np.minimum.at(low, of_piece, parts.box[:, :3])
    np.maximum.at(high, of_piece, parts.box[:, 3:])
    size = np.linalg.norm(high - low, axis=1)
    main = int(np.argmax(area))
    speck = (area < DEBRIS_AREA * area.sum()) & (size < share * size[main])
    speck[main] = False
    lost = float(area[speck].sum())
    if not speck.any() or lost > _DEBRIS_TOGETHER * area.sum():
        return none
    return speck[of_piece][parts.label], int(speck.sum()), lost
