"""The table that an object stands on: found below everything else, level and perhaps a little bowed, and cut away.

A sheet of paper or a cloth lies on no plane: what is near the plane is followed outwards as a polynomial surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import SurfaceImpossible
from heritage3d.photogrammetry import surface_trimming as trimming
from heritage3d.photogrammetry.fusion import Cloud
from heritage3d.photogrammetry.surface import Surface, without_specks

_UP = np.array([0.0, 1.0, 0.0])  # alignment sets the world upright
_LEVEL = np.cos(np.radians(25))
_THICK_PX = 3.0  # half of the thickness of the table's points
_ABOVE_PX = 5.0  # so far above the table, the object begins
_BELOW = 0.03  # share of the points that may lie below the table: noise, reflections
_TRIES, _SAMPLE = 400, 40_000
_BOW_DEGREES = (1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4)  # of the polynomials, each fitted to what the one before came near
_CELL_PX, _FEWEST = 8.0, 6
_PART = 0.05  # parts with a smaller share of the largest one are no objects
_RISES = 0.1  # of the height of the tallest part: others belong to the table
_MARGIN_PX = 24.0


@dataclass(frozen=True)
class Ground:
    """A plane, ``normal`` (3,) . p = ``offset``, and how the table bows out of it; ``pixel``: what one covers there.

    ``axes`` (2, 3) lie in the plane with their origin at ``middle`` (3,); ``low`` and ``high`` (2,) are the ends of the
    table along them, beyond which it goes on as at its rim. ``bow``: factors of the polynomial that lifts it. World
    units.
    """

    normal: NDArray[np.float64]
    offset: float
    pixel: float
    axes: NDArray[np.float64]
    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bow: NDArray[np.float64]

    def height(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How high points (n, 3) lie above the table, (n,)."""
        flat = np.clip((points - self.middle) @ self.axes.T, self.low, self.high)
        return np.asarray(points @ self.normal - self.offset - _lifts(self.inside(flat), self.bow))

    def above(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points (n, 3) stand out of the table."""
        return self.height(points) > _ABOVE_PX * self.pixel

    def inside(self, flat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places (n, 2) in the plane, counted from -1 to 1 between the ends of the table."""
        return 2 * (flat - self.low) / np.maximum(self.high - self.low, 1e-300) - 1


def ground_of(cloud: Cloud) -> Ground | None:
    """The level plane with the most points, below which almost none lie; None where there is none."""
    pixel = float(np.median(cloud.footprint))
    every = max(1, len(cloud.points) // _SAMPLE)
    points, normals = cloud.points[::every], cloud.normals[::every].astype(np.float64)
    level = np.flatnonzero(normals @ _UP > _LEVEL)
    if len(level) < 100:
        return None
    rng = np.random.default_rng(0)
    best: tuple[int, NDArray[np.float64], float] | None = None
    for _try in range(_TRIES):
        a, b, c = points[rng.choice(level, 3, replace=False)]
        normal = np.cross(b - a, c - a)
        size = float(np.linalg.norm(normal))
        if size < 1e-12 * max(pixel, 1e-12):
            continue
        normal = normal / size * (1 if normal[1] > 0 else -1)
        height = points @ normal - normal @ a
        if normal[1] < _LEVEL or (height < -_THICK_PX * pixel).mean() > _BELOW:
            continue
        count = int((np.abs(height[level]) < _THICK_PX * pixel).sum())
        if best is None or count > best[0]:
            best = (count, normal, float(normal @ a))
    if best is None or best[0] < 0.1 * len(level):
        return None
    _count, normal, offset = best
    on = points[level][np.abs(points[level] @ normal - offset) < _THICK_PX * pixel]
    middle = on.mean(axis=0)
    fitted = np.linalg.svd(on - middle, full_matrices=False)[2][2]
    fitted = fitted * (1 if fitted[1] > 0 else -1)
    return _bowed(points[level], fitted, middle, pixel)


def _bowed(
    points: NDArray[np.float64], normal: NDArray[np.float64], middle: NDArray[np.float64], pixel: float
) -> Ground:
    """The table near a plane through ``middle``, followed as far as level points go on smoothly."""
    across = np.cross(normal, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(normal, across)])
    flat, height = (points - middle) @ axes.T, (points - middle) @ normal
    ground = Ground(
        normal, float(normal @ middle), pixel, axes, middle, flat.min(axis=0), flat.max(axis=0), np.zeros(3)
    )
    for degree in _BOW_DEGREES:
        near = np.abs(ground.height(points)) < _THICK_PX * pixel
        on = flat[near]
        ground = replace(ground, low=on.min(axis=0), high=on.max(axis=0))
        powers = _powers(ground.inside(on), degree)
        weak = 1e-6 * len(on) * np.eye(powers.shape[1])
        ground = replace(ground, bow=np.asarray(np.linalg.solve(powers.T @ powers + weak, powers.T @ height[near])))
    return ground


def _powers(flat: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    """The products of powers of both coordinates up to a degree, (n, k)."""
    x, y = flat.T
    return np.stack([x**i * y ** (total - i) for total in range(degree + 1) for i in range(total + 1)], axis=1)


def _lifts(flat: NDArray[np.float64], bow: NDArray[np.float64]) -> NDArray[np.float64]:
    degree = int(np.sqrt(2 * len(bow))) - 1
    return np.asarray(_powers(flat, degree) @ bow)


def around_object(cloud: Cloud, ground: Ground) -> Cloud:
    """The points of what stands on the table, with the table close around it. Raises SurfaceImpossible."""
    from scipy.ndimage import label

    high = ground.above(cloud.points)
    flat = cloud.points @ ground.axes.T
    low = flat.min(axis=0)
    cell = np.floor((flat - low) / (_CELL_PX * ground.pixel)).astype(np.int64)
    shape = tuple(int(most) + 1 for most in cell.max(axis=0))
    counts = np.bincount(np.ravel_multi_index((cell[high, 0], cell[high, 1]), shape), minlength=shape[0] * shape[1])
    parts, found = label(counts.reshape(shape) >= _FEWEST, np.ones((3, 3)))
    if not found:
        raise SurfaceImpossible(detail="nothing stands out of the table")
    sizes = np.bincount(parts.ravel(), counts)
    sizes[0] = 0
    chosen = np.argwhere(np.isin(parts, np.flatnonzero(sizes >= _PART * sizes.max())))
    margin = _MARGIN_PX * ground.pixel
    from_, to = chosen.min(axis=0) * _CELL_PX * ground.pixel, (chosen.max(axis=0) + 1) * _CELL_PX * ground.pixel
    keep = ((flat - low >= from_ - margin) & (flat - low <= to + margin)).all(axis=1)
    keep &= ground.height(cloud.points) > -_THICK_PX * ground.pixel
    return Cloud(*(getattr(cloud, name)[keep] for name in Cloud.__dataclass_fields__))


def cut(surface: Surface, ground: Ground) -> Surface:
    """The surface without the table, and without what is left of it in crumbs. Raises SurfaceImpossible."""
    out = np.flatnonzero(ground.above(surface.vertices)[surface.faces].any(axis=1))
    if not len(out):
        raise SurfaceImpossible(detail="nothing stands out of the table")
    keep = out[_risen(surface.faces[out], ground.height(surface.vertices))]
    whole = replace(surface, faces=surface.faces[keep], invented=surface.invented[keep])
    return without_specks(whole, _PART)


def _risen(faces: NDArray[np.int64], height: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which faces belong to a part that stands; scraps of a table that bows otherwise than fitted lie low."""
    part = trimming.parts(faces, len(height))
    top = np.zeros(len(height))
    np.maximum.at(top, part[faces[:, 0]], height[faces].max(axis=1))
    return np.asarray(top[part[faces[:, 0]]] >= _RISES * top.max())
