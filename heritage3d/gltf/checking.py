"""Judge a glTF file: its structure, its decoded payloads, and what the Khronos validator says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.errors import Heritage3dError, MeshEmpty
from heritage3d.gltf import container, khronos, ktx2, reading, textures
from heritage3d.gltf.document import Document
from heritage3d.pipeline.kinds import Finding

# Every normal map of a scan without tangents has this one; viewers generate them as glTF 2.0 asks.
_HARMLESS = frozenset({"MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"})
_SEVERITIES = {0: "error", 1: "warning"}


def check(path: Path) -> list[Finding]:
    """The faults of a glTF or GLB file, [] where there is none.

    All geometry in the scene is decoded (Draco, meshopt), its indices and positions are looked at, and
    every texture is decoded to its last line; where Node and the npm package gltf-validator are installed,
    the Khronos validator's errors and warnings follow. Raises nothing of its own: a file that cannot be
    read is a finding.
    """
    return judged(path, khronos.validate(path))


def judged(path: Path, report: dict[str, Any] | None) -> list[Finding]:
    """What ``check`` finds, with a report of the Khronos validator that is there already (None: there is none)."""
    found: list[Finding] = []
    try:
        for texture in reading.read(path).textures:
            textures.check(texture, path.name)
    except MeshEmpty:
        pass  # a scene without triangles is valid glTF; whether it is of use is not asked here
    except Heritage3dError as error:
        found.append(Finding(error.code, error.what()))
    return found + ([] if report is None else findings_of(report))


def findings_of(report: dict[str, Any]) -> list[Finding]:
    """The errors and warnings of a report of the Khronos validator.

    It does not know KTX2 and warns of each such image twice; those are decoded here (``judged``).
    """
    messages = report.get("issues", {}).get("messages", [])
    ours = {
        str(message.get("pointer", "")).removesuffix("/mimeType")
        for message in messages
        if message.get("code") == "VALUE_NOT_IN_LIST" and f"'{ktx2.MIME}'" in message.get("message", "")
    }
    return [
        Finding(
            "H3D-418",
            f"{message['code']}: {message.get('message', '')}",
            str(message.get("pointer", "")),
            "error" if message["severity"] == 0 else "warning",
        )
        for message in messages
        if message.get("severity") in _SEVERITIES
        and message.get("code") not in _HARMLESS
        and not (
            message.get("code") in ("VALUE_NOT_IN_LIST", "IMAGE_UNRECOGNIZED_FORMAT")
            and str(message.get("pointer", "")).removesuffix("/mimeType") in ours
        )
    ]


def info(path: Path) -> dict[str, Any]:
    """What `heritage3d info` says of a glTF file: counts, extent in metres, compression, textures."""
    document = Document(container.read(path))
    model = reading.read(path)
    low, high = model.bounds()
    used = document.root.get("extensionsUsed", [])
    return {
        "format": model.format,
        "bytes": document.source.size,
        "generator": str(model.asset.get("generator", "")),
        "copyright": str(model.asset.get("copyright", "")),
        "title": dict(model.about.title) if model.about else {},
        "identifier": (model.about.identifier if model.about else None) or "",
        "master sha256": (model.about.master_sha256 if model.about else None) or "",
        "vertices": model.vertices,
        "triangles": model.triangles,
        "of them invented": model.triangles - model.evidence().triangles,
        "draw calls": len(model.primitives),
        "extent": [round(float(value), 6) for value in high - low],
        "unit": model.unit,
        "extensions": sorted(str(name) for name in used) if isinstance(used, list) else [],
        "materials": len(model.materials),
        "textures": [{"type": entry.mime, "bytes": len(entry.data)} for entry in model.textures],
        "left out": model.notes,
    }
