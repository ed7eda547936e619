"""densify: aligned photographs become a cloud of points that at least three of them agree on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Evidence, Reads, Speed, stage

Longest = Annotated[
    int,
    Field(ge=0, le=20_000, description="Photographs are reduced to so many pixels on their longer side; 0 keeps them"),
]


class DensifyEvidence(Evidence):
    """What matching found: points, their spread along the ray in pixels' worth, how many photographs agree (median).

    ``covered``: share of each photograph (inside its mask) that got a depth; ``compared_with``: with how many others
    it was compared; ``points_per_mm2`` is None where the scale is unknown.
    """

    points: int
    megapixels: float
    views_median: float
    spread_px: float
    footprint: float
    points_per_mm2: float | None
    scale: str
    covered: dict[str, float]
    compared_with: dict[str, int]


@stage(
    writes="photogrammetry/dense",
    version=2,
    libraries=("numba", "numpy", "opencv-python-headless"),
    seconds_per_mb=8.0,
    bytes_out_per_byte=8.0,
)
def densify(
    aligned: Annotated[Path, Reads("photogrammetry/aligned")],
    dest: Path,
    *,
    longest: Longest = 2400,
    min_views: Annotated[
        int, Field(ge=2, le=20, description="A point stays where so many photographs agree on it")
    ] = 3,
    threads: Annotated[
        int, Speed(), Field(ge=0, le=256, description="Photographs matched at once; 0 is one for each core")
    ] = 0,
) -> DensifyEvidence:
    """Find a depth for every pixel and join what the photographs agree on to a cloud of points.

    Each photograph is compared with those beside it (PatchMatch, then warping along the surface), finished depth
    maps are kept until all are there, and a point stays where several maps lead to the same place.
    """
    import numpy as np

    from heritage3d.photogrammetry import cloud_files, densifying
    from heritage3d.photogrammetry.aligned import SCENE, read_scene
    from heritage3d.photogrammetry.begun import begun

    scene = read_scene(aligned)
    with begun(dest, "densify", (aligned / SCENE).read_bytes()) as folder:
        made = densifying.densify(scene, folder, longest=longest, min_views=min_views, threads=threads)
    cloud = made.cloud
    cloud_files.write_cloud(dest / cloud_files.POINTS, cloud, "m" if scene.scale_known else None)
    footprint = float(np.median(cloud.footprint)) if len(cloud.points) else 0.0
    evidence = DensifyEvidence(
        points=len(cloud.points),
        megapixels=round(made.megapixels, 3),
        views_median=float(np.median(cloud.views)) if len(cloud.points) else 0.0,
        spread_px=round(float(np.median(cloud.spread / cloud.footprint)), 4) if len(cloud.points) else 0.0,
        footprint=float(f"{footprint:.4g}"),
        points_per_mm2=round(1e-6 / footprint**2, 2) if scene.scale_known and footprint else None,
        scale="known" if scene.scale_known else "unknown",
        covered=made.covered,
        compared_with=made.compared_with,
    )
    (dest / SCENE).write_bytes((aligned / SCENE).read_bytes())  # where the cameras stood, for surfaces that ask it
    (dest / "dense.json").write_bytes(addresses.dump(evidence.model_dump(mode="json")))
    return evidence
