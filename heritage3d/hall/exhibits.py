"""What is shown of each object: the choice of room.yaml, or a sensible one; faults are told with their line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from heritage3d import errors
from heritage3d.hall.file import Lines, Placed, RoomFile
from heritage3d.hall.holdings import UNKNOWN_PAGE, Holding, ShownModel, ShownPage

Place = Literal["plinth", "wall", "lectern"]

MOST_ALONE = 12  # objects in a room that nobody described
MOST_HANGING = 12  # pages of one object on a wall
_NARROW = 3.0  # height by width: slips and hanging scrolls are no leaves of a book
_GAP = 0.03  # metres between pages of one frame
_KNOWN = 12  # names that an error lists


@dataclass(frozen=True)
class Sized:
    """A page with its size in metres and whether that is its true size."""

    page: ShownPage
    width: float
    height: float
    known: bool


@dataclass(frozen=True)
class Exhibit:
    """One thing that gets a place: a model, or pages side by side or as spreads of an open book.

    ``asked`` is its entry in room.yaml and ``line`` where that stands.
    """

    holding: Holding
    place: Place
    asked: Placed
    line: str
    model: ShownModel | None = None
    pages: tuple[Sized, ...] = ()

    @property
    def scale_known(self) -> bool:
        """Whether it is shown at its true size."""
        return self.model.scale_known if self.model else all(sized.known for sized in self.pages)

    @property
    def factor(self) -> float:
        """By how much the model's file is enlarged."""
        return self.model.factor(self.asked.longest_mm) if self.model else 1.0

    @property
    def box(self) -> tuple[float, float, float]:
        """Width, height and depth of the model in the room, metres."""
        assert self.model is not None
        sides = (high - low for low, high in zip(self.model.least, self.model.greatest, strict=True))
        width, height, depth = (side * self.factor for side in sides)
        return width, height, depth

    @property
    def row(self) -> tuple[float, float]:
        """Width and height of all pages side by side, metres."""
        gaps = self.gap * (len(self.pages) - 1)
        return sum(sized.width for sized in self.pages) + gaps, max(sized.height for sized in self.pages)

    @property
    def gap(self) -> float:
        """Metres between two pages of the row; the parts of a scroll hang as the one run that they are."""
        return 0.0 if self.holding.behavior == "continuous" else _GAP


def asked(told: RoomFile, lines: Lines, known: Sequence[str], read: Callable[[str], Holding]) -> list[Exhibit]:
    """The exhibits of a room.yaml. Raises RoomObjectUnknown, RoomPartUnknown, or ObjectErrors with all of them."""
    found: list[Exhibit] = []
    faults: list[errors.Heritage3dError] = []
    for at, entry in enumerate(told.objects):
        try:
            if entry.object not in known:
                raise errors.RoomObjectUnknown(
                    file=lines.at("objects", at, "object"), value=entry.object, known=near(entry.object, known)
                )
            found.append(_chosen(read(entry.object), entry, lines, at))
        except errors.RoomError as error:
            faults.append(error)
    if faults:
        raise errors.gathered(faults)
    return found


def by_itself(holdings: Sequence[Holding], line: str) -> list[Exhibit]:
    """A sensible choice: every model, and the pages of every object."""
    found: list[Exhibit] = []
    for holding in holdings:
        if holding.models:
            entry = Placed(object=holding.id, show="model")
            found.append(Exhibit(holding, "plinth", entry, line, model=holding.models[0]))
        if holding.pages:
            entry = Placed(object=holding.id, show="pages")
            found.append(_hung(holding, entry, line, holding.pages))
    return found


def _chosen(holding: Holding, entry: Placed, lines: Lines, at: int) -> Exhibit:
    def unknown(key: str, value: str, known: Sequence[str]) -> errors.RoomPartUnknown:
        return errors.RoomPartUnknown(file=lines.at("objects", at, key), value=value, known=near(value, known))

    line = lines.at("objects", at, "object")
    show = entry.show or ("pages" if entry.pages or not holding.models else "model")
    if show == "model":
        models = {model.name: model for model in holding.models}
        if not models:
            raise unknown("show", f"a model of {holding.id}", ["pages"])
        if entry.model and entry.model not in models:
            raise unknown("model", entry.model, list(models))
        if entry.place in ("wall", "lectern") or entry.wall:
            raise errors.RoomPlaceImpossible(
                file=lines.at("objects", at, "place"), value=holding.id, detail="a model stands on a plinth"
            )
        return Exhibit(holding, "plinth", entry, line, model=models[entry.model or next(iter(models))])
    pages = {page.name: page for page in holding.pages}
    if not pages:
        raise unknown("show", f"a page of {holding.id}", ["model"] if holding.models else ["another object"])
    for number, name in enumerate(entry.pages):
        if name not in pages:
            raise errors.RoomPartUnknown(
                file=lines.at("objects", at, "pages", number), value=name, known=near(name, list(pages))
            )
    if entry.place == "plinth":
        raise errors.RoomPlaceImpossible(
            file=lines.at("objects", at, "place"), value=holding.id, detail="pages hang on a wall or lie on a lectern"
        )
    return _hung(holding, entry, line, [pages[name] for name in entry.pages] or holding.pages)


def _hung(holding: Holding, entry: Placed, line: str, pages: Sequence[ShownPage]) -> Exhibit:
    sized = tuple(_sized(page, entry) for page in pages)
    if holding.direction == "right-to-left" and holding.behavior != "paged":
        sized = sized[::-1]
    leaves = all(one.height < _NARROW * one.width for one in sized)
    book = holding.behavior == "paged" and len(sized) > 2 and leaves
    place: Place = (
        entry.place if entry.place in ("wall", "lectern") else "wall" if entry.wall else "lectern" if book else "wall"
    )
    if entry.at and entry.place is None:
        place = "lectern"
    if place == "wall":
        sized = sized[-MOST_HANGING:] if holding.direction == "right-to-left" else sized[:MOST_HANGING]
    return Exhibit(holding, place, entry, line, pages=sized)


def _sized(page: ShownPage, entry: Placed) -> Sized:
    known = page.metres_per_px is not None and entry.longest_mm is None
    if page.metres_per_px is not None and known:
        scale = page.metres_per_px
    elif entry.longest_mm:
        scale = entry.longest_mm / 1000 / max(page.width, page.height)
    else:
        scale = UNKNOWN_PAGE / page.height
    return Sized(page, page.width * scale, page.height * scale, known or entry.longest_mm is not None)


def near(value: str, known: Sequence[str]) -> str:
    """The names that were perhaps meant first; not all of a large collection."""
    close = difflib.get_close_matches(value, known[:5000], n=3, cutoff=0.5)
    listed = list(dict.fromkeys([*close, *known]))[:_KNOWN]
    return ", ".join(listed) + (" …" if len(known) > _KNOWN else "")
