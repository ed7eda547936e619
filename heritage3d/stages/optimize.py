"""optimize: a mesh in levels of detail, each with its certified deviation from the master."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from heritage3d.baking.likeness import Likeness
from heritage3d.mesh import lengths
from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Column, Evidence, Reads, stage


class Bounds(Evidence):
    """A proved interval: the greatest distance between two surfaces lies in it."""

    lower: float
    upper: float


class SpreadEvidence(Evidence):
    """A difference over samples, from both surfaces to the nearest place of the other; samples prove no maximum."""

    rms: float
    p95: float
    samples: int


class BakedEvidence(Evidence):
    """What was baked from the master into the textures of a level, which maps of its own it kept, and how finely."""

    maps: list[str]
    kept: list[str]
    side: int
    unwrapped: bool
    charts: int
    texels_per_mm: float | None
    least_texels_per_mm: float | None


class LevelEvidence(Evidence):
    """One level of detail as it is shipped.

    Bytes, counts, and the two-sided surface deviation of its decoded bytes from the master: in millimetres
    (None where the scale is unknown), and as a share of the diagonal of the master's box. Compared are the
    captured surfaces: what was invented to close holes is marked and left out.
    """

    file: str
    role: Literal["preview", "web", "vr", "full"]
    triangles: int
    vertices: int
    bytes: int
    draw_calls: int
    compression: str
    position_bits: int
    deviation_mm: Bounds | None
    deviation_relative: Bounds
    rms_mm: float | None
    rms_relative: float
    normals_deg: SpreadEvidence
    colour_de2000: SpreadEvidence | None
    likeness: Likeness | None  # None for full, which is the master itself
    baked: BakedEvidence | None


class MasterEvidence(Evidence):
    """What was read of the scan, what was repaired, and what was left out of it because no surface needs it.

    Areas of ``repaired`` are square millimetres, or shares of the squared diagonal where the scale is unknown.
    """

    format: str
    triangles: int
    vertices: int
    repaired: dict[str, float]
    left_out: dict[str, int]


class OptimizeEvidence(Evidence):
    """What was made of a mesh; ``models/evidence.json`` holds the same.

    ``master_to_file`` brings coordinates of the scan to metres, +Y up, the origin on the base; a model of
    unknown scale is made one metre large. ``max_deviation`` is the bound on full and web. A unit is "stated"
    by the sheet or the command, or follows from the format.
    """

    scale: Literal["known", "unknown"]
    unit: str | None
    unit_source: Literal["stated", "format", "none"]
    extent_mm: tuple[float, float, float] | None
    max_deviation_mm: float | None
    max_deviation_relative: float
    device: str
    master_to_file: list[list[float]]
    master: MasterEvidence
    files: list[LevelEvidence]


def _about(row: dict[str, str]) -> dict[str, str]:
    """Of the sheet's row only what is written into the files: a new summary makes no model anew."""
    return {column: text for column, text in row.items() if column in ("id", "title") or column.startswith("title@")}


# --- what can be asked: options, columns of the sheet, their help

MaxDeviation = Annotated[
    str,
    AfterValidator(lengths.understood),
    Field(
        description="No point of full.glb and web.glb lies farther from the scan: "
        "0.1mm, 100um, or 0.05% of the diagonal (which also holds where the unit is unknown)"
    ),
]
Unit = Annotated[
    Literal["mm", "cm", "m", "inch"] | None,
    Column("unit"),
    Field(description="Unit of the scan's coordinates; the sheet's column comes first, glTF is in metres"),
]
Up = Annotated[
    Literal["y", "z"] | None,
    Column("up"),
    Field(description="Axis of the scan that points up; the sheet's column comes first, otherwise y"),
]
Device = Annotated[
    Literal["quest2", "quest3", "pico4", "phone", "desktop"],
    Field(description="Device whose budget vr.glb keeps: triangles, draw calls, texture sides and bytes"),
]
Compression = Annotated[
    Literal["auto", "meshopt", "draco", "none"],
    Field(
        description="Packing of the geometry: meshopt opens fastest, draco is smallest, none opens anywhere; "
        "auto takes the smaller one, and meshopt for vr.glb"
    ),
]
Textures = Annotated[
    Literal["auto", "webp", "jpeg", "ktx2"],
    Field(
        description="Format of the textures: ktx2 takes a quarter of the memory of graphics and is larger on disk; "
        "auto takes it for the vr.glb of a headset, and webp elsewhere"
    ),
]
Debris = Annotated[
    str,
    AfterValidator(lengths.size_understood),
    Field(description="Loose specks are left out whose box is smaller than this (2mm, 1% of the diagonal; 0: none)"),
]
Holes = Annotated[
    str,
    AfterValidator(lengths.size_understood),
    Field(description="Holes with a rim no longer than this are closed and marked as invented (0: none)"),
]
Rights = Annotated[
    str | None, Column("rights"), Field(description="Licence or statement of rights, written into every file")
]
Row = Annotated[dict[str, str], Column("*"), AfterValidator(_about)]


@stage(
    writes="gltf/lods",
    version=4,
    libraries=("open3d-cpu", "open3d", "meshopt", "DracoPy", "xatlas", "pyvips-binary", "numba", "numpy"),
    seconds_per_mb=15.0,
    bytes_out_per_byte=1.2,
)
def optimize(
    scan: Annotated[Path, Reads("mesh/scan")],
    dest: Path,
    *,
    max_deviation: MaxDeviation = "0.1mm",
    unit: Unit = None,
    up: Up = None,
    for_: Device = "quest3",
    compression: Compression = "auto",
    textures: Textures = "auto",
    debris: Debris = "1%",
    holes: Holes = "3%",
    copyright: Rights = None,
    row: Row = {},  # noqa: B006  a default, never written
) -> OptimizeEvidence:
    """Make a mesh ready for web and VR: four glTF files, each with its proved deviation from the scan.

    preview.glb (under 200 kB), web.glb (the fewest triangles within the deviation), vr.glb (within the
    budget of a headset) and full.glb (every triangle). Their decoded bytes are compared with the scan, both
    ways and without sampling; evidence.json states the interval that holds the greatest distance.
    """
    from heritage3d.levels.making import Asked, make
    from heritage3d.record.record import texts

    asked = Asked(
        max_deviation=max_deviation,
        debris=debris,
        holes=holes,
        unit=unit,
        up=up or "y",
        device=for_,
        compression=compression,
        textures=textures,
        copyright=copyright,
        title={tag: " ".join(said) for tag, said in texts(row, "title").items()},
        identifier=row.get("id"),
    )
    made = make(scan, dest, asked)
    evidence = OptimizeEvidence.model_validate(made)
    (dest / "evidence.json").write_bytes(addresses.dump(evidence.model_dump(mode="json")))
    return evidence
