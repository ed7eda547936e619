"""From an aligned scene to a cloud of points: one depth map per photograph, each kept when it is done, then fusion."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import DepthImpossible, MaskUnfit
from heritage3d.photogrammetry import depth, fusion
from heritage3d.photogrammetry.pixels import colour_of, grey_of
from heritage3d.photogrammetry.views import Scene, View

VERSION = 1  # of the maps: raise it when their values change
_BELIEVED = 0.5  # a pixel with a greater cost has no depth
_HELD = 2 * depth.SOURCES  # pictures that stay in memory
_CONFIRMING = 10  # other views that may confirm a pixel


@dataclass(frozen=True)
class Densified:
    """What came out: the cloud, and for each view the share of its pixels (inside the mask) that got a depth."""

    cloud: fusion.Cloud
    covered: dict[str, float]
    compared_with: dict[str, int]
    megapixels: float


def densify(
    scene: Scene,
    scratch: Path,
    *,
    longest: int = 0,
    min_views: int = fusion.MIN_VIEWS,
    threads: int = 0,
    told: Callable[[int, int], None] | None = None,
) -> Densified:
    """The points that at least ``min_views`` photographs agree on.

    ``scratch``: an existing folder in which finished depth maps are kept; what lies there from an earlier try with
    the same photographs and options is used. ``longest``: pictures are reduced to so many pixels on their longer side
    first (0: as they are). ``threads``: photographs at once, 0 = one for each core; the result does not depend on it.
    ``told`` is called with (finished, all). Raises DepthImpossible, MaskUnfit and what reading pictures raises.
    """
    beside = depth.sources_of(scene)
    wanted = [i for i, others in enumerate(beside) if others and depth.depth_range(scene, i)[1] > 0]
    if not wanted:
        raise DepthImpossible(detail="no two photographs share enough points under a usable angle")
    pictures = _Kept(lambda i: picture_of(scene.views[i], longest))
    done = 0

    def one(i: int) -> None:
        nonlocal done
        _map_of(i, scene, beside[i], pictures, scratch, longest)
        done += 1
        if told:
            told(done, len(wanted))

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(one, wanted))
    maps = _Maps(scene, set(wanted), scratch, longest)
    cloud = fusion.fuse(maps, [others[:_CONFIRMING] for others in beside], min_views)
    covered = {scene.views[i].name: round(_covered(maps[i], pictures[i]), 4) for i in wanted}
    area = sum(pictures[i].grey.size for i in wanted) / 1e6
    return Densified(cloud, covered, {scene.views[i].name: len(beside[i]) for i in wanted}, area)


def picture_of(view: View, longest: int = 0) -> depth.Picture:
    """A view's grey values and mask, reduced. Raises MaskUnfit and as image.reading.open_master."""
    grey = grey_of(view.path)
    mask = np.full(grey.shape, 255, np.uint8) if view.mask is None else grey_of(view.mask)
    if mask.shape != grey.shape or grey.shape != (view.height, view.width):
        raise MaskUnfit(file=view.name, detail=f"{mask.shape[1]} x {mask.shape[0]} for {view.width} x {view.height}")
    whole = depth.Picture(np.asarray(grey / np.float32(255), np.float32), mask, view.matrix, view)
    factor = min(longest / max(grey.shape), 1.0) if longest else 1.0
    return depth.resized(whole, max(round(view.width * factor), 1), max(round(view.height * factor), 1))


# --- one map ---------------------------------------------------------------------------------------------------


def _map_of(index: int, scene: Scene, others: list[int], pictures: _Kept, scratch: Path, longest: int) -> None:
    between = depth.depth_range(scene, index)
    shown = [pictures[i] for i in (index, *others)]
    key = _key(shown, between, longest)
    path = scratch / f"{index:05}.npy"
    sealed = scratch / f"{index:05}.key"  # written last
    if path.exists() and sealed.exists() and sealed.read_text("ascii") == key:
        return
    inverse, costs = depth.match(shown[0], shown[1:], between)
    inverse[(costs > _BELIEVED) | (shown[0].mask == 0)] = 0
    inverse[(inverse < 1 / between[1] / 1.05) | (inverse > 1 / between[0] * 1.05)] = 0
    stored = io.BytesIO()
    np.save(stored, inverse)
    _put(path, stored.getvalue())
    _put(sealed, key.encode("ascii"))


def _key(shown: list[depth.Picture], between: tuple[float, float], longest: int) -> str:
    told = [VERSION, longest, list(between), [picture.digest for picture in shown]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _put(path: Path, content: bytes) -> None:
    """Complete or absent, also when the process is killed."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


# --- what stays in memory --------------------------------------------------------------------------------------


class _Kept:
    """Values made when they are asked for; the last few stay."""

    def __init__(self, make: Callable[[int], Any], most: int = _HELD) -> None:
        self.make, self.most, self.held, self.lock = make, most, OrderedDict[int, Any](), Lock()

    def __getitem__(self, index: int) -> Any:
        with self.lock:
            if index in self.held:
                self.held.move_to_end(index)
                return self.held[index]
        value = self.make(index)
        with self.lock:
            self.held[index] = value
            while len(self.held) > self.most:
                self.held.popitem(last=False)
        return value


class _Maps:
    """The depth maps of a scene, read when they are asked for."""

    def __init__(self, scene: Scene, known: set[int], scratch: Path, longest: int) -> None:
        self.scene, self.known, self.scratch, self.longest = scene, known, scratch, longest
        self.kept = _Kept(self._read)

    def __len__(self) -> int:
        return len(self.scene.views)

    def __getitem__(self, index: int) -> fusion.Map:
        entry: fusion.Map = self.kept[index]
        return entry

    def _read(self, index: int) -> fusion.Map:
        view = self.scene.views[index]
        if index not in self.known:
            return fusion.Map(np.zeros((1, 1), np.float32), np.zeros((1, 1, 3), np.uint8), view.matrix, view)
        inverse = np.load(self.scratch / f"{index:05}.npy", allow_pickle=False)
        height, width = inverse.shape
        matrix = depth.scaled(view.matrix, width / view.width, height / view.height)
        return fusion.Map(inverse, _coloured(view, width, height), matrix, view)


def _coloured(view: View, width: int, height: int) -> NDArray[np.uint8]:
    import cv2

    colour = colour_of(view.path)
    if colour.shape[:2] == (height, width):
        return colour
    return np.asarray(cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _covered(entry: fusion.Map, picture: depth.Picture) -> float:
    return float((entry.inverse > 0).sum() / max((picture.mask > 0).sum(), 1))
