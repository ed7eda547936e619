"""The certified two-sided deviation of two surfaces: an interval that holds the true maximum, by branch and bound.

The distance of a point to one triangle is a convex function of the point, so over a flat piece of the
other surface it is greatest at a corner: the greatest of three corner distances bounds the whole piece,
whichever triangle was chosen. Pieces whose bound does not beat the greatest distance found so far are
done; the others are cut, along the bisector plane of the triangle that they are measured by and its neighbour
where they reach over, else at the middles of their sides. What is reported holds for every point of both surfaces,
not for samples.

The same answer comes from any number of threads: portions are fixed, and each learns only from itself and from the
rounds before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import in_portions
from heritage3d.deviation import sampling, searching
from heritage3d.deviation.surface import ROUNDING, Points, Surface

# Differences below this share of the size are not told apart: float32 files hold no better positions.
_FINEST = 1e-8
_CAP = 100_000_000
_PORTION = 1 << 13
_FIRST = 1 << 12  # vertices asked before all others, evenly over the surface
# The faces that look worst come in rounds of their own: they raise the lower bound, which then settles the rest.
_ROUNDS = (1 << 8, 1 << 12)
_PORTIONS = 256  # of a round, at most


@dataclass(frozen=True)
class Interval:
    """The greatest distance from one surface to another lies in [lower, upper], in the surfaces' unit.

    ``closed`` says that the search ended by itself; where it met its cap the interval is wider but true. ``where`` is
    the place on the surface that is ``lower`` away from the other.
    """

    lower: float
    upper: float
    pieces: int = 0
    closed: bool = True
    where: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Deviation:
    """Both directions. ``rms`` is the greater of both, from samples (it is a mean, so samples suffice)."""

    forward: Interval
    backward: Interval
    rms: float

    @property
    def lower(self) -> float:
        """A distance that truly occurs on one of the surfaces."""
        return max(self.forward.lower, self.backward.lower)

    @property
    def upper(self) -> float:
        """No point of either surface is farther than this from the other."""
        return max(self.forward.upper, self.backward.upper)

    def at_most(self, proved: float) -> Deviation:
        """The same with upper ends cut to a bound that was proved in another way."""
        ways = (replace(way, upper=max(way.lower, min(way.upper, proved))) for way in (self.forward, self.backward))
        forward, backward = ways
        return Deviation(forward, backward, self.rms)


@dataclass(frozen=True)
class Verdict:
    """Whether two surfaces keep within a limit of one another: ``deviation``, whose upper end then is within it too;
    or None, and ``far`` has points (n, 3) of either surface, one at least in each place that is farther away (or for
    which it could not be proved that it is not)."""

    deviation: Deviation | None
    far: Points


def certified(one: Surface, other: Surface, tolerance: float = 0.0, share: float = 0.01, cap: int = _CAP) -> Deviation:
    """The certified deviation between two surfaces that have the same ``centre``.

    The interval is closed to ``tolerance`` (in the surfaces' unit) or to ``share`` of the deviation,
    whichever is wider, unless more than about ``cap`` pieces are needed in a direction. Below a millionth of a
    percent of the surfaces' size it may stay open. Raises ValueError where the centres differ.
    """
    _comparable(one, other)
    forward = directed(one, other, tolerance, share, cap=cap)
    # The other direction need only be closed where it could decide the maximum.
    backward = directed(other, one, tolerance, share, cap=cap, known=forward.lower)
    return Deviation(forward, backward, max(sampling.rms(one, other), sampling.rms(other, one)))


def within(
    one: Surface, other: Surface, limit: float, tolerance: float = 0.0, share: float = 0.01, cap: int = _CAP
) -> Verdict:
    """Whether no point of either surface is farther than ``limit`` from the other, by one search: the certified
    deviation where that is so, else the places where it is not. Raises ValueError where the centres differ."""
    _comparable(one, other)
    forward = _Search(one, other, (0.0, tolerance, share), cap, limit)
    if forward.run():
        way = forward.interval()
        backward = _Search(other, one, (way.lower, tolerance, share), cap, limit)
        if backward.run():
            deviation = Deviation(way, backward.interval(), max(sampling.rms(one, other), sampling.rms(other, one)))
            return Verdict(deviation.at_most(limit), np.empty((0, 3)))
    else:
        backward = _Search(other, one, (math.inf, 0.0, 0.0), cap, limit)
        backward.run()
    return Verdict(None, np.concatenate([np.empty((0, 3)), *forward.far, *backward.far]))


def beyond(start: Surface, end: Surface, limit: float, cap: int = _CAP) -> Points:
    """Points of ``start`` for which it is not proved that ``end`` is within ``limit``, (n, 3).

    None where the whole of ``start`` is proved to be within the limit; else at least one in each place
    that is farther away.
    """
    search = _Search(start, end, (math.inf, 0.0, 0.0), cap, limit)
    search.run()
    return np.concatenate([np.empty((0, 3)), *search.far])


def directed(
    start: Surface, end: Surface, tolerance: float, share: float, *, known: float = 0.0, cap: int = _CAP
) -> Interval:
    """The greatest distance from a point of ``start`` to ``end``.

    What is below ``known`` need not be told apart: the interval may be as wide as that, but both its ends hold.
    """
    search = _Search(start, end, (known, tolerance, share), cap)
    search.run()
    return search.interval()


def _comparable(one: Surface, other: Surface) -> None:
    if not np.array_equal(one.centre, other.centre):
        raise ValueError("surfaces that are compared need the same centre")


@dataclass
class _Search:
    """The state of one directed search. ``aim`` is (known, tolerance, share); distances are squared while it runs."""

    start: Surface
    end: Surface
    aim: tuple[float, float, float]
    cap: int
    limit: float = math.inf
    seen: float = 0.0
    witness: Points | None = None  # where the greatest distance was seen
    settled: float = 0.0
    pieces: int = 0
    closed: bool = True
    broken: bool = False
    far: list[Points] = field(default_factory=list)  # the points beyond the limit

    def __post_init__(self) -> None:
        self.tree, self.mine = self.end.tree.compiled, self.start.tree
        # What the bounds of pieces may have lost in float64.
        self.rounding = ROUNDING * max(self.start.radius, self.end.radius)
        self.rule = (*self.aim, _FINEST * self.end.radius, max(self.limit - self.rounding, 0.0))

    def run(self) -> bool:
        """Bound every point of the start; False where it is not proved that all are within the limit."""
        near, squared = self._vertices()
        worst = self._open(near, squared)
        rows = np.nonzero(worst >= 0)[0]
        self.pieces = len(worst)
        worst = np.maximum(worst[rows], self._middles(near, rows))
        for most in _ROUNDS:
            first = _greatest(worst, most)
            worst = np.delete(worst, first)
            self._round(near, rows[first])
            rows = np.delete(rows, first)
        self._round(near, rows)
        return not self.far

    def interval(self) -> Interval:
        """What is proved: the lower end is asked anew of all triangles, at the one place that tells it."""
        assert self.witness is not None
        lower = self.end.clear(self.witness)
        x, y, z = (float(value) for value in self.witness + self.start.centre)
        upper = max(math.sqrt(self.settled) + self.rounding, lower)
        return Interval(lower, upper, self.pieces, self.closed, (x, y, z))

    def _vertices(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """For each vertex a triangle that is near enough and the squared distance to it; raises what was seen."""
        points, ceiling = self.mine.points, self.rule[4] ** 2
        few = np.ascontiguousarray(points[:: max(1, len(points) // _FIRST)])
        floor = min(self.rule[0] ** 2, ceiling)
        floor = min(max(floor, float(self._asked(few, floor, ceiling)[1].max())), ceiling)
        near, squared = self._asked(points, floor, ceiling)
        at = int(np.argmax(squared))
        self.seen, self.witness = float(squared[at]), points[at]
        over = squared > ceiling
        self.broken = bool(over.any())
        if self.broken:
            self.far.append(points[over])
        return near, squared

    def _asked(self, places: Points, floor: float, ceiling: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        near, squared = np.empty(len(places), np.int64), np.empty(len(places))
        in_portions(
            lambda start, stop: searching.of_vertices(self.tree, places, start, stop, floor, ceiling, near, squared),
            len(places),
            _PORTION,
        )
        return near, squared

    def _open(self, near: NDArray[np.int64], squared: NDArray[np.float64]) -> NDArray[np.float64]:
        """How bad each face looks that its corners do not settle, -1 for the others."""
        faces, places = self.mine.triangles, self.mine.points
        worst = np.empty(len(faces))
        threshold = searching.threshold_of(self.seen, self.rule) if not self.broken else self.rule[4] ** 2
        settled = in_portions(
            lambda start, stop: searching.open_ones(
                self.tree, places, faces, near, squared, start, stop, threshold, worst
            ),
            len(faces),
            _PORTION,
        )
        self.settled = max(settled)
        return worst

    def _middles(self, near: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """The squared distances of the centroids of faces: where a hole is filled, no vertex tells how far it is."""
        squared, floor = np.empty(len(chosen)), self.seen
        in_portions(
            lambda start, stop: searching.of_middles(
                self.tree, self.mine.points, self.mine.triangles, near, chosen, start, stop, floor, squared
            ),
            len(chosen),
            _PORTION,
        )
        return squared

    def _round(self, near: NDArray[np.int64], chosen: NDArray[np.int64]) -> None:
        """Settle some faces; what all portions found is known to the next round."""
        if not len(chosen):
            return
        size = max(1, -(-len(chosen) // _PORTIONS))
        portions = -(-len(chosen) // size)
        allowance = 4 * max(self.cap + len(self.mine.triangles) - self.pieces, 0) // portions
        seen, broken = self.seen, self.broken
        found = in_portions(
            lambda start, stop: searching.settle(
                self.tree,
                self.mine.points,
                self.mine.triangles,
                near,
                chosen,
                start,
                stop,
                seen,
                self.rule,
                allowance,
                broken,
            ),
            len(chosen),
            size,
        )
        for answer in found:
            if answer[0] > self.seen:
                self.seen, self.witness = answer[0], answer[1]
            self.settled, self.pieces = max(self.settled, answer[2]), self.pieces + answer[3]
            self.closed, self.broken = self.closed and answer[4], self.broken or answer[5]
            if answer[7]:
                self.far.append(answer[6][: answer[7]])


def _greatest(values: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Where the greatest of some values are, ``most`` at most, in falling order."""
    if len(values) > most:
        few = np.nonzero(values >= np.partition(values, -most)[-most])[0][:most]
    else:
        few = np.arange(len(values))
    return few[np.argsort(-values[few], kind="stable")]
