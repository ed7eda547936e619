"""The certified two-sided deviation of two surfaces: an interval that holds the true maximum, by branch and bound.

The distance of a point to one triangle is a convex function of the point, so over a flat piece of the
other surface it is greatest at a corner: the greatest of three corner distances bounds the whole piece,
whichever triangle was chosen. Pieces whose bound does not beat the greatest distance found so far are
done; the others are cut, along the bisector plane of the two triangles that their corners lie nearest to
where these share an edge, else at the middles of their sides. What is reported holds for every point of
both surfaces, not for samples.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.cutting import Pieces, cut, together
from heritage3d.deviation.surface import ROUNDING, Points, Surface, distances

_CHUNK = 1 << 17
_DEEPEST = 60
# Along the border of a place beyond the limit no proof comes to an end: pieces of this share of it are small enough.
# Where most of a surface lies beyond it, no more than so many points are told apart.
_BORDER = 1 / 4
_ENOUGH = 100_000
_SAMPLES = 100_000
# Differences below this share of the size are not told apart: float32 files hold no better positions.
_FINEST = 1e-8


@dataclass(frozen=True)
class Interval:
    """The greatest distance from one surface to another lies in [lower, upper], in the surfaces' unit.

    ``closed`` says that the search ended by itself; where it met its cap the interval is wider but true.
    """

    lower: float
    upper: float
    pieces: int = 0
    closed: bool = True


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


def certified(
    one: Surface, other: Surface, tolerance: float = 0.0, share: float = 0.01, cap: int = 20_000_000
) -> Deviation:
    """The certified deviation between two surfaces that have the same ``centre``.

    The interval is closed to ``tolerance`` (in the surfaces' unit) or to ``share`` of the deviation,
    whichever is wider, unless more than ``cap`` pieces are needed in a direction. Below a millionth of the
    surfaces' size it may stay open: the search for places works in float32, though no bound rests on it.
    Raises ValueError where the centres differ.
    """
    if not np.array_equal(one.centre, other.centre):
        raise ValueError("surfaces that are compared need the same centre")
    forward = directed(one, other, tolerance, share, cap=cap)
    # The other direction need only be closed where it could decide the maximum.
    backward = directed(other, one, tolerance, share, cap=cap, known=forward.lower)
    return Deviation(forward, backward, max(rms(one, other), rms(other, one)))


def beyond(start: Surface, end: Surface, limit: float, cap: int = 4_000_000) -> Points:
    """Points of ``start`` for which it is not proved that ``end`` is within ``limit``, (n, 3).

    None where the whole of ``start`` is proved to be within the limit; else at least one in each place
    that is farther away.
    """
    search = _Search(end, 0.0, 0.0, _rounding(start, end), limit=limit)
    _searched(search, start, cap)
    return np.concatenate([np.empty((0, 3)), *search.far])


def rms(start: Surface, end: Surface, samples: int = _SAMPLES) -> float:
    """The root of the mean squared distance from ``start`` to ``end`` over evenly spread samples."""
    return float(np.sqrt(np.mean(end.nearest(spread(start, samples)).distance ** 2)))


def spread(surface: Surface, count: int) -> Points:
    """Points evenly over the area, always the same ones: equal strata of area, R2 sequence inside."""
    edges = np.cumsum(surface.areas)
    owner = np.searchsorted(edges, (np.arange(count) + 0.5) / count * edges[-1])
    owner = np.minimum(owner, len(surface.faces) - 1)
    u, v = (np.arange(count) * 0.7548776662466927) % 1.0, (np.arange(count) * 0.5698402909980532) % 1.0
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    a, b, c = (surface.positions[surface.faces[owner, column]] for column in range(3))
    return np.asarray(a + u[:, None] * (b - a) + v[:, None] * (c - a))


@dataclass
class _Search:
    """The state of one directed search. ``rounding`` is what the bounds of pieces may have lost in float64."""

    end: Surface
    tolerance: float
    share: float
    rounding: float
    known: float = 0.0
    limit: float | None = None
    seen: float = 0.0
    witness: Points | None = None  # where the greatest distance was seen
    discarded: float = 0.0
    pieces: int = 0
    far: list[Points] = field(default_factory=list)  # with a limit: the points beyond it

    def threshold(self) -> float:
        """Pieces that are bounded by this need no closer look."""
        if self.limit is not None:
            return self.limit - self.rounding
        lower = max(self.seen, self.known)
        return lower + max(self.tolerance, self.share * lower, _FINEST * self.end.radius)

    def saw(self, points: Points, distance: NDArray[np.float64]) -> None:
        """Distances of points of the start; a little too long where float32 chose a wrong triangle."""
        if len(distance) and (greatest := float(distance.max())) > self.seen:
            self.seen, self.witness = greatest, points[np.argmax(distance)]

    def at_border(self, reach: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which pieces are too small to be cut again, once the limit is known to be broken: then places are wanted."""
        if self.limit is None or self.seen <= self.threshold():
            return np.zeros(len(reach), bool)
        enough = sum(len(points) for points in self.far) > _ENOUGH
        return np.asarray(reach < (np.inf if enough else _BORDER * self.limit))

    def over(self, points: Points, distance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie beyond the limit; they are noted, and their pieces need no closer look."""
        if self.limit is None:
            return np.zeros(len(points), bool)
        over = ~(distance <= self.threshold())
        self.far.append(points[over])
        return over

    def interval(self, closed: bool) -> Interval:
        """What is proved: the lower end is asked anew of all triangles, at the one place that tells it."""
        lower = 0.0 if self.witness is None else self.end.clear(self.witness)
        return Interval(lower, max(self.discarded + self.rounding, lower), self.pieces, closed)


def directed(
    start: Surface, end: Surface, tolerance: float, share: float, *, known: float = 0.0, cap: int = 20_000_000
) -> Interval:
    """The greatest distance from a point of ``start`` to ``end``.

    What is below ``known`` need not be told apart: the interval may be as wide as that, but both its ends hold.
    """
    search = _Search(end, tolerance, share, _rounding(start, end), known)
    return search.interval(_searched(search, start, cap))


def _rounding(start: Surface, end: Surface) -> float:
    return ROUNDING * max(start.radius, end.radius)


def _searched(search: _Search, start: Surface, cap: int) -> bool:
    """Bound every point of ``start``; False where the cap came first."""
    used = np.unique(start.faces)
    answer = search.end.nearest(start.positions[used])
    search.saw(start.positions[used], answer.distance)
    search.over(start.positions[used], answer.distance)
    place = np.zeros(len(start.positions), np.int64)
    place[used] = np.arange(len(used))
    faces = place[start.faces]
    worst = answer.distance[faces].max(axis=1)
    # Faces whose three corners lie nearest to one triangle are settled without another question.
    at_corners = answer.triangle[faces]
    one = (at_corners == at_corners[:, :1]).all(axis=1) & (worst <= search.threshold())
    search.discarded = float(worst[one].max(initial=0.0))
    # The places that look worst come first: they raise the lower bound, which then discards the rest.
    order = np.argsort(-worst, kind="stable")
    order = order[~one[order]]
    search.pieces = len(faces)
    closed = True
    for at in range(0, len(order), _CHUNK):
        rows = np.sort(order[at : at + _CHUNK])
        pieces = Pieces(start.positions[start.faces[rows]], at_corners[rows, 0])
        closed = _settle(search, pieces, cap) and closed
    return closed


def _settle(search: _Search, pieces: Pieces, cap: int) -> bool:
    """Cut pieces until none can hold a greater distance; False where the cap came first."""
    for depth in range(_DEEPEST):
        parts = []
        for at in range(0, len(pieces), _CHUNK):
            chunk = pieces.take(np.arange(at, min(at + _CHUNK, len(pieces))))
            last = depth == _DEEPEST - 1 or search.pieces > cap
            parts.append(_level(search, chunk, depth, last))
        pieces = together(parts)
        search.pieces += len(pieces)
        if not len(pieces):
            return not last
    return False


def _level(search: _Search, pieces: Pieces, depth: int, last: bool) -> Pieces:
    """Discard the pieces that are bounded well enough and cut the others.

    Two bounds are tried in order of their price: by the guessed triangle, then by the one that is
    nearest to the centroid.
    """
    alive = _alive(search, _farthest(search.end, pieces.corners, pieces.guess))
    pieces = pieces.take(alive)
    if not len(pieces):
        return pieces
    centroid = pieces.corners.mean(axis=1)
    middle = search.end.nearest(centroid)
    search.saw(centroid, middle.distance)
    reach = np.sqrt(((pieces.corners - centroid[:, None]) ** 2).sum(axis=2)).max(axis=1)
    bound = np.fmin(middle.distance + reach, _farthest(search.end, pieces.corners, middle.triangle))
    over = search.over(centroid, middle.distance)
    alive = _alive(search, bound) & ~over
    given_up = alive if last else alive & search.at_border(reach)
    search.discarded = max(search.discarded, float(bound[given_up].max(initial=0.0)))
    search.over(centroid[given_up], bound[given_up])
    alive = alive & ~given_up
    return cut(search.end, pieces.corners[alive], middle.triangle[alive], depth)


def _farthest(end: Surface, corners: NDArray[np.float64], triangle: NDArray[np.int64]) -> NDArray[np.float64]:
    """The greatest distance from a piece to one triangle: that of a corner, because distance is convex."""
    return np.asarray(distances(corners, end.corners(triangle)).max(axis=1, initial=0.0))


def _alive(search: _Search, bound: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pieces are not settled by these bounds; notes the greatest bound of those that are."""
    settled = bound <= search.threshold()  # a bound that is no number keeps its piece
    if settled.any():
        search.discarded = max(search.discarded, float(bound[settled].max()))
    return np.asarray(~settled)
