"""The matrix that brings one model to the coordinates of another, as `heritage3d optimize` or a person wrote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import TransformUnusable

_MOST_BYTES = 1 << 24


@dataclass(frozen=True)
class Transform:
    """``matrix`` (4x4, column vectors) brings the master to its files. ``files`` names these where they are known;
    ``known_scale`` is None where the file does not say whether their unit is sure."""

    matrix: NDArray[np.float64]
    files: frozenset[str] = frozenset()
    known_scale: bool | None = None


def read(path: Path) -> Transform:
    """Read an evidence.json of `optimize`, another JSON object with ``master_to_file``, or a bare matrix: four rows of
    four numbers, or sixteen numbers row by row. Raises TransformUnusable."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TransformUnusable(file=path.name, detail="it is far too large")
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise TransformUnusable(file=path.name, detail=error.strerror or "it cannot be opened") from error
    except (ValueError, RecursionError) as error:
        raise TransformUnusable(file=path.name, detail="it is no JSON") from error
    if not isinstance(told, dict):
        return Transform(_matrix(told, path.name))
    if "master_to_file" not in told:
        raise TransformUnusable(file=path.name, detail="it has no master_to_file")
    files = told.get("files")
    named = {str(entry.get("file")) for entry in files if isinstance(entry, dict)} if isinstance(files, list) else set()
    scale = {"known": True, "unknown": False}.get(str(told.get("scale")))
    return Transform(_matrix(told["master_to_file"], path.name), frozenset(named), scale)


def _matrix(told: Any, name: str) -> NDArray[np.float64]:
    try:
        matrix = np.array(told, np.float64)
    except (TypeError, ValueError) as error:
        raise TransformUnusable(file=name, detail="the matrix is not of numbers") from error
    if matrix.size != 16 or matrix.shape not in ((4, 4), (16,)):
        raise TransformUnusable(file=name, detail="the matrix has not 4 x 4 numbers")
    matrix = matrix.reshape(4, 4)
    if not np.isfinite(matrix).all() or not np.array_equal(matrix[3], [0, 0, 0, 1]):
        raise TransformUnusable(file=name, detail="the last row of the matrix is not 0 0 0 1")
    if not abs(np.linalg.det(matrix[:3, :3])) > 0:
        raise TransformUnusable(file=name, detail="the matrix makes everything flat")
    return matrix
