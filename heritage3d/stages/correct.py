"""correct: a scan set right: cropped, turned upright, double pages split, in one step or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Many, Output, Reads, stage

if TYPE_CHECKING:
    from heritage3d.correction.planning import Part, Plan

Point = tuple[float, float]


class WritingEvidence(Evidence):
    """A direction measured from lines or columns: degrees clockwise, standard error, share of windows that agree."""

    axis: Literal["lines", "columns"]
    angle_deg: float
    sigma_deg: float
    agreement: float
    strength: float


class EdgesEvidence(Evidence):
    """The direction that the edges of the page share: degrees clockwise, standard error, which edges."""

    angle_deg: float
    sigma_deg: float
    sides: list[str]


class SkewEvidence(Evidence):
    """How far the page is turned clockwise and what was done about it; null where nothing tells.

    ``verdict``: turned (taken back), straight (less than it is worth), unknown, contradictory (writing and edges
    disagree), too-far (beyond max_angle), asked (the option named the angle), never.
    """

    verdict: Literal["turned", "straight", "unknown", "contradictory", "too-far", "asked", "never"]
    source: Literal["lines", "columns", "edges", "none"]
    angle_deg: float | None
    sigma_deg: float | None
    writing: list[WritingEvidence]
    edges: EdgesEvidence | None


class CropEvidence(Evidence):
    """What was decided about the ground: its colour (8 bit sRGB), the share of the picture that the page covers.

    ``verdict``: cropped, never, no-ground and no-page (nothing stands out from the border), not-straight (no page,
    perhaps an object), too-small (perhaps a label), nothing-to-cut. ``aids_kept`` of the ``aids`` (colour targets,
    rules) could not be cut off without cutting the page.
    """

    verdict: Literal["cropped", "never", "no-ground", "no-page", "not-straight", "too-small", "nothing-to-cut"]
    ground: tuple[int, int, int] | None
    page_share: float | None
    aids: int
    aids_kept: int


class SplitEvidence(Evidence):
    """What was decided about a double page, and the signs of the gutter where one was looked for and found.

    ``line``: two points of the cut in pixels of the turned master. ``verdict``: split, never, no-gutter, not-sure,
    middle (asked for, but no gutter was sure).
    """

    verdict: Literal["split", "never", "no-gutter", "not-sure", "middle"]
    line: tuple[Point, Point] | None
    depth: float | None
    course: float | None
    shade: float | None
    rival: float | None


class CorrectEvidence(Evidence):
    """One corrected picture: where each of its pixels lies in the master, and why.

    ``to_master`` (3 x 3) leads from its pixels to those of the upright master, centres at integers; its inverse
    puts the picture back. ``crop_box`` (left, top, width, height) is the upright box in the master around it.
    ``pixels``: untouched (the same file), copied (the same samples) or resampled (once). ``beyond`` is the share
    of it that lies outside the master and shows the colour of its border.
    """

    half: Literal["", "left", "right"]
    width: int
    height: int
    master_width: int
    master_height: int
    pixels: Literal["untouched", "copied", "resampled"]
    kernel: str | None
    to_master: list[list[float]]
    crop_box: tuple[float, float, float, float]
    beyond: float
    rotate: int
    skew: SkewEvidence
    crop: CropEvidence
    split: SplitEvidence


@stage(
    writes=Many("image/master"),
    version=1,
    libraries=("opencv-python-headless", "scipy", "tifffile", "imagecodecs", "pyvips-binary"),
    seconds_per_mb=0.8,
    bytes_out_per_byte=4.0,
)
def correct(
    image: Annotated[Artefact, Reads("image/master")],
    dest: Path,
    *,
    crop: Annotated[
        Literal["none", "page", "object"],
        Field(
            description="What is cut out of its ground: nothing, a page with straight edges, or an object of any shape"
        ),
    ] = "page",
    margin: Annotated[
        float, Field(ge=0, le=20, description="Ground left around it, in percent of its shorter side")
    ] = 1.0,
    deskew: Annotated[
        Literal["auto", "never"] | Annotated[float, Field(ge=-45, le=45)],
        Field(description="Turn upright what is surely askew (auto), never, or take back this many degrees clockwise"),
    ] = "auto",
    max_angle: Annotated[float, Field(ge=0.5, le=15, description="Degrees beyond which a skew is left alone")] = 5.0,
    rotate: Annotated[
        Literal[0, 90, 180, 270], Field(description="Quarter turns clockwise, in degrees, before all else")
    ] = 0,
    split: Annotated[
        Literal["never", "auto", "always"],
        Field(description="Split double pages: never, where the gutter is sure, or always (in the middle if need be)"),
    ] = "never",
    overlap: Annotated[
        float, Field(ge=0, le=10, description="What each half keeps of the other page, in percent of its width")
    ] = 1.0,
) -> list[Output]:
    """Set a scan right: crop it to the page, turn it upright, split a double page, turn it by quarters.

    Whatever is not sure is left alone. All of it is one resampling; where nothing is askew, pixels are copied,
    and where nothing is to be done, the file is. The master stays; the evidence leads every pixel back to it.
    """
    import shutil

    from heritage3d.correction.planning import Wishes, plan
    from heritage3d.errors import SplitImpossible
    from heritage3d.iiif.halves import half_name
    from heritage3d.image.raster import open_raster

    with open_raster(image.path) as master:
        height, width = master.pixels.shape[:2]
        if split == "always" and (height if rotate % 180 else width) < 16:
            raise SplitImpossible(file=image.path, width=width, height=height)
        planned = plan(master.pixels, Wishes(crop, margin, deskew, max_angle, rotate // 90, split, overlap))
        outputs = []
        for part in planned.parts:
            name = half_name(image.name, part.half) if part.half else image.name
            if planned.untouched:
                written = dest / f"{name}{image.path.suffix}"
                shutil.copyfile(image.path, written)
            else:
                written = dest / f"{name}.tif"
                _write(planned, part, written, master.ppi)
            told = _evidence(planned, part, width, height).model_dump(mode="json")
            # Beside the picture too, so that whoever takes it away can still put it back.
            (dest / f"{name}.json").write_bytes(addresses.dump(told))
            outputs.append(Output("image/master", name, written, evidence=told))
    return outputs


def _write(planned: Plan, part: Part, path: Path, ppi: float | None) -> None:
    from heritage3d.correction.resample import Border, copied, resampled
    from heritage3d.image.write_tiff import write_tiff

    pixels = planned.turned
    if part.exact is not None:
        rows = copied(pixels, *part.exact, part.width, part.height)
    else:
        rows = resampled(pixels, part.matrix, part.width, part.height, Border.of(planned.view))
    write_tiff(
        path,
        rows,
        width=part.width,
        height=part.height,
        channels=pixels.shape[2],
        depth=8 * pixels.dtype.itemsize,
        ppi=ppi,
    )


def _evidence(planned: Plan, part: Part, width: int, height: int) -> CorrectEvidence:
    from heritage3d.correction.geometry import beyond, box_of
    from heritage3d.correction.resample import KERNEL

    to_master = planned.to_master(part)
    moved = "copied" if part.exact is not None else "resampled"
    return CorrectEvidence(
        half=part.half,
        width=part.width,
        height=part.height,
        master_width=width,
        master_height=height,
        pixels="untouched" if planned.untouched else moved,
        kernel=None if part.exact is not None else KERNEL,
        to_master=[[round(float(value), 9) for value in row] for row in to_master],
        crop_box=box_of(to_master, part.width, part.height),
        beyond=round(beyond(to_master, part.width, part.height, width, height), 6),
        rotate=90 * planned.quarter_turns,
        skew=_skew(part),
        crop=CropEvidence(
            verdict=part.cut.verdict,
            ground=part.cut.ground,
            page_share=_rounded(part.cut.share),
            aids=part.cut.aids,
            aids_kept=part.cut.aids_kept,
        ),
        split=_split(planned),
    )


def _skew(part: Part) -> SkewEvidence:
    skew = part.skew
    return SkewEvidence(
        verdict=skew.verdict,
        source=skew.source,
        angle_deg=_rounded(skew.angle_deg),
        sigma_deg=_rounded(skew.sigma_deg),
        writing=[
            WritingEvidence(
                axis=entry.axis,
                angle_deg=round(entry.angle_deg, 4),
                sigma_deg=round(entry.sigma_deg, 4),
                agreement=round(entry.agreement, 3),
                strength=round(entry.strength, 2),
            )
            for entry in skew.writing
        ],
        edges=skew.edges
        and EdgesEvidence(
            angle_deg=round(skew.edges.angle_deg, 4),
            sigma_deg=round(skew.edges.sigma_deg, 4),
            sides=list(skew.edges.sides),
        ),
    )


def _split(planned: Plan) -> SplitEvidence:
    gutter = planned.gutter
    if gutter is None:
        return SplitEvidence(verdict=planned.split, line=None, depth=None, course=None, shade=None, rival=None)
    last = planned.view.colour.shape[0] - 1
    ends = [planned.view.to_master(gutter.x(y), y) for y in (0, last)]
    return SplitEvidence(
        verdict=planned.split,
        line=tuple((round(x, 2), round(y, 2)) for x, y in ends),
        depth=round(gutter.depth, 4),
        course=round(gutter.course, 3),
        shade=round(gutter.shade, 4),
        rival=round(gutter.rival, 3),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
