"""What lies on the ground of a picture: the page or object, and colour targets and rules beside it.

The ground is the commonest colour along the border of the picture. It may grow lighter or darker across
the stand, so it is followed as a plane from there. What differs from it and is not enclosed ground is a
region. Nothing is assumed of its shape; that is judged afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from heritage3d.correction.overview import Image, Overview

_RING = 0.012  # of the shorter side: how deep the border is sampled
_BIN = 4.0  # CIELAB units
_NEAREST, _FARTHEST = 5.0, 14.0  # CIELAB: how far from the ground something must at least be
_SMALLEST = 0.0002  # of the picture: less is dust, but is still not cut when it lies within the page
_RULE = 3.5  # length to width
_MAIN_TONE = 0.6  # of a thing: what has more of one tone has a paper
_PAPER_SHARE, _DARK_SHARE = 0.05, 0.45  # of such a square: paper between strokes, or black between light ones
_SQUARE = 32  # pixels: holds ink and paper wherever there is writing
_SMALLEST_AID = 0.004  # of the picture: a boxed sign is no rule
_CRUMB = 0.004  # of the longer side: specks nearer than this belong together
_MOST = 40  # regions looked at
_LARGEST_BESIDE = 0.6  # of the page: a larger neighbour is no target


@dataclass(frozen=True)
class Region:
    """One thing on the ground, in pixels of the overview.

    It is what ``labels`` (height, width) calls ``index``; ``contour`` (points, 2) is its outline. ``solidity``
    is the share of it that differs from the ground, ``woven`` the share of small squares in it that hold the
    colour of the ground as well: where that is much, the region is ink on its own paper. ``aid`` is true of
    colour targets and rules: rectangles full of edges along their own sides.
    """

    labels: Image
    index: int
    contour: Image
    area: int
    solidity: float
    woven: float
    aid: bool

    @property
    def mask(self) -> Image:
        """(height, width) bool, without holes."""
        return np.asarray(self.labels == self.index)

    @property
    def share(self) -> float:
        """How much of the picture it covers."""
        return self.area / self.labels.size


@dataclass(frozen=True)
class Ground:
    """The ground and what lies on it, the largest first; ``share`` of the border is ground.

    ``colour`` is its median in 8 bit sRGB, ``distance`` the CIELAB distance from which on something is not ground.
    ``crumbs`` are boxes (left, top, right, bottom) of specks that belong to a small region: the strokes of a label.
    """

    colour: tuple[int, int, int]
    share: float
    distance: float
    regions: tuple[Region, ...]
    crumbs: Image

    @property
    def main(self) -> Region | None:
        """The page or object, None where nothing large and solid lies on the ground."""
        things = [region for region in self.regions if not region.aid]
        if not things:
            return None
        largest = things[0]
        solid = largest.solidity >= 0.6 and largest.woven <= 0.25
        return largest if solid and largest.share >= 0.03 else None


def find_ground(view: Overview) -> Ground | None:
    """The ground with the regions on it; None where the border shows no common colour."""
    smooth = cv2.GaussianBlur(view.colour, (0, 0), 1.0)
    lab = cv2.cvtColor(smooth / 255, cv2.COLOR_RGB2LAB)
    height, width = lab.shape[:2]
    deep = max(3, round(_RING * min(height, width)))
    if min(height, width) < 8 * deep:
        return None
    ring = np.ones((height, width), bool)
    ring[deep:-deep, deep:-deep] = False
    centre, spread = _commonest(lab[ring])
    distance = float(np.clip(5 * spread, _NEAREST, _FARTHEST))
    away = _away(lab, centre, ring, distance)
    share = float((away[ring] <= distance).mean())
    if share < 0.25:
        return None
    differs = cv2.morphologyEx((away > distance).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    # On a dark stand, ink may well have the colour of the ground: then only much of it counts.
    most = _PAPER_SHARE if centre[0] >= 50 else _DARK_SHARE
    regions, crumbs = _regions(differs, ring, view.grey, _sharp(view, centre) <= 1.5 * distance, most)
    ground = (away <= distance) & ring
    red, green, blue = (round(float(value)) for value in np.median(view.colour[ground], axis=0))
    return Ground((red, green, blue), share, distance, tuple(regions), crumbs)


def _commonest(lab: Image) -> tuple[Image, float]:
    """The mode of colours and how far they spread around it (robust standard deviation)."""
    bins = np.floor((lab - lab.min(axis=0)) / _BIN).astype(int)
    counts = np.zeros(bins.max(axis=0) + 1)
    np.add.at(counts, tuple(bins.T), 1)
    soft = ndimage.uniform_filter(counts, 3, mode="constant")
    best = np.array(np.unravel_index(soft.argmax(), soft.shape))
    near = lab[(np.abs(bins - best) <= 1).all(axis=1)]
    centre = np.median(near, axis=0)
    off = np.linalg.norm(near - centre, axis=1)
    return centre, float(np.median(off)) / 1.54  # the median of a 3-dimensional normal's radius


def _away(lab: Image, centre: Image, ring: Image, distance: float) -> Image:
    """CIELAB distance of each pixel from the ground there: a plane fitted to what belongs to it."""
    height, width = lab.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    terms = np.stack([np.ones_like(x), x / width - 0.5, y / height - 0.5], axis=2)
    away = np.linalg.norm(lab - centre.astype(np.float32), axis=2)
    for _ in range(2):
        belongs = _reached(away <= distance, ring)
        if belongs.sum() < 100:
            break
        step = max(1, int(belongs.sum()) // 20_000)
        sample = terms[belongs][::step]
        fitted, *_ = np.linalg.lstsq(sample, lab[belongs][::step], rcond=None)
        # A plane that leaves the ground's own range far behind has caught something else.
        if np.abs(fitted[1:]).max() > 2 * distance:
            break
        away = np.linalg.norm(lab - (terms @ fitted).astype(np.float32), axis=2)
    return np.asarray(away)


def _reached(mask: Image, ring: Image) -> Image:
    """The parts of a mask that touch the border of the picture."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    touching = np.zeros(count, bool)
    touching[np.unique(labels[ring])] = True
    touching[0] = False
    return np.asarray(touching[labels])


