"""From photographs to solved cameras: small pictures tell what belongs together, full ones are asked only there.

A match of two full photographs takes half a second, of two small ones a twentieth. What small pictures part into two
objects is asked once more where a bridge is likeliest, and then only the larger object is solved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from heritage3d.errors import PhotographsApart
from heritage3d.photogrammetry import features, preflight, solving
from heritage3d.photogrammetry.features import Features
from heritage3d.photogrammetry.photographs import Photograph
from heritage3d.photogrammetry.pixels import Grey, grey_of
from heritage3d.photogrammetry.solving import Mapper, Shot, Solved
from heritage3d.pipeline.digests import sha256_of

Background = Literal["used", "still", "plain"]
_FEW, _FEW_MISSING = 30, 0.25  # sets for which a second, slower attempt is made
_OBJECT = 3  # photographs at least that make an object of their own
_BRIDGES = 6  # pairs that are asked at full size before a set is taken for two
_PARTNERS = 12  # of each photograph, once it is known that the set is two

Masks = Callable[[str], Grey | None]
Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Wishes:
    """``size``: pixels of the longer side for features; ``most``: features of a photograph.

    ``background``: it stands still with the object and helps; it stands still while the object turns; or it is one
    plain colour. ``work``: a folder where features are kept for the next time, ``threads`` for extraction and matching.
    """

    size: int = 1600
    most: int = 8192
    mapper: Mapper = "incremental"
    background: Background = "used"
    keep_blurred: bool = False
    work: Path | None = None
    threads: int = 1


def solved(photos: Sequence[Photograph], drawn: Masks, wishes: Wishes) -> Solved:
    """The cameras of the largest group of photographs that connect. Raises PhotographsApart, PhotogrammetryError."""
    small = preflight.small_shots(photos, drawn, threads=wishes.threads)
    likely = solving.likely_pairs(small)
    inliers = solving.matched(small, likely, threads=wishes.threads)
    preflight.require_overlap(inliers, len(photos))
    others = _other_objects(photos, drawn, inliers, wishes)
    if others:
        return _largest(photos, drawn, inliers, others, wishes)
    many = len(photos) > solving.EXHAUSTIVE
    pairs = solving.promising_pairs(inliers, len(photos)) if many else likely
    return _all(photos, drawn, pairs, wishes)


def _all(photos: Sequence[Photograph], drawn: Masks, pairs: Pairs, wishes: Wishes) -> Solved:
    usual: Solved | None = None
    apart: PhotographsApart | None = None
    try:
        usual = _attempt(photos, drawn, pairs, wishes, wide=False)
    except PhotographsApart as error:
        apart = error
    missing = len(photos) - (usual.model.num_reg_images() if usual else 0)
    if missing and (len(photos) <= _FEW or missing <= _FEW_MISSING * len(photos)):
        # Steps too wide for plain SIFT: sixteen photographs of the banana set connect only this way.
        try:
            wide = _attempt(photos, drawn, pairs, wishes, wide=True)
        except PhotographsApart as error:
            apart = error
        else:
            if not usual or wide.model.num_reg_images() > usual.model.num_reg_images():
                return wide
    if usual is None:
        raise apart or PhotographsApart(file="", count=len(photos))
    return usual


def _other_objects(
    photos: Sequence[Photograph], drawn: Masks, inliers: dict[tuple[int, int], int], wishes: Wishes
) -> list[list[int]]:
    """Groups of photographs that show something else than the largest group does; none where that is not sure."""
    at = {photo.name: number for number, photo in enumerate(photos)}
    groups = [[at[name] for name in group] for group in preflight.connected(inliers, list(at))]
    main, others = groups[0], [group for group in groups[1:] if len(group) >= _OBJECT]
    if len(main) < _OBJECT:
        return []
    elsewhere = {one for group in others for one in group}
    across = [pair for pair in inliers if len(elsewhere & set(pair)) == 1 and set(pair) & set(main)]
    bridges = sorted(across, key=lambda pair: (-inliers[pair], pair))[:_BRIDGES]
    asked = sorted({one for pair in bridges for one in pair})
    shots = [_shot(photos[one], drawn(photos[one].name), wishes, wide=False) for one in asked]
    pairs = [(asked.index(one), asked.index(other)) for one, other in bridges]
    found = solving.matched(shots, pairs, threads=wishes.threads) if pairs else {}
    return [] if any(count >= solving.MIN_INLIERS for count in found.values()) else others


def _largest(
    photos: Sequence[Photograph],
    drawn: Masks,
    inliers: dict[tuple[int, int], int],
    others: list[list[int]],
    wishes: Wishes,
) -> Solved:
    """Solve without the other objects, and tell of them as of what does not connect."""
    elsewhere = {one for group in others for one in group}
    kept = [one for one in range(len(photos)) if one not in elsewhere]
    inside = {
        (kept.index(one), kept.index(other)): count
        for (one, other), count in inliers.items()
        if one not in elsewhere and other not in elsewhere
    }
    pairs = solving.promising_pairs(inside, len(kept), _PARTNERS)
    found = _all([photos[one] for one in kept], drawn, pairs, wishes)
    told = inliers | {(kept[one], kept[other]): count for (one, other), count in found.inliers.items()}
    apart = tuple(tuple(photos[one].name for one in group) for group in others)
    return replace(found, apart=found.apart + apart, inliers=told)


def _attempt(photos: Sequence[Photograph], drawn: Masks, pairs: Pairs, wishes: Wishes, *, wide: bool) -> Solved:
    shots = [_shot(photo, drawn(photo.name), wishes, wide=wide) for photo in photos]
    still = wishes.background == "still"
    return solving.solve(shots, pairs, mapper=wishes.mapper, threads=wishes.threads, still=still)


def _shot(photo: Photograph, mask: Grey | None, wishes: Wishes, *, wide: bool) -> Shot:
    asked = f"{wishes.size} {wishes.most}{' wide' if wide else ''}"
    place = features.kept(wishes.work, sha256_of(photo.path), asked) if wishes.work else None
    held: Features | None = features.load(place)
    if held is None:
        held = features.extract(grey_of(photo.path), wishes.size, wishes.most, wide=wide, threads=wishes.threads)
        features.keep(place, held)
    return preflight.shot_of(photo, held.inside(mask))
