"""The format of this room: USDZ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.pipeline.kinds import Finding, Format, register


def _is_usdz(_path: Path, head: bytes) -> bool:
    """A zip whose first file is a layer of OpenUSD."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return head[:4] == b"PK\x03\x04" and name.endswith((b".usdc", b".usda", b".usd"))


def _info(path: Path) -> dict[str, Any]:
    from heritage3d.usdz import checking

    return checking.info(path)


def _check(path: Path) -> list[Finding]:
    from heritage3d.usdz import checking

    return checking.check(path)


register(Format("USDZ", _is_usdz, _info, _check))
