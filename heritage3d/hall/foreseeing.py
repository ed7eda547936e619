"""What is wrong with a room.yaml, whatever its objects will look like: told before hours of work go into them.

Every exhibit is taken as small and as light as one can be. What does not fit then never will: an object that nobody
has, a place outside the room, two things in one place, more things than a device draws.
"""

from __future__ import annotations

from pathlib import Path

from heritage3d import errors
from heritage3d.hall import budget
from heritage3d.hall.exhibits import Exhibit, Place, Sized, near
from heritage3d.hall.file import Lines, Placed, RoomFile, read_room
from heritage3d.hall.holdings import Holding, ModelLevel, ShownModel, ShownPage
from heritage3d.hall.layout import lay_out
from heritage3d.pipeline.kinds import Finding
from heritage3d.record.objects import read_objects
from heritage3d.record.sheet import SHEET_NAMES

_SMALL = 0.001  # metres


def foresee(text: str, known: set[str] | None) -> None:
    """Judge a room.yaml. ``known`` are the ids that are or will be published; None where nobody can tell.

    Raises RoomError and its kin, which name the line, or ObjectErrors with all of them.
    """
    told, lines = read_room(text)
    budgets = budget.chosen(told.devices, lines.at("devices"))
    if faults := [*_unknown(told, lines, known), *_unplaced(told, lines, known)]:
        raise errors.gathered(faults)
    least = (_least(entry, lines.at("objects", at, "object")) for at, entry in enumerate(told.objects))
    exhibits = [exhibit for exhibit in least if exhibit]
    budget.checked(exhibits, budgets, lines.at("objects"))
    lay_out(exhibits, told, lines)


def check(path: Path) -> list[Finding]:
    """The faults of a room.yaml, held against the sheet that lies beside it; [] where there is none."""
    try:
        known = None
        if any((path.parent / name).is_file() for name in SHEET_NAMES):
            known = {entry.id for entry in read_objects(path.parent, [])}
        foresee(path.read_bytes().decode("utf-8-sig", "replace"), known)
    except errors.ObjectErrors as found:
        return [_finding(error) for error in found.errors]
    except errors.Heritage3dError as error:
        return [_finding(error)]
    return []


def _finding(error: errors.Heritage3dError) -> Finding:
    return Finding(error.code, f"{error.what()} {error.cure()}", error.file)


def _unknown(told: RoomFile, lines: Lines, known: set[str] | None) -> list[errors.Heritage3dError]:
    named = [(entry.object, lines.at("objects", at, "object")) for at, entry in enumerate(told.objects)]
    for number, tour in enumerate(told.tours):
        places = (lines.at("tours", number, "stops", at, "object") for at in range(len(tour.stops)))
        named += [(stop.object, place) for stop, place in zip(tour.stops, places, strict=True)]
    if known is None:
        return []
    return [
        errors.RoomObjectUnknown(file=where, value=name, known=near(name, sorted(known)))
        for name, where in named
        if name not in known
    ]


def _unplaced(told: RoomFile, lines: Lines, known: set[str] | None) -> list[errors.Heritage3dError]:
    """Stops of tours at objects that this room does not show."""
    placed = list(dict.fromkeys(entry.object for entry in told.objects))
    return [
        errors.RoomPartUnknown(
            file=lines.at("tours", number, "stops", at, "object"),
            value=f"{stop.object} (in this room)",
            known=near(stop.object, placed),
        )
        for number, tour in enumerate(told.tours)
        for at, stop in enumerate(tour.stops)
        if placed and stop.object not in placed and (known is None or stop.object in known)
    ]


def _least(entry: Placed, line: str) -> Exhibit | None:
    """The exhibit of an entry, as small as one can be; None where only the object tells how it is shown."""
    holding = Holding(entry.object, {}, {}, (), (), (), "individuals", "left-to-right")
    if entry.wall or entry.along is not None or entry.place in ("wall", "lectern"):
        page = ShownPage("", "", {}, 1, 1, 256, (1,), "jpg", (1, 1), _SMALL)
        sized = tuple(Sized(page, _SMALL, _SMALL, True) for _name in entry.pages or (None,))
        place: Place = "lectern" if entry.place == "lectern" else "wall"
        return Exhibit(holding, place, entry, line, pages=sized)
    surely = entry.show == "model" or entry.model is not None or entry.place == "plinth"
    if not surely and entry.at is None:
        return None
    # A plinth is the smallest thing that stands; what may be pages on a lectern costs no draw call of its own.
    level = ModelLevel("", "web", 1, int(surely), 0)
    return Exhibit(
        holding, "plinth", entry, line, model=ShownModel("", "", (level,), (0,) * 3, (_SMALL,) * 3, True, None)
    )
