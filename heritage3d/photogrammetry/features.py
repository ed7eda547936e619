"""Features of photographs: SIFT (Lowe, IJCV 60, 2004) on the CPU, kept in a folder so that work is never done twice."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry import sfm
from heritage3d.photogrammetry.pixels import Grey, reduced


@dataclass(frozen=True)
class Features:
    """``points`` (n, 4) float32: x, y, scale and direction in pixels of the full photograph, the centre of the first
    pixel at (0.5, 0.5); ``descriptors`` (n, 128) uint8. Coarse features first."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)

    def inside(self, mask: Grey | None) -> Features:
        """Those on the object: ``mask`` (height, width) of the full photograph is not 0 there."""
        if mask is None or not len(self):
            return self
        rows = np.clip(self.points[:, 1].astype(int), 0, mask.shape[0] - 1)
        columns = np.clip(self.points[:, 0].astype(int), 0, mask.shape[1] - 1)
        keep = mask[rows, columns] > 0
        return Features(self.points[keep], self.descriptors[keep])

    def coarsest(self, count: int) -> Features:
        """The ``count`` of largest scale: those that are seen from far and from near."""
        return Features(self.points[:count], self.descriptors[:count])


def extract(
    grey: Grey, longest: int, most: int, *, fine: bool = True, wide: bool = False, threads: int = 1
) -> Features:
    """SIFT of a photograph, (height, width) uint8, at ``longest`` pixels; ``fine`` doubles the picture first.

    ``wide``: for photographs taken far apart, with the affine shape of each spot and descriptors over several domain
    sizes (Dong and Soatto, CVPR 2015); two to four times the work.
    The same on any number of threads. Raises PhotogrammetryError.
    """
    library = sfm.pycolmap()
    options = library.FeatureExtractionOptions()
    options.num_threads, options.use_gpu, options.max_image_size = threads, False, longest
    options.sift.max_num_features = most
    options.sift.first_octave = -1 if fine and not wide else 0
    options.sift.estimate_affine_shape = options.sift.domain_size_pooling = wide
    small = np.ascontiguousarray(reduced(grey, longest))
    with sfm.guarded("", "features"):
        extractor = library.FeatureExtractor.create(options, library.Device.cpu)
        points, descriptors = extractor.extract_from_uint8_array(small)
        table = np.asarray(library.keypoints_to_matrix(points), np.float32)
        data = np.asarray(descriptors.data, np.uint8)
    if not len(table):
        return Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8))
    scale = table[:, 2]
    order = np.lexsort((table[:, 1], table[:, 0], -scale))[:most]
    table, data = table[order], np.ascontiguousarray(data[order])
    table[:, 0] *= grey.shape[1] / small.shape[1]
    table[:, 1] *= grey.shape[0] / small.shape[0]
    table[:, 2] *= grey.shape[1] / small.shape[1]
    return Features(np.ascontiguousarray(table), data)


def kept(folder: Path | None, digest: str, asked: str) -> Path | None:
    """Where the features of a photograph with this SHA-256 lie in the work folder."""
    if folder is None:
        return None
    key = hashlib.sha256(f"{digest} {asked} {sfm.pycolmap().__version__}".encode()).hexdigest()[:32]
    return folder / f"features-{key}.npz"


def load(path: Path | None) -> Features | None:
    """Features that were kept, None where there are none (or they are broken: then they are made again)."""
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            return Features(held["points"], held["descriptors"])
    except (OSError, ValueError, KeyError, EOFError):
        return None


def keep(path: Path | None, features: Features) -> None:
    """Write them, complete or not at all."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez(stream, points=features.points, descriptors=features.descriptors)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
