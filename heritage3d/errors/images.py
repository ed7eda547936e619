"""H3D-3xx: pixels."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError


class ImageError(ObjectError):
    """An image cannot be decoded. Fields: file, detail."""

    code = "H3D-310"


class ImageTruncated(ImageError):
    """An image ends before its last line. Fields: file, detail."""

    code = "H3D-311"


class ImageFormatUnknown(ImageError):
    """The content is of no image format that we read. Fields: file, detail."""

    code = "H3D-312"


class ImageTooLarge(ImageError):
    """The header claims more pixels than the limit allows. Fields: file, pixels, limit."""

    code = "H3D-313"


class ImageEmpty(ImageError):
    """The file holds no byte. Fields: file."""

    code = "H3D-314"


class ImageUnsupported(ImageError):
    """A known format in a variant that no decoder here reads. Fields: file, detail."""

    code = "H3D-315"


class ImageProfileBroken(ImageError):
    """The ICC profile is damaged or made for another kind of picture. Fields: file, detail."""

    code = "H3D-316"


class ImageRawRefused(ImageError):
    """A camera raw file that LibRaw does not develop. Fields: file, detail."""

    code = "H3D-320"


class ImageManyPages(ImageUnsupported):
    """A file holds several pictures. Fields: file, pages."""

    code = "H3D-321"


class ImageValuesUnclear(ImageUnsupported):
    """The samples are measurements, not brightness from black to white. Fields: file, detail."""

    code = "H3D-322"


class ImageTooSlow(ImageError):
    """A decoder was stopped because it took too long. Fields: file, seconds."""

    code = "H3D-323"


class ImageFormatRefused(ImageFormatUnknown):
    """The content is of a format that is known and not read. Fields: file, detail."""

    code = "H3D-324"


class ImageColoursUnclear(ImageUnsupported):
    """The file does not say what its channels mean. Fields: file, detail."""

    code = "H3D-325"


class CaptureDamaged(ObjectError):
    """A capture is not what a list of digests beside it says. Fields: file, list."""

    code = "H3D-326"


class CaptureListed(ObjectError):
    """A list of digests names a capture that is not there. Fields: file, list."""

    code = "H3D-327"


class StitchError(ObjectError):
    """Parts of a picture cannot be joined. Fields: file (a part), other (the part that it should join), detail."""

    code = "H3D-350"


class PartsDiffer(StitchError):
    """Two parts have nothing in common. Fields: file, other."""

    code = "H3D-351"


class PartsBlank(StitchError):
    """Where two parts should overlap there is nothing to recognise. Fields: file, other."""

    code = "H3D-352"


class PartsAmbiguous(StitchError):
    """Two parts fit in several places: a pattern repeats. Fields: file, other, distance_px."""

    code = "H3D-353"


class PartsLoose(StitchError):
    """Too few details fix the place of a part. Fields: file, other, ties, open_px."""

    code = "H3D-354"


class PartsTwisted(StitchError):
    """Two parts show the same place in different shapes. Fields: file, other, rms_px, limit_px."""

    code = "H3D-355"


class PartsScattered(StitchError):
    """The parts form no single row. Fields: file, other."""

    code = "H3D-356"


class StitchTooLarge(StitchError):
    """The whole would have more pixels than the limit allows. Fields: file, pixels, limit."""

    code = "H3D-357"


class SplitImpossible(ImageError):
    """A picture that is to be split always is too narrow for two pages. Fields: file, width, height."""

    code = "H3D-340"
