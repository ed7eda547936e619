"""A set of photographs around an object: what is there, through which lenses, and which of them are of use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from heritage3d.errors import Heritage3dError, MaskUnfit, PhotographsTooFew
from heritage3d.photogrammetry import gate
from heritage3d.photogrammetry.gate import Look
from heritage3d.photogrammetry.lens import Lens, read_lens
from heritage3d.photogrammetry.pixels import Grey, grey_of

FEWEST = 3


@dataclass(frozen=True)
class Photograph:
    """One usable photograph: its upright size, its lens, how it looks, its mask where one lies beside."""

    name: str
    path: Path
    width: int
    height: int
    lens: Lens
    look: Look
    mask: Path | None = None

    @property
    def camera(self) -> str:
        """Photographs with the same text here share a calibration: one device, one focal length, one size."""
        focal = f"{self.lens.focal_mm:g} mm" if self.lens.focal_mm else "focal length unknown"
        return f"{self.lens.device or 'unknown camera'}, {focal}, {self.width} x {self.height}"


@dataclass(frozen=True)
class PhotoSet:
    """The usable photographs in the order given; ``left_out``: the others and why; ``doubtful``: reported, yet used."""

    photographs: tuple[Photograph, ...]
    left_out: dict[str, Heritage3dError] = field(default_factory=dict)
    doubtful: dict[str, Heritage3dError] = field(default_factory=dict)


def read_set(
    files: Sequence[tuple[str, Path]], masks: Mapping[str, Path] | None = None, *, keep_blurred: bool = False
) -> PhotoSet:
    """Look at each photograph once. ``files``: name and path; ``masks`` by the stem of the photograph's name.

    One that cannot be read, shows nothing or came twice is left out; so is a blurred one unless ``keep_blurred``.
    Raises PhotographsTooFew where fewer than three are left; its detail names what is wrong with the others.
    """
    left_out: dict[str, Heritage3dError] = {}
    found: dict[str, Photograph] = {}
    for name, path in files:
        try:
            grey = grey_of(path)
        except Heritage3dError as error:
            left_out[name] = type(error)(**{**error.fields, "file": name})
            continue
        height, width = grey.shape
        mask = (masks or {}).get(stem_of(name))
        found[name] = Photograph(name, path, width, height, read_lens(path), gate.look_at(grey), mask)
    useless, blurred = gate.judge({name: photo.look for name, photo in found.items()})
    left_out |= useless
    if not keep_blurred:
        left_out |= blurred
    usable = tuple(photo for name, photo in found.items() if name not in left_out)
    order = {name: at for at, (name, _path) in enumerate(files)}
    left_out = dict(sorted(left_out.items(), key=lambda entry: order[entry[0]]))
    if len(usable) < FEWEST:
        told = "; ".join(f"{name}: {error.what('en').rstrip('.')}" for name, error in list(left_out.items())[:3])
        raise PhotographsTooFew(
            file="", usable=len(usable), count=len(files), needed=FEWEST, detail=told or "no others"
        )
    return PhotoSet(usable, left_out, blurred if keep_blurred else {})


def stem_of(name: str) -> str:
    """What a mask is called after: the name of the photograph without folder and suffix."""
    last = name.rpartition("/")[2]
    return (last.rpartition(".")[0] or last).casefold()


def mask_of(photo: Photograph) -> Grey | None:
    """The mask beside a photograph, at the photograph's size: 255 on the object, else 0. Raises MaskUnfit."""
    if photo.mask is None:
        return None
    try:
        grey = grey_of(photo.mask)
    except Heritage3dError as error:
        raise MaskUnfit(file=photo.mask.name, detail=error.what("en").rstrip(".")) from None
    height, width = grey.shape
    if abs(width * photo.height - height * photo.width) > 0.01 * width * photo.height:
        told = f"it has {width} x {height} pixels, its photograph {photo.width} x {photo.height}"
        raise MaskUnfit(file=photo.mask.name, detail=told)
    if not (grey > 0).any():
        raise MaskUnfit(file=photo.mask.name, detail="nothing in it belongs to the object")
    binary = np.where(grey > 127 if grey.max() > 127 else grey > 0, 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(binary, (photo.width, photo.height), interpolation=cv2.INTER_NEAREST))
