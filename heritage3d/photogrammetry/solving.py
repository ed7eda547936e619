"""From features to cameras: matching, and structure from motion with pycolmap (Schönberger and Frahm, CVPR 2016).

The same bytes for the same features, pairs and library: seeds are fixed, and so is the one thread of the mapper,
whose sums would depend on the number of threads; extraction and matching may use any number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import PhotographsApart
from heritage3d.photogrammetry import sfm
from heritage3d.photogrammetry.features import Features

Mapper = Literal["incremental", "global"]
Pairs = Sequence[tuple[int, int]]

MIN_INLIERS = 15  # matches that agree on one geometry: fewer happen by chance
EXHAUSTIVE = 60  # photographs: above it, only promising pairs are matched
_GLANCE, _PARTNERS_AT_A_GLANCE, _CLEARLY = 300, 25, 0.85
_USUAL_FOCAL = 1.2  # share of the longer side, where the file says nothing


@dataclass(frozen=True)
class Shot:
    """What alignment needs of a photograph. ``camera``: photographs of one camera, lens and size share a calibration.

    ``focal_share``: focal length as a share of the longer side where it is known.
    """

    name: str
    width: int
    height: int
    camera: str
    focal_share: float | None
    features: Features


@dataclass(frozen=True)
class Solved:
    """``model``: the largest pycolmap.Reconstruction, its images named as the shots. ``apart``: the names in every
    smaller one, which does not connect with it. ``inliers``: agreeing matches of each pair of shots (indices)."""

    model: Any
    apart: tuple[tuple[str, ...], ...]
    inliers: dict[tuple[int, int], int]


def all_pairs(count: int) -> list[tuple[int, int]]:
    """Every pair of so many shots."""
    return [(one, other) for one in range(count) for other in range(one + 1, count)]


def likely_pairs(shots: Sequence[Shot]) -> list[tuple[int, int]]:
    """Every pair of a small set; of a larger one those whose coarsest features look alike: a glance at each pair is a
    fiftieth of a match with its geometry."""
    if len(shots) <= EXHAUSTIVE:
        return all_pairs(len(shots))
    coarse = []
    for shot in shots:
        values = shot.features.coarsest(_GLANCE).descriptors.astype(np.float32)
        coarse.append(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6))
    alike = {pair: _alike(coarse[pair[0]], coarse[pair[1]]) for pair in all_pairs(len(shots))}
    return promising_pairs(alike, len(shots), _PARTNERS_AT_A_GLANCE)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    """How many descriptors are each other's nearest, and clearly nearer than the second."""
    if len(one) < 2 or len(other) < 2:
        return 0
    apart = np.sqrt(np.maximum(2 - 2 * (one @ other.T), 0))
    nearest = apart.argmin(axis=1)
    mutual = apart.argmin(axis=0)[nearest] == np.arange(len(one))
    two = np.partition(apart, 1, axis=1)[:, :2]
    return int((mutual & (two[:, 0] < _CLEARLY * two[:, 1])).sum())


def promising_pairs(inliers: dict[tuple[int, int], int], count: int, partners: int = 20) -> list[tuple[int, int]]:
    """The pairs worth a match at full size: the best partners of each shot by a match of small pictures, and the two
    neighbours on each side in the order of names."""
    chosen = {(one, other) for one in range(count) for other in (one + 1, one + 2) if other < count}
    by_shot: dict[int, list[tuple[int, int]]] = {}
    for (one, other), found in inliers.items():
        by_shot.setdefault(one, []).append((found, other))
        by_shot.setdefault(other, []).append((found, one))
    for shot, others in by_shot.items():
        for _found, other in sorted(others, key=lambda entry: (-entry[0], entry[1]))[:partners]:
            chosen.add((min(shot, other), max(shot, other)))
    return sorted(chosen)


def solve(
    shots: Sequence[Shot],
    pairs: Pairs,
    *,
    mapper: Mapper = "incremental",
    model: str = "SIMPLE_RADIAL",
    threads: int = 1,
    still: bool = False,
) -> Solved:
    """Match the pairs and find the cameras. ``still``: matches that do not move between two photographs are the
    background of a turntable and take no part. Raises PhotographsApart, PhotogrammetryError.
    """
    library = sfm.pycolmap()
    with tempfile.TemporaryDirectory(prefix="h3d-align-") as place:
        database = Path(place) / "database.db"
        with sfm.guarded("", "matching"):
            _write(library, database, shots, model)
            _match(library, database, pairs, Path(place), threads, still)
            inliers = _inliers(library, database)
        if not any(found >= MIN_INLIERS for found in inliers.values()):
            raise PhotographsApart(file="", count=len(shots))
        with sfm.guarded("", "mapping"):
            models = _map(library, database, Path(place), mapper)
    if not models:
        raise PhotographsApart(file="", count=len(shots))
    for found in models:
        for number in found.images:
            found.images[number].name = shots[number - 1].name
    models.sort(key=lambda found: (-found.num_reg_images(), -found.num_points3D(), min(_names(found))))
    main = set(_names(models[0]))
    apart = [tuple(sorted(set(_names(found)) - main)) for found in models[1:]]
    return Solved(models[0], tuple(names for names in apart if len(names) > 1), inliers)


