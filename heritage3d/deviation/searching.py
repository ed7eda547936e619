"""Branch and bound over the triangles of a surface, compiled: every point bounded, hardly any asked.

A piece is measured by one triangle of the other surface (see ``certified`` for why that bounds it). Only where the
bound is too large is it cut or the question asked which triangle is nearest, and then at its worst corner: if that
has no nearer triangle, the bound is reached there and nothing below it needs a closer look.
"""

from __future__ import annotations

import numpy as np

from heritage3d.compiled import compiled
from heritage3d.deviation.cutting import halves, overhang, quarters
from heritage3d.deviation.tree import nearest, room
from heritage3d.deviation.triangles import Compiled, Ints, Longs, Reals, to_triangle

Rule = tuple[float, float, float, float, float]
DEEPEST = 60
_ROWS = 3 * DEEPEST + 8
_WALK = 12  # steps from triangle to triangle before the tree is asked
# Along the border of a place beyond the limit no proof comes to an end: pieces of this share of it are small enough.
_BORDER = 1 / 4
# Where most of a surface lies beyond it, no more than so many points a chunk are told apart.
_ENOUGH = 2000


@compiled
def of_vertices(
    tree: Compiled, places: Reals, start: int, stop: int, floor: float, ceiling: float, near: Longs, squared: Reals
) -> None:
    """For each of the places (n, 3) a triangle and the squared distance to it: the nearest, wherever that distance is
    above ``floor`` (squared), which rises with what is seen up to ``ceiling``; any triangle that is near enough below.

    ``tree`` is (boxes, starts, points, triangles, neighbours). Rows from start to stop are filled.
    """
    boxes, starts, points, triangles, neighbours = tree
    rows, far = room()
    guess, least = 0, np.inf
    for row in range(start, stop):
        px, py, pz = places[row, 0], places[row, 1], places[row, 2]
        least, _, _ = to_triangle(points, triangles, guess, px, py, pz)
        guess, least = walked(points, triangles, neighbours, guess, least, px, py, pz)
        if least > floor:
            guess, least = nearest(boxes, starts, points, triangles, px, py, pz, guess, least, rows, far)
            floor = min(max(floor, least), ceiling)
        near[row], squared[row] = guess, least


@compiled
def walked(
    points: Reals, triangles: Ints, neighbours: Ints, guess: int, least: float, px: float, py: float, pz: float
) -> tuple[int, float]:
    """From a triangle over its neighbours as long as they are nearer to p, a few steps."""
    for _ in range(_WALK):
        best = -1
        for edge in range(3):  # not 3: unrolled loops would double the time to compile
            other = neighbours[guess, edge]
            if other >= 0:
                found, _, _ = to_triangle(points, triangles, other, px, py, pz)
                if found < least:
                    best, least = other, found
        if best < 0:
            break
        guess = best
    return guess, least


@compiled
def open_ones(
    tree: Compiled,
    places: Reals,
    faces: Ints,
    near: Longs,
    squared: Reals,
    start: int,
    stop: int,
    threshold: float,
    worst: Reals,
) -> float:
    """Which faces (m, 3) their corners do not settle, of rows start to stop: ``worst`` gets the greatest squared
    distance of a corner there, -1 where the face is settled. Returns the greatest squared bound of those settled."""
    points, triangles = tree[2], tree[3]
    settled = 0.0
    for row in range(start, stop):
        a, b, c = faces[row, 0], faces[row, 1], faces[row, 2]
        most = max(squared[a], squared[b], squared[c])
        worst[row] = most
        if most > threshold:
            continue
        for guess in (near[a], near[b], near[c]):
            bound = most
            for corner in (a, b, c):
                if near[corner] != guess:
                    found, _, _ = to_triangle(
                        points, triangles, guess, places[corner, 0], places[corner, 1], places[corner, 2]
                    )
                    bound = max(bound, found)
            if bound <= threshold:
                settled = max(settled, bound)
                worst[row] = -1.0
                break
    return settled


