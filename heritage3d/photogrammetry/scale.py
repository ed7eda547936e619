"""The size of what was aligned: from bars between targets, the size of markers, a board, or known camera positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import ScaleNotFound
from heritage3d.photogrammetry import coded
from heritage3d.photogrammetry.named_targets import find_target
from heritage3d.photogrammetry.pixels import Grey
from heritage3d.photogrammetry.scale_file import Distance, ScaleFile
from heritage3d.photogrammetry.stations import Fix, Station, triangulate

Source = Literal["distances", "markers", "board", "cameras", "none"]
_OUTLIER = 0.003  # a bar that contradicts the others by more is misread or bent
_FLOOR = 2e-6  # relative: no length is known better
# Blur rounds the corner of a black square and moves it inwards, all four alike: centres stay, sides shrink.
_CORNER_BIAS_PX = 0.3


@dataclass(frozen=True)
class Check:
    """A stated distance that was not used, and what the model says of it."""

    start: str
    end: str
    stated_mm: float
    measured_mm: float


@dataclass(frozen=True)
class Bar:
    """A stated length and its length in the alignment, with the standard error of the latter."""

    start: str
    end: str
    mm: float
    length: float
    error: float


@dataclass(frozen=True)
class Scale:
    """``factor``: metres for a unit of the alignment, None where nothing tells. ``uncertainty``: relative standard
    error of it, from how far the bars disagree and from how exactly their ends were found, whichever is more."""

    source: Source
    factor: float | None = None
    uncertainty: float | None = None
    checks: tuple[Check, ...] = ()
    bars: tuple[Bar, ...] = ()
    doubtful: tuple[Bar, ...] = ()  # bars that contradict the others
    missing: tuple[str, ...] = ()  # targets that fewer than two photographs show
    places: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)  # in the alignment


def measure(
    stations: Sequence[Station],
    stated: ScaleFile,
    points: NDArray[np.float64],
    read: Callable[[str], Grey],
) -> Scale:
    """The scale of an alignment. ``read`` gives the grey picture of a photograph by its name.

    Distances come first, then the board, the size of the markers, the positions of cameras. Raises ScaleNotFound
    where lengths are stated and none can be measured.
    """
    fixes, squares, board, side_px = _marker_fixes(stations, stated, read)
    for name, spots in stated.targets.items():
        if fix := find_target(spots, stations, points, read):
            fixes[name] = fix
    bars = [bar for entry in stated.distances if (bar := _bar(entry, fixes))]
    named = {(entry.from_, entry.to) for entry in stated.distances if entry.check}
    used = [bar for bar in bars if (bar.start, bar.end) not in named]
    source: Source = "distances"
    if not used and board:
        used, source = board, "board"
    if not used and squares:
        used, source = squares, "markers"
    asked = {name for entry in stated.distances for name in (entry.from_, entry.to)}
    missing = tuple(sorted((asked | set(stated.targets)) - set(fixes)))
    places = {name: fix.at for name, fix in sorted(fixes.items())}
    if used:
        factor, uncertainty, kept, doubtful = _adjusted(used)
        if source == "markers":
            uncertainty = float(np.hypot(uncertainty, _CORNER_BIAS_PX / side_px))
    elif stated.cameras:
        factor, uncertainty = _from_cameras(stations, stated)
        source, kept, doubtful = "cameras", (), ()
    elif stated.distances or stated.targets or stated.markers:
        told = f"{', '.join(missing)}: seen in fewer than two photographs" if missing else "no length could be measured"
        raise ScaleNotFound(file="scale.yaml", detail=told)
    else:
        return Scale("none")
    checks = tuple(
        Check(bar.start, bar.end, bar.mm, bar.length * factor) for bar in bars if (bar.start, bar.end) in named
    )
    return Scale(source, factor / 1000, uncertainty, checks, kept, doubtful, missing, places)


def _marker_fixes(
    stations: Sequence[Station], stated: ScaleFile, read: Callable[[str], Grey]
) -> tuple[dict[str, Fix], list[Bar], list[Bar], float]:
    """Centres of markers, the bars of their sides, bars between far corners of the board, pixels of a side."""
    if not stated.markers:
        return {}, [], [], 1.0
    lengths: list[float] = []
    sightings: dict[tuple[str, int], list[tuple[Station, NDArray[np.float64]]]] = {}
    for station in stations:
        for name, corners in coded.find(read(station.name), stated.markers).items():
            if len(corners) == 4:
                lengths.append(float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).mean()))
            for at, corner in enumerate(corners):
                sightings.setdefault((name, at), []).append((station, corner))
    found = {key: fix for key, seen in sightings.items() if (fix := triangulate(seen))}
    centres: dict[str, Fix] = {}
    sides: list[Bar] = []
    for name in sorted({name for name, _at in found if not name.startswith("board ")}):
        square = [found[name, at] for at in range(4) if (name, at) in found]
        if len(square) < 4:
            continue
        centres[name] = _middle(square)
        if stated.markers.size_mm:
            ends = zip(square, square[1:] + square[:1], strict=True)
            sides += [_between(name, name, stated.markers.size_mm, one, other) for one, other in ends]
    board = {int(name.removeprefix("board ")): fix for (name, _at), fix in found.items() if name.startswith("board ")}
    return centres, sides, _board_bars(board, stated), float(np.median(lengths)) if lengths else 1.0


def _board_bars(board: dict[int, Fix], stated: ScaleFile) -> list[Bar]:
    """From each corner to the one farthest from it: short bars would say little."""
    bars: dict[tuple[int, int], Bar] = {}
    assert stated.markers
    places = {number: coded.board_corner_mm(stated.markers, number) for number in board}
    for one, place in places.items():
        other = max(places, key=lambda number: (float(np.linalg.norm(places[number] - place)), -number))
        key = (min(one, other), max(one, other))
        if one != other and key not in bars:
            mm = float(np.linalg.norm(places[other] - place))
            bars[key] = _between(f"board {key[0]}", f"board {key[1]}", mm, board[key[0]], board[key[1]])
    return list(bars.values())


def _middle(square: Sequence[Fix]) -> Fix:
    covariance = np.sum([fix.covariance for fix in square], axis=0) / 16
    residual = float(np.sqrt(np.mean([fix.residual_px**2 for fix in square])))
    return Fix(np.mean([fix.at for fix in square], axis=0), covariance, residual, square[0].used)


def _bar(entry: Distance, fixes: Mapping[str, Fix]) -> Bar | None:
    if entry.from_ not in fixes or entry.to not in fixes:
        return None
    return _between(entry.from_, entry.to, entry.mm, fixes[entry.from_], fixes[entry.to])


def _between(start: str, end: str, mm: float, one: Fix, other: Fix) -> Bar:
    span = other.at - one.at
    length = float(np.linalg.norm(span))
    along = span / max(length, 1e-12)
    variance = float(along @ (one.covariance + other.covariance) @ along)
    return Bar(start, end, mm, length, float(np.sqrt(max(variance, (_FLOOR * length) ** 2))))


def _adjusted(bars: Sequence[Bar]) -> tuple[float, float, tuple[Bar, ...], tuple[Bar, ...]]:
    """Millimetres for a unit: the mean of the bars weighted by how exactly each is known."""
    ratios = np.array([bar.mm / bar.length for bar in bars])
    usual = float(np.median(ratios))
    off = np.abs(ratios / usual - 1)
    limit = max(_OUTLIER, 5 * 1.4826 * float(np.median(off)))
    good = off <= limit if len(bars) >= 3 else np.ones(len(bars), bool)
    kept = tuple(bar for bar, fine in zip(bars, good, strict=True) if fine)
    doubtful = tuple(bar for bar, fine in zip(bars, good, strict=True) if not fine)
    relative = np.array([bar.error / bar.length for bar in kept])
    weights = 1 / relative**2
    weights /= weights.sum()
    ratios = ratios[good]
    factor = float(weights @ ratios)
    found = float(np.sqrt(1 / (1 / relative**2).sum()))
    apart = 0.0
    if len(kept) > 1:
        effective = 1 / float((weights**2).sum())
        spread = float(weights @ (ratios / factor - 1) ** 2)
        apart = float(np.sqrt(spread / max(effective - 1, 1 / len(kept))))
    return factor, max(found, apart), kept, doubtful


def _from_cameras(stations: Sequence[Station], stated: ScaleFile) -> tuple[float, float]:
    """Umeyama (PAMI 13, 1991) over the photographs whose place is known; at least three."""
    known = [(station.centre, stated.cameras[station.name]) for station in stations if station.name in stated.cameras]
    if len(known) < 3:
        raise ScaleNotFound(file="scale.yaml", detail=f"{len(known)} photographs with a known place are aligned, not 3")
    here, there = np.array([entry[0] for entry in known]), np.array([entry[1] for entry in known], float)
    here, there = here - here.mean(0), there - there.mean(0)
    left, strengths, right = np.linalg.svd(there.T @ here)
    turned = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    factor = float((strengths * np.diag(turned)).sum() / (here**2).sum())
    off = there - factor * here @ (left @ turned @ right).T
    error = np.sqrt((off**2).sum() / max(3 * len(known) - 7, 1) / (here**2).sum())
    return factor, float(error / factor)
