"""H3D-430 to 449: photographs, cameras, depth maps, surfaces made from them."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError
from heritage3d.errors.captures import RecordError


class PhotogrammetryError(ObjectError):
    """The photographs cannot be put together. Fields: file, detail."""

    code = "H3D-430"


class PhotographsTooFew(PhotogrammetryError):
    """Fewer usable photographs than a reconstruction needs. Fields: file, usable, count, needed."""

    code = "H3D-431"


class PhotographBlank(PhotogrammetryError):
    """A photograph shows nothing: black, white or one even grey. Fields: file, detail."""

    code = "H3D-432"


class PhotographBlurred(PhotogrammetryError):
    """A photograph is much less sharp than the others of its set. Fields: file, blur_px, usual_px."""

    code = "H3D-433"


class PhotographRepeated(PhotogrammetryError):
    """A photograph is the same picture as another. Fields: file, other."""

    code = "H3D-434"


class PhotographUnconnected(PhotogrammetryError):
    """A photograph shares too little with those that were put together. Fields: file, detail."""

    code = "H3D-435"


class PhotographsApart(PhotogrammetryError):
    """No photographs of the set overlap enough for a first pair. Fields: file, count."""

    code = "H3D-436"


class ScaleFileInvalid(RecordError):
    """scale.yaml cannot be used. Fields: file (file:line), detail."""

    code = "H3D-437"


class ScaleNotFound(PhotogrammetryError):
    """What scale.yaml states is not found in the photographs. Fields: file, detail."""

    code = "H3D-438"


class MaskUnfit(PhotogrammetryError):
    """A mask does not fit its photograph. Fields: file, detail."""

    code = "H3D-439"


class DepthImpossible(PhotogrammetryError):
    """No photograph has another beside it to be compared with. Fields: file, detail."""

    code = "H3D-440"


class SurfaceImpossible(PhotogrammetryError):
    """The points are too few or enclose nothing. Fields: file, detail."""

    code = "H3D-441"


class DenseUnreadable(PhotogrammetryError):
    """A file that densify wrote is gone or broken. Fields: file, detail."""

    code = "H3D-442"


class TextureImpossible(PhotogrammetryError):
    """No photograph shows any part of the surface. Fields: file, detail."""

    code = "H3D-443"


class SurfaceUnreadable(PhotogrammetryError):
    """A file that surface wrote is gone or broken. Fields: file, detail."""

    code = "H3D-444"
