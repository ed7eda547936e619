"""From photographs to an aligned, upright, scaled scene."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import Heritage3dError, PhotographsApart, PhotographUnconnected
from heritage3d.photogrammetry import aligned, attempts, camera_picture, masks, scale
from heritage3d.photogrammetry.attempts import Wishes
from heritage3d.photogrammetry.photographs import Photograph, PhotoSet, mask_of, read_set
from heritage3d.photogrammetry.pixels import Grey, colour_of, grey_of, reduced
from heritage3d.photogrammetry.placing import Coverage, coverage, placing
from heritage3d.photogrammetry.scale import Scale
from heritage3d.photogrammetry.scale_file import ScaleFile, read_scale_file
from heritage3d.photogrammetry.solving import Solved
from heritage3d.photogrammetry.stations import Station, stations_of
from heritage3d.photogrammetry.undistort import undistorted
from heritage3d.photogrammetry.views import Scene

_KEPT_IN_MEMORY = 64  # grey pictures, while targets are looked for
_MAX_POINT_ERROR_PX = 2.0


@dataclass(frozen=True)
class Calibration:
    """One lens as the alignment found it; lengths in pixels of the photograph, the first pixel's centre at (0, 0)."""

    name: str
    photographs: int
    width: int
    height: int
    model: str
    focal_px: float
    principal_point_px: tuple[float, float]
    distortion: tuple[float, ...]


@dataclass(frozen=True)
class Aligned:
    """What was found. ``left_out`` and ``doubtful``: photograph -> why. ``apart``: groups that connect among themselves
    and not with the scene."""

    scene: Scene
    scale: Scale
    photographs: int
    calibrations: tuple[Calibration, ...]
    coverage: Coverage
    left_out: dict[str, Heritage3dError]
    doubtful: dict[str, Heritage3dError] = field(default_factory=dict)
    apart: tuple[tuple[str, ...], ...] = ()


def align(
    files: Sequence[tuple[str, Path]],
    dest: Path,
    *,
    mask_files: Mapping[str, Path] | None = None,
    scale_file: Path | None = None,
    wishes: Wishes | None = None,
) -> Aligned:
    """Align photographs (name, path) and write the folder of aligned.py to ``dest``, an existing empty folder.

    ``mask_files`` go by the stem of the photograph. The same bytes for the same input and libraries.
    Raises PhotographsTooFew, PhotographsApart, MaskUnfit, ScaleFileInvalid, ScaleNotFound, PhotogrammetryError.
    """
    wishes = wishes or Wishes()
    stated = read_scale_file(scale_file) if scale_file else ScaleFile()
    found = read_set(files, mask_files, keep_blurred=wishes.keep_blurred)
    drawn = _masks(found.photographs, wishes)
    solved = attempts.solved(found.photographs, drawn, wishes)
    raw = stations_of(solved.model)
    points, seen_by = _points(solved.model, raw)
    paths = {photo.name: photo.path for photo in found.photographs}
    read = functools.lru_cache(_KEPT_IN_MEMORY)(lambda name: grey_of(paths[name]))
    size = scale.measure(raw, stated, points, read)
    read.cache_clear()
    placed = placing(raw, points, size.factor or 1.0)
    stations = [placed.station(station) for station in raw]
    points = placed.points(points)
    left_out = found.left_out | _unplaced(found, solved, raw)
    scene = Scene(
        views=tuple(undistorted(stations, paths, drawn, dest)),
        points=points,
        seen_by=seen_by,
        reprojection_px=float(solved.model.compute_mean_reprojection_error()),
        scale_known=size.factor is not None,
        left_out={name: f"{error.code}: {error.what('en')}" for name, error in left_out.items()},
    )
    aligned.write_scene(scene, dest)
    (dest / "cameras.png").write_bytes(camera_picture.draw(stations, points, scene.scale_known))
    return Aligned(
        scene=scene,
        scale=size,
        photographs=len(files),
        calibrations=_calibrations(found.photographs, raw),
        coverage=coverage(stations),
        left_out=left_out,
        doubtful=found.doubtful,
        apart=solved.apart,
    )


def _masks(photos: Sequence[Photograph], wishes: Wishes) -> Callable[[str], Grey | None]:
    """Masks that lie beside the photographs, and those made for the others; at full size one at a time."""
    by_name = {photo.name: photo for photo in photos}
    without = [photo for photo in photos if photo.mask is None]
    small: dict[str, Grey] = {}
    if wishes.background == "plain":
        made = [masks.before_backdrop(reduced(colour_of(photo.path), masks.SIDE)) for photo in without]
    elif wishes.background == "still":
        made = masks.on_turntable([reduced(grey_of(photo.path), masks.SIDE) for photo in without])
    else:
        made = []
    small |= {photo.name: mask for photo, mask in zip(without, made, strict=False) if mask is not None}

    def drawn(name: str) -> Grey | None:
        photo = by_name[name]
        return masks.to_size(small[name], photo.width, photo.height) if name in small else mask_of(photo)

    return drawn


def _points(model: Any, stations: Sequence[Station]) -> tuple[NDArray[np.float64], tuple[NDArray[np.int32], ...]]:
    """Points that their photographs agree on, and which stations saw each."""
    order = {station.name: at for at, station in enumerate(stations)}
    at_of = {number: order[model.images[number].name] for number in model.reg_image_ids()}
    places, seen = [], []
    for number in sorted(model.points3D):
        point = model.points3D[number]
        if point.error <= _MAX_POINT_ERROR_PX:
            places.append(point.xyz)
            seen.append(np.array(sorted({at_of[element.image_id] for element in point.track.elements}), np.int32))
    if len(places) < 3:
        raise PhotographsApart(file="", count=len(stations))
    return np.array(places, float), tuple(seen)


def _unplaced(found: PhotoSet, solved: Solved, stations: Sequence[Station]) -> dict[str, Heritage3dError]:
    placed = {station.name for station in stations}
    names = [photo.name for photo in found.photographs]
    group_of = {name: at for at, group in enumerate(solved.apart) for name in group}
    told: dict[str, Heritage3dError] = {}
    for at, name in enumerate(names):
        if name in placed:
            continue
        if name in group_of:
            others = [other for other in solved.apart[group_of[name]] if other != name]
            detail = f"it connects only with {', '.join(others[:5])}{' and others' if len(others) > 5 else ''}"
        else:
            best = max(
                ((count, names[one if other == at else other]) for (one, other), count in solved.inliers.items()
                 if at in (one, other)),
                default=(0, ""),
            )  # fmt: skip
            detail = f"its best partner is {best[1]} with {best[0]} common points" if best[0] else "no partner at all"
        told[name] = PhotographUnconnected(file=name, detail=detail)
    return told


def _calibrations(photos: Sequence[Photograph], stations: Sequence[Station]) -> tuple[Calibration, ...]:
    name_of = {photo.name: photo.camera for photo in photos}
    groups: dict[str, list[Station]] = {}
    for station in stations:
        groups.setdefault(name_of[station.name], []).append(station)
    found = []
    for name, same in sorted(groups.items()):
        camera = same[0].camera
        extra = [float(camera.params[at]) for at in camera.extra_params_idxs()]
        centre = (float(camera.principal_point_x) - 0.5, float(camera.principal_point_y) - 0.5)
        found.append(
            Calibration(
                name, len(same), camera.width, camera.height, camera.model_name, same[0].focal_px, centre, tuple(extra)
            )
        )
    return tuple(found)
