"""Write the VR room of a published tree: room.json, and vr.html that opens it."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from heritage3d import errors
from heritage3d.hall import budget, holdings
from heritage3d.hall.describing import described
from heritage3d.hall.exhibits import MOST_ALONE, Exhibit, asked, by_itself
from heritage3d.hall.file import NAME, Lines, RoomFile, read_room
from heritage3d.hall.layout import Layout, lay_out
from heritage3d.pipeline import addresses

Json = dict[str, Any]
TITLE = {"en": ["Exhibition"], "zh-Hans": ["展览"], "zh-Hant": ["展覽"]}


@dataclass(frozen=True)
class Room:
    """A room that holds its budgets: the document, what it costs, the objects that found no place."""

    document: Json
    cost: budget.Cost
    budgets: tuple[budget.Frame, ...]
    left_out: tuple[str, ...]

    @property
    def exhibits(self) -> int:
        """How many things stand and hang in it."""
        return len(self.document["objects"])


def plan(root: Path, text: str | None, title: dict[str, list[str]] | None = None) -> Room:
    """The room of the objects below ``root``, as ``text`` (a room.yaml) says or a sensible one.

    Raises RoomError and its kin, ObjectErrors where there are several, and what reading a part raises.
    """
    told, lines = read_room(text) if text is not None else (RoomFile(), Lines())
    known = holdings.ids(root)
    budgets = budget.chosen(told.devices, lines.at("devices"))
    left: list[Exhibit] = []
    if told.objects:
        seen: dict[str, holdings.Holding] = {}
        exhibits = asked(told, lines, known, lambda name: seen.setdefault(name, holdings.read(root, name)))
        rest: list[str] = []
    else:
        chosen = list(_readable(root, known[:MOST_ALONE]))
        exhibits, left = budget.lightened(by_itself(chosen, lines.at()), budgets)
        rest = known[MOST_ALONE:]
    cost, sheet = budget.checked(exhibits, budgets, lines.at("objects"))
    layout = lay_out(exhibits, told, lines)
    objects = [described(exhibit, place) for exhibit, place in zip(exhibits, layout.places, strict=True)]
    document = _document(told, layout, objects, title) | {
        "tiles": asdict(sheet),
        "devices": budget.told_of(budgets),
        "cost": asdict(cost),
        "tours": _tours(told, lines, objects),
        "source": text,
    }
    missing = dict.fromkeys([*(exhibit.holding.id for exhibit in left), *rest])
    return Room(document, cost, tuple(budgets), tuple(missing))


def _readable(root: Path, names: Sequence[str]) -> Iterator[holdings.Holding]:
    """A room that nobody asked for does without an object that it cannot read; checks and verify name the fault."""
    for name in names:
        with contextlib.suppress(errors.Heritage3dError):
            yield holdings.read(root, name)


def _document(told: RoomFile, layout: Layout, objects: list[Json], title: dict[str, list[str]] | None) -> Json:
    return {
        "version": 1,
        "title": told.title or title or TITLE,
        "size": [layout.width, layout.height, layout.depth],
        "colours": told.colours.model_dump(),
        "light": told.light,
        "start": list(layout.start),
        "objects": objects,
    }


def _tours(told: RoomFile, lines: Lines, objects: list[Json]) -> list[Json]:
    """The tours of the team, else one along everything: what it is, then what was said of its places."""
    if not told.tours:
        stops = [
            {"object": at, "note": note}
            for at, entry in enumerate(objects)
            for note in (None, *range(len(entry["notes"])))
        ]
        return [{"title": {}, "stops": stops}] if stops else []
    tours, faults = [], list[errors.Heritage3dError]()
    for number, tour in enumerate(told.tours):
        stops = []
        for at, stop in enumerate(tour.stops):
            here = [index for index, entry in enumerate(objects) if entry["id"] == stop.object]
            where = lines.at("tours", number, "stops", at, "note" if here else "object")
            if not here:
                placed = ", ".join(dict.fromkeys(entry["id"] for entry in objects))
                faults.append(errors.RoomPartUnknown(file=where, value=f"{stop.object} (in this room)", known=placed))
                continue
            index = here[0]
            if stop.note:
                # The notes of a model and of its pages are told with what they belong to.
                index = next((one for one in here if len(objects[one]["notes"]) >= stop.note), -1)
                if index < 0:
                    most = max(len(objects[one]["notes"]) for one in here)
                    notes = ", ".join(str(one + 1) for one in range(min(most, 12))) or "no note (leave the line out)"
                    faults.append(
                        errors.RoomPartUnknown(file=where, value=f"note {stop.note} of {stop.object}", known=notes)
                    )
                    continue
            stops.append(
                {
                    "object": index,
                    "note": stop.note - 1 if stop.note else None,
                    **({"text": stop.text} if stop.text else {}),
                }
            )
        tours.append({"title": tour.title, "stops": stops})
    if faults:
        raise errors.gathered(faults)
    return tours


def write(root: Path, dest: Path, text: str | None, *, title: dict[str, list[str]], viewer: Path) -> Room:
    """Write room.json and vr.html into ``dest``. Raises as ``plan``, and ViewerMissing."""
    template = viewer / "vr.html"
    if not template.is_file():
        raise errors.ViewerMissing(part="viewer", detail="heritage3d/viewer/dist/vr.html is absent")
    room = plan(root, text, title)
    (dest / "room.json").write_bytes(addresses.dump(room.document))
    named = room.document["title"]
    tag = next(iter(named))
    told = {
        "{{lang}}": "en" if tag == "none" else tag,
        "{{title}}": " · ".join(dict.fromkeys(texts[0] for texts in named.values() if texts)),
    }
    page = template.read_text("utf-8")
    for name, value in told.items():
        page = page.replace(name, html.escape(value))
    (dest / "vr.html").write_text(page, "utf-8", newline="\n")
    return room


def write_again(published: Path, root: Path, dest: Path, *, title: dict[str, list[str]], viewer: Path) -> Room:
    """The room of a part or a copy of a published tree, from the room.yaml that its room.json remembers.

    Where that names an object that the part does not have, the room lays itself out.
    """
    try:
        text = addresses.load(published / "room.json").get("source")
        return write(root, dest, text if isinstance(text, str) else None, title=title, viewer=viewer)
    except (OSError, ValueError, AttributeError, errors.RoomError, errors.ObjectErrors):
        return write(root, dest, None, title=title, viewer=viewer)


__all__ = ["NAME", "Room", "plan", "write", "write_again"]