@compiled
def of_middles(
    tree: Compiled,
    places: Reals,
    faces: Ints,
    near: Longs,
    chosen: Longs,
    start: int,
    stop: int,
    floor: float,
    squared: Reals,
) -> None:
    """The squared distances of the centroids of chosen faces, rows start to stop: exact above ``floor``, which rises
    with what is seen; not too short below."""
    boxes, starts, points, triangles, neighbours = tree
    rows, far = room()
    for row in range(start, stop):
        a, b, c = faces[chosen[row], 0], faces[chosen[row], 1], faces[chosen[row], 2]
        px = (places[a, 0] + places[b, 0] + places[c, 0]) / 3.0
        py = (places[a, 1] + places[b, 1] + places[c, 1]) / 3.0
        pz = (places[a, 2] + places[b, 2] + places[c, 2]) / 3.0
        guess = near[a]
        least, _, _ = to_triangle(points, triangles, guess, px, py, pz)
        guess, least = walked(points, triangles, neighbours, guess, least, px, py, pz)
        if least > floor:
            guess, least = nearest(boxes, starts, points, triangles, px, py, pz, guess, least, rows, far)
            floor = max(floor, least)
        squared[row] = least


@compiled
def threshold_of(seen: float, rule: Rule) -> float:
    """Pieces whose squared bound is at most this need no closer look. ``rule`` is (known, tolerance, share, finest,
    limit); the limit is infinite where there is none."""
    known, tolerance, share, finest, limit = rule
    lower = max(np.sqrt(seen), known)
    reached = min(lower + max(tolerance, share * lower, finest), limit) if lower < np.inf else limit
    return reached * reached


@compiled
def settle(  # noqa: C901  one loop over one stack: what it carries would not fit through a call
    tree: Compiled,
    places: Reals,
    faces: Ints,
    near: Longs,
    chosen: Longs,
    start: int,
    stop: int,
    seen: float,
    rule: Rule,
    allowance: int,
    broken: bool,
) -> tuple[float, Reals, float, int, bool, bool, Reals, int]:
    """Bound the chosen faces, rows start to stop of ``chosen``.

    ``seen`` is the greatest squared distance found so far, ``rule`` that of ``threshold_of``, ``allowance`` how many
    pieces may be looked at closely. ``broken`` says that the limit is known to be broken: then only places are wanted.
    Returns (seen, where it was seen, the greatest squared bound of what was settled, pieces, closed, broken, points
    beyond the limit, their number).
    """
    boxes, starts, points, triangles, neighbours = tree
    rows, far = room()
    stack, guesses, depths = np.empty((_ROWS, 9)), np.empty(_ROWS, np.int64), np.empty(_ROWS, np.int64)
    piece, p, offsets, ways = np.empty(9), np.empty(3), np.empty(3), np.empty((2, 3))
    parts, served = np.empty((4, 9)), np.empty(4, np.int64)
    witness, beyond, noted = np.zeros(3), np.empty((8, 3)), 0
    over = rule[4] * rule[4]
    threshold = over if broken else threshold_of(seen, rule)
    settled, pieces, closed, top = 0.0, 0, True, 0
    at = start
    while at < stop or top > 0:
        if top == 0:
            _whole(places, faces, chosen[at], stack)
            guesses[0], depths[0], top, at = near[faces[chosen[at], 0]], 0, 1, at + 1
        top -= 1
        for number in range(9):
            piece[number] = stack[top, number]
        guess, depth = guesses[top], depths[top]
        bound, worst = _bound(points, triangles, guess, piece)
        if bound > threshold:
            # The triangle that serves the middle cuts the piece into parts that are alike.
            _middle(piece, p)
            least, _, _ = to_triangle(points, triangles, guess, p[0], p[1], p[2])
            other, _ = walked(points, triangles, neighbours, guess, least, p[0], p[1], p[2])
            if other != guess:
                guess = other
                bound, worst = _bound(points, triangles, guess, piece)
        if bound <= threshold:
            settled = max(settled, bound)
            continue
        pieces += 1
        last = depth >= DEEPEST or pieces > allowance
        forced = depth >= 12 and depth % 3 == 2  # so that pieces surely become small
        count = 0
        if not (forced or last):
            count = _cut(points, triangles, neighbours, guess, piece, offsets, ways, parts, served)
        if count == 0:
            p[0], p[1], p[2] = piece[3 * worst], piece[3 * worst + 1], piece[3 * worst + 2]
            other, least = nearest(boxes, starts, points, triangles, p[0], p[1], p[2], guess, bound, rows, far)
            if least > seen:
                seen = least
                witness[0], witness[1], witness[2] = p[0], p[1], p[2]
                broken = broken or seen > over
                threshold = over if broken else threshold_of(seen, rule)
            if other != guess:
                trial, _ = _bound(points, triangles, other, piece)
                if trial < bound:
                    guess, bound = other, trial
            if bound <= threshold:
                settled = max(settled, bound)
                continue
            if last or (broken and _given_up(tree, piece, guess, least > over, rule[4], noted, p, rows, far)):
                closed = closed and not last
                settled = max(settled, bound)
                if bound > over:
                    beyond = _longer(beyond, noted)
                    beyond[noted, 0], beyond[noted, 1], beyond[noted, 2] = p[0], p[1], p[2]
                    noted += 1
                continue
            if not forced:
                count = _cut(points, triangles, neighbours, guess, piece, offsets, ways, parts, served)
            if count == 0:
                quarters(piece, guess, parts, served)
                count = 4
        for part in range(count):
            for number in range(9):
                stack[top, number] = parts[part, number]
            guesses[top], depths[top] = served[part], depth + 1
            top += 1
    return seen, witness, settled, pieces, closed, broken, beyond, noted