def matched(shots: Sequence[Shot], pairs: Pairs, *, threads: int = 1) -> dict[tuple[int, int], int]:
    """How many matches of each pair agree on one geometry, without looking for cameras."""
    library = sfm.pycolmap()
    with tempfile.TemporaryDirectory(prefix="h3d-match-") as place, sfm.guarded("", "matching"):
        database = Path(place) / "database.db"
        _write(library, database, shots, "SIMPLE_RADIAL")
        _match(library, database, pairs, Path(place), threads, False)
        return _inliers(library, database)


def _names(model: Any) -> list[str]:
    return [model.images[number].name for number in model.reg_image_ids()]


def _write(library: Any, database: Path, shots: Sequence[Shot], model: str) -> None:
    numbers: dict[str, int] = {}
    with library.Database.open(database) as held:
        for at, shot in enumerate(shots, 1):
            if shot.camera not in numbers:
                number = numbers[shot.camera] = len(numbers) + 1
                focal = (shot.focal_share or _USUAL_FOCAL) * max(shot.width, shot.height)
                camera = library.Camera.create_from_model_name(number, model, focal, shot.width, shot.height)
                camera.has_prior_focal_length = shot.focal_share is not None
                held.write_camera(camera, True)
                rig = library.Rig()
                rig.rig_id = number
                rig.add_ref_sensor(camera.sensor_id)
                held.write_rig(rig, True)
            image = library.Image()
            # A number for a name: its lists of pairs know no names with spaces.
            image.name, image.camera_id, image.image_id = str(at), numbers[shot.camera], at
            held.write_image(image, True)
            frame = library.Frame()
            frame.frame_id, frame.rig_id = at, numbers[shot.camera]
            frame.add_data_id(image.data_id)
            held.write_frame(frame, True)
            held.write_keypoints(at, shot.features.points)
            kind = library.FeatureExtractorType.SIFT
            held.write_descriptors(at, library.FeatureDescriptors(kind, shot.features.descriptors))


def _match(library: Any, database: Path, pairs: Pairs, place: Path, threads: int, still: bool) -> None:
    matching = library.FeatureMatchingOptions()
    matching.use_gpu, matching.num_threads = False, threads
    verification = library.TwoViewGeometryOptions()
    verification.ransac.random_seed = sfm.SEED
    verification.filter_stationary_matches = still
    listed = place / "pairs.txt"
    listed.write_text("".join(f"{one + 1} {other + 1}\n" for one, other in pairs), "utf-8")
    pairing = library.ImportedPairingOptions()
    pairing.match_list_path = listed
    library.match_image_pairs(database, matching, pairing, verification)


def _inliers(library: Any, database: Path) -> dict[tuple[int, int], int]:
    with library.Database.open(database) as held:
        numbers, found = held.read_two_view_geometry_num_inliers()
    pairs = [library.pair_id_to_image_pair(number) for number in numbers]
    return {
        (min(one, other) - 1, max(one, other) - 1): int(count) for (one, other), count in zip(pairs, found, strict=True)
    }


def _map(library: Any, database: Path, place: Path, mapper: Mapper) -> list[Any]:
    out = place / "models"
    out.mkdir()
    if mapper == "global":
        library.calibrate_view_graph(database)
        options = library.GlobalPipelineOptions()
        options.num_threads, options.random_seed = 1, sfm.SEED
        return list(library.global_mapping(database, place, out, options).values())
    options = library.IncrementalPipelineOptions()
    options.num_threads, options.random_seed = 1, sfm.SEED
    options.extract_colors, options.min_model_size = False, 3
    options.mapper.abs_pose_min_num_inliers = 20  # wide baselines share little; what is wrong fails the adjustment
    found = library.incremental_mapping(database, place, out, options)
    if not found:  # few features or small angles: a first pair with less than the usual certainty
        options.mapper.init_min_num_inliers, options.mapper.init_min_tri_angle = 30, 4.0
        found = library.incremental_mapping(database, place, out, options)
    return list(found.values())
