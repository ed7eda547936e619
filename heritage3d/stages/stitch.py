"""stitch: overlapping parts of a scroll or a slip become one image."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Many, Output, Reads, stage

NAME = "whole"


class PlacedPart(Evidence):
    """Where a part lies in the whole.

    Turn (degrees, clockwise), scale, place of its first pixel, gain of its linear light in each channel.
    ``matrix`` maps its pixels to those of the whole (pixel centres at integers); ``copied`` says that its
    samples stayed what they were.
    """

    name: str
    angle_deg: float
    scale: float
    x_px: float
    y_px: float
    gains: tuple[float, ...]
    copied: bool
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]


class MadeJoint(Evidence):
    """How two neighbours fit.

    Width of the overlap; tie points used and rejected; what is left between them after the adjustment (px);
    ``parallax_px`` is the greatest mean residual of nine neighbouring tie points, ``uncertainty_px`` the
    standard error of the place, ``step_percent`` the greatest slow difference of light that was levelled.
    """

    first: str
    second: str
    overlap_px: int
    ties: int
    rejected: int
    rms_px: float
    max_px: float
    parallax_px: float
    uncertainty_px: float
    step_percent: float


class StitchEvidence(Evidence):
    """What was joined, how well it fits, and what was done to each part.

    ``model`` is the simplest map that the tie points allow, ``direction`` the way in which the parts were
    given, ``filled_share`` the share of pixels that no part shows (they have the colour of the parts' rims).
    """

    width: int
    height: int
    channels: int
    depth: int
    ppi: float | None
    model: Literal["translation", "similarity", "affine"]
    direction: Literal["left-to-right", "right-to-left", "top-to-bottom", "bottom-to-top", "mixed"]
    rms_px: float
    max_px: float
    filled_share: float
    parts: list[PlacedPart]
    joints: list[MadeJoint]


@stage(
    writes=Many("image/master"),
    version=1,
    libraries=("opencv-python-headless", "numpy", "scipy", "pyvips-binary", "imagecodecs", "tifffile"),
    seconds_per_mb=0.5,
    bytes_out_per_byte=1.5,
)
def stitch(
    parts: list[Annotated[Artefact, Reads("image/master")]],
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
    evidence = StitchEvidence.model_validate(dataclasses.asdict(made)).model_dump(mode="json")
    (dest / "evidence.json").write_bytes(addresses.dump(evidence))
    return [Output("image/master", NAME, path, evidence=evidence)]
