"""What is to be done with a master, decided before any of its pixels moves.

All of it becomes one matrix for each picture that comes out: quarter turn, page of a double page, skew and
crop together. Whatever is not sure is left as it is, and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from heritage3d.correction.edges import Side, shared_direction, sides_of
from heritage3d.correction.ground import Ground, find_ground
from heritage3d.correction.gutter import Gutter, find_gutter
from heritage3d.correction.overview import Image, Overview, overview
from heritage3d.correction.skew import Skew, measure_skew

Crop = Literal["none", "page", "object"]
CropVerdict = Literal["cropped", "never", "no-ground", "no-page", "not-straight", "too-small", "nothing-to-cut"]
Split = Literal["never", "auto", "always"]
SplitVerdict = Literal["split", "never", "no-gutter", "not-sure", "middle"]
Half = Literal["", "left", "right"]

_PAGE_SHARE = 0.25  # of the picture: a page that fills less may be a label on a cover
_TRIMMED = 0.004  # of a side: cutting less than this is not worth a new file
_FRAME = 0.02  # of the shorter side left out where the page fills the picture


@dataclass(frozen=True)
class Wishes:
    """What was asked for; angles in degrees clockwise, ``margin`` and ``overlap`` in percent of the page's width."""

    crop: Crop = "page"
    margin: float = 1.0
    deskew: float | Literal["auto", "never"] = "auto"
    max_angle: float = 5.0
    quarter_turns: int = 0  # clockwise
    split: Split = "never"
    overlap: float = 1.0


@dataclass(frozen=True)
class Cut:
    """What was decided about the crop: colour of the ground (8 bit sRGB), share of the page, targets and rules."""

    verdict: CropVerdict
    ground: tuple[int, int, int] | None = None
    share: float | None = None
    aids: int = 0
    aids_kept: int = 0


@dataclass(frozen=True)
class Part:
    """One picture that comes out. ``matrix`` (3 x 3) leads from its pixels to those of the turned master.

    ``exact`` is (left, top) in the turned master where every pixel is copied, None where it is resampled.
    """

    half: Half
    width: int
    height: int
    matrix: Image
    exact: tuple[int, int] | None
    skew: Skew
    cut: Cut


@dataclass(frozen=True)
class Plan:
    """All of one master. ``turned`` is a view of its pixels after the quarter turns."""

    turned: Image
    view: Overview
    quarter_turns: int
    parts: tuple[Part, ...]
    split: SplitVerdict
    gutter: Gutter | None

    @property
    def untouched(self) -> bool:
        """Whether the master is right as it is."""
        only = self.parts[0]
        size = (only.height, only.width)
        return (
            len(self.parts) == 1 and not self.quarter_turns and only.exact == (0, 0) and size == self.turned.shape[:2]
        )

    def to_master(self, part: Part) -> Image:
        """3 x 3: from the pixels of a part to those of the master as it was read (pixel centres at integers)."""
        height, width = self.turned.shape[:2]
        last_x, last_y = width - 1, height - 1
        back = {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            1: [[0, 1, 0], [-1, 0, last_x], [0, 0, 1]],
            2: [[-1, 0, last_x], [0, -1, last_y], [0, 0, 1]],
            3: [[0, -1, last_y], [1, 0, 0], [0, 0, 1]],
        }[self.quarter_turns]
        return np.asarray(np.array(back, float) @ part.matrix)


def plan(pixels: Image, wishes: Wishes) -> Plan:
    """Decide what to do with (height, width, 1 or 3) uint8 or uint16 pixels; nothing is written."""
    turns = wishes.quarter_turns % 4
    turned = np.rot90(pixels, -turns) if turns else pixels
    view = overview(turned)
    ground = find_ground(view)
    page = ground.main if ground else None
    everything = np.ones(view.colour.shape[:2], bool)
    gutter, split = _gutter(view, page.mask if page else everything, wishes)
    line = _line(gutter, split, page.mask if page else everything)
    halves: tuple[Half, ...] = ("left", "right") if line else ("",)
    parts = tuple(_part(turned, view, ground, half, line, wishes) for half in halves)
    return Plan(turned, view, turns, parts, split, gutter)


def _gutter(view: Overview, mask: Image, wishes: Wishes) -> tuple[Gutter | None, SplitVerdict]:
    if wishes.split == "never":
        return None, "never"
    gutter = find_gutter(view.grey, mask)
    if gutter is not None and gutter.sure:
        return gutter, "split"
    if wishes.split == "always":
        return gutter, "middle"
    return gutter, "no-gutter" if gutter is None else "not-sure"


