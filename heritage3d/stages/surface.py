"""surface: a cloud of points becomes a triangle mesh that tells which of its faces nobody saw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from heritage3d.pipeline.stage import Evidence, Many, Output, Reads, stage


class SurfaceEvidence(Evidence):
    """What was made of the points: counts, the share of the area that only closes gaps, photographs that agree.

    ``unit`` of the coordinates: "m", or None where the scale is unknown. ``extent`` in that unit.
    """

    triangles: int
    vertices: int
    points: int
    invented_share: float
    confidence_median: float
    unit: str | None
    extent: tuple[float, float, float]


@stage(
    writes=Many("mesh/scan"),
    version=1,
    libraries=("open3d-cpu", "open3d", "scipy", "numpy"),
    seconds_per_mb=1.5,
    bytes_out_per_byte=1.0,
)
def surface(
    dense: Annotated[Path, Reads("photogrammetry/dense")],
    dest: Path,
    *,
    depth: Annotated[
        int, Field(ge=0, le=12, description="Depth of the octree; 0 takes cells as wide as a pixel of the photographs")
    ] = 0,
    bridge: Annotated[
        float,
        Field(ge=0, le=1000, description="Gaps up to so many pixels across stay closed, and are marked as invented"),
    ] = 30.0,
) -> list[Output]:
    """Lay a surface through the points (screened Poisson) and cut it to where there is evidence.

    Faces that only close a gap are marked; every vertex keeps how many photographs agree on it and how dense the
    points are. Coordinates are metres where the scale is known.
    """
    import numpy as np

    from heritage3d.photogrammetry import cloud_files
    from heritage3d.photogrammetry import surface as surfaces

    cloud, unit = cloud_files.read_cloud(dense / cloud_files.POINTS)
    footprint = float(np.median(cloud.footprint)) if len(cloud.points) else 0.0
    made = surfaces.poisson(cloud, depth or None, bridge * footprint)
    path = dest / "surface.ply"
    cloud_files.write_surface(path, made, unit)
    area = surfaces.areas(made)
    extent = made.vertices.max(axis=0) - made.vertices.min(axis=0)
    evidence = SurfaceEvidence(
        triangles=len(made.faces),
        vertices=len(made.vertices),
        points=len(cloud.points),
        invented_share=round(float(area[made.invented].sum() / max(area.sum(), 1e-30)), 5),
        confidence_median=round(float(np.median(made.confidence)), 2),
        unit=unit,
        extent=(float(f"{extent[0]:.6g}"), float(f"{extent[1]:.6g}"), float(f"{extent[2]:.6g}")),
    )
    return [Output("mesh/scan", "surface", path, evidence=evidence.model_dump(mode="json"))]
