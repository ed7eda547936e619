"""The last pixels of a depth map: the picture is compared with sources that are warped along the surface found so far.

Once a depth map is right to about a pixel, whole pictures can be compared at once: every source is resampled to the
reference along the smoothed surface, moved a little nearer and farther, and the likeness of small Gaussian windows is
taken by filters. That costs a tenth of what asking plane by plane does, uses every pixel of the window, and the
windows follow the surface where it bends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled

_WINDOW = (9, 9)
_NOISE = np.float32(4e-6)
_EDGE = 8  # rows beside a band that its windows reach into
_BAND_PIXELS = 1 << 20
_STILL = np.float32(0.02)  # twice what a move of one step costs; more where noise is a part of the contrast
_FLAT_PX = 1.0  # a step in the surface larger than this, in pixels of disparity, is an edge and not smoothed away

Floats = NDArray[np.float32]


@compiled
def _warped(grey: Any, turn: Any, shift: Any, surface: Any, mask: Any, move: float, out: Any, seen: Any) -> None:
    """``grey`` as the reference would see it, were the surface its own; ``seen`` is 0 where the source sees nothing."""
    height, width = surface.shape
    tall, wide = grey.shape
    for y in range(height):
        p0 = turn[0, 1] * y + turn[0, 2]
        p1 = turn[1, 1] * y + turn[1, 2]
        p2 = turn[2, 1] * y + turn[2, 2]
        for x in range(width):
            out[y, x] = np.float32(0.5)
            seen[y, x] = 0
            w = surface[y, x] + move
            z = turn[2, 0] * x + p2 + shift[2] * w
            if mask[y, x] == 0 or not z > 1e-3:
                continue
            iz = 1.0 / z
            u = (turn[0, 0] * x + p0 + shift[0] * w) * iz
            v = (turn[1, 0] * x + p1 + shift[1] * w) * iz
            if not (u >= 0 and v >= 0 and u < wide - 1.01 and v < tall - 1.01):
                continue
            iu = int(u)
            iv = int(v)
            fu = np.float32(u - iu)
            fv = np.float32(v - iv)
            upper = grey[iv, iu] + (grey[iv, iu + 1] - grey[iv, iu]) * fu
            lower = grey[iv + 1, iu] + (grey[iv + 1, iu + 1] - grey[iv + 1, iu]) * fu
            out[y, x] = upper + (lower - upper) * fv
            seen[y, x] = 1


@compiled
def _judged(both: Any, mean: Any, square: Any, own_mean: Any, own_norm: Any, seen: Any, out: Any) -> None:
    """1 - NCC from filtered products; 2 where the window is not wholly seen."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            m = mean[y, x]
            spread = max(square[y, x] - m * m, np.float32(0)) + _NOISE
            cost = np.float32(1) - (both[y, x] - m * own_mean[y, x]) * own_norm[y, x] / np.sqrt(spread)
            out[y, x] = cost if seen[y, x] else np.float32(2)


@compiled
def _trust(costs: Any, out: Any) -> None:
    """How much each source is trusted at each pixel: those nearly as like as the best one; (sources, h, w)."""
    count, height, width = costs.shape
    for y in range(height):
        for x in range(width):
            least = np.float32(2)
            second = np.float32(2)
            for s in range(count):
                cost = costs[s, y, x]
                if cost < least:
                    second = least
                    least = cost
                elif cost < second:
                    second = cost
            room = np.float32(0.1) + np.float32(1.5) * second
            total = np.float32(0)
            for s in range(count):
                share = max(np.float32(0), np.float32(1) - costs[s, y, x] / room)
                out[s, y, x] = share if costs[s, y, x] < 1 else np.float32(0)
                total += out[s, y, x]
            if total > 0:
                for s in range(count):
                    out[s, y, x] /= total


@compiled
def _add(total: Any, share: Any, cost: Any) -> None:
    height, width = total.shape
    for y in range(height):
        for x in range(width):
            total[y, x] += share[y, x] * cost[y, x]


@compiled
def _moved(totals: Any, moves: Any, still: Any, surface: Any, mask: Any, costs: Any) -> None:
    """Move each pixel to the vertex of the parabola through its cheapest move and the two beside it."""
    count, height, width = totals.shape
    for y in range(height):
        for x in range(width):
            if mask[y, x] == 0:
                continue
            step = moves[1] - moves[0]
            k = 0
            least = np.float32(99)
            for j in range(count):
                steps = moves[j] / step
                total = totals[j, y, x] + np.float32(0.5) * still[y, x] * steps * steps
                if total < least:
                    least = total
                    k = j
            costs[y, x] = totals[k, y, x]
            part = np.float32(0)
            if 0 < k < count - 1:
                before, after = totals[k - 1, y, x], totals[k + 1, y, x]
                slope = np.float32(0.5) * (after - before) + still[y, x] * moves[k] / step
                bend = before + after - 2 * totals[k, y, x] + still[y, x]
                if bend > np.float32(1e-6):
                    part = min(max(-slope / bend, np.float32(-1)), np.float32(1))
            surface[y, x] += moves[k] + part * step


