"""The certified two-sided deviation of two surfaces: an interval that holds the true maximum, by branch and bound.

The distance of a point to one triangle is a convex function of the point, so over a flat piece of the
other surface it is greatest at a corner: the greatest of three corner distances bounds the whole piece,
whichever triangle was chosen. Pieces whose bound does not beat the greatest distance found so far are
done; the others are cut, along the bisector plane of the two triangles that their corners lie nearest to
where these share an edge, else at the middles of their sides. What is reported holds for every point of
both surfaces, not for samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.mesh.surface import ROUNDING, Points, Surface, distances

_CHUNK = 1 << 17
_DEEPEST = 60
_HINTS = 3  # along the border of a place beyond the limit no proof comes to an end: so many cuts are enough
_SAMPLES = 100_000


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
    whichever is wider, unless more than ``cap`` pieces are needed in a direction.
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
    search = _Search(end, 0.0, 0.0, limit, 0.0, far=[])
    directed(start, end, 0.0, 0.0, search=search, cap=cap)
    return np.concatenate([np.empty((0, 3)), *(search.far or [])])


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
class _Pieces:
    """Flat triangles of one surface, (n, 3, 3), each with a guess at the triangle that serves it (-1: none)."""

    corners: NDArray[np.float64]
    guess: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.corners)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> _Pieces:
        return _Pieces(self.corners[chosen], self.guess[chosen])


def _together(parts: list[_Pieces]) -> _Pieces:
    return _Pieces(np.concatenate([part.corners for part in parts]), np.concatenate([part.guess for part in parts]))


@dataclass
class _Search:
    """The state of one directed search."""

    end: Surface
    tolerance: float
    share: float
    limit: float | None
    lower: float
    discarded: float = 0.0
    pieces: int = 0
    far: list[Points] | None = None  # with a limit: the points beyond it

    def threshold(self) -> float:
        if self.limit is not None:
            return self.limit - ROUNDING * self.end.radius
        return self.lower + max(self.tolerance, self.share * self.lower)

    def saw(self, distance: NDArray[np.float64]) -> None:
        """Distances of points of the start: true ones, but for what float32 may have chosen wrongly."""
        if len(distance):
            self.lower = max(self.lower, float(distance.max()) - self.end.blur)

    def failed(self) -> bool:
        """Whether the limit is known to be broken: then places are wanted, no more proofs."""
        return self.limit is not None and self.lower > self.threshold()

    def over(self, points: Points, distance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie beyond the limit; they are noted, and their pieces need no closer look."""
        if self.limit is None or self.far is None:
            return np.zeros(len(points), bool)
        over = distance > self.threshold()
        self.far.append(points[over])
        return over


def directed(
    start: Surface,
    end: Surface,
    tolerance: float,
    share: float,
    *,
    known: float = 0.0,
    cap: int = 20_000_000,
    search: _Search | None = None,
) -> Interval:
    """The greatest distance from a point of ``start`` to ``end``.

    ``known`` is a distance below which nothing need be told apart: the upper end is then at least that,
    and the lower end is what was really seen.
    """
    search = search or _Search(end, tolerance, share, None, known)
    used = np.unique(start.faces)
    answer = end.nearest(start.positions[used])
    seen = max(float(answer.distance.max(initial=0.0)) - end.blur, 0.0)
    search.saw(answer.distance)
    search.over(start.positions[used], answer.distance)
    place = np.zeros(len(start.positions), np.int64)
    place[used] = np.arange(len(used))
    faces = place[start.faces]
    worst = answer.distance[faces].max(axis=1)
    # Faces whose three corners lie nearest to one triangle are settled without another question.
    at_corners = answer.triangle[faces]
    one = (at_corners == at_corners[:, :1]).all(axis=1) & (worst <= search.threshold())
    if one.any():
        search.discarded = float(worst[one].max())
    # The places that look worst come first: they raise the lower bound, which then discards the rest.
    order = np.argsort(-worst, kind="stable")
    order = order[~one[order]]
    search.pieces = len(faces)
    closed = True
    for at in range(0, len(order), _CHUNK):
        rows = np.sort(order[at : at + _CHUNK])
        pieces = _Pieces(start.positions[start.faces[rows]], at_corners[rows, 0])
        closed = _settle(search, pieces, cap) and closed
    lower = search.lower if search.lower > known else seen
    upper = max(search.discarded + ROUNDING * end.radius, lower)
    return Interval(lower, upper, search.pieces, closed)


def _settle(search: _Search, pieces: _Pieces, cap: int) -> bool:
    """Cut pieces until none can hold a greater distance; False where the cap came first."""
    for depth in range(_DEEPEST):
        parts = []
        for at in range(0, len(pieces), _CHUNK):
            chunk = pieces.take(np.arange(at, min(at + _CHUNK, len(pieces))))
            last = depth == _DEEPEST - 1 or search.pieces > cap or (depth >= _HINTS and search.failed())
            parts.append(_level(search, chunk, depth, last))
        pieces = _together(parts)
        search.pieces += len(pieces)
        if not len(pieces):
            return not last
    return False


