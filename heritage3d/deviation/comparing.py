"""Two files compared: how far their surfaces lie apart, proved, and how else they look different, sampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from heritage3d.deviation import appearance, certified, sampling, transform
from heritage3d.deviation.appearance import Looks
from heritage3d.deviation.certified import Interval
from heritage3d.deviation.surface import Surface
from heritage3d.deviation.transform import Transform
from heritage3d.errors import MeshError, UnitNeeded
from heritage3d.gltf.model import Model
from heritage3d.mesh import lengths, reading
from heritage3d.mesh.lengths import MM_PER, Unit

# Intervals are closed to 2 µm, or to this share of the diagonal where the scale is unknown, or to 1 %.
_TOLERANCE_MM, _TOLERANCE_SHARE = 0.002, 1e-5


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(_Told):
    """A proved interval: the greatest distance lies in it. ``closed``: to 1 % or 2 µm."""

    lower: float
    upper: float
    closed: bool


class Side(_Told):
    """One of the two files."""

    file: str
    format: str
    unit: str | None
    bytes: int
    triangles: int
    vertices: int


class Sampled(_Told):
    """A difference over evenly spread samples of both surfaces; no maximum, because samples cannot prove one."""

    rms: float
    mean: float
    p95: float
    samples: int


class Comparison(_Told):
    """What `heritage3d compare` finds.

    Distances in millimetres are None where the scale is unknown; ``relative`` ones are shares of the diagonal of the
    first file's box. ``farthest`` is where the greatest distance was seen, in the coordinates of the second file, on
    the surface ``farthest_on``. ``within`` is None without a tolerance; true only where it is proved.
    """

    first: Side
    second: Side
    scale: Literal["known", "unknown"]
    diagonal_mm: float | None
    deviation_mm: Bounds | None
    deviation_relative: Bounds
    first_to_second_mm: Bounds | None
    second_to_first_mm: Bounds | None
    first_to_second_relative: Bounds
    second_to_first_relative: Bounds
    rms_mm: float | None
    rms_relative: float
    rms_samples: int
    normals_degrees: Sampled
    normals_of: Literal["vertices", "triangles"]
    colour_delta_e2000: Sampled | None
    farthest: tuple[float, float, float]
    farthest_on: Literal["first", "second"]
    tolerance_mm: float | None
    tolerance_relative: float | None
    within: bool | None


@dataclass(frozen=True)
class Pair:
    """Both models in one place: in millimetres where ``known``, else in a unit of their own; ``to_second`` brings these
    coordinates to those of the second file."""

    first: Looks
    second: Looks
    known: bool
    to_second: NDArray[np.float64]
    forward: Interval
    backward: Interval
    tolerance: float | None

    @property
    def greater(self) -> Interval:
        """The direction that has the greatest distance."""
        return max(self.forward, self.backward, key=lambda way: way.lower)


def compare(
    first: Path,
    second: Path,
    *,
    matrix: Path | None = None,
    unit: Unit | None = None,
    tolerance: str | None = None,
) -> tuple[Comparison, Pair]:
    """Compare two meshes of any format that is read here; the figures, and what a picture needs.

    ``matrix`` is a file that ``transform.read`` takes: it brings the first file to the second, or the other way where
    an evidence.json names the first as its own. ``unit`` is that of coordinates of formats that have none.
    ``tolerance`` is as people write it: 0.1mm, 0.05% (of the diagonal). Raises MeshError subclasses, UsageErrors.
    """
    asked = lengths.deviation(tolerance, "tolerance") if tolerance is not None else None
    models = [reading.read(path) for path in (first, second)]
    sides = [_side(path, model, unit) for path, model in zip((first, second), models, strict=True)]
    told = transform.read(matrix) if matrix is not None else None
    factors, known = _factors(sides, told)
    if asked is not None and asked.mm is not None and not known:
        raise UnitNeeded(file=first.name)
    one = _looks(models[0], factors[0], sides[0].file, None)
    other = _looks(models[1], factors[1], sides[1].file, one.surface.centre)
    del models
    diagonal = one.surface.diagonal
    limit = None if asked is None else asked.of(diagonal, known)
    closing = _TOLERANCE_MM if known else _TOLERANCE_SHARE * diagonal
    forward = certified.directed(one.surface, other.surface, closing, 0.01)
    backward = certified.directed(other.surface, one.surface, closing, 0.01)
    pair = Pair(one, other, known, np.asarray(np.linalg.inv(factors[1]), np.float64), forward, backward, limit)
    return _told(pair, sides, diagonal), pair


def _side(path: Path, model: Model, unit: Unit | None) -> Side:
    return Side(
        file=path.name,
        format=model.format,
        unit=model.unit or unit,
        bytes=path.stat().st_size,
        triangles=model.triangles,
        vertices=model.vertices,
    )


def _factors(sides: list[Side], told: Transform | None) -> tuple[list[NDArray[np.float64]], bool]:
    """What brings both files to one place in millimetres, and whether these are millimetres. Raises UnitNeeded."""
    one, other = np.eye(4), np.eye(4)
    units = [side.unit for side in sides]
    if told is not None:
        backwards = sides[0].file in told.files and sides[1].file not in told.files
        one, other = (one, told.matrix) if backwards else (told.matrix, other)
        units = [units[0]] * 2 if backwards else [units[1]] * 2
        if told.known_scale is False:
            units = [None, None]
    for side, unit in zip(sides, units, strict=True):
        if unit is None and any(units):
            raise UnitNeeded(file=side.file)
    scales = [np.diag([MM_PER[unit]] * 3 + [1.0]) if unit else np.eye(4) for unit in units]
    return [scales[0] @ one, scales[1] @ other], all(units)


def _looks(model: Model, factor: NDArray[np.float64], name: str, centre: NDArray[np.float64] | None) -> Looks:
    moved = model.transformed(factor)
    return Looks(moved, _surface(moved, name, centre), name)


def _surface(model: Model, name: str, centre: NDArray[np.float64] | None) -> Surface:
    try:
        return Surface(*model.surface(), centre)
    except MeshError as error:
        raise type(error)(**{**error.fields, "file": name}) from error


def _told(pair: Pair, sides: list[Side], diagonal: float) -> Comparison:
    forward, backward = pair.forward, pair.backward
    both = replace(
        pair.greater,
        lower=max(forward.lower, backward.lower),
        upper=max(forward.upper, backward.upper),
        closed=forward.closed and backward.closed,
    )
    rms = max(
        sampling.rms(pair.first.surface, pair.second.surface), sampling.rms(pair.second.surface, pair.first.surface)
    )
    colours = appearance.of_colours(pair.first, pair.second)
    assert both.where is not None
    x, y, z = (float(value) for value in (pair.to_second @ [*both.where, 1.0])[:3])
    ways = {"deviation": both, "first_to_second": forward, "second_to_first": backward}
    bounds = {f"{name}_relative": _bounds(way, diagonal) for name, way in ways.items()}
    in_mm = {f"{name}_mm": _bounds(way, 1.0) if pair.known else None for name, way in ways.items()}
    return Comparison.model_validate(
        {
            **bounds,
            **in_mm,
            "first": sides[0],
            "second": sides[1],
            "scale": "known" if pair.known else "unknown",
            "diagonal_mm": rounded(diagonal) if pair.known else None,
            "rms_mm": rounded(rms) if pair.known else None,
            "rms_relative": rounded(rms / diagonal),
            "rms_samples": 2 * sampling.SAMPLES,
            "normals_degrees": _sampled(appearance.of_normals(pair.first, pair.second)),
            "normals_of": "vertices" if pair.first.shaded and pair.second.shaded else "triangles",
            "colour_delta_e2000": _sampled(colours) if colours else None,
            "farthest": (rounded(x), rounded(y), rounded(z)),
            "farthest_on": "first" if pair.greater is forward else "second",
            "tolerance_mm": pair.tolerance if pair.known else None,
            "tolerance_relative": None if pair.tolerance is None else rounded(pair.tolerance / diagonal),
            "within": _within(pair, both),
        }
    )


def _within(pair: Pair, both: Interval) -> bool | None:
    """Whether the tolerance is kept; where it lies inside the interval, it is asked itself."""
    if pair.tolerance is None or both.upper <= pair.tolerance or both.lower > pair.tolerance:
        return None if pair.tolerance is None else both.upper <= pair.tolerance
    surfaces = pair.first.surface, pair.second.surface
    return not any(len(certified.beyond(one, other, pair.tolerance)) for one, other in (surfaces, surfaces[::-1]))


def _bounds(way: Interval, unit: float) -> dict[str, float | bool]:
    return {
        "lower": rounded(way.lower / unit, down=True),
        "upper": rounded(way.upper / unit, up=True),
        "closed": way.closed,
    }


def _sampled(spread: appearance.Spread) -> Sampled:
    return Sampled(rms=rounded(spread.rms), mean=rounded(spread.mean), p95=rounded(spread.p95), samples=spread.samples)


def rounded(value: float, digits: int = 6, *, up: bool = False, down: bool = False) -> float:
    """Six digits, enough for any reader; a bound is rounded to the side on which it stays true."""
    exact = Decimal(value)
    if not exact:
        return 0.0
    last = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    nearest = float(exact.quantize(last, rounding=ROUND_HALF_EVEN))
    if (up and nearest < value) or (down and nearest > value):
        return float(exact.quantize(last, rounding=ROUND_CEILING if up else ROUND_FLOOR))
    return nearest