def _filtered(values: Floats, sd: float) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(values, _WINDOW, sd, borderType=cv2.BORDER_REFLECT))


def noise_of(grey: Floats) -> np.float32:
    """Variance of the noise, judged where the picture is plainest (Immerkaer, CVIU 1996)."""
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = cv2.blur(np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel)), (17, 17))
    return np.float32((np.percentile(rough, 10) * np.sqrt(np.pi / 2) / 6) ** 2)


class Following:
    """One picture and its sources, ready to compare."""

    def __init__(self, grey: Floats, mask: NDArray[np.uint8], beside: list[Floats], lenses: list[Any], unit: float):
        """``lenses``: (turn, shift) of each source; ``unit``: pixels of disparity per unit of inverse depth."""
        self.grey, self.mask, self.beside, self.lenses, self.unit = grey, mask, beside, lenses, unit
        self.noise = noise_of(grey)

    def _smoothed(self, surface: Floats, gently: bool) -> Floats:
        """The surface with its noise taken away and its edges kept."""
        import cv2

        pixels = np.asarray(surface * np.float32(self.unit))
        middle = np.float32(np.median(pixels))
        pixels = pixels - middle
        if gently:
            pixels = cv2.bilateralFilter(pixels, 3, _FLAT_PX, 0.8)
        else:
            pixels = cv2.bilateralFilter(cv2.medianBlur(pixels, 3), 5, _FLAT_PX, 1.5)
        return np.asarray((pixels + middle) / np.float32(self.unit))

    def _compared(
        self, s: int, base: Floats, top: int, move: float, own: tuple[Any, Any, Any, Any], sd: float
    ) -> Floats:
        """1 - NCC with source ``s`` for every pixel of a band, the surface moved by an inverse depth."""
        import cv2

        grey, mask, mean, norm = own
        turn, shift = self.lenses[s]
        lowered = turn.copy()
        lowered[:, 2] += turn[:, 1] * top
        warped, seen = np.empty_like(base), np.empty(base.shape, np.uint8)
        _warped(self.beside[s], lowered, shift, base, mask, move, warped, seen)
        seen = np.asarray(cv2.erode(seen, np.ones((5, 5), np.uint8)), np.uint8)
        out = np.empty_like(base)
        both, square = _filtered(warped * grey, sd), _filtered(warped * warped, sd)
        _judged(both, _filtered(warped, sd), square, mean, norm, seen, out)
        return out

    def follow(
        self, surface: Floats, moves_px: tuple[float, ...], sd: float, gently: bool = False, sources: int = 99
    ) -> tuple[Floats, Floats]:
        """The surface (inverse depths) after one round of moves evenly apart, 0 among them, and its costs.

        ``sd``: standard deviation of the windows in pixels; ``gently``: smooth the surface little, so that narrow
        strokes stay; ``sources``: how many are asked, the best first. Works in bands, so that memory stays small.
        """
        base = self._smoothed(surface, gently)
        height, width = surface.shape
        rows = max(_BAND_PIXELS // width, 4 * _EDGE)
        noise = self.noise if gently else np.float32(0)
        costs = np.full(surface.shape, 2, np.float32)
        moved = base.copy()
        for first in range(0, height, rows):
            last = min(first + rows, height)
            top, bottom = max(first - _EDGE, 0), min(last + _EDGE, height)
            band = self._band(base[top:bottom], top, np.array(moves_px, np.float64) / self.unit, sd, sources, noise)
            inside = slice(first - top, last - top)
            moved[first:last], costs[first:last] = band[0][inside], band[1][inside]
        return moved, costs

    def _band(
        self, base: Floats, top: int, moves: NDArray[np.float64], sd: float, sources: int, noise: np.float32
    ) -> tuple[Floats, Floats]:
        rows = slice(top, top + len(base))
        grey, mask = np.ascontiguousarray(self.grey[rows]), np.ascontiguousarray(self.mask[rows])
        mean = _filtered(grey, sd)
        norm = 1 / np.sqrt(np.maximum(_filtered(grey * grey, sd) - mean**2, 0) + _NOISE)

        def compared(s: int, move: float) -> Floats:
            return self._compared(s, base, top, move, (grey, mask, mean, norm), sd)

        base = np.ascontiguousarray(base)
        at_rest = np.stack([compared(s, 0.0) for s in range(min(sources, len(self.beside)))])
        trust = np.empty_like(at_rest)
        _trust(at_rest, trust)
        blind = trust.sum(axis=0) == 0
        totals = np.zeros((len(moves), *base.shape), np.float32)
        for k, move in enumerate(moves):
            for s in range(len(trust)):
                _add(totals[k], trust[s], at_rest[s] if move == 0 else compared(s, float(move)))
        totals[:, blind] = 2
        costs, moved = np.full(base.shape, 2, np.float32), base.copy()
        _moved(totals, moves.astype(np.float32), _STILL + noise * norm * norm, moved, mask, costs)
        return moved, costs