def _level(search: _Search, pieces: _Pieces, depth: int, last: bool) -> _Pieces:
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
    search.saw(middle.distance)
    reach = np.sqrt(((pieces.corners - centroid[:, None]) ** 2).sum(axis=2)).max(axis=1)
    bound = np.fmin(middle.distance + reach, _farthest(search.end, pieces.corners, middle.triangle))
    over = search.over(centroid, middle.distance)
    if last:
        search.discarded = max(search.discarded, float(bound.max()))
        search.over(centroid[~over], bound[~over])
        return pieces.take(np.empty(0, np.int64))
    alive = _alive(search, bound) & ~over
    return _cut(search.end, pieces.corners[alive], middle.triangle[alive], depth)


def _farthest(end: Surface, corners: NDArray[np.float64], triangle: NDArray[np.int64]) -> NDArray[np.float64]:
    """The greatest distance from a piece to one triangle: that of a corner, because distance is convex."""
    return np.asarray(distances(corners, end.corners(triangle)).max(axis=1, initial=0.0))


def _alive(search: _Search, bound: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pieces are not settled by these bounds; notes the greatest bound of those that are."""
    settled = bound <= search.threshold()  # a bound that is no number keeps its piece
    if settled.any():
        search.discarded = max(search.discarded, float(bound[settled].max()))
    return np.asarray(~settled)


# --- cutting -----------------------------------------------------------------------------------------------


def _cut(end: Surface, corners: NDArray[np.float64], near: NDArray[np.int64], depth: int) -> _Pieces:
    """The parts of pieces, whose centroids lie nearest to the triangles ``near``.

    A piece is cut where it reaches farthest out over an edge of that triangle: one part then lies before
    the triangle, the other before its neighbour. Pieces that lie before it altogether are quartered.
    """
    if not len(corners):
        return _Pieces(corners, near)
    offset, edge = _overhang(end, corners, near)
    size = 1e-9 * np.abs(offset).max(axis=1)
    good = (offset.min(axis=1) < -size) & (offset.max(axis=1) > size)
    if depth >= 12 and depth % 3 == 2:  # so that pieces surely become small
        good[:] = False
    beyond = end.neighbours[near, edge]
    beyond = np.where(beyond >= 0, beyond, near)
    parts = []
    if good.any():
        parts.append(_halves(corners[good], offset[good], near[good], beyond[good]))
    if not good.all():
        parts.append(_quarters(corners[~good], near[~good]))
    return _together(parts)


def _overhang(
    end: Surface, corners: NDArray[np.float64], near: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For the edge over which a piece reaches out farthest: the offsets of its corners, and which edge it is.

    An offset is the distance from the plane that bisects the triangle and its neighbour at the edge,
    positive before the triangle.
    """
    best = np.full((len(corners), 3), np.inf)
    least = np.full(len(corners), np.inf)
    which = np.zeros(len(corners), np.int64)
    for edge in range(3):
        start = end.positions[end.faces[near, (edge + 1) % 3]]
        offset = np.einsum("nij,nj->ni", corners - start[:, None], end.fences[near, edge])
        lowest = offset.min(axis=1)
        # A plane with the whole piece beyond it cannot cut it.
        lower = (lowest < least) & (offset.max(axis=1) > 0)
        best[lower], least[lower], which[lower] = offset[lower], lowest[lower], edge
    return np.where(np.isfinite(best), best, 0.0), which


def _quarters(corners: NDArray[np.float64], near: NDArray[np.int64]) -> _Pieces:
    """Each piece in four at the middles of its sides."""
    middle = (corners + np.roll(corners, -1, axis=1)) / 2  # middle[:, i] lies between corners i and i + 1
    points = np.concatenate([corners, middle], axis=1)
    parts = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]])
    return _Pieces(points[:, parts].reshape(-1, 3, 3), np.repeat(near, 4))


def _halves(
    corners: NDArray[np.float64], offset: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> _Pieces:
    """Each piece in three along a plane: the corner on one side, and the quadrilateral on the other in two."""
    positive = offset > 0
    few = positive.sum(axis=1) == 1
    # The corner that is alone on its side; where one lies in the plane itself, any split will do.
    alone = np.where(few, np.argmax(positive, axis=1), np.argmin(positive, axis=1))
    rows = np.arange(len(corners))[:, None]
    turn = (alone[:, None] + np.arange(3)) % 3
    corners, offset = corners[rows, turn], offset[rows, turn]
    cuts = []
    for other in (1, 2):
        share = offset[:, 0] / (offset[:, 0] - offset[:, other])
        cuts.append(corners[:, 0] + np.clip(share, 0.0, 1.0)[:, None] * (corners[:, other] - corners[:, 0]))
    points = np.concatenate([corners, np.stack(cuts, axis=1)], axis=1)
    parts = np.array([[0, 3, 4], [3, 1, 2], [3, 2, 4]])
    lone, both = np.where(few, left, right), np.where(few, right, left)
    return _Pieces(points[:, parts].reshape(-1, 3, 3), np.column_stack([lone, both, both]).reshape(-1))
