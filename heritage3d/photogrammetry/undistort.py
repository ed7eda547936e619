"""Photographs without the distortion of their lens, as a pinhole camera would have seen them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.pixels import Grey, colour_of
from heritage3d.photogrammetry.stations import Station, Vector
from heritage3d.photogrammetry.views import View

_QUALITY = 97
_MAX_ENLARGE = 1.2
_ROWS = 256


class Pinhole:
    """One lens of a set: the calibration without distortion, and where each of its pixels lies in the photograph.

    ``matrix`` (3, 3): pixels with the centre of the first at (0, 0). The picture keeps its size; it is enlarged as
    much as is needed to have no empty border, up to a fifth.
    """

    def __init__(self, station: Station) -> None:
        self._camera = station.camera
        self.width, self.height = station.width, station.height
        focal = station.focal_px
        centre = (float(self._camera.principal_point_x) - 0.5, float(self._camera.principal_point_y) - 0.5)
        self.matrix = _matrix(focal * self._enlarged(focal, centre), centre)

    def _enlarged(self, focal: float, centre: tuple[float, float]) -> float:
        across, down = np.linspace(0, self.width - 1, 65), np.linspace(0, self.height - 1, 65)
        border = np.concatenate(
            [np.column_stack([across, np.full(65, edge)]) for edge in (0.0, self.height - 1.0)]
            + [np.column_stack([np.full(65, edge), down]) for edge in (0.0, self.width - 1.0)]
        )
        low, high = 1.0, _MAX_ENLARGE
        for factor in (low, high):
            if self._covers(_matrix(focal * factor, centre), border):
                break
        if factor == low:
            return low
        for _step in range(20):
            middle = (low + high) / 2
            fits = self._covers(_matrix(focal * middle, centre), border)
            low, high = (low, middle) if fits else (middle, high)
        return high

    def _covers(self, matrix: Vector, border: NDArray[np.float64]) -> bool:
        shown = self._shown(matrix, border)
        inside = (shown >= -0.75) & (shown <= np.array([self.width, self.height]) - 0.25)
        return bool(inside.all())

    def _shown(self, matrix: Vector, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        x = (pixels[:, 0] - matrix[0, 2]) / matrix[0, 0]
        y = (pixels[:, 1] - matrix[1, 2]) / matrix[1, 1]
        rays = np.stack([x, y, np.ones(len(pixels))], axis=1)
        return np.asarray(self._camera.img_from_cam(np.ascontiguousarray(rays))) - 0.5

    def places(self) -> NDArray[np.float32]:
        """(height, width, 2): the pixel of the photograph that each pixel shows."""
        out = np.empty((self.height, self.width, 2), np.float32)
        for top in range(0, self.height, _ROWS):
            rows = np.arange(top, min(top + _ROWS, self.height), dtype=float)
            across, down = np.meshgrid(np.arange(self.width, dtype=float), rows)
            pixels = np.stack([across, down], -1).reshape(-1, 2)
            out[top : top + len(rows)] = self._shown(self.matrix, pixels).reshape(len(rows), self.width, 2)
        return out


def _matrix(focal: float, centre: tuple[float, float]) -> Vector:
    return np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])


def undistorted(
    stations: Sequence[Station], photographs: dict[str, Path], masks: Callable[[str], Grey | None], folder: Path
) -> list[View]:
    """Write ``photographs/`` (JPEG) and ``masks/`` (PNG) below ``folder``; the views in the order of ``stations``.

    ``photographs`` and ``masks`` go by the name of the photograph; a mask may be None.
    Raises as image.reading.open_master.
    """
    views: dict[str, View] = {}
    lenses: dict[int, list[Station]] = {}
    for station in stations:
        lenses.setdefault(int(station.camera.camera_id), []).append(station)
    stems = _stems([station.name for station in stations])
    for same in lenses.values():
        pinhole = Pinhole(same[0])
        places = pinhole.places()
        for station in same:
            stem = stems[station.name]
            picture = _resampled(colour_of(photographs[station.name]), places)
            path = folder / "photographs" / f"{stem}.jpg"
            _write(path, ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            mask, drawn = None, masks(station.name)
            if drawn is not None:
                mask = folder / "masks" / f"{stem}.png"
                near = cv2.remap(drawn, places, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
                _write(mask, ".png", near)
            views[station.name] = View(
                station.name,
                path,
                pinhole.width,
                pinhole.height,
                pinhole.matrix,
                station.rotation,
                station.translation,
                mask,
            )
    return [views[station.name] for station in stations]


def _resampled(picture: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.uint8]:
    height, width = places.shape[:2]
    own = np.stack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)), -1)
    if float(np.abs(places - own).max()) < 0.02:  # no distortion to speak of: the same samples
        return picture
    return np.asarray(cv2.remap(picture, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _stems(names: Sequence[str]) -> dict[str, str]:
    """Names of files: without folder and suffix where that keeps them apart."""
    short = [name.rpartition("/")[2].rpartition(".")[0] or name for name in names]
    alone = {stem for stem in short if sum(other.casefold() == stem.casefold() for other in short) == 1}
    return {
        name: stem if stem in alone else name.replace("/", "-").replace(".", "-")
        for name, stem in zip(names, short, strict=True)
    }


def _write(path: Path, suffix: str, pixels: NDArray[Any]) -> None:
    settings: list[int] = []
    if suffix == ".jpg":
        settings = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _good, coded = cv2.imencode(suffix, pixels, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(coded.tobytes())
