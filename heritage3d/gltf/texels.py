"""What a texture shows at places of it: moved, wrapped and mixed as glTF says (2.0, 3.8.4; KHR_texture_transform)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Values = NDArray[np.float64]
_STEPS = np.arange(256) / 255
_LIGHT = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)
_CLAMP, _MIRROR = 33071, 33648


def moved(places: Values, told: dict[str, Any] | None) -> Values:
    """Places (n, 2) after KHR_texture_transform: scaled, turned, shifted."""
    if not told:
        return places
    angle = float(told.get("rotation", 0.0))
    scaled = places * np.asarray(told.get("scale", [1.0, 1.0]))
    turned = np.column_stack(
        [
            math.cos(angle) * scaled[:, 0] + math.sin(angle) * scaled[:, 1],
            -math.sin(angle) * scaled[:, 0] + math.cos(angle) * scaled[:, 1],
        ]
    )
    return np.asarray(turned + np.asarray(told.get("offset", [0.0, 0.0])))


def _wrapped(index: Rows, count: int, way: int) -> Rows:
    if way == _CLAMP:
        return np.clip(index, 0, count - 1)
    if way == _MIRROR:
        index = index % (2 * count)
        return np.where(index < count, index, 2 * count - 1 - index)
    return index % count


def between(picture: NDArray[np.uint8], places: Values, sampler: dict[str, Any], *, colour: bool) -> Values:
    """Values (n, 4) of a picture (h, w, 4) between the four nearest texels; colours as light, else 0 to 1."""
    high, wide = picture.shape[:2]
    x, y = places[:, 0] * wide - 0.5, places[:, 1] * high - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    result = np.zeros((len(places), 4))
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
        texels = picture[
            _wrapped(top + dy, high, sampler.get("wrapT", 10497)),
            _wrapped(left + dx, wide, sampler.get("wrapS", 10497)),
        ]
        values = np.empty((len(places), 4))
        values[:, :3] = (_LIGHT if colour else _STEPS)[texels[:, :3]]
        values[:, 3] = texels[:, 3] / 255
        result += weight[:, None] * values
    return result
