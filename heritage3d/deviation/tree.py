"""A tree of boxes over triangles, compiled: which triangle is nearest to a point, in float64 throughout.

The triangles are put in the order of a Hilbert curve and packed four by four (Kamel and Faloutsos, Hilbert R-tree,
1994): no pointers, 24 bytes a box, the same tree on every machine. Boxes are float32 rounded outwards, so they hide
nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.deviation.triangles import Compiled, Ints, Longs, Reals, to_triangle

WIDTH = 4  # children of a node, triangles of a leaf
_DEEP = 64  # 3 a level are pushed, and 2**32 triangles have 16 levels
BITS = 21  # of the curve in each direction


@compiled
def curve(
    points: Reals, triangles: Ints, low: Reals, scale: float, start: int, stop: int, keys: NDArray[np.uint64]
) -> None:
    """The places on a Hilbert curve of the centres of some triangles, as uint64 (after Skilling, 2004)."""
    for row in range(start, stop):
        x0 = _cell(points, triangles, row, 0, low, scale)
        x1 = _cell(points, triangles, row, 1, low, scale)
        x2 = _cell(points, triangles, row, 2, low, scale)
        bit = np.uint32(1 << (BITS - 1))
        while bit > np.uint32(1):
            less = np.uint32(bit - np.uint32(1))
            if x0 & bit:
                x0 ^= less
            if x1 & bit:
                x0 ^= less
            else:
                turned = (x0 ^ x1) & less
                x0 ^= turned
                x1 ^= turned
            if x2 & bit:
                x0 ^= less
            else:
                turned = (x0 ^ x2) & less
                x0 ^= turned
                x2 ^= turned
            bit >>= np.uint32(1)
        x1 ^= x0
        x2 ^= x1
        turned = np.uint32(0)
        bit = np.uint32(1 << (BITS - 1))
        while bit > np.uint32(1):
            if x2 & bit:
                turned ^= np.uint32(bit - np.uint32(1))
            bit >>= np.uint32(1)
        keys[row] = (
            (_spread(x0 ^ turned) << np.uint64(2)) | (_spread(x1 ^ turned) << np.uint64(1)) | _spread(x2 ^ turned)
        )


@compiled
def _cell(points: Reals, triangles: Ints, row: int, axis: int, low: Reals, scale: float) -> np.uint32:
    """Of the grid that the curve runs through."""
    total = points[triangles[row, 0], axis] + points[triangles[row, 1], axis] + points[triangles[row, 2], axis]
    place = (total / 3.0 - low[axis]) * scale
    return np.uint32(min(max(place, 0.0), float((1 << BITS) - 1)))


@compiled
def _spread(value: np.uint32) -> np.uint64:
    """The bits of a number with two zeros between each."""
    x = np.uint64(value)
    x = (x | (x << np.uint64(32))) & np.uint64(0x1F00000000FFFF)
    x = (x | (x << np.uint64(16))) & np.uint64(0x1F0000FF0000FF)
    x = (x | (x << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    x = (x | (x << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (x | (x << np.uint64(2))) & np.uint64(0x1249249249249249)


@compiled
def sorted_order(keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The rows of uint64 keys in ascending order; equal keys keep theirs (least significant digit first)."""
    count = len(keys)
    order = np.empty(count, np.uint32)
    for row in range(count):
        order[row] = row
    other = np.empty(count, np.uint32)
    for digit in range(6):
        shift, mask = np.uint64(11 * digit), np.uint64(2047)
        starts = np.zeros(2049, np.int64)
        for row in range(count):
            starts[np.int64((keys[row] >> shift) & mask) + 1] += 1
        for at in range(2048):
            starts[at + 1] += starts[at]
        for row in range(count):
            mine = order[row]
            value = np.int64((keys[mine] >> shift) & mask)
            other[starts[value]] = mine
            starts[value] += 1
        order, other = other, order
    return order


@compiled
def packed(points: Reals, triangles: Ints) -> tuple[NDArray[np.float32], Longs]:
    """The boxes of all levels, (n, 6) float32 (least corner, greatest corner), and where each level begins, the root
    first. The triangles are in the order of the curve."""
    counts = np.empty(40, np.int64)
    levels, count = 0, (len(triangles) + WIDTH - 1) // WIDTH
    while True:
        counts[levels] = count
        levels += 1
        if count == 1:
            break
        count = (count + WIDTH - 1) // WIDTH
    starts = np.zeros(levels + 1, np.int64)
    for level in range(levels):
        starts[level + 1] = starts[level] + counts[levels - 1 - level]
    boxes = np.empty((starts[levels], 6), np.float32)
    for leaf in range(counts[0]):
        _box_of_leaf(points, triangles, leaf, boxes, starts[levels - 1] + leaf)
    for level in range(levels - 2, -1, -1):
        for node in range(starts[level + 1] - starts[level]):
            first = starts[level + 1] + node * WIDTH
            _box_of_boxes(boxes, first, min(first + WIDTH, starts[level + 2]), starts[level] + node)
    return boxes, starts


