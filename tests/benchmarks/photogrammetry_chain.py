"""What the chain made of the sample's photographs, against the truth: ``python -m tests.benchmarks.photogrammetry_chain
ALIGNED SURFACE TRUTH``.

ALIGNED is the folder that align wrote, SURFACE the PLY of the stage surface, TRUTH the folder with
``ground_truth.json`` and ``surface.ply`` of the sample. The mesh is brought to the truth by the similarity between the
camera centres and by nothing else, so the error of the cameras counts; the scale is told apart.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heritage3d.photogrammetry.aligned import read_scene
from heritage3d.photogrammetry.cloud_files import read_surface
from tests.benchmarks.photogrammetry_accuracy import Judge

Points = NDArray[np.float64]


def similarity(source: Points, target: Points) -> tuple[float, Points, Points]:
    """Scale, rotation and translation that bring points (n, 3) to others best (Umeyama, PAMI 13, 1991)."""
    from_, to = source.mean(axis=0), target.mean(axis=0)
    one, other = source - from_, target - to
    left, strengths, right = np.linalg.svd(other.T @ one / len(one))
    sign = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ sign @ right
    scale = float((strengths * np.diag(sign)).sum() / (one**2).sum() * len(one))
    return scale, rotation, to - scale * rotation @ from_


def main() -> None:
    """Read all three, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("aligned", "surface", "truth"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    judge = Judge(asked.truth)
    true = {camera["file"]: np.array(camera["centre_mm"]) for camera in judge.stated["cameras"]}
    views = read_scene(asked.aligned).views
    found = np.array([view.centre for view in views])
    wanted = np.array([true[view.name] for view in views])
    scale, rotation, shift = similarity(found, wanted)
    off = np.linalg.norm(scale * found @ rotation.T + shift - wanted, axis=1)
    surface, unit = read_surface(asked.surface)
    told = {
        "registered": f"{len(views)} of {len(true)}",
        "scale_error_percent": round(100 * (1000 / scale - 1), 5) if unit == "m" else None,
        "camera_centres_rms_mm": round(float(np.sqrt((off**2).mean())), 4),
        "triangles": len(surface.faces),
        **judge.figures(scale * surface.vertices @ rotation.T + shift, surface.faces),
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
