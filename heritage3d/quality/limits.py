"""Limits per measure and level, from limits.yaml, and what a figure is worth beside them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from heritage3d.quality.measure import Judged, Measure, Verdict

Sense = Literal["below", "at_most", "above", "at_least", "within"]
DEFAULT = "manuscript"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """A document, its edition, and whether it was seen itself."""

    title: str
    edition: str
    seen: str


class Limit(_Strict):
    """The limits of one figure, the best level first. ``assumed``: no published value was seen, ``reason`` says why."""

    sense: Sense
    limits: tuple[float, ...] = Field(min_length=1)
    source: str
    assumed: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Limit:
        order = sorted(self.limits, reverse=self.sense in ("above", "at_least"))
        if list(self.limits) != order:
            raise ValueError("limits must run from the best level to the worst")
        if self.assumed != bool(self.reason):
            raise ValueError("an assumed limit has a reason, and no other has")
        return self

    def met(self, value: float, level: int) -> bool:
        """Whether a figure reaches a level (0: the best)."""
        limit = self.limits[level]
        return {
            "below": value < limit,
            "at_most": value <= limit,
            "above": value > limit,
            "at_least": value >= limit,
            "within": abs(value) <= limit,
        }[self.sense]


class Category(_Strict):
    """A set of limits. ``stars`` of its levels, or ``levels``: their names; ``aim``: how many of them pass."""

    stars: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()
    aim: int = Field(ge=1)
    measures: dict[str, Limit]
    assumed: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _same_length(self) -> Category:
        count = len(self.stars or self.levels)
        if self.aim > count or any(len(limit.limits) != count for limit in self.measures.values()):
            raise ValueError("every figure needs one limit for each level")
        return self


class Limits(_Strict):
    """The whole of limits.yaml."""

    sources: dict[str, Source]
    categories: dict[str, Category]

    @model_validator(mode="after")
    def _sources_known(self) -> Limits:
        for category in self.categories.values():
            for name, limit in category.measures.items():
                if limit.source not in self.sources:
                    raise ValueError(f"{name}: unknown source {limit.source}")
        return self


@functools.cache
def limits() -> Limits:
    """limits.yaml, checked."""
    return Limits.model_validate(yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text("utf-8")))


def categories() -> tuple[str, ...]:
    """The sets of limits by name."""
    return tuple(limits().categories)


def judge(measures: list[Measure], category: str) -> list[Judged]:
    """Each figure that has a limit in ``category``, with stars, the limit of the level to aim at, and its source.

    ``pass`` at the level to aim at or better, ``warn`` at any level below, else ``fail``. ``stars`` is 0 below all
    levels, and None in a category without stars. Raises KeyError for a category that is not in ``categories()``.
    """
    chosen = limits().categories[category]
    limited = [(measure, chosen.measures.get(measure.name)) for measure in measures]
    return [_judged(measure, limit, chosen) for measure, limit in limited if limit]


def _judged(measure: Measure, limit: Limit, category: Category) -> Judged:
    count = len(limit.limits)
    level = next((number for number in range(count) if limit.met(measure.value, number)), count)
    verdict: Verdict = "pass" if level < category.aim else "warn" if level < count else "fail"
    stars = (category.stars[level] if level < count else 0) if category.stars else None
    document = limits().sources[limit.source]
    source = f"{document.title}, {document.edition}"
    if category.levels:
        reached = f"level {category.levels[level]}" if level < count else "no level"
        source += f" ({reached} reached)"
    if limit.assumed or category.assumed:
        source += " (assumed)"
    return Judged(measure, verdict, stars, limit.limits[category.aim - 1], source)
