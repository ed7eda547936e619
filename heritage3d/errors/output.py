"""H3D-6xx: the place of the results."""

from __future__ import annotations

from typing import Any

from heritage3d.errors.base import Heritage3dError

_LEAST_BYTES = 1 << 20  # for the ledger and the documents, whatever else there is to do


class OutputError(Heritage3dError):
    """The output cannot be written. Fields: file, detail."""

    code, exit_status = "H3D-600", 4


class DiskFull(OutputError):
    """No space is left. Fields: file, needed (bytes; a megabyte where nobody can say), free (bytes)."""

    code = "H3D-601"

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"needed": _LEAST_BYTES, **fields})


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
