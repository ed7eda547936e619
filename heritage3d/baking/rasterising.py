"""Which triangle lies on which texel: the one loop of baking that numpy cannot say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled

_EDGE = 1e-9
_INNER = 1e-3


@compiled
def _covered(places: NDArray[np.float64], faces: NDArray[np.int64], texels: NDArray[np.int64]) -> int:
    """Write the first triangle over each texel's centre; the number of texels that lie well within two."""
    high, wide = texels.shape
    twice = 0
    for face in range(len(faces)):
        ax, ay = places[faces[face, 0], 0], places[faces[face, 0], 1]
        bx, by = places[faces[face, 1], 0], places[faces[face, 1], 1]
        cx, cy = places[faces[face, 2], 0], places[faces[face, 2], 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        left, right = max(int(min(ax, bx, cx) - 0.5), 0), min(int(max(ax, bx, cx) + 0.5), wide - 1)
        top, bottom = max(int(min(ay, by, cy) - 0.5), 0), min(int(max(ay, by, cy) + 0.5), high - 1)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                x, y = column + 0.5, row + 0.5
                b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                least = min(b, c, 1 - b - c)
                if least < -_EDGE:
                    continue
                if texels[row, column] < 0:
                    texels[row, column] = face
                elif least > _INNER:
                    twice += 1
    return twice


def covered(uvs: NDArray[np.float64], faces: NDArray[np.integer], side: int) -> tuple[NDArray[np.int64], float]:
    """The face over the centre of each texel (side, side), -1 for none, and the share of texels that have two.

    ``uvs`` (n, 2) lie in the unit square, v downwards; places outside of it cover nothing.
    """
    texels = np.full((side, side), -1, np.int64)
    places = np.ascontiguousarray(uvs, np.float64) * side
    twice = _covered(places, np.ascontiguousarray(faces, np.int64), texels)
    return texels, twice / max(int(np.count_nonzero(texels >= 0)), 1)


def weights(
    uvs: NDArray[np.float64], faces: NDArray[np.integer], side: int, texel: NDArray[np.int64], face: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The barycentric weights (k, 3) of texels' centres in their faces; ``texel`` counts along the rows."""
    corner = uvs[faces[face]] * side
    point = np.column_stack([texel % side + 0.5, texel // side + 0.5])
    one, two, way = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0], point - corner[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    second = (way[:, 0] * two[:, 1] - way[:, 1] * two[:, 0]) / area
    third = (one[:, 0] * way[:, 1] - one[:, 1] * way[:, 0]) / area
    made = np.clip(np.column_stack([1 - second - third, second, third]), 0, 1)
    return np.asarray(made / made.sum(axis=1, keepdims=True))


def padded(picture: NDArray[np.uint8], bare: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with every bare texel as its nearest covered one, so that no filter mixes in what is nothing."""
    if bare.all() or not bare.any():
        return picture
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(bare, return_distances=False, return_indices=True)
    return np.ascontiguousarray(picture[rows, columns])
