"""The loops of choosing one photograph for each face: neighbours that agree make patches, and patches few seams."""

from __future__ import annotations

from typing import Any

import numpy as np

from heritage3d.compiled import compiled


@compiled
def voted(cluster: Any, views: Any, weight: Any, score: Any) -> None:
    """Add up what the faces of each cluster say for each view; score (clusters, views) float32 of zeros."""
    for face in range(len(cluster)):
        for k in range(views.shape[1]):
            view = views[face, k]
            if view >= 0:
                score[cluster[face], view] += weight[face, k]


@compiled
def settled(views: Any, score: Any, start: Any, ends: Any, shares: Any, price: float, rounds: int, label: Any) -> None:
    """Choose a view for each cluster or face: its own score (1 is best), less what each border to another view costs.

    ``views`` (n, k): who sees it, -1 none, with their ``score`` (n, k); ``start`` (n + 1,), ``ends`` and ``shares``
    list the neighbours (-1: none) and their parts of the border. ``label`` (n,) is changed in place; -1 where no view
    sees it. Iterated conditional modes (Besag, 1986), in the order given.
    """
    for _turn in range(rounds):
        changed = 0
        for one in range(len(label)):
            best, least = -1, np.float64(np.inf)
            for k in range(views.shape[1]):
                view = views[one, k]
                if view < 0:
                    continue
                cost = 1.0 - score[one, k]
                for at in range(start[one], start[one + 1]):
                    other = ends[at]
                    if other >= 0 and label[other] >= 0 and label[other] != view:
                        cost += price * shares[at]
                if cost < least:
                    best, least = view, cost
            if best != label[one]:
                label[one] = best
                changed += 1
        if changed == 0:
            return


@compiled
def melted(part: Any, size: Any, least: int, beside: Any, views: Any, label: Any) -> int:
    """Faces of small patches take over the view of a larger patch beside them, where it sees them; how many did."""
    changed = 0
    for face in range(len(label)):
        if label[face] < 0 or size[part[face]] >= least:
            continue
        for side in range(3):
            other = beside[face, side]
            if other < 0 or label[other] < 0 or label[other] == label[face]:
                continue
            if size[part[other]] <= size[part[face]]:
                continue
            sees = False
            for k in range(views.shape[1]):
                if views[face, k] == label[other]:
                    sees = True
            if sees:
                label[face] = label[other]
                changed += 1
                break
    return changed


@compiled
def _pulled(first: Any, second: Any, weight: Any, anchor: float, values: Any, out: Any) -> None:
    """The normal matrix of the least squares times values (n, c)."""
    nodes, channels = out.shape
    for n in range(nodes):
        for c in range(channels):
            out[n, c] = anchor * values[n, c]
    for e in range(len(first)):
        a, b, w = first[e], second[e], weight[e]
        for c in range(channels):
            off = w * (values[a, c] - values[b, c])
            out[a, c] += off
            out[b, c] -= off


@compiled
def _product(one: Any, other: Any, scale: Any) -> float:
    """The sum of one * other / scale; one order of sums."""
    total = 0.0
    for n in range(one.shape[0]):
        for c in range(one.shape[1]):
            total += one[n, c] * other[n, c] / scale[n]
    return total


@compiled
def _stepped(values: Any, factor: float, way: Any, scale: Any, keep: float) -> None:
    """values * keep + factor * way / scale, in place."""
    for n in range(values.shape[0]):
        for c in range(values.shape[1]):
            values[n, c] = keep * values[n, c] + factor * way[n, c] / scale[n]


@compiled
def relaxed(first: Any, second: Any, step: Any, weight: Any, anchor: float, rounds: int, out: Any) -> float:
    """Least squares of out[first] - out[second] = step, weighted, with a weak pull to 0; conjugate gradients.

    ``first``, ``second`` (e,) nodes, ``step`` (e, c), ``weight`` (e,); ``out`` (n, c) of zeros becomes the answer.
    Returns what is left of the squared residual. One thread: the same bytes always.
    """
    nodes, channels = out.shape
    left, way, product = np.zeros((nodes, channels)), np.zeros((nodes, channels)), np.zeros((nodes, channels))
    scale, ones = np.full(nodes, anchor), np.ones(nodes)
    for e in range(len(first)):
        scale[first[e]] += weight[e]
        scale[second[e]] += weight[e]
        for c in range(channels):
            left[first[e], c] += weight[e] * step[e, c]
            left[second[e], c] -= weight[e] * step[e, c]
    _stepped(way, 1.0, left, scale, 0.0)
    before = _product(left, left, scale)
    begin = before
    for _turn in range(rounds):
        if not before > 1e-8 * begin:
            break
        _pulled(first, second, weight, anchor, way, product)
        go = before / _product(way, product, ones)
        _stepped(out, go, way, ones, 1.0)
        _stepped(left, -go, product, ones, 1.0)
        after = _product(left, left, scale)
        _stepped(way, 1.0, left, scale, after / before)
        before = after
    return before / begin if begin > 0 else 0.0