def _regions(differs: Image, ring: Image, grey: Image, alike: Image, most: float) -> tuple[list[Region], Image]:
    filled = (~_reached(~differs, ring)).astype(np.uint8)
    specks = cv2.connectedComponentsWithStats(filled, connectivity=8)[2][1:]
    reach = max(1, round(0.002 * min(filled.shape)))
    filled = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(filled, connectivity=4)
    found: list[Region] = []
    order = sorted(range(1, count), key=lambda at: (-stats[at, cv2.CC_STAT_AREA], at))
    for at in order[:_MOST]:
        area = int(stats[at, cv2.CC_STAT_AREA])
        if area < _SMALLEST * filled.size:
            break
        mask = labels == at
        outline = max(cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)
        contour = outline.reshape(-1, 2).astype(np.float32)
        aid = bool(found) and area < _LARGEST_BESIDE * found[0].area
        solid = float(differs[mask].mean())
        found.append(
            Region(labels, at, contour, area, solid, _woven(mask, alike, most), aid and _is_aid(mask, contour, grey))
        )
    return found, _crumbs(found, specks, filled.shape)


def _crumbs(regions: list[Region], specks: Image, shape: tuple[int, ...]) -> Image:
    """The boxes of specks that lie next to a small region, or next to such a speck."""
    near = max(4, round(_CRUMB * max(shape)))
    boxes = specks[specks[:, cv2.CC_STAT_AREA] >= 8][:, :4].astype(np.int64)
    boxes[:, 2:] += boxes[:, :2]
    small = [cv2.boundingRect(region.contour.astype(np.int32)) for region in regions[1:] if not region.aid]
    reached = [(x, y, x + wide, y + high) for x, y, wide, high in small if max(wide, high) < 0.1 * max(shape)]
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).max(axis=1) < 0.1 * max(shape)][:2000]
    taken = np.zeros(len(boxes), bool)
    while reached:
        left, top, right, bottom = reached.pop()
        meets = (boxes[:, 0] <= right + near) & (boxes[:, 2] >= left - near)
        meets &= (boxes[:, 1] <= bottom + near) & (boxes[:, 3] >= top - near) & ~taken
        taken |= meets
        reached.extend(tuple(box) for box in boxes[meets])
    return np.asarray(boxes[taken])


def _sharp(view: Overview, centre: Image) -> Image:
    """CIELAB distance from the ground's colour, of the unsoftened picture."""
    lab = cv2.cvtColor(view.colour / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(np.linalg.norm(lab - centre.astype(np.float32), axis=2))


def _woven(mask: Image, alike: Image, most: float) -> float:
    height, width = (side // _SQUARE * _SQUARE for side in mask.shape)
    shape = (height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE)
    whole = mask[:height, :width].reshape(shape).all(axis=(1, 3))
    share = alike[:height, :width].reshape(shape).mean(axis=(1, 3))
    return float((share[whole] > most).mean()) if whole.sum() >= 4 else 0.0


def _is_aid(mask: Image, contour: Image, grey: Image) -> bool:
    """Whether it is a rectangle with edges along its sides, and a rule (across it) or patches (of no main tone).

    A leaf with a ruled form has its paper, a strip of bamboo its fibres along it: they are neither.
    """
    (_x, _y), (wide, high), turn = cv2.minAreaRect(contour)
    if min(wide, high) < 6 or mask.sum() < max(0.85 * wide * high, _SMALLEST_AID * mask.size):
        return False
    left, top, columns, rows = cv2.boundingRect(contour.astype(np.int32))
    part = np.s_[top : top + rows, left : left + columns]
    core = cv2.erode(mask[part].astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    picture = np.ascontiguousarray(grey[part])
    gx, gy = cv2.Sobel(picture, cv2.CV_32F, 1, 0)[core], cv2.Sobel(picture, cv2.CV_32F, 0, 1)[core]
    strength = np.hypot(gx, gy)
    edges = strength > 60  # 15 grey levels from pixel to pixel
    if core.sum() < 30 or edges.mean() < 0.02:
        return False
    angle = np.degrees(np.arctan2(gy, gx))[edges] - (turn if wide >= high else turn + 90)
    lengthwise = np.abs((angle + 90) % 180 - 90) <= 10
    sideways = np.abs(angle % 180 - 90) <= 10
    total = float(strength[edges].sum())
    share = [float(strength[edges][chosen].sum()) / total for chosen in (lengthwise, sideways)]
    if sum(share) <= 0.75:
        return False
    if max(wide, high) >= _RULE * min(wide, high):
        return share[0] >= 0.25
    tones = np.histogram(picture[core], bins=16, range=(0, 256))[0] / core.sum()
    return float(np.convolve(tones, (1, 1, 1)).max()) <= _MAIN_TONE
