"""Which parts overlap which: every pair that fits, or the reason why some do not hang together."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from heritage3d import errors
from heritage3d.stitching import adjusting, plane
from heritage3d.stitching.pairing import Pair, Refusal, joined
from heritage3d.stitching.part import Part

_REFUSALS: dict[str, type[errors.StitchError]] = {
    "different": errors.PartsDiffer,
    "blank": errors.PartsBlank,
    "ambiguous": errors.PartsAmbiguous,
    "loose": errors.PartsLoose,
}
_ALL_PAIRS = 24  # parts up to which a wrong order is found out by trying every pair


def paired(parts: list[Part], tolerance_px: float) -> dict[tuple[int, int], Pair]:
    """Every pair that overlaps: neighbours as given, all others if the order is wrong, and then the rest."""
    pairs: dict[tuple[int, int], Pair] = {}
    refused: dict[tuple[int, int], Refusal] = {}

    def attempt(first: int, second: int) -> None:
        answer = joined(parts[first], parts[second], tolerance_px)
        if isinstance(answer, Pair):
            pairs[first, second] = answer
        else:
            refused[first, second] = answer

    for at in range(len(parts) - 1):
        attempt(at, at + 1)
    groups = _groups(len(parts), pairs)
    if len(set(groups)) > 1 and len(parts) <= _ALL_PAIRS:
        for first, second in itertools.combinations(range(len(parts)), 2):
            if groups[first] != groups[second] and (first, second) not in refused:
                attempt(first, second)
                groups = _groups(len(parts), pairs)
    if len(set(groups)) > 1:
        raise _refusal(parts, groups, refused)
    _bundle(parts, pairs, tolerance_px)
    return pairs


def _groups(count: int, pairs: dict[tuple[int, int], Pair]) -> list[int]:
    """For each part the lowest number of those that it hangs together with."""
    group = list(range(count))
    for first, second in sorted(pairs):
        low, high = sorted((group[first], group[second]))
        group = [low if entry == high else entry for entry in group]
    return group


def _refusal(parts: list[Part], groups: list[int], refused: dict[tuple[int, int], Refusal]) -> errors.Heritage3dError:
    faults: list[errors.Heritage3dError] = []
    for (first, second), refusal in sorted(refused.items()):
        # What is ambiguous or loose is said wherever it was met; what does not match, only of neighbours.
        telling = refusal.reason in {"ambiguous", "loose"} or second == first + 1
        if groups[first] != groups[second] and telling:
            error = _REFUSALS[refusal.reason]
            faults.append(error(file=parts[second].file, other=Path(parts[first].file).name, **refusal.figures))
    return errors.gathered(faults)


def _bundle(parts: list[Part], pairs: dict[tuple[int, int], Pair], tolerance_px: float) -> None:
    """Tie points also between parts that are no neighbours but share a tenth of a part."""
    fit = adjusting.adjusted(len(parts), {key: pair.ties for key, pair in pairs.items()}, 0)
    outlines = [plane.applied(place, part.corners) for part, place in zip(parts, fit.places, strict=True)]
    for first, second in itertools.combinations(range(len(parts)), 2):
        if (first, second) in pairs:
            continue
        if plane.area(plane.shared(outlines[first], outlines[second])) > 0.1 * plane.area(outlines[first]):
            answer = joined(parts[first], parts[second], tolerance_px)
            expected = np.linalg.inv(fit.places[first]) @ fit.places[second]
            middle = np.array([parts[second].size]) / 2
            if isinstance(answer, Pair) and (
                np.linalg.norm(plane.applied(answer.place, middle) - plane.applied(expected, middle)) < 20
            ):
                pairs[first, second] = answer


def reference(count: int, pairs: dict[tuple[int, int], Pair]) -> int:
    """The part from which all others are reached in the fewest steps: errors add up the least."""
    steps = np.full((count, count), np.inf)
    np.fill_diagonal(steps, 0)
    for first, second in pairs:
        steps[first, second] = steps[second, first] = 1
    for via in range(count):
        steps = np.minimum(steps, steps[:, via : via + 1] + steps[via])
    return int(np.argmin(steps.max(axis=1) + steps.sum(axis=1) / 1e6))
