"""What `verify` finds: a file that is not as it was published or packaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Why = Literal["changed", "missing", "extra", "invalid", "unsigned", "signature", "stale", "wrong_key", "bag"]


@dataclass(frozen=True)
class Fault:
    """One file and what is wrong with it; ``detail`` is a short English fragment where ``why`` does not say all."""

    path: str
    why: Why
    detail: str = ""
    severity: Literal["error", "warning"] = "error"
