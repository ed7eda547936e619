"""What is told of a picture that was joined: places, residuals, gains."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from heritage3d.stitching import plane
from heritage3d.stitching.adjusting import Adjusted, Model
from heritage3d.stitching.composing import Composition
from heritage3d.stitching.laying import Laid
from heritage3d.stitching.overlap import BLOCK
from heritage3d.stitching.pairing import Pair
from heritage3d.stitching.ties import Ties

Direction = Literal["left-to-right", "right-to-left", "top-to-bottom", "bottom-to-top", "mixed"]


@dataclass(frozen=True)
class PlacedPart:
    """Where a part lies in the whole.

    Turn (degrees, clockwise), scale, place of its first pixel, gain of its linear light in each channel.
    ``matrix`` maps its pixels to those of the whole (pixel centres at integers); ``copied`` says that its
    samples stayed what they were.
    """

    name: str
    angle_deg: float
    scale: float
    x_px: float
    y_px: float
    gains: tuple[float, ...]
    copied: bool
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class MadeJoint:
    """How two neighbours fit.

    Width of the overlap; tie points used and rejected; what is left between them after the adjustment (px);
    ``parallax_px`` is the greatest mean residual of nine neighbouring tie points, which relief or a sheet that
    moved would leave; ``uncertainty_px`` the standard error of the place, ``step_percent`` the greatest slow
    difference of light that was levelled.
    """

    first: str
    second: str
    overlap_px: int
    ties: int
    rejected: int
    rms_px: float
    max_px: float
    parallax_px: float
    uncertainty_px: float
    step_percent: float


@dataclass(frozen=True)
class Stitched:
    """The evidence: what was joined, how well it fits, and what was done to each part.

    ``model`` is the simplest map that the tie points allow, ``direction`` the way in which the parts were
    given, ``filled_share`` the share of pixels that no part shows (they have the colour of the parts' rims).
    """

    width: int
    height: int
    channels: int
    depth: int
    ppi: float | None
    model: Model
    direction: Direction
    rms_px: float
    max_px: float
    filled_share: float
    parts: tuple[PlacedPart, ...]
    joints: tuple[MadeJoint, ...]


def told(
    laid: list[Laid],
    order: list[int],
    pairs: Mapping[tuple[int, int], Pair],
    fit: Adjusted,
    composition: Composition,
    ppi: float | None,
) -> Stitched:
    """All figures; to be called when the rows of the composition have been read. ``pairs`` go by numbers of parts."""
    gains = {at: composition.gains[rank] for rank, at in enumerate(order)}
    joints = []
    for rank, (first, second) in enumerate(itertools.pairwise(order)):
        key = (min(first, second), max(first, second))
        ramp = composition.joints[rank].ramp
        joints.append(
            MadeJoint(
                first=laid[first].part.name,
                second=laid[second].part.name,
                overlap_px=composition.joints[rank].strip.common.shape[1 if composition.upright else 0] * BLOCK,
                ties=len(pairs[key].ties),
                rejected=pairs[key].rejected,
                rms_px=round(float(np.sqrt((fit.residuals[key] ** 2).mean())), 3),
                max_px=round(float(fit.residuals[key].max()), 3),
                parallax_px=round(_parallax(pairs[key].ties, fit, key), 3),
                uncertainty_px=round(pairs[key].uncertainty_px, 3),
                step_percent=round(0.0 if ramp is None else 100 * float(np.expm1(np.abs(ramp).max())), 2),
            )
        )
    every = np.concatenate(list(fit.residuals.values()))
    return Stitched(
        width=composition.width,
        height=composition.height,
        channels=composition.channels,
        depth=composition.depth,
        ppi=ppi,
        model=fit.model,
        direction=_direction(laid, upright=composition.upright),
        rms_px=round(fit.rms, 3),
        max_px=round(float(every.max()), 3),
        filled_share=round(composition.filled / (composition.width * composition.height), 6),
        parts=tuple(_placed(entry, gains[at], composition) for at, entry in enumerate(laid)),
        joints=tuple(joints),
    )


def _placed(entry: Laid, gains: np.ndarray, composition: Composition) -> PlacedPart:
    matrix = [[round(float(value), 8) for value in row] for row in entry.place[:2]]
    same_depth = composition.depth == 8 * entry.part.pixels.dtype.itemsize
    return PlacedPart(
        name=entry.part.name,
        angle_deg=round(float(np.degrees(plane.angle(entry.place))), 4),
        scale=round(plane.scale(entry.place), 6),
        x_px=round(float(entry.place[0, 2]), 3),
        y_px=round(float(entry.place[1, 2]), 3),
        gains=tuple(round(float(gain), 5) for gain in gains),
        copied=entry.whole and same_depth and bool((gains == 1).all()),
        matrix=((matrix[0][0], matrix[0][1], matrix[0][2]), (matrix[1][0], matrix[1][1], matrix[1][2])),
    )


def _direction(laid: list[Laid], *, upright: bool) -> Direction:
    middles = np.array([entry.corners.mean(axis=0) for entry in laid])[:, 0 if upright else 1]
    steps = np.diff(middles)
    if (steps > 0).all():
        return "left-to-right" if upright else "top-to-bottom"
    if (steps < 0).all():
        return "right-to-left" if upright else "bottom-to-top"
    return "mixed"


def _parallax(found: Ties, fit: Adjusted, key: tuple[int, int]) -> float:
    """The greatest length (px) of the mean residual of nine neighbouring ties: what noise does not explain."""
    first, second = key
    misses = plane.applied(fit.places[first], found.first) - plane.applied(fit.places[second], found.second)
    distance = np.linalg.norm(found.first[:, None] - found.first[None], axis=2)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :9]
    return float(np.linalg.norm(misses[nearest].mean(axis=1), axis=1).max())
