"""Units of mesh coordinates, and deviations as people write them: 0.1mm, 0.05%."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from heritage3d.errors import LengthInvalid

Unit = Literal["mm", "cm", "m", "inch"]
MM_PER = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4, "um": 0.001}
# Without a unit a deviation can only be a share of the object: of the diagonal of the box around it.
DEFAULT_SHARE = 0.0005
_FORM = re.compile(r"^\s*([0-9]*\.?[0-9]+(?:e-?[0-9]+)?)\s*(mm|cm|m|inch|um|µm|%)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Deviation:
    """A deviation that was asked for: in millimetres, or as a share of the diagonal; the other is None."""

    mm: float | None
    share: float | None

    def of(self, diagonal_mm: float, known_scale: bool) -> float:
        """The deviation in millimetres for an object with this diagonal.

        Where the scale is not known, millimetres mean nothing: the default share of the diagonal holds.
        """
        if self.mm is not None and known_scale:
            return self.mm
        return diagonal_mm * (self.share if self.share is not None else DEFAULT_SHARE)


def understood(text: str) -> str:
    """The text itself where ``deviation`` understands it, for options. Raises ValueError."""
    try:
        deviation(text)
    except LengthInvalid as error:
        raise ValueError(f"{error.fields['value']} is no length; write a number with its unit, as in 0.1mm") from None
    return text


def size_understood(text: str) -> str:
    """The same for sizes, of which "0%" or "0mm" means: none. Raises ValueError."""
    return text if _zero(text) else understood(text)


def size(text: str, option: str) -> Deviation:
    """Understand a size: as ``deviation``, and 0. Raises LengthInvalid."""
    return Deviation(None, 0.0) if _zero(text) else deviation(text, option)


def _zero(text: str) -> bool:
    found = _FORM.match(text)
    return float(found.group(1)) == 0 if found else text.strip() == "0"


def deviation(text: str, option: str = "max-deviation") -> Deviation:
    """Understand "0.1mm", "100um", "0.05%". Raises LengthInvalid."""
    found = _FORM.match(text)
    value = float(found.group(1)) if found else 0.0
    if not found or not 0 < value < math.inf:
        raise LengthInvalid(option=option, value=text)
    unit = found.group(2).lower().replace("µ", "u")
    return Deviation(None, value / 100) if unit == "%" else Deviation(value * MM_PER[unit], None)
