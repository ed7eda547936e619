"""The format of this room: what an exhibition team writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, register


def _is_room(path: Path, _head: bytes) -> bool:
    """YAML has no mark of its own: the name tells."""
    return path.name == "room.yaml"


def _info(path: Path) -> dict[str, Any]:
    from heritage3d.hall.file import read_room

    told, _lines = read_room(path.read_bytes().decode("utf-8-sig", "replace"))
    return told.model_dump(mode="json", exclude_defaults=True)


def _check(path: Path) -> list[Finding]:
    from heritage3d.hall import foreseeing

    return foreseeing.check(path)


register(Format("VR room", _is_room, _info, _check))
