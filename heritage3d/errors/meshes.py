"""H3D-410 to 429: triangles and glTF."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError


class MeshError(ObjectError):
    """A mesh cannot be read. Fields: file, detail."""

    code = "H3D-410"


class MeshFormatUnknown(MeshError):
    """The content is of no mesh format that we read. Fields: file, detail."""

    code = "H3D-411"


class MeshEmpty(MeshError):
    """There is no triangle in it. Fields: file."""

    code = "H3D-412"


class MeshNotFinite(MeshError):
    """Positions are NaN or infinite. Fields: file, count."""

    code = "H3D-413"


class MeshIndexOutOfRange(MeshError):
    """A face names a vertex that does not exist. Fields: file, index, vertices."""

    code = "H3D-414"


class MeshTooLarge(MeshError):
    """More triangles, vertices or bytes than the limit allows. Fields: file, count, limit, what."""

    code = "H3D-415"


class UnsafeReference(MeshError):
    """A model names a file outside its own folder. Fields: file, reference."""

    code = "H3D-416"


class CompanionMissing(MeshError):
    """A texture, material or buffer that a model names is not there. Fields: file, reference."""

    code = "H3D-417"


class GltfInvalid(MeshError):
    """A glTF file breaks the specification. Fields: file, detail."""

    code = "H3D-418"


class MeshUnsupported(MeshError):
    """A known format in a variant that is not read here. Fields: file, detail."""

    code = "H3D-419"


class TextureUnreadable(MeshError):
    """A texture of a model cannot be decoded. Fields: file, reference, detail."""

    code = "H3D-420"


class DeviationExceeded(MeshError):
    """A level of detail cannot be made within the deviation asked for. Fields: file, asked, reached."""

    code = "H3D-421"


class BudgetExceeded(MeshError):
    """A level of detail breaks the budget of its device. Fields: file, device, detail."""

    code = "H3D-422"
