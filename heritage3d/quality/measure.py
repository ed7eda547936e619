"""What one inspection says: figures, their limits, findings, a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Measure:
    """One measured figure. ``name`` is its key in limits.yaml and the messages; ``where`` names a target or a place."""

    name: str
    value: float
    unit: str
    where: str = ""


@dataclass(frozen=True)
class Judged:
    """A figure beside its limit. ``stars`` 0 to 4 (None: judged without stars); ``source``: document and edition."""

    measure: Measure
    verdict: Verdict
    stars: int | None
    limit: float | None
    source: str


@dataclass(frozen=True)
class Finding:
    """What is wrong without a figure of a target: ``name`` is a key of the messages (what, and what to change)."""

    name: str
    verdict: Verdict
    fields: dict[str, Any] = field(default_factory=dict)
