"""H3D-52x: the VR room that an exhibition team asks for."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError


class RoomError(ObjectError):
    """room.yaml is no description of a room. Fields: file (with the line), detail."""

    code = "H3D-520"


class RoomObjectUnknown(RoomError):
    """room.yaml names an object that is not published. Fields: file, value, known."""

    code = "H3D-521"


class RoomPartUnknown(RoomError):
    """room.yaml names a page, a model or a note that the object does not have. Fields: file, value, known."""

    code = "H3D-522"


class RoomPlaceImpossible(RoomError):
    """Something cannot stand or hang where room.yaml puts it. Fields: file, value (the object), detail."""

    code = "H3D-523"


class RoomTooHeavy(RoomError):
    """The room would not hold its frame rate on a device. Fields: file, device, detail."""

    code = "H3D-524"
