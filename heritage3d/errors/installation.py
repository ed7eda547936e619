"""H3D-8xx: a part of the installation is missing."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError


class PartMissing(Heritage3dError):
    """A library or program that this step needs is not installed. Fields: part, detail."""

    code, exit_status = "H3D-800", 6


class ViewerMissing(PartMissing):
    """The viewer was not built when the package was installed. Fields: part, detail."""

    code = "H3D-810"


class UsdMissing(PartMissing):
    """OpenUSD, the extra for AR, is not installed. Fields: part, detail."""

    code = "H3D-811"
