"""The picture itself, row band by row band: every pixel from the one part that shows it, blended only at seams."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from heritage3d.stitching import light
from heritage3d.stitching.laying import Laid, let_go
from heritage3d.stitching.overlap import BLOCK, Overlap

_BAND, _TILE = 128, 1024  # rows and columns worked on at a time
_BAND_BYTES = 20 << 20
FEATHER = 12  # px across which one part passes into the next


@dataclass(frozen=True)
class Joint:
    """Where a part passes into the next: the strip that they share, the line, the ramp of exposure (or None).

    ``crossing`` has an entry for every row of blocks of the strip, or for every column where the row of
    parts runs downwards.
    """

    strip: Overlap
    crossing: np.ndarray
    ramp: np.ndarray | None


@dataclass
class Composition:
    """Parts in their row, the gains (parts, channels) of their light, the joints between neighbours.

    ``upright`` says that the parts stand side by side; otherwise one below the other. ``filled`` counts the
    pixels that no part shows, once the rows have been read; they get the colour ``ground`` (16-bit scale).
    """

    laid: list[Laid]
    gains: np.ndarray
    joints: list[Joint]
    width: int
    height: int
    channels: int
    depth: int
    upright: bool
    ground: np.ndarray
    filled: int = 0
    _tables: list[list[np.ndarray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        kinds = {float(gain): light.scaled(float(gain)) for gain in self.gains.flat}
        self._tables = [[kinds[float(gain)] for gain in row] for row in self.gains]

    def rows(self) -> Iterator[np.ndarray]:
        """Arrays (rows, width, channels) uint8 or uint16, top to bottom."""
        edges = {0, self.width, *range(0, self.width, _TILE)}
        for entry in self.laid:
            edges |= {min(max(edge, 0), self.width) for edge in (entry.box[0], entry.box[2])}
        cuts = sorted(edges)
        self.filled = 0
        step = min(_BAND, max(16, _BAND_BYTES // (self.width * self.channels * self.depth // 8)))
        for top in range(0, self.height, step):
            tall = min(step, self.height - top)
            band = np.empty((tall, self.width, self.channels), np.uint8 if self.depth == 8 else np.uint16)
            for left, right in itertools.pairwise(cuts):
                self._draw(band[:, left:right], left, top)
            yield band
            let_go(self.laid)

    def _draw(self, out: np.ndarray, x: int, y: int) -> None:
        tall, wide = out.shape[:2]
        showing = [
            at
            for at, entry in enumerate(self.laid)
            if entry.box[0] < x + wide and entry.box[2] > x and entry.box[1] < y + tall and entry.box[3] > y
        ]
        if len(showing) > 1:
            self._blend(out, x, y, showing)
        elif showing:
            self._single(out, x, y, showing[0])
        else:
            out[:] = self._narrow(np.broadcast_to(self.ground, out.shape))
            self.filled += tall * wide

    def _single(self, out: np.ndarray, x: int, y: int, at: int) -> None:
        samples, valid = self.laid[at].shown(x, y, out.shape[1], out.shape[0], self.channels)
        if (self.gains[at] != 1).any():
            samples = np.stack([np.take(self._tables[at][c], samples[:, :, c]) for c in range(self.channels)], 2)
        out[:] = self._narrow(samples)
        if valid is not None:
            out[~valid] = self._narrow(self.ground)
            self.filled += int((~valid).sum())

    def _blend(self, out: np.ndarray, x: int, y: int, showing: list[int]) -> None:
        tall, wide = out.shape[:2]
        total = np.zeros((tall, wide, self.channels), np.float32)
        weights = np.zeros((tall, wide), np.float32)
        rows, columns = np.arange(y, y + tall, dtype=np.float32), np.arange(x, x + wide, dtype=np.float32)
        for at in showing:
            weight = self._weight(at, rows, columns)
            samples, valid = self.laid[at].shown(x, y, wide, tall, self.channels)
            if valid is not None:
                weight *= valid
            total += self._lit(at, samples, rows, columns) * weight[:, :, None]
            weights += weight
        none = weights <= 0
        weights[none] = 1
        total /= weights[:, :, None]
        total[none] = self.ground
        self.filled += int(none.sum())
        out[:] = self._narrow(np.rint(total))

    def _weight(self, at: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """1 where the part is the one to show, 0 elsewhere, between them over ``FEATHER`` px.

        Never quite 0: beyond the edge of the part to show, any other that shows something is welcome.
        """
        weight = np.ones((len(rows), len(columns)), np.float32)
        for joint, sign in ((at - 1, 1.0), (at, -1.0)):
            if 0 <= joint < len(self.joints):
                weight *= np.clip(sign * self._beyond(self.joints[joint], rows, columns) / FEATHER + 0.5, 0, 1)
        return np.maximum(weight, np.float32(1e-6))

    def _beyond(self, joint: Joint, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """How far (px) each pixel lies beyond the line of a joint, in the direction of the row of parts."""
        along, across = (columns, rows) if self.upright else (rows, columns)
        origin = joint.strip.y if self.upright else joint.strip.x
        centres = origin + (np.arange(len(joint.crossing)) + 0.5) * BLOCK - 0.5
        line = np.interp(across, centres, joint.crossing).astype(np.float32)
        ahead = along[None, :] - line[:, None] if self.upright else along[:, None] - line[None, :]
        return np.asarray(ahead)

    def _lit(self, at: int, samples: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The samples (16-bit scale, float32) under the gain of their part and the ramps of its joints."""
        slope = np.zeros((len(rows), len(columns), self.channels), np.float32)
        bent = False
        for number, sign in ((at - 1, 1.0), (at, -1.0)):
            if 0 <= number < len(self.joints) and (joint := self.joints[number]).ramp is not None:
                passed = self._passed(joint, rows, columns)
                share = 1 - passed if sign > 0 else passed
                if share.max() > 0:
                    slope += sign * share[:, :, None] * _spread_out(joint, rows, columns, self.channels)
                    bent = True
        if not bent:
            if (self.gains[at] == 1).all():
                return samples.astype(np.float32)
            tables = self._tables[at]
            return np.stack([np.take(tables[c], samples[:, :, c]) for c in range(self.channels)], 2).astype(np.float32)
        factor = np.exp(slope) * self.gains[at].astype(np.float32)
        return light.encoded(np.take(light.decoding(), samples) * factor)

    def _passed(self, joint: Joint, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """0 where a strip begins, 1 where it ends, smooth between."""
        strip = joint.strip
        length = strip.common.shape[1 if self.upright else 0] * BLOCK
        way = (columns - strip.x if self.upright else rows - strip.y) / np.float32(length)
        way = np.clip(way, 0, 1)
        way = way * way * (3 - 2 * way)
        shape = (len(rows), len(columns))
        return np.asarray(np.broadcast_to(way[None, :] if self.upright else way[:, None], shape), np.float32)

    def _narrow(self, samples: np.ndarray) -> np.ndarray:
        """16-bit scale to the depth of the result, rounded."""
        whole = np.asarray(samples).astype(np.uint16)
        return whole if self.depth == 16 else np.asarray((whole.astype(np.uint32) + 128) // 257, np.uint8)


def _spread_out(joint: Joint, rows: np.ndarray, columns: np.ndarray, channels: int) -> np.ndarray:
    """The ramp of a joint for single pixels, between the centres of its blocks."""
    field_of = joint.ramp
    x = np.broadcast_to((columns - joint.strip.x + 0.5) / BLOCK - 0.5, (len(rows), len(columns)))
    y = np.broadcast_to(((rows - joint.strip.y + 0.5) / BLOCK - 0.5)[:, None], (len(rows), len(columns)))
    low = (0, 0)
    high = (field_of.shape[1] - 1, field_of.shape[0] - 1)  # type: ignore[union-attr]
    x = np.ascontiguousarray(np.clip(x, low[0], high[0]), np.float32)
    y = np.ascontiguousarray(np.clip(y, low[1], high[1]), np.float32)
    # The table of remap holds 32,767 entries a side: a strip of 262,000 px.
    found = cv2.remap(field_of, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found).reshape(len(rows), len(columns), channels)
