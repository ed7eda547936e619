"""The kinds and formats of this room: published models, and glTF as a capture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, Kind, register


def _info(path: Path) -> dict[str, Any]:
    from heritage3d.gltf import checking

    return checking.info(path)


def _check(path: Path) -> list[Finding]:
    from heritage3d.gltf import checking

    return checking.check(path)


def _companions(path: Path) -> list[Path]:
    from heritage3d.gltf import reading

    return reading.companions(path)


def _is_gltf(path: Path, head: bytes) -> bool:
    """JSON that says it is glTF; where the first bytes do not tell (buffers first), the suffix may."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return False
    return (b'"asset"' in head and b'"version"' in head) or path.suffix.lower() == ".gltf"


register(
    Kind(
        "gltf/lods",
        "a model in levels of detail: preview.glb, web.glb, vr.glb, full.glb, poster.jpg, evidence.json",
        place="objects/{object}/models{/name}",
    ),
    Format("GLB", lambda _path, head: head[:4] == b"glTF", _info, _check, captured_as="mesh/scan"),
    Format("glTF", _is_gltf, _info, _check, captured_as="mesh/scan", companions=_companions),
)
