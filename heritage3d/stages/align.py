"""align: find out where each photograph was taken, through which lens, and how large the object is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Reads, Speed, stage

if TYPE_CHECKING:
    from heritage3d.photogrammetry.aligning import Aligned


class CheckDistance(Evidence):
    """A known distance that was not used for the scale, in millimetres."""

    from_: str = Field(serialization_alias="from", validation_alias="from")
    to: str
    stated: float
    measured: float


class ScaleEvidence(Evidence):
    """Where the size comes from. ``factor``: metres for a unit of the alignment; ``uncertainty``: its relative standard
    error, from how far the bars disagree and how exactly their ends were found."""

    source: Literal["distances", "markers", "board", "cameras", "none"]
    factor: float | None
    uncertainty: float | None
    check_distances_mm: list[CheckDistance]
    bars: int
    doubtful: list[str]
    missing: list[str]


class CameraEvidence(Evidence):
    """One lens as it was found, in pixels of its photographs (the centre of the first at 0, 0)."""

    camera: str
    photographs: int
    width: int
    height: int
    model: str
    focal_px: float
    principal_point_px: tuple[float, float]
    distortion: list[float]


class LeftOut(Evidence):
    """A photograph that takes no part, or one that is doubtful, with the code of the reason and its words."""

    photograph: str
    code: str
    why: str
    used: bool


class GapEvidence(Evidence):
    """From there nobody photographed: between two neighbours (empty where the whole band is missing)."""

    band: Literal["low", "middle", "high"]
    degrees: float
    after: str
    before: str


class PhotogrammetryEvidence(Evidence):
    """``registered`` of ``photographs`` found their place; ``reprojection_px``: mean error of the points."""

    registered: int
    photographs: int
    reprojection_px: float
    points: int
    scale: ScaleEvidence
    cameras: list[CameraEvidence]
    left_out: list[LeftOut]
    apart: list[list[str]]
    gaps: list[GapEvidence]


class AlignEvidence(Evidence):
    """What was found of the cameras; ``photogrammetry`` is what an object's evidence.json takes over."""

    photogrammetry: PhotogrammetryEvidence


@stage(
    writes="photogrammetry/aligned",
    version=2,
    libraries=("pycolmap", "opencv-python-headless", "numpy", "pyvips-binary"),
    seconds_per_mb=6.0,
    bytes_out_per_byte=2.0,
)
def align(
    captures: list[Annotated[Artefact, Reads("photo", "mask", "photogrammetry/scale")]],
    dest: Path,
    *,
    background: Annotated[
        Literal["used", "still", "plain"],
        Field(
            description="What is behind the object: detail that stands still with it and helps (used), "
            "what stands still while the object turns on a table (still), or one even colour (plain)"
        ),
    ] = "used",
    mapper: Annotated[
        Literal["incremental", "global"],
        Field(description="How the cameras are found: one after the other (surest), or all at once (faster)"),
    ] = "incremental",
    size: Annotated[
        int, Field(ge=400, le=8000, description="Longer side in pixels at which features are looked for")
    ] = 1600,
    features: Annotated[
        int, Field(ge=500, le=50_000, description="Most features of a photograph; fewer are faster, more hold better")
    ] = 8192,
    blurred: Annotated[
        Literal["leave-out", "keep"], Field(description="What happens to photographs much less sharp than the others")
    ] = "leave-out",
    threads: Annotated[
        int, Speed(), Field(ge=1, le=64, description="Threads for features and matching; the result is the same")
    ] = 1,
) -> AlignEvidence:
    """Align photographs: where each camera stood, its lens, sparse points, and the size of the object.

    Blank, repeated and blurred photographs, and those that do not connect, are left out and named. The size comes
    from scale.yaml: distances between coded markers or targets, the size of markers, a board, or known cameras.
    The photographs are handed on without distortion, with a picture of where the cameras stood (cameras.png).
    """
    from heritage3d.errors import PhotographsTooFew
    from heritage3d.photogrammetry import aligning
    from heritage3d.photogrammetry.attempts import Wishes
    from heritage3d.photogrammetry.begun import begun
    from heritage3d.photogrammetry.photographs import FEWEST, stem_of

    photos = [(_file(entry), entry.path) for entry in captures if entry.kind == "photo"]
    if len(photos) < FEWEST:
        told = "there are no others"
        raise PhotographsTooFew(file="", usable=len(photos), count=len(photos), needed=FEWEST, detail=told)
    masks = {stem_of(_file(entry)): entry.path for entry in captures if entry.kind == "mask"}
    scales = [entry.path for entry in captures if entry.kind == "photogrammetry/scale"]
    wishes = Wishes(size, features, mapper, background, blurred == "keep", threads=threads)
    listed = "\n".join(f"{name}\t{path}" for name, path in photos).encode("utf-8", "surrogateescape")
    with begun(dest, "align", listed) as work:
        wishes = replace(wishes, work=work)
        found = aligning.align(photos, dest, mask_files=masks, scale_file=scales[0] if scales else None, wishes=wishes)
    evidence = AlignEvidence(photogrammetry=_evidence(found))
    (dest / "evidence.json").write_bytes(addresses.dump(evidence.model_dump(mode="json", by_alias=True)))
    return evidence


def _file(entry: Artefact) -> str:
    """The name of a capture as the person knows it: its file in photos/ or masks/."""
    file = str(entry.evidence.get("file") or entry.path.name)
    head, _, rest = file.partition("/")
    return rest if rest and head.casefold() in ("photos", "masks") else file


def _evidence(found: Aligned) -> PhotogrammetryEvidence:
    size = found.scale
    reasons = [(name, error, False) for name, error in found.left_out.items()]
    reasons += [(name, error, True) for name, error in found.doubtful.items()]
    return PhotogrammetryEvidence(
        registered=len(found.scene.views),
        photographs=found.photographs,
        reprojection_px=round(found.scene.reprojection_px, 4),
        points=len(found.scene.points),
        scale=ScaleEvidence(
            source=size.source,
            factor=_digits(size.factor),
            uncertainty=_digits(size.uncertainty, 3),
            check_distances_mm=[
                CheckDistance.model_validate(
                    {"from": c.start, "to": c.end, "stated": c.stated_mm, "measured": round(c.measured_mm, 4)}
                )
                for c in size.checks
            ],
            bars=len(size.bars),
            doubtful=[f"{bar.start}-{bar.end}" for bar in size.doubtful],
            missing=list(size.missing),
        ),
        cameras=[
            CameraEvidence(
                camera=lens.name,
                photographs=lens.photographs,
                width=lens.width,
                height=lens.height,
                model=lens.model,
                focal_px=round(lens.focal_px, 3),
                principal_point_px=(round(lens.principal_point_px[0], 3), round(lens.principal_point_px[1], 3)),
                distortion=[round(value, 7) for value in lens.distortion],
            )
            for lens in found.calibrations
        ],
        left_out=[
            LeftOut(photograph=name, code=error.code, why=error.what("en"), used=used) for name, error, used in reasons
        ],
        apart=[list(group) for group in found.apart],
        gaps=[
            GapEvidence.model_validate(
                {"band": gap.band, "degrees": gap.degrees, "after": gap.after, "before": gap.before}
            )
            for gap in found.coverage.gaps
        ],
    )


def _digits(value: float | None, count: int = 9) -> float | None:
    return None if value is None else float(f"{value:.{count}g}")
