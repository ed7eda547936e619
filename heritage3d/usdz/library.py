"""OpenUSD (the distribution usd-core, an extra): found when it is needed, and told of where it is missing."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

from heritage3d.errors import UsdMissing

_PARTS = ("Gf", "Kind", "Sdf", "Tf", "Usd", "UsdGeom", "UsdShade", "UsdUtils", "Vt")


def pxr() -> Any:
    """The modules of OpenUSD by name. Raises UsdMissing."""
    try:
        return SimpleNamespace(**{name: importlib.import_module(f"pxr.{name}") for name in _PARTS})
    except ImportError as error:
        raise UsdMissing(part="usd-core", detail=str(error).splitlines()[0]) from None
