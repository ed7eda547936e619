"""H3D-6xx: the place of the results."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError


class OutputError(Heritage3dError):
    """The output cannot be written. Fields: file, detail."""

    code, exit_status = "H3D-600", 4


class DiskFull(OutputError):
    """No space is left. Fields: file, needed, free."""

    code = "H3D-601"


class OutputReadOnly(OutputError):
    """The output folder may not be written. Fields: file."""

    code = "H3D-602"


class OutputIsFile(OutputError):
    """The output names a file where a folder is needed. Fields: file."""

    code = "H3D-603"


class DestinationInUse(OutputError):
    """A single stage was asked to write where other files lie. Fields: file."""

    code = "H3D-604"


class BusyError(OutputError):
    """Another run holds the output. Fields: file, owner, since."""

    code, exit_status = "H3D-690", 75
