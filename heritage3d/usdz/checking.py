"""USDZ, anyone's: judged by the checker of OpenUSD with the rules of Apple's viewers, and told about."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

from heritage3d.errors import UsdzInvalid
from heritage3d.pipeline.kinds import Finding
from heritage3d.usdz.library import pxr

CODE = UsdzInvalid.code


def check(path: Path) -> list[Finding]:
    """What the checker finds; nothing where a phone can open the file. Raises UsdMissing."""
    usd = pxr()
    if not zipfile.is_zipfile(path):
        return [Finding(CODE, "its list of files is missing: the file was cut off")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge = usd.UsdUtils.ComplianceChecker(arkit=True)
        try:
            judge.CheckCompliance(str(path))
        except usd.Tf.ErrorException as error:
            return [Finding(CODE, f"it cannot be opened: {error}".splitlines()[0])]
    wrong = [Finding(CODE, text) for text in (*judge.GetErrors(), *judge.GetFailedChecks())]
    return wrong + [Finding(CODE, text, severity="warning") for text in judge.GetWarnings()]


def info(path: Path) -> dict[str, Any]:
    """Title, size in metres, meshes, triangles and files. Raises UsdMissing."""
    usd = pxr()
    with zipfile.ZipFile(path) as archive:
        files = {entry.filename: entry.file_size for entry in archive.infolist()}
    stage = usd.Usd.Stage.Open(str(path))
    metres = usd.UsdGeom.GetStageMetersPerUnit(stage)
    root = stage.GetDefaultPrim()
    box = usd.UsdGeom.BBoxCache(usd.Usd.TimeCode.Default(), [usd.UsdGeom.Tokens.default_]).ComputeWorldBound(root)
    size = box.ComputeAlignedRange().GetSize()
    meshes = [usd.UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(usd.UsdGeom.Mesh)]
    return {
        "title": root.GetDisplayName() or root.GetName(),
        "size_m": [round(value * metres, 6) for value in size],
        "up": str(usd.UsdGeom.GetStageUpAxis(stage)),
        "meshes": len(meshes),
        "triangles": sum(len(mesh.GetFaceVertexCountsAttr().Get() or ()) for mesh in meshes),
        "files": files,
    }
