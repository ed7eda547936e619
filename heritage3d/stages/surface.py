"""surface: a cloud of points becomes a triangle mesh that tells which of its faces nobody saw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
    ground: Literal["kept", "cut", "not found"]


@stage(
    writes=Many("mesh/scan"),
    version=3,
    libraries=("open3d-cpu", "open3d", "scipy", "numpy"),
    seconds_per_mb=1.5,
    bytes_out_per_byte=1.0,
)
def surface(
    dense: Annotated[Path, Reads("photogrammetry/dense")],
    dest: Path,
    *,
    method: Annotated[
        Literal["poisson", "tsdf"],
        Field(
            description="poisson is smooth and closes small gaps, which are marked; tsdf lays the surface where the "
            "lines of sight end, and invents nothing"
        ),
    ] = "poisson",
    depth: Annotated[
        int, Field(ge=0, le=12, description="Depth of the octree; 0 takes cells as wide as a pixel of the photographs")
    ] = 0,
    bridge: Annotated[
        float,
        Field(ge=0, le=1000, description="Gaps up to so many pixels across stay closed, and are marked as invented"),
    ] = 30.0,
    ground: Annotated[
        Literal["keep", "cut"],
        Field(description="What becomes of the table that the object stands on: it stays, or is cut away as a plane"),
    ] = "keep",
) -> list[Output]:
    """Lay a surface through the points (screened Poisson, or signed distances) and cut it to where there is evidence.

    Faces that only close a gap are marked; every vertex keeps how many photographs agree on it and how dense the
    points are. Coordinates are metres where the scale is known.
    """
    import numpy as np

    from heritage3d.photogrammetry import cloud_files, surface_tsdf
    from heritage3d.photogrammetry import ground as grounds
    from heritage3d.photogrammetry import surface as surfaces
    from heritage3d.photogrammetry.aligned import read_scene

    cloud, unit = cloud_files.read_cloud(dense / cloud_files.POINTS)
    table = grounds.ground_of(cloud) if ground == "cut" else None
    if table is not None:
        cloud = grounds.around_object(cloud, table)
    if method == "tsdf":
        made = surface_tsdf.tsdf(cloud, read_scene(dense).views)
    else:
        made = surfaces.poisson(cloud, depth or None, bridge)
    if table is not None:
        made = grounds.cut(made, table)
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
        ground="kept" if ground == "keep" else "not found" if table is None else "cut",
    )
    return [Output("mesh/scan", "surface", path, evidence=evidence.model_dump(mode="json"))]