@compiled
def _whole(places: Reals, faces: Ints, face: int, stack: Reals) -> None:
    """A face as the first piece."""
    for corner in range(3):
        for axis in range(3):
            stack[0, 3 * corner + axis] = places[faces[face, corner], axis]


@compiled
def _cut(
    points: Reals,
    triangles: Ints,
    neighbours: Ints,
    which: int,
    piece: Reals,
    offsets: Reals,
    ways: Reals,
    parts: Reals,
    served: Longs,
) -> int:
    """Cut a piece where it reaches over its triangle; the number of parts, 0 where it cannot be cut so."""
    edge = overhang(points, triangles, neighbours, which, piece, offsets, ways)
    if edge < 0:
        return 0
    halves(piece, offsets, which, neighbours[which, edge], parts, served)
    return 3


@compiled
def _given_up(
    tree: Compiled,
    piece: Reals,
    guess: int,
    corner_over: bool,
    limit: float,
    noted: int,
    p: Reals,
    rows: Longs,
    far: Reals,
) -> bool:
    """Whether a piece of a place beyond the limit is not cut again: it is small, or its middle lies beyond too.

    ``p`` is its worst corner, and becomes its middle where that tells the place better.
    """
    boxes, starts, points, triangles, _ = tree
    x, y, z = p[0], p[1], p[2]
    done = _middle(piece, p) < _BORDER * limit or noted >= _ENOUGH
    if corner_over:
        least, _, _ = to_triangle(points, triangles, guess, p[0], p[1], p[2])
        _, least = nearest(boxes, starts, points, triangles, p[0], p[1], p[2], guess, least, rows, far)
        if least > limit * limit:
            return True
        p[0], p[1], p[2] = x, y, z
    return done


@compiled
def _longer(points: Reals, used: int) -> Reals:
    """Room for one more row."""
    if used < len(points):
        return points
    longer = np.empty((2 * used, 3))
    for row in range(used):
        longer[row, 0], longer[row, 1], longer[row, 2] = points[row, 0], points[row, 1], points[row, 2]
    return longer


@compiled
def _bound(points: Reals, triangles: Ints, which: int, piece: Reals) -> tuple[float, int]:
    """The greatest squared distance from a piece to one triangle, that of a corner, and which corner it is."""
    most, worst = -1.0, 0
    for corner in range(3):
        found, _, _ = to_triangle(
            points, triangles, which, piece[3 * corner], piece[3 * corner + 1], piece[3 * corner + 2]
        )
        if found > most:
            most, worst = found, corner
    return most, worst


@compiled
def _middle(piece: Reals, place: Reals) -> float:
    """The centroid of a piece into place[0:3]; returns its greatest distance to a corner."""
    for axis in range(3):
        place[axis] = (piece[axis] + piece[3 + axis] + piece[6 + axis]) / 3.0
    most = 0.0
    for corner in range(3):
        x, y, z = piece[3 * corner] - place[0], piece[3 * corner + 1] - place[1], piece[3 * corner + 2] - place[2]
        most = max(most, x * x + y * y + z * z)
    return float(np.sqrt(most))
