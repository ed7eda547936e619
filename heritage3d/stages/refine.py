"""refine: a surface is moved until its photographs agree on it, so that fine cuts come out sharp."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from heritage3d.pipeline.stage import Artefact, Many, Output, Reads, stage
from heritage3d.stages.densify import Longest
from heritage3d.stages.surface import SurfaceEvidence


class RefineEvidence(SurfaceEvidence):
    """What the stage surface told, and what refining changed.

    ``moved_px`` and ``moved_px_95``: the usual way of a vertex and what 95 of 100 stay below, in pixels of the
    photographs; ``apart_before`` and ``apart_after``: how far the photographs differ at a place, in grey values (root
    mean square); ``judged``: share of the vertices that photographs judged.
    """

    moved_px: float
    moved_px_95: float
    apart_before: float
    apart_after: float
    judged: float


@stage(
    writes=Many("mesh/scan"),
    version=1,
    libraries=("numba", "numpy", "opencv-python-headless", "pyvips-binary"),
    seconds_per_mb=1.0,
    bytes_out_per_byte=1.0,
)
def refine(
    surface: Annotated[Artefact, Reads("mesh/scan")],
    aligned: Annotated[Path, Reads("photogrammetry/aligned")],
    dest: Path,
    *,
    longest: Longest = 2400,
    rounds: Annotated[int, Field(ge=1, le=20, description="How often the surface is moved")] = 3,
) -> list[Output]:
    """Move a surface by parts of a pixel until its photographs agree on every place, so that fine cuts come out sharp.

    All photographs that see a place judge it together, without the windows that soften strokes when depths are
    matched. Faces stay as they are, and so does what is marked as invented.
    """
    from heritage3d.photogrammetry import cloud_files, refining
    from heritage3d.photogrammetry.aligned import read_scene

    shape, unit = cloud_files.read_surface(surface.path)
    made = refining.refine(shape, read_scene(aligned).views, longest=longest, rounds=rounds)
    path = dest / "surface.ply"
    cloud_files.write_surface(path, made.surface, unit)
    told = {
        **surface.evidence,
        "moved_px": round(made.moved_px[0], 3),
        "moved_px_95": round(made.moved_px[1], 3),
        "apart_before": round(made.apart_before, 2),
        "apart_after": round(made.apart_after, 2),
        "judged": round(made.judged, 4),
    }
    evidence = RefineEvidence.model_validate(told).model_dump(mode="json")
    return [Output("mesh/scan", "surface", path, evidence=evidence)]