@compiled
def _box_of_leaf(points: Reals, triangles: Ints, leaf: int, boxes: NDArray[np.float32], row: int) -> None:
    for axis in range(3):
        low, high = np.inf, -np.inf
        for which in range(leaf * WIDTH, min((leaf + 1) * WIDTH, len(triangles))):
            for corner in range(3):
                value = points[triangles[which, corner], axis]
                low, high = min(low, value), max(high, value)
        boxes[row, axis], boxes[row, axis + 3] = _down(low), -_down(-high)


@compiled
def _box_of_boxes(boxes: NDArray[np.float32], first: int, end: int, row: int) -> None:
    for axis in range(3):
        low, high = boxes[first, axis], boxes[first, axis + 3]
        for child in range(first + 1, end):
            low, high = min(low, boxes[child, axis]), max(high, boxes[child, axis + 3])
        boxes[row, axis], boxes[row, axis + 3] = low, high


@compiled
def _down(value: float) -> np.float32:
    """The greatest float32 that surely is not above a float64."""
    near = np.float32(value)
    if np.float64(near) > value:
        near = np.nextafter(near, np.float32(-np.inf))
    return near


@compiled
def squared_to_box(boxes: NDArray[np.float32], row: int, px: float, py: float, pz: float) -> float:
    """The squared distance of p to a box, 0 inside."""
    dx = max(boxes[row, 0] - px, 0.0, px - boxes[row, 3])
    dy = max(boxes[row, 1] - py, 0.0, py - boxes[row, 4])
    dz = max(boxes[row, 2] - pz, 0.0, pz - boxes[row, 5])
    return float(dx * dx + dy * dy + dz * dz)


@compiled
def nearest(
    boxes: NDArray[np.float32],
    starts: Longs,
    points: Reals,
    triangles: Ints,
    px: float,
    py: float,
    pz: float,
    found: int,
    least: float,
    rows: Longs,
    far: Reals,
) -> tuple[int, float]:
    """The triangle nearest to p and the squared distance to it.

    ``found`` and ``least`` are a triangle and the squared distance to it, known before: the nearer it is, the
    shorter the search. ``rows`` and ``far`` are room for the search, int64 and float64 of ``room()``.
    """
    levels = len(starts) - 1
    top = 0
    rows[0], far[0] = 0, 0.0
    depth_of = levels - 1
    top = 1
    while top > 0:
        top -= 1
        if far[top] >= least:
            continue
        packed_row = rows[top]
        level, node = packed_row >> 48, packed_row & ((1 << 48) - 1)
        if level == depth_of:
            for which in range(node * WIDTH, min((node + 1) * WIDTH, len(triangles))):
                squared, _, _ = to_triangle(points, triangles, which, px, py, pz)
                if squared < least:
                    found, least = which, squared
            continue
        base = starts[level + 1]
        first = top
        for child in range(node * WIDTH, min((node + 1) * WIDTH, starts[level + 2] - base)):
            squared = squared_to_box(boxes, base + child, px, py, pz)
            if squared < least:
                # The nearest goes on top: insertion among the few of this node.
                at = top
                while at > first and far[at - 1] < squared:
                    far[at], rows[at] = far[at - 1], rows[at - 1]
                    at -= 1
                far[at], rows[at] = squared, ((level + 1) << 48) | child
                top += 1
    return found, least


@compiled
def room() -> tuple[Longs, Reals]:
    """Room for one search."""
    return np.empty(_DEEP, np.int64), np.empty(_DEEP)


@compiled
def nearest_of(
    tree: Compiled, places: Reals, start: int, stop: int, triangle: Longs, distance: Reals, weights: Reals
) -> None:
    """The nearest triangle of many places (n, 3), the distance to it, and the weights of its corners (n, 3) there;
    places that follow one another should be near to one another. Rows from start to stop are filled."""
    boxes, starts, points, triangles, _ = tree
    rows, far = room()
    guess = 0
    for row in range(start, stop):
        px, py, pz = places[row, 0], places[row, 1], places[row, 2]
        least, _, _ = to_triangle(points, triangles, guess, px, py, pz)
        guess, least = nearest(boxes, starts, points, triangles, px, py, pz, guess, least, rows, far)
        _, v, w = to_triangle(points, triangles, guess, px, py, pz)
        triangle[row], distance[row] = guess, np.sqrt(least)
        weights[row, 0], weights[row, 1], weights[row, 2] = 1.0 - v - w, v, w


@compiled
def close_to(tree: Compiled, places: Reals, start: int, stop: int, reach: float, close: NDArray[np.bool_]) -> None:
    """Which of many places (n, 3) lie nearer than ``reach``, rows from start to stop."""
    boxes, starts, points, triangles, _ = tree
    rows, far = room()
    for row in range(start, stop):
        px, py, pz = places[row, 0], places[row, 1], places[row, 2]
        found, _ = nearest(boxes, starts, points, triangles, px, py, pz, -1, reach * reach, rows, far)
        close[row] = found >= 0
