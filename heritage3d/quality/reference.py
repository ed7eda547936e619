"""What a colour target is known to show: the table of the ColorChecker 24, read once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from pydantic import BaseModel, Field

from heritage3d.image.lab import light_of

Model = Literal["classic", "passport"]
Edition = Literal["after-2014", "before-2014"]
COLUMNS, ROWS = 6, 4
GREYS = slice(18, 24)


class Proportions(BaseModel):
    """A model of the chart: side of a patch over the pitch, the pitch in mm, and how uncertain that is (0 to 1)."""

    fill: float = Field(gt=0, lt=1)
    pitch_mm: float = Field(gt=0)
    uncertain: float = Field(gt=0, lt=1)


class _Table(BaseModel):
    source: str
    patches: list[str] = Field(min_length=24, max_length=24)
    editions: dict[Edition, list[tuple[float, float, float]]]
    models: dict[Model, Proportions]


@dataclass(frozen=True)
class Reference:
    """``names`` of the 24 patches; ``lab`` (24, 3) under D50 as printed; ``light`` (24, 3) linear sRGB, clipped to it.

    Cyan lies outside sRGB. Pixels that are sRGB cannot hold it, so ``reachable`` is the CIELAB of ``light``: what a
    perfect capture would show.
    """

    edition: Edition
    names: tuple[str, ...]
    lab: np.ndarray
    light: np.ndarray
    reachable: np.ndarray


@functools.cache
def _table() -> _Table:
    return _Table.model_validate(yaml.safe_load(Path(__file__).with_name("colorchecker.yaml").read_text("utf-8")))


@functools.cache
def reference(edition: Edition = "after-2014") -> Reference:
    """The colours of one edition of the chart."""
    from heritage3d.image.lab import lab

    table = _table()
    printed = np.array(table.editions[edition])
    light = np.clip(light_of(printed), 0, 1)
    return Reference(edition, tuple(table.patches), printed, light, lab(light))


def proportions(model: Model) -> Proportions:
    """The nominal proportions of a model of the chart."""
    return _table().models[model]
