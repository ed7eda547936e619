"""Every colour model that a master may have becomes sRGB, at 16 bits where the master has more than 8.

The conversion follows the embedded profile (relative colorimetric, black point compensation, as image
editors do). Without one, RGB and grey count as sRGB, CIELab as what it says (D50), and CMYK is taken for
a general press condition, which the evidence then says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from heritage3d.errors import ImageColoursUnclear, ImageProfileBroken
from heritage3d.image import profile as icc
from heritage3d.image.header import Fault, Header
from heritage3d.image.vips import pyvips

_BANDS = {"grey": 1, "RGB": 3, "palette": 3, "YCbCr": 3, "CMYK": 4}


def assumed(header: Header) -> str:
    """Where the colours come from, in words for the evidence."""
    if header.format == "camera raw":
        return "developed to sRGB with the white balance of the camera"
    if header.icc and icc.space(header.icc):
        return icc.name(header.icc) or "embedded profile"
    if header.colour == "CMYK":
        return "assumed: general CMYK press profile"
    if header.colour == "Lab":
        return "CIELab D50"
    return "assumed: sRGB"


def needs_conversion(header: Header) -> bool:
    """Whether the samples are anything but sRGB or grey as they stand. Raises header.Fault."""
    if header.colour in ("CMYK", "Lab"):
        return True
    if not header.icc:
        return False
    _check(header)
    return not icc.is_srgb(header.icc)


def _check(header: Header) -> None:
    assert header.icc is not None
    made_for = icc.space(header.icc)
    held = {"palette": "RGB", "YCbCr": "RGB"}.get(header.colour, header.colour)
    if made_for is None:
        raise Fault(ImageProfileBroken, detail="it is not an ICC profile")
    # A grey scan tagged with the RGB profile of its scanner is common, and clear: R = G = B.
    if made_for != held and not (held == "grey" and made_for == "RGB"):
        raise Fault(ImageProfileBroken, detail=f"it is a profile for {made_for}, the picture is {held}")


def to_srgb(image: Any, header: Header) -> Any:
    """A vips image of 1 or 3 bands, uint8 or uint16, without alpha, in sRGB (grey: with the curve of sRGB).

    ``image`` holds the samples of ``header`` in full range: uint8 or uint16, anything but Lab.
    Raises header.Fault for a profile that does not fit and for colours of no known model; pyvips.Error when the
    pixels are made.
    """
    if header.colour not in _BANDS:
        raise Fault(ImageColoursUnclear, detail=header.colour)
    bands = _BANDS[header.colour]
    bands = 3 if header.colour == "palette" and image.bands >= 3 else min(bands, image.bands)
    deep = image.format == "ushort"
    alpha = image[bands] if header.alpha and image.bands > bands else None
    colour = image.extract_band(0, n=bands) if image.bands > bands else image
    if alpha is not None and header.premultiplied:
        colour = _divided(colour, alpha, deep)
    if needs_conversion(header):
        colour = _converted(colour, header, deep)
    if alpha is not None:
        colour = _on_white(colour, alpha, deep)
    return colour


def lab_to_srgb(samples: np.ndarray) -> np.ndarray:
    """CIELab as TIFF 6.0 section 23 stores it (D50; a and b signed) as sRGB of the same depth."""
    deep = samples.dtype == np.uint16
    lightness = samples[:, :, :1].astype(np.float32) * (100 / (65535 if deep else 255))
    chroma = samples[:, :, 1:].astype(np.int16 if deep else np.int8).astype(np.float32) / (256 if deep else 1)
    values = np.concatenate([lightness, chroma], axis=2)
    # icc_export takes the D50 Lab of the profile connection space, which is what these files hold.
    image = pyvips.Image.new_from_array(values, interpretation="lab")
    converted = image.icc_export(output_profile="srgb", depth=16 if deep else 8, intent="relative")
    return np.asarray(converted.numpy())


def _converted(colour: Any, header: Header, deep: bool) -> Any:
    depth = 16 if deep else 8
    grey = colour.bands == 1
    curve = icc.grey_curve(header.icc) if grey and header.icc else None
    if curve is not None:
        return _by_curve(colour, curve)
    if header.icc:
        _check(header)
        if grey and icc.space(header.icc) == "RGB":
            colour = colour.bandjoin([colour, colour]).copy(interpretation="rgb16" if deep else "srgb")
        colour = colour.copy()  # metadata of a shared image must not be changed
        colour.set_type(pyvips.GValue.blob_type, "icc-profile-data", header.icc)
    options = {"embedded": True} if header.icc else {"input_profile": "cmyk"}
    converted = colour.icc_transform("srgb", depth=depth, intent="relative", black_point_compensation=True, **options)
    return converted[1] if grey else converted


def _by_curve(colour: Any, curve: Callable[[float], float]) -> Any:
    """Grey through its tone curve, exactly: lcms interpolates grey in 33 steps, which is coarse in the shadows."""
    top, dtype = (65535, np.uint16) if colour.format == "ushort" else (255, np.uint8)
    table = np.array([round(top * icc.to_srgb(curve(step / top))) for step in range(top + 1)], dtype)
    return colour.maplut(pyvips.Image.new_from_array(table.reshape(1, -1, 1)))


def _divided(colour: Any, alpha: Any, deep: bool) -> Any:
    """Colours that were multiplied with their opacity, as they were before."""
    straight = colour.bandjoin(alpha).unpremultiply(max_alpha=65535 if deep else 255)
    form = "ushort" if deep else "uchar"
    return straight.extract_band(0, n=colour.bands).rint().cast(form).copy(interpretation=colour.interpretation)


def _on_white(colour: Any, alpha: Any, deep: bool) -> Any:
    top = 65535 if deep else 255
    joined = colour.bandjoin(alpha)
    return joined.flatten(background=[top] * colour.bands, max_alpha=top)


def upright(image: Any, orientation: int, room: int) -> Any:
    """The picture as people see it; more than ``room`` bytes are turned through a temporary file.

    Orientation as in EXIF 2.32: 1 stands for itself, 2 is mirrored, 3 to 8 need the last line first.
    """
    if orientation == 1:
        return image
    if orientation == 2:
        return image.fliphor()
    if image.width * image.height * image.bands * (2 if image.format == "ushort" else 1) <= room:
        still = image.copy_memory()
    else:
        still = pyvips.Image.new_temp_file("%s.v")
        image.write(still)
    turned = {
        3: lambda: still.rot180(),
        4: lambda: still.flipver(),
        5: lambda: still.rot90().fliphor(),
        6: lambda: still.rot90(),
        7: lambda: still.rot270().fliphor(),
        8: lambda: still.rot270(),
    }
    return turned[orientation]()
