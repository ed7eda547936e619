"""A picture of where the cameras stood: from above and from the side, each with its number in the list."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.stations import Station, Vector

_SIDE, _TITLE, _MARGIN = 900, 56, 70
_PAPER, _INK, _FAINT, _LINE = (255, 255, 255), (40, 40, 40), (196, 186, 176), (226, 226, 226)
_CAMERA, _SIGHT = (176, 92, 24), (226, 190, 150)  # blue, BGR
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MOST_POINTS = 20_000


def draw(stations: Sequence[Station], points: NDArray[np.float64], metres: bool) -> bytes:
    """A PNG of 1,800 x 956 px. ``stations`` and ``points`` (n, 3) of the upright world; with ``metres`` a bar tells
    the size. Cameras carry their number in the order of ``stations``, from 1."""
    centres = np.array([station.centre for station in stations])
    heads = np.array([station.rotation[2] for station in stations])
    near = _near(points, centres)
    everything = np.concatenate([centres, near]) if len(near) else centres
    low, high = everything.min(0), everything.max(0)
    middle, reach = (low + high) / 2, float((high - low).max()) or 1.0
    scale = (_SIDE - 2 * _MARGIN) / reach
    sheet = np.full((_SIDE + _TITLE, 2 * _SIDE, 3), _PAPER, np.uint8)
    for at, (title, across, down, turned) in enumerate((("FROM ABOVE", 0, 2, 1), ("FROM THE SIDE", 0, 1, -1))):
        panel = sheet[_TITLE:, at * _SIDE : (at + 1) * _SIDE]

        def flat(places: Vector, across: int = across, down: int = down, turned: int = turned) -> NDArray[np.int_]:
            off = (places - middle) * scale
            return np.rint(np.stack([off[..., across], turned * off[..., down]], -1) + _SIDE / 2).astype(int)

        _panel(panel, flat(near), flat(centres), flat(centres + heads * reach * 0.06))
        cv2.putText(sheet, title, (at * _SIDE + 24, 38), _FONT, 0.8, _INK, 2, cv2.LINE_AA)
    cv2.line(sheet, (_SIDE, 0), (_SIDE, _SIDE + _TITLE), _LINE, 2)
    _size_bar(sheet, scale, reach, metres)
    _good, coded = cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    return bytes(coded.tobytes())


def _near(points: NDArray[np.float64], centres: Vector) -> NDArray[np.float64]:
    """The points that matter: none far beyond the cameras."""
    if not len(points):
        return np.zeros((0, 3))
    middle = np.median(points, axis=0)
    limit = 1.2 * float(np.linalg.norm(centres - middle, axis=1).max())
    kept = points[np.linalg.norm(points - middle, axis=1) < limit]
    return np.asarray(kept[:: max(1, len(kept) // _MOST_POINTS)])


def _panel(
    panel: NDArray[np.uint8], points: NDArray[np.int_], cameras: NDArray[np.int_], ends: NDArray[np.int_]
) -> None:
    for x, y in points:
        if 0 <= x < _SIDE and 0 <= y < _SIDE:
            panel[y, x] = _FAINT
    for (x, y), (to_x, to_y) in zip(cameras, ends, strict=True):
        cv2.line(panel, (int(x), int(y)), (int(to_x), int(to_y)), _SIGHT, 2, cv2.LINE_AA)
    taken: list[tuple[int, int, int, int]] = []
    for number, (x, y) in enumerate(cameras, 1):
        cv2.circle(panel, (int(x), int(y)), 5, _CAMERA, -1, cv2.LINE_AA)
        _label(panel, str(number), int(x), int(y), taken)


def _label(panel: NDArray[np.uint8], text: str, x: int, y: int, taken: list[tuple[int, int, int, int]]) -> None:
    """Beside its camera, where no other number stands yet; where all places are taken, none."""
    (width, height), _base = cv2.getTextSize(text, _FONT, 0.5, 1)
    for left, top in (
        (x + 8, y + 5),
        (x - 8 - width, y + 5),
        (x - width // 2, y - 9),
        (x - width // 2, y + 9 + height),
    ):
        box = (left - 1, top - height - 1, left + width + 1, top + 1)
        if all(box[2] < other[0] or other[2] < box[0] or box[3] < other[1] or other[3] < box[1] for other in taken):
            taken.append(box)
            cv2.putText(panel, text, (left, top), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
            return


def _size_bar(sheet: NDArray[np.uint8], scale: float, reach: float, metres: bool) -> None:
    if not metres:
        cv2.putText(sheet, "SIZE UNKNOWN", (24, _SIDE + _TITLE - 24), _FONT, 0.7, _INK, 2, cv2.LINE_AA)
        return
    length = 10 ** np.floor(np.log10(reach / 3))
    length *= next(step for step in (5, 2, 1) if step * length <= reach / 3)
    end = 24 + round(length * scale)
    down = _SIDE + _TITLE - 24
    cv2.line(sheet, (24, down), (end, down), _INK, 3)
    told = f"{length:g} m" if length >= 1 else f"{length * 100:g} cm" if length >= 0.01 else f"{length * 1000:g} mm"
    cv2.putText(sheet, told, (24, down - 10), _FONT, 0.7, _INK, 2, cv2.LINE_AA)