def _line(gutter: Gutter | None, split: SplitVerdict, mask: Image) -> tuple[float, float] | None:
    """(x at row 0, x a row) of the cut between two pages, in pixels of the overview."""
    if split == "split" and gutter is not None:
        return gutter.offset, gutter.slope
    if split == "middle":
        columns = np.flatnonzero(mask.any(axis=0))
        return float(columns[0] + columns[-1]) / 2, 0.0
    return None


def _part(
    turned: Image, view: Overview, ground: Ground | None, half: Half, line: tuple[float, float] | None, wishes: Wishes
) -> Part:
    page = ground.main if ground else None
    mask = page.mask if page else _frame(view)
    sides = sides_of(mask) if page else []
    if line:
        x = np.arange(mask.shape[1])[None, :]
        cut = line[0] + line[1] * np.arange(mask.shape[0])[:, None]
        mask = mask & (x < cut if half == "left" else x > cut)
        inner = "right" if half == "left" else "left"
        sides = [side for side in sides_of(mask) if side.name != inner] if page else []
    skew = _skew(view, mask, sides, wishes)
    cut_, hull, margin = _outline(view, ground, sides, wishes)
    if line:
        hull = _clipped(hull, half, line, view, wishes.overlap / 100 * _width(mask) * view.factor)
    return _placed(turned, view, half, hull, margin, skew, cut_, ground)


def _frame(view: Overview) -> Image:
    """The picture without its border, where nothing tells a page from its ground."""
    mask = np.zeros(view.colour.shape[:2], bool)
    rim = max(1, round(_FRAME * min(mask.shape)))
    mask[rim:-rim, rim:-rim] = True
    return mask


def _width(mask: Image) -> int:
    return int(mask.any(axis=0).sum())


def _skew(view: Overview, mask: Image, sides: list[Side], wishes: Wishes) -> Skew:
    if wishes.deskew == "never":
        return Skew(None, None, "none", "never")
    if wishes.deskew != "auto":
        return Skew(float(wishes.deskew), None, "none", "asked")
    return measure_skew(view.grey, mask, sides, wishes.max_angle)


def _outline(view: Overview, ground: Ground | None, sides: list[Side], wishes: Wishes) -> tuple[Cut, Image, float]:
    """What is kept: the verdict, the outline of it in pixels of the turned master, and the margin around it."""
    height, width = (side * view.factor for side in view.colour.shape[:2])
    whole = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    if wishes.crop == "none":
        return Cut("never"), whole, 0.0
    if ground is None:
        return Cut("no-ground"), whole, 0.0
    page = ground.main
    if page is None:
        return Cut("no-page", ground.colour), whole, 0.0
    share = page.share
    if wishes.crop == "page" and share < _PAGE_SHARE:
        return Cut("too-small", ground.colour, share), whole, 0.0
    if wishes.crop == "page" and shared_direction(sides) is None and not _steady(sides):
        return Cut("not-straight", ground.colour, share), whole, 0.0
    kept = [region for region in ground.regions if not region.aid]
    aids = [region for region in ground.regions if region.aid]
    hull = _hull([*(region.contour for region in kept), *_corners(ground.crumbs)], view)
    margin = wishes.margin / 100 * min(cv2.minAreaRect(hull.astype(np.float32))[1]) + view.factor
    return Cut("cropped", ground.colour, share, len(aids)), hull, margin


def _steady(sides: list[Side]) -> bool:
    """A page whose text block is askew in the binding has straight sides that do not agree: that will do."""
    return sum(side.good or side.framed for side in sides) >= 3 and sum(side.good for side in sides) >= 2


def _corners(boxes: Image) -> list[Image]:
    return [np.array([[left, top], [right - 1, bottom - 1]], float) for left, top, right, bottom in boxes]


def _hull(outlines: list[Image], view: Overview) -> Image:
    """The convex hull of outlines in pixels of the master, whole pixels of the overview included."""
    points = np.concatenate(outlines).astype(np.float64)
    corners = [(points + step) * view.factor - 0.5 for step in ((0, 0), (1, 0), (0, 1), (1, 1))]
    return np.asarray(cv2.convexHull(np.concatenate(corners).astype(np.float32))[:, 0], np.float64)


