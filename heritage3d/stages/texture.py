"""texture: a surface is painted from its photographs, and told how right it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from heritage3d.errors import PhotogrammetryError
from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact, Evidence, Many, Output, Reads, stage
from heritage3d.stages.align import PhotogrammetryEvidence

if TYPE_CHECKING:
    from heritage3d.photogrammetry.texturing import Textured
    from heritage3d.photogrammetry.views import View


class DenseFigures(Evidence):
    """Points that the photographs agree on; ``covered``: mean share of a photograph that got a depth."""

    points: int
    covered: float
    views_median: float


class SurfaceFigures(Evidence):
    """``points_per_mm2`` (None where the scale is unknown) on the surface; shares of its area: ``seen`` by a
    photograph, and ``invented`` to close gaps."""

    triangles: int
    points_per_mm2: float | None
    seen: float
    invented: float
    ground: str


class TextureFigures(Evidence):
    """``photographs`` in ``patches`` make the texture; ``texels_per_mm`` (None: scale unknown), ``texels_per_pixel``
    of the photographs; ``gain_least`` and ``gain_most``: how far their exposures were apart; the usual step of
    colour across a seam, in grey values, before and after levelling."""

    width: int
    height: int
    photographs: int
    patches: int
    texels_per_mm: float | None
    texels_per_pixel: float
    gain_least: float
    gain_most: float
    seam_before: float
    seam_after: float


class RedrawnPhotograph(Evidence):
    """A photograph that was left out of the texture and drawn again from the model.

    ``psnr`` in dB; ``ncc``: mean over windows of 7 x 7 pixels with contrast, ``ncc_everywhere``: over all;
    ``covered``: share of the photograph that the model covers.
    """

    photograph: str
    psnr: float
    ncc: float
    ncc_everywhere: float
    covered: float


class ReportEvidence(PhotogrammetryEvidence):
    """What alignment found, and how right what was made of it is; photogrammetry/evidence.json holds the same."""

    dense: DenseFigures
    surface: SurfaceFigures
    texture: TextureFigures
    redrawn: RedrawnPhotograph | None
    pictures: dict[str, str]


@stage(
    writes=Many("mesh/scan", "photogrammetry/report"),
    version=2,
    libraries=("numba", "numpy", "scipy", "opencv-python-headless", "pyvips-binary"),
    seconds_per_mb=2.0,
    bytes_out_per_byte=1.0,
)
def texture(
    surface: Annotated[Artefact, Reads("mesh/scan")],
    aligned: Annotated[Path, Reads("photogrammetry/aligned")],
    dense: Annotated[Path, Reads("photogrammetry/dense")],
    dest: Path,
    *,
    side: Annotated[int, Field(ge=256, le=16_384, description="Most texels of the texture's longer side")] = 8192,
    redraw: Annotated[
        str,
        Field(
            max_length=300,
            description="Photograph that is left out of the texture and drawn again, to measure the likeness: "
            "its file name, auto for one of usual distance to the others, none to use all",
        ),
    ] = "auto",
) -> list[Output]:
    """Paint the surface from the photographs: each place from the one that shows it best.

    Hidden places are told by depth, exposures are balanced, seams are levelled, and the texture is as fine as the
    photographs on the object. One photograph is left out and drawn again from the model: how like it is, is
    measured. The report holds the figures of all steps, the cameras, and the model from four sides.
    """
    from heritage3d.gltf import writing
    from heritage3d.photogrammetry import cloud_files, portraits, sight, texturing
    from heritage3d.photogrammetry.aligned import read_scene

    shape, unit = cloud_files.read_surface(surface.path)
    views = read_scene(aligned).views
    left = texturing.left_out(views, redraw)
    taking = [index for index in range(len(views)) if index != left]
    made = texturing.texture(shape, views, taking, side=side, pixel=sight.pixel_of(shape, views))
    model = dest / "model.glb"
    extras = {"scale": "unknown"} if unit is None else {}
    encoding = writing.Encoding("none", position_bits=32)
    model.write_bytes(writing.write(made.model(metres=unit is not None), encoding, extras=extras))
    report = dest / "report"
    report.mkdir()
    pictures = {"cameras": "cameras.png", "sides": "sides.jpg"}
    (report / "cameras.png").write_bytes((aligned / "cameras.png").read_bytes())
    (report / "sides.jpg").write_bytes(portraits.four_sides(made))
    redrawn = None
    if left is not None:
        pictures["redrawn"] = "redrawn.jpg"
        redrawn = _redrawn(made, views[left], report / "redrawn.jpg")
    evidence = ReportEvidence.model_validate(
        {
            **_told(aligned / "evidence.json").get("photogrammetry", {}),
            "dense": _dense(_told(dense / "dense.json")),
            "surface": _surface(made, surface.evidence, known=unit is not None),
            "texture": _texture(made, known=unit is not None),
            "redrawn": redrawn,
            "pictures": pictures,
        }
    )
    told = evidence.model_dump(mode="json", by_alias=True)
    (report / "evidence.json").write_bytes(addresses.dump(told))
    return [Output("mesh/scan", "model", model), Output("photogrammetry/report", "report", report, evidence=told)]


def _redrawn(made: Textured, view: View, picture: Path) -> RedrawnPhotograph:
    from heritage3d.photogrammetry import portraits, rendering, sight

    photograph = sight.picture_of(view)
    drawn, counted = rendering.drawn(made, view)
    found = rendering.likeness(photograph, drawn, counted, sight.mask_of(view))
    picture.write_bytes(portraits.pair(photograph, drawn, counted))
    return RedrawnPhotograph(photograph=view.name, **vars(found))


def _told(path: Path) -> dict[str, Any]:
    try:
        told = addresses.load(path)
    except (OSError, ValueError):
        raise PhotogrammetryError(file=path.name, detail="its figures cannot be read") from None
    return told if isinstance(told, dict) else {}


def _dense(told: dict[str, Any]) -> DenseFigures:
    covered = [float(value) for value in told.get("covered", {}).values()]
    mean = round(sum(covered) / max(len(covered), 1), 4)
    return DenseFigures(points=told.get("points", 0), covered=mean, views_median=told.get("views_median", 0.0))


def _surface(made: Textured, told: dict[str, Any], *, known: bool) -> SurfaceFigures:
    import numpy as np

    from heritage3d.photogrammetry.surface import areas

    density = made.surface.density[made.surface.confidence > 0]
    per_mm2 = float(np.median(density)) * 1e-6 if len(density) else 0.0
    area = areas(made.surface)
    whole = max(float(area.sum()), 1e-300)
    return SurfaceFigures(
        triangles=len(made.surface.faces),
        points_per_mm2=round(per_mm2, 2) if known else None,
        seen=round(float(area[made.seen].sum()) / whole, 4),
        invented=round(float(area[made.surface.invented].sum()) / whole, 4),
        ground=str(told.get("ground", "kept")),
    )


def _texture(made: Textured, *, known: bool) -> TextureFigures:
    used = made.gains
    return TextureFigures(
        width=made.texture.shape[1],
        height=made.texture.shape[0],
        photographs=made.photographs,
        patches=made.patches,
        texels_per_mm=round(made.texels_per_unit / 1000, 2) if known else None,
        texels_per_pixel=round(made.scale, 4),
        gain_least=round(float(used.min()), 3),
        gain_most=round(float(used.max()), 3),
        seam_before=round(made.seam_before, 2),
        seam_after=round(made.seam_after, 2),
    )
