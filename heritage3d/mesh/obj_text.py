"""The lines of a usual OBJ as arrays, without an object for each word: twenty million triangles in some gigabytes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshTooLarge
from heritage3d.mesh import text_kernels
from heritage3d.mesh.text_kernels import OTHER, VN, VT, F, V
from heritage3d.pipeline import limits

_WIDEST = 7  # x y z r g b a


@dataclass
class Text:
    """What an OBJ says: numbers of v (n, 3 to 7), vt, vn; corners of each face; all corners (c, 3), v, vt, vn from 0
    on, -1 where not named and -6 where a relative one reaches before the first; materials and other lines."""

    v: NDArray[np.float64]
    vt: NDArray[np.float64]
    vn: NDArray[np.float64]
    counts: NDArray[np.int64]
    corners: NDArray[np.int64]
    uses: list[tuple[int, str]] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    other: dict[str, int] = field(default_factory=dict)


def bounded(name: str, vertices: int, faces: int) -> None:
    """Raises MeshTooLarge."""
    for what, count in (("vertices", vertices), ("triangles", faces)):
        if count > limits.MAX_TRIANGLES:
            raise MeshTooLarge(file=name, count=count, limit=limits.MAX_TRIANGLES, what=what)


def parsed(name: str, data: bytes) -> tuple[Text, list[tuple[bytes, int]]] | None:
    """An OBJ whose lines are all alike in their kind, and its lines of other kinds with the number of faces before.

    None where a line is unusual (a word that is no number, lines of different lengths): then it has to be read
    word by word. Raises MeshTooLarge.
    """
    text = np.frombuffer(data, np.uint8)
    told = text_kernels.counted(text)
    bounded(name, int(told[V]), int(told[F]))
    wide, of_texture, of_normal = (int(told[6 + kind]) for kind in (V, VT, VN))
    if not told[V] or not 3 <= wide <= _WIDEST or of_texture not in (0, 2, 3) or of_normal not in (0, 3):
        return None
    v = np.empty((int(told[V]), wide))
    vt, vn = np.empty((int(told[VT]), of_texture)), np.empty((int(told[VN]), of_normal))
    counts, corners = np.empty(int(told[F]), np.int64), np.zeros((int(told[5]), 3), np.int64)
    others = np.empty((int(told[OTHER]), 2), np.int64)
    if not text_kernels.filled(text, v, vt, vn, counts, corners, others):
        return None
    corners -= 1
    lines = []
    for start, before in others.tolist():
        end = data.find(b"\n", start)
        lines.append((data[start : end if end >= 0 else len(data)].strip().replace(b"\t", b" "), before))
    return Text(v, vt, vn, counts, corners), lines
