"""The kinds and formats of this room: what counts as a mesh capture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, Kind, register


def _recognises(name: str) -> Callable[[Path, bytes], bool]:
    def recognise(path: Path, head: bytes) -> bool:
        from heritage3d.mesh import recognising

        return recognising.format_of(head, path.stat().st_size) == name

    return recognise


def _info(path: Path) -> dict[str, Any]:
    from heritage3d.mesh import reading

    return reading.describe(path)


def _check(path: Path) -> list[Finding]:
    from heritage3d.errors import Heritage3dError
    from heritage3d.mesh import reading

    try:
        reading.read(path)
    except Heritage3dError as error:
        return [Finding(error.code, error.what())]
    return []


def _companions(path: Path) -> list[Path]:
    from heritage3d.mesh import reading

    return reading.companions(path)


register(
    Kind("mesh/scan", "a triangle mesh from a scanner or from photogrammetry, with its materials and textures"),
    Format("PLY", _recognises("PLY"), _info, _check, captured_as="mesh/scan", companions=_companions),
    Format("STL", _recognises("STL"), _info, _check, captured_as="mesh/scan"),
    Format("OBJ", _recognises("OBJ"), _info, _check, captured_as="mesh/scan", companions=_companions),
)
