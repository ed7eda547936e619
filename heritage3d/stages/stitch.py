"""stitch: overlapping parts of a scroll or a slip become one image."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Many, Output, Reads, stage

NAME = "whole"


@stage(
    writes=Many("image/master"),
    version=1,
    libraries=("opencv-python-headless", "numpy", "scipy", "pyvips-binary", "imagecodecs", "tifffile"),
    seconds_per_mb=0.5,
    bytes_out_per_byte=1.5,
)
def stitch(
    parts: list[Annotated[Artefact, Reads("image/part")]],
    dest: Path,
    *,
    tolerance: Annotated[
        float, Field(ge=0.1, le=50, description="How far (px, rms) the same spot may lie apart in two parts")
    ] = 3.0,
) -> list[Output]:
    """Join overlapping parts of a scroll or a slip into one image.

    The parts lie in one row, side by side or one below the other, in any order; neighbours overlap by a tenth.
    Tie points are found to hundredths of a pixel and adjusted together; gains balance the exposure; the seams
    run where the parts are most alike. Each pixel is interpolated once, or copied where a part is only moved.
    In a workflow they are what lies in the folder parts of an object, or all its pages where `ingest` is told so.
    Parts that do not match, or match in several places, are refused by name. A single part stays as it is.
    """
    from heritage3d.stitching import joining

    if len(parts) == 1:
        only = parts[0]
        path = dest / only.path.name
        shutil.copyfile(only.path, path)
        return [Output("image/master", only.name, path, evidence=dict(only.evidence))]
    path = dest / f"{NAME}.tif"
    made = joining.stitch([(part.name, part.path) for part in parts], path, tolerance_px=tolerance)
    evidence = TypeAdapter(type(made)).dump_python(made, mode="json")
    (dest / "evidence.json").write_bytes(addresses.dump(evidence))
    return [Output("image/master", NAME, path, evidence=evidence)]
