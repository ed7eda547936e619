"""H3D-1xx: wrong use of a command, a wrong workflow, an option that cannot be used."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError


class UsageError(Heritage3dError):
    """An option or argument cannot be used as given. Fields: detail."""

    code, exit_status = "H3D-100", 2


class WorkflowNotFound(UsageError):
    """No such workflow file and none of that name is shipped. Fields: workflow, known."""

    code = "H3D-110"


class WorkflowError(UsageError):
    """A workflow does not fit its schema or its steps do not fit together. Fields: file (file:line), detail."""

    code = "H3D-111"


class BaseOfSome(UsageError):
    """A new base address for some of the objects would leave the others at the old one. Fields: base, old."""

    code = "H3D-112"


class UnknownObject(UsageError):
    """--only names an object that the sheet does not have. Fields: object."""

    code = "H3D-120"


class NotAnOutput(UsageError):
    """The folder given was not made by a run. Fields: file."""

    code = "H3D-121"


class BindingFailed(UsageError):
    """A published document does not tell its base address. Fields: file, detail."""

    code = "H3D-123"


class UnknownFormat(UsageError):
    """`info` or `check` does not know this file. Fields: file."""

    code = "H3D-122"


class PortInUse(UsageError):
    """`serve` was asked for a port that another program holds, or that it may not open. Fields: port, detail."""

    code = "H3D-130"


class LengthInvalid(UsageError):
    """A length such as 0.1mm or 0.05% cannot be understood. Fields: option, value."""

    code = "H3D-451"


class DeviceUnknown(UsageError):
    """No budget is known for that device. Fields: value, known."""

    code = "H3D-452"


class TransformUnusable(UsageError):
    """A file holds no 4x4 matrix that brings one model to another. Fields: file, detail."""

    code = "H3D-460"


class UnitNeeded(UsageError):
    """Lengths are asked for of a model whose unit nobody knows. Fields: file."""

    code = "H3D-461"
