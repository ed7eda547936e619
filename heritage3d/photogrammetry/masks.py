"""What belongs to the object where nobody drew a mask: before a plain backdrop, or on a turntable.

Both judge small pictures and err to the side of the object: a mask only keeps features off the background.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.pixels import Grey, reduced

SIDE = 400  # px at which masks are made
_BACKDROP = 12.0  # distance in Lab from the colour of the border
_PLAIN = 0.7  # share of the border that must have that colour
_STILL = 6.0  # 8-bit values: what changes less between photographs stands still
_TEXTURED = 12.0  # gradient, 8-bit values a pixel: only detail can tell that it stands still
_STANDING = 0.25  # share of the detail that stays where it is when the camera stood
_FEWEST = 5  # photographs of one standing camera


def before_backdrop(colour: NDArray[np.uint8]) -> Grey | None:
    """The object before an even backdrop, (height, width) 0 or 255 of the picture (height, width, 3) sRGB.

    None where the border of the picture is of more than one colour.
    """
    small = reduced(colour, SIDE)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rim = max(2, SIDE // 50)
    border = np.concatenate([part.reshape(-1, 3) for part in (lab[:rim], lab[-rim:], lab[:, :rim], lab[:, -rim:])])
    ground = np.median(border, axis=0)
    if (np.linalg.norm(border - ground, axis=1) < _BACKDROP).mean() < _PLAIN:
        return None
    alike = (np.linalg.norm(lab - ground, axis=2) < _BACKDROP).astype(np.uint8)
    _count, parts = cv2.connectedComponents(alike, connectivity=4)
    outer = set(np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))) - {0}
    thing = ~np.isin(parts, sorted(outer))
    return _grown(thing, colour.shape[:2])


def on_turntable(greys: Sequence[Grey]) -> list[Grey | None]:
    """What turns, for photographs in the order of shooting; None for those whose camera did not stand still.

    Consecutive photographs of one size whose detail mostly stays in place were taken by a standing camera. In such a
    row the object is where the grey value changes from one photograph to the next.
    """
    small = [cv2.GaussianBlur(reduced(grey, SIDE), (0, 0), 1.0) for grey in greys]
    found: list[Grey | None] = [None] * len(greys)
    start = 0
    for end in range(1, len(small) + 1):
        if end < len(small) and small[end].shape == small[end - 1].shape and _stands(small[end - 1], small[end]):
            continue
        if end - start >= _FEWEST:
            row = np.stack(small[start:end]).astype(np.float32)
            moves = np.median(np.abs(row - np.median(row, axis=0)), axis=0) * 1.4826
            thing = moves > _STILL
            if 0.01 < thing.mean() < 0.95:
                for at in range(start, end):
                    found[at] = _grown(_filled(thing), greys[at].shape)
        start = end
    return found


def _stands(one: Grey, other: Grey) -> bool:
    first = one.astype(np.float32)
    slope = np.hypot(cv2.Sobel(first, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(first, cv2.CV_32F, 0, 1) / 8)
    textured = slope > _TEXTURED / 2
    if textured.sum() < 200:
        return False
    still = np.abs(first - other.astype(np.float32)) < _STILL
    return float(still[textured].mean()) > _STANDING


def _filled(thing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Closed over even parts of the object, whose turning changes nothing, and without holes."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SIDE // 16 | 1,) * 2)
    closed = cv2.morphologyEx(thing.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    padded = np.pad(closed, 1)
    _count, parts = cv2.connectedComponents(1 - padded, connectivity=4)
    return np.asarray(parts != parts[0, 0])[1:-1, 1:-1]


def _grown(thing: NDArray[np.bool_], shape: tuple[int, ...]) -> Grey | None:
    """Parts of any size worth keeping, a little wider, at full size; None where nothing or all is left."""
    count, parts, stats, _centres = cv2.connectedComponentsWithStats(thing.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    keep = 1 + np.flatnonzero(areas >= max(30, 0.05 * areas.max()))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SIDE // 50 | 1,) * 2)
    wide = cv2.dilate(np.isin(parts, keep).astype(np.uint8) * 255, kernel)
    return to_size(wide, shape[1], shape[0]) if (wide > 0).mean() <= 0.98 else None


def to_size(mask: Grey, width: int, height: int) -> Grey:
    """The mask at another size."""
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST))
