"""H3D-54x: the VR room that an exhibition team asks for, and what phones show in the visitor's own."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError


class RoomError(ObjectError):
    """room.yaml is no description of a room. Fields: file (with the line), detail."""

    code = "H3D-540"


class RoomObjectUnknown(RoomError):
    """room.yaml names an object that is not published. Fields: file, value, known."""

    code = "H3D-541"


class RoomPartUnknown(RoomError):
    """room.yaml names a page, a model or a note that the object does not have. Fields: file, value, known."""

    code = "H3D-542"


class RoomPlaceImpossible(RoomError):
    """Something cannot stand or hang where room.yaml puts it. Fields: file, value (the object), detail."""

    code = "H3D-543"


class RoomTooHeavy(RoomError):
    """The room would not hold its frame rate on a device. Fields: file, device, detail."""

    code = "H3D-544"


class UsdzInvalid(RoomError):
    """A USDZ breaks a rule of its format or of the phones that show it. Fields: file, detail."""

    code = "H3D-545"
