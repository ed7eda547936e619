"""room.yaml: how an exhibition team wants the room; every mistake is told with its line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from heritage3d.errors import RoomError
from heritage3d.pipeline import yaml_text
from heritage3d.record import languages
from heritage3d.record.languages import Texts

NAME = "room.yaml"
_MAX_BYTES = 1 << 20
WALLS = ("north", "east", "south", "west")

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Metres = Annotated[float, Field(gt=0, le=100)]
_Place = Annotated[float, Field(ge=-100, le=100)]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


def _texts(told: Any) -> Any:
    """A text, or texts by language, as IIIF has them."""
    if told is None:
        return None
    if isinstance(told, str):
        told = {languages.UNKNOWN: told}
    if not isinstance(told, dict) or not told:
        raise ValueError("write a text, or texts by language, for example {en: …, zh-Hans: …}")
    found: Texts = {}
    for tag, text in told.items():
        language = languages.canonical(str(tag))
        if language is None:
            raise ValueError(f"{tag} is no language tag")
        if not isinstance(text, str) or not text.strip() or len(text) > 4000:
            raise ValueError(f"the text of {tag} is no text of 1 to 4000 characters")
        found[language] = [text.strip()]
    return found


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, coerce_numbers_to_str=True)


class Size(_Model):
    """The room in metres; what is not said follows from what stands in it."""

    width: Annotated[float, Field(ge=3, le=80)] | None = None
    depth: Annotated[float, Field(ge=3, le=80)] | None = None
    height: Annotated[float, Field(ge=2.4, le=12)] | None = None


class Colours(_Model):
    """Paint and floor."""

    walls: _Colour = "#c8beac"
    floor: _Colour = "#7a6650"
    plinths: _Colour = "#f1ede5"


class Placed(_Model):
    """One thing of one object and where it is.

    ``show``: its model or its pages (default: the model where there is one). ``at``: metres east and north of the
    room's middle; ``along``: metres to the right of a wall's middle, as one faces the wall. ``height``: of the top
    of a plinth, or of the middle of what hangs. ``longest_mm`` stands for a size that nobody measured.
    """

    object: _Name
    show: Literal["model", "pages"] | None = None
    model: _Name | None = None
    pages: Annotated[tuple[_Name, ...], Field(max_length=1000)] = ()
    place: Literal["plinth", "wall", "lectern"] | None = None
    wall: Literal["north", "east", "south", "west"] | None = None
    along: _Place | None = None
    at: tuple[_Place, _Place] | None = None
    turn: Annotated[float, Field(ge=-360, le=360)] = 0.0
    height: Annotated[float, Field(gt=0, le=12)] | None = None
    longest_mm: Annotated[float, Field(gt=0, le=20_000)] | None = None
    text: Texts | None = None

    _words = field_validator("text", mode="before")(_texts)

    @model_validator(mode="after")
    def _consistent(self) -> Placed:
        if (self.wall or self.along is not None) and self.place not in (None, "wall"):
            raise ValueError(f"place: wall and along belong to what hangs on a wall, not to a {self.place}")
        if self.at and (self.place == "wall" or self.wall or self.along is not None):
            raise ValueError("at: it is for what stands in the room; on a wall use wall and along")
        if self.model and (self.show == "pages" or self.pages):
            raise ValueError("model: it shows either a model or pages; write an entry for each")
        return self


class Stop(_Model):
    """A place of a tour: an object, one of its notes (the first is 1) or a text of the team's own."""

    object: _Name
    note: Annotated[int, Field(ge=1, le=10_000)] | None = None
    text: Texts | None = None

    _words = field_validator("text", mode="before")(_texts)


class Tour(_Model):
    """Stops in the order of the walk."""

    title: Texts
    stops: Annotated[tuple[Stop, ...], Field(min_length=1, max_length=200)]

    _words = field_validator("title", mode="before")(_texts)


class RoomFile(_Model):
    """All of it."""

    title: Texts | None = None
    size: Size = Size()
    colours: Colours = Colours()
    light: Literal["day", "evening"] = "day"
    start: tuple[_Place, _Place] | None = None
    devices: Annotated[tuple[_Name, ...], Field(min_length=1, max_length=20)] = ("quest3", "pico4")
    objects: Annotated[tuple[Placed, ...], Field(max_length=200)] = ()
    tours: Annotated[tuple[Tour, ...], Field(max_length=20)] = ()

    _words = field_validator("title", mode="before")(_texts)

    @field_validator("objects", mode="before")
    @classmethod
    def _ids_alone(cls, told: Any) -> Any:
        return (
            [{"object": entry} if isinstance(entry, str) else entry for entry in told]
            if isinstance(told, list)
            else told
        )


class Lines:
    """Where an entry of the file stands."""

    def __init__(self, document: yaml_text.Document | None = None) -> None:
        self._document = document or yaml_text.Document()

    def at(self, *place: str | int) -> str:
        """``room.yaml:12`` for the entry at this place, or for the nearest one around it that exists."""
        return f"{NAME}:{self._document.line(*place)}"


def read_room(text: str) -> tuple[RoomFile, Lines]:
    """The room that a room.yaml asks for. Raises RoomError, which names the line."""
    if "\ufffd" in text:
        line = text[: text.index("\ufffd")].count("\n") + 1
        raise RoomError(file=f"{NAME}:{line}", detail="the file is not UTF-8 text")
    if len(text.encode("utf-8", "replace")) > _MAX_BYTES:
        raise RoomError(file=NAME, detail="it is larger than a megabyte")
    try:
        document = yaml_text.read(text)
    except yaml_text.NotYaml as error:
        where = f"{NAME}:{error.line}" if error.line else NAME
        raise RoomError(file=where, detail=error.problem) from None
    lines = Lines(document)
    try:
        return RoomFile.model_validate({} if document.value is None else document.value), lines
    except ValidationError as error:
        place, said = _first(error)
        where = ".".join(str(part) for part in place)
        raise RoomError(file=lines.at(*place), detail=f"{where}: {said}" if where else said) from None


def _first(error: ValidationError) -> tuple[list[str | int], str]:
    """The place and the words of the first fault."""
    first = error.errors()[0]
    place: list[str | int] = list(first["loc"])
    said = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        said = "this key means nothing here"
    elif first["type"] == "string_pattern_mismatch":
        said = "write a colour as #d9d3c7"
    elif first["type"] == "value_error" and ": " in said and said.split(":")[0].isidentifier():
        head, _, said = said.partition(": ")
        place.append(head)
    return place, said[:1].lower() + said[1:]
