"""From files to one picture: open the parts, find their places, balance them, write the whole."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from heritage3d import errors
from heritage3d.image.raster import open_raster, release
from heritage3d.image.write_tiff import write_tiff
from heritage3d.pipeline import limits
from heritage3d.stitching import adjusting, balancing, network, plane
from heritage3d.stitching.adjusting import Adjusted
from heritage3d.stitching.composing import Composition, Joint
from heritage3d.stitching.figures import Stitched, told
from heritage3d.stitching.laying import Laid, on_canvas
from heritage3d.stitching.overlap import Overlap, surveyed
from heritage3d.stitching.pairing import Pair
from heritage3d.stitching.part import Part, reduction, studied
from heritage3d.stitching.seam import seam


def stitch(sources: Sequence[tuple[str, Path]], dest: Path, *, tolerance_px: float) -> Stitched:
    """Join overlapping parts (name, file) and write the whole to ``dest`` as TIFF.

    Raises the errors of open_raster, PartsDiffer, PartsBlank, PartsAmbiguous, PartsLoose, PartsScattered,
    StitchTooLarge, PartsTwisted; ObjectErrors where there are several.
    """
    with ExitStack() as held:
        parts = _opened(sources, held)
        pairs = network.paired(parts, tolerance_px)
        parts = [part.found() for part in parts]
        found = {key: pair.ties for key, pair in pairs.items()}
        fit = adjusting.adjusted(len(parts), found, network.reference(len(parts), pairs))
        _accept(parts, fit, tolerance_px)
        laid, width, height = on_canvas(parts, _upright(parts, fit))
        if width * height > limits.MAX_PIXELS:
            raise errors.StitchTooLarge(file=parts[0].file, pixels=width * height, limit=limits.MAX_PIXELS)
        order, upright = _row(laid, pairs)
        composition = _composed(laid, order, width, height, upright=upright)
        ppi = parts[network.reference(len(parts), pairs)].ppi
        write_tiff(
            dest,
            composition.rows(),
            width=width,
            height=height,
            channels=composition.channels,
            depth=composition.depth,
            ppi=ppi,
        )
        return told(laid, order, pairs, fit, composition, ppi)


def _opened(sources: Sequence[tuple[str, Path]], held: ExitStack) -> list[Part]:
    """All parts, each in a scratch file of its own. Every file that cannot be read is named."""
    faults: list[errors.Heritage3dError] = []
    rasters = []
    for _name, path in sources:
        try:
            rasters.append(held.enter_context(open_raster(path, room=0)))
        except errors.ObjectError as error:
            faults.append(error)
    if faults:
        raise errors.gathered(faults)
    factor = reduction([(raster.pixels.shape[1], raster.pixels.shape[0]) for raster in rasters])
    return [
        studied(name, str(path), raster.pixels, raster.ppi, factor)
        for (name, path), raster in zip(sources, rasters, strict=True)
    ]


def _accept(parts: list[Part], fit: Adjusted, tolerance_px: float) -> None:
    faults: list[errors.Heritage3dError] = []
    for (first, second), residuals in sorted(fit.residuals.items()):
        rms = float(np.sqrt((residuals**2).mean()))
        if rms > tolerance_px:
            other, figures = Path(parts[first].file).name, {"rms_px": round(rms, 1), "limit_px": tolerance_px}
            faults.append(errors.PartsTwisted(file=parts[second].file, other=other, **figures))
    if faults:
        raise errors.gathered(faults)


def _upright(parts: list[Part], fit: Adjusted) -> list[np.ndarray]:
    if fit.model == "translation":
        return fit.places
    middles = np.array(
        [plane.applied(place, part.corners).mean(axis=0) for part, place in zip(parts, fit.places, strict=True)]
    )
    turned = plane.turn(adjusting.levelled(fit.places, middles))
    return [turned @ place for place in fit.places]


def _row(laid: list[Laid], pairs: dict[tuple[int, int], Pair]) -> tuple[list[int], bool]:
    """The parts from left to right (True) or from top to bottom. Raises PartsScattered where they form no row."""
    middles = np.array([entry.corners.mean(axis=0) for entry in laid])
    upright = bool(np.ptp(middles[:, 0]) >= np.ptp(middles[:, 1]))
    order = [int(at) for at in np.argsort(middles[:, 0 if upright else 1], kind="stable")]
    for first, second in itertools.pairwise(order):
        step, aside = np.abs(middles[second] - middles[first])[:: 1 if upright else -1]
        beside = aside <= max(step, 0.1 * laid[first].part.size[1 if upright else 0])
        if (min(first, second), max(first, second)) not in pairs or not beside:
            name = laid[second].part.file
            raise errors.PartsScattered(file=name, other=Path(laid[first].part.file).name)
    return order, upright


def _composed(laid: list[Laid], order: list[int], width: int, height: int, *, upright: bool) -> Composition:
    channels = max(entry.part.pixels.shape[2] for entry in laid)
    depth = 16 if any(entry.part.pixels.dtype == np.uint16 for entry in laid) else 8
    row = [laid[at] for at in order]
    strips: list[Overlap] = []
    for first, second in itertools.pairwise(row):
        strip = surveyed(first, second, channels)
        if strip is None:
            raise errors.PartsScattered(file=second.part.file, other=Path(first.part.file).name)
        strips.append(strip)
    gains = balancing.gains(len(row), {(at, at + 1): strip for at, strip in enumerate(strips)}, channels)
    joints = [
        Joint(strip, seam(strip, upright=upright), balancing.ramp(strip, gains[at], gains[at + 1]))
        for at, strip in enumerate(strips)
    ]
    ground = _ground(row, channels)
    return Composition(row, gains, joints, width, height, channels, depth, upright, ground)


def _ground(row: list[Laid], channels: int) -> np.ndarray:
    """The median colour along the rims of the parts, for the corners that none of them shows (16-bit scale)."""
    rims = []
    for entry in row:
        pixels = entry.part.pixels
        for rim in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            sample = rim[:: max(1, len(rim) // 500)].astype(float) * (257 if pixels.dtype == np.uint8 else 1)
            rims.append(np.broadcast_to(sample, (len(sample), channels)))
        release(pixels)
    return np.asarray(np.rint(np.median(np.concatenate(rims), axis=0)), np.uint16)