def _clipped(hull: Image, half: Half, line: tuple[float, float], view: Overview, overlap: float) -> Image:
    """The part of a convex outline on one side of the gutter, with the overlap (pixels of the master)."""
    slope = line[1]
    start = view.to_master(line[0], 0.0)
    sign = 1.0 if half == "left" else -1.0
    edge = start[0] - slope * start[1] + sign * overlap

    def inside(point: Image) -> float:
        return float(sign * (edge + slope * point[1] - point[0]))

    kept: list[Image] = []
    for here, there in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        a, b = inside(here), inside(there)
        if a >= 0:
            kept.append(here)
        if (a >= 0) != (b >= 0):
            kept.append(here + (there - here) * a / (a - b))
    return np.array(kept) if len(kept) >= 3 else hull


def _placed(
    turned: Image, view: Overview, half: Half, hull: Image, margin: float, skew: Skew, cut: Cut, ground: Ground | None
) -> Part:
    """The upright box around the outline, after the turn, and the matrix that leads out of it."""
    height, width = turned.shape[:2]
    frame = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    # The last rows and columns that do not fill a pixel of the overview belong to what reaches them.
    hull = np.where(hull >= np.array(view.colour.shape[1::-1]) * view.factor - 0.5, [width - 0.5, height - 0.5], hull)
    angle = np.radians(skew.turn_deg)
    upright = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # takes the turn back
    least, most = (hull @ upright.T).min(axis=0), (hull @ upright.T).max(axis=0)
    reach = (frame @ upright.T).min(axis=0), (frame @ upright.T).max(axis=0)
    # (left, top) and (right, bottom); towards the other page there is the overlap instead.
    margins = np.full((2, 2), margin)
    if half:
        margins[(0, 0) if half == "right" else (1, 0)] = 0
    low, high, kept = _with_margin(
        least, most, margins, _boxes(ground, view, upright) if cut.verdict == "cropped" else []
    )
    low, high = np.maximum(low, np.minimum(reach[0], least)), np.minimum(high, np.maximum(reach[1], most))
    if not skew.turn_deg:
        low, high = np.floor(low + 0.5 + 1e-6), np.ceil(high + 0.5 - 1e-6)  # whole pixels: [low, high)
        if cut.verdict == "cropped" and (high - low).prod() > (1 - _TRIMMED) * width * height:
            cut, low, high = Cut("nothing-to-cut", cut.ground, cut.share), np.zeros(2), np.array([width, height], float)
        cut = cut if cut.verdict != "cropped" else _noted(cut, kept)
        left, top = int(low[0]), int(low[1])
        shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], float)
        size = (high - low).astype(int)
        return Part(half, int(size[0]), int(size[1]), shift, (left, top), skew, cut)
    size = np.maximum(np.ceil(high - low - 1e-6), 1).astype(int)
    matrix = np.eye(3)
    matrix[:2, :2] = upright.T
    matrix[:2, 2] = upright.T @ (low + 0.5 + (high - low - size) / 2)
    cut = cut if cut.verdict != "cropped" else _noted(cut, kept)
    return Part(half, int(size[0]), int(size[1]), matrix, None, skew, cut)


def _noted(cut: Cut, kept: int) -> Cut:
    return Cut(cut.verdict, cut.ground, cut.share, cut.aids, kept)


def _boxes(ground: Ground | None, view: Overview, upright: Image) -> list[tuple[Image, Image]]:
    """The upright boxes of targets and rules, after the turn."""
    regions = [region for region in (ground.regions if ground else ()) if region.aid]
    turned = [_hull([region.contour], view) @ upright.T for region in regions]
    return [(box.min(axis=0), box.max(axis=0)) for box in turned]


def _with_margin(least: Image, most: Image, margin: Image, aids: list[tuple[Image, Image]]) -> tuple[Image, Image, int]:
    """The box with its margin: less of it towards a target beside the page, and no target cut in two."""
    low, high, kept = least - margin[0], most + margin[1], 0
    for start, end in aids:
        if (start >= high).any() or (end <= low).any():
            continue
        gaps = {
            (0, 0): least[0] - end[0],
            (1, 0): least[1] - end[1],
            (0, 1): start[0] - most[0],
            (1, 1): start[1] - most[1],
        }
        (axis, far), gap = max(gaps.items(), key=lambda item: item[1])
        if gap < 2:  # it lies within the box of the page: cutting it off would cut the page
            low, high, kept = np.minimum(low, start), np.maximum(high, end), kept + 1
        elif far:
            high[axis] = min(high[axis], most[axis] + gap / 2)
        else:
            low[axis] = max(low[axis], least[axis] - gap / 2)
    return low, high, kept
