"""A model as USDZ: metres, y up, standing on the floor, with its textures as JPEG or PNG and its title.

After the specification of USDZ (OpenUSD: a zip without compression whose files begin at multiples of 64 bytes) and
the rules that Apple's viewers add to it (one .usdc first, meshes, UsdPreviewSurface, no references to elsewhere).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heritage3d.gltf import reading
from heritage3d.gltf.model import Model, Primitive
from heritage3d.usdz.library import pxr
from heritage3d.usdz.surfaces import Surfaces

ALIGNMENT = 64
_EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock in what is published
_ROOT, _MODEL = "/Object", "/Object/Model"


@dataclass(frozen=True)
class Told:
    """What the file says of the object: its title, and who holds it with which rights."""

    title: str
    note: str = ""


def write(glb: Path, dest: Path, told: Told, *, longest_m: float | None = None) -> None:
    """Write the model of a GLB as USDZ to ``dest``: always the same bytes for the same model.

    ``longest_m`` is how long the longest side of a model shall be whose scale nobody knows; None keeps its metres.
    Raises UsdMissing, and as ``gltf.reading.read`` and ``gltf.textures.decode`` do.
    """
    usd = pxr()
    model = reading.read(glb)
    surfaces = Surfaces(usd, model, glb.name)
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / f"{dest.stem}.usdc"
        stage = _stage(usd, model, surfaces, told, longest_m)
        stage.GetRootLayer().Export(str(layer))
        content = layer.read_bytes()
    _pack(dest, [(layer.name, content), *surfaces.pictures()])


def _stage(usd: Any, model: Model, surfaces: Surfaces, told: Told, longest_m: float | None) -> Any:
    stage = usd.Usd.Stage.CreateInMemory()
    usd.UsdGeom.SetStageUpAxis(stage, usd.UsdGeom.Tokens.y)
    usd.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root = usd.UsdGeom.Xform.Define(stage, _ROOT)
    stage.SetDefaultPrim(root.GetPrim())
    root.GetPrim().SetDisplayName(told.title)
    root.GetPrim().SetDocumentation(told.note)
    usd.Usd.ModelAPI(root).SetKind(usd.Kind.Tokens.component)
    placed = usd.UsdGeom.Xform.Define(stage, _MODEL)
    least, greatest = model.bounds()
    # A phone lays the origin on the table or floor that it has found.
    foot = ((least[0] + greatest[0]) / 2, least[1], (least[2] + greatest[2]) / 2)
    if longest_m:
        placed.AddScaleOp().Set(usd.Gf.Vec3f(longest_m / float((greatest - least).max())))
    placed.AddTranslateOp().Set(usd.Gf.Vec3d(*(-value for value in foot)))
    for number, primitive in enumerate(model.primitives, 1):
        name = f"{'Invented' if primitive.invented else 'Part'}_{number}"
        mesh = _mesh(usd, stage, f"{_MODEL}/{name}", primitive)
        surfaces.bind(stage, _ROOT, mesh, primitive)
    return stage


def _mesh(usd: Any, stage: Any, path: str, primitive: Primitive) -> Any:
    mesh = usd.UsdGeom.Mesh.Define(stage, path)
    vertex = usd.UsdGeom.Tokens.vertex
    array = usd.Vt
    points = primitive.positions.astype(np.float32)
    mesh.CreatePointsAttr(array.Vec3fArray.FromNumpy(points))
    mesh.CreateExtentAttr(array.Vec3fArray.FromNumpy(np.stack([points.min(axis=0), points.max(axis=0)])))
    mesh.CreateFaceVertexCountsAttr(array.IntArray.FromNumpy(np.full(len(primitive.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(array.IntArray.FromNumpy(primitive.faces.astype(np.int32).reshape(-1)))
    mesh.CreateSubdivisionSchemeAttr(usd.UsdGeom.Tokens.none)
    if primitive.normals is not None:
        mesh.CreateNormalsAttr(array.Vec3fArray.FromNumpy(np.ascontiguousarray(primitive.normals)))
        mesh.SetNormalsInterpolation(vertex)
    coloured = usd.UsdGeom.PrimvarsAPI(mesh)
    for number, uv in enumerate(primitive.uvs):
        upward = np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype(np.float32)  # v goes up here
        name = "st" if not number else f"st{number}"
        coloured.CreatePrimvar(name, usd.Sdf.ValueTypeNames.TexCoord2fArray, vertex).Set(
            array.Vec2fArray.FromNumpy(upward)
        )
    if primitive.colours is not None:
        colours = np.ascontiguousarray(primitive.colours[:, :3])
        mesh.CreateDisplayColorPrimvar(vertex).Set(array.Vec3fArray.FromNumpy(colours))
    return mesh


def _pack(dest: Path, files: Sequence[tuple[str, bytes]]) -> None:
    with dest.open("wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 0  # the same bytes on every system
            begins = stream.tell() + 30 + len(name.encode("utf-8"))
            # An extra field of its own kind fills the header up to the next multiple; it needs four bytes itself.
            padding = -(begins + 4) % ALIGNMENT
            entry.extra = b"\x19\x86" + padding.to_bytes(2, "little") + bytes(padding)
            archive.writestr(entry, content)
