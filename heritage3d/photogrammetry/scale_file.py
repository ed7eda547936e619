"""scale.yaml: what is known of lengths, as a person wrote it; every mistake is told with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from heritage3d.errors import CaptureUnreadable, ScaleFileInvalid
from heritage3d.pipeline import yaml_text

_MAX_BYTES = 1 << 20
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Millimetres = Annotated[float, Field(gt=0, le=1e6)]
#: The families of coded markers, as OpenCV knows them.
DICTIONARIES = (
    *(f"{side}X{side}_{count}" for side in (4, 5, 6, 7) for count in (50, 100, 250, 1000)),
    "ARUCO_ORIGINAL", "ARUCO_MIP_36H12", "APRILTAG_16H5", "APRILTAG_25H9", "APRILTAG_36H10", "APRILTAG_36H11",
)  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, coerce_numbers_to_str=True)


class Distance(_Model):
    """A length between two targets or markers; with ``check`` it is measured and not used."""

    from_: _Name = Field(alias="from")
    to: _Name
    mm: _Millimetres
    check: bool = False


class Spot(_Model):
    """A target in one photograph: pixels of the upright picture, the centre of its first pixel at (0, 0)."""

    photo: _Name
    x: Annotated[float, Field(ge=-0.5, le=1e6)]
    y: Annotated[float, Field(ge=-0.5, le=1e6)]


class Board(_Model):
    """A ChArUco board: squares across and down, the side of a square."""

    columns: Annotated[int, Field(ge=2, le=100)]
    rows: Annotated[int, Field(ge=2, le=100)]
    square_mm: _Millimetres


class Markers(_Model):
    """The coded markers in the photographs; ``size_mm`` is the side of the black square."""

    dictionary: str
    size_mm: _Millimetres | None = None
    board: Board | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, told: Any) -> Any:
        if not isinstance(told, dict) or "dictionary" not in told:
            return told
        name = str(told["dictionary"]).upper().removeprefix("DICT_").replace(" ", "_")
        if name not in DICTIONARIES:
            raise ValueError(
                f"no family of markers is called {told['dictionary']}; known are {', '.join(DICTIONARIES)}"
            )
        return {**told, "dictionary": name}


class ScaleFile(_Model):
    """All of it. ``cameras``: where the camera stood for a photograph, mm."""

    distances: tuple[Distance, ...] = ()
    targets: dict[_Name, tuple[Spot, ...]] = {}
    markers: Markers | None = None
    cameras: dict[_Name, tuple[float, float, float]] = {}
    unit: Literal["mm"] = "mm"

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, told: Any) -> Any:
        if isinstance(told, dict) and isinstance(told.get("targets"), dict):
            targets = {name: [spot] if isinstance(spot, dict) else spot for name, spot in told["targets"].items()}
            told = {**told, "targets": {str(name): spots for name, spots in targets.items()}}
        return told

    @model_validator(mode="after")
    def _whole(self) -> ScaleFile:
        for at, entry in enumerate(self.distances):
            if entry.from_ == entry.to:
                raise ValueError(f"distances.{at}: it leads from {entry.from_} to itself")
            for name in (entry.from_, entry.to):
                if name not in self.targets and not (self.markers and name.isdigit()):
                    raise ValueError(f"distances.{at}: nothing says where {name} is; name it under targets")
        if self.markers and self.markers.board and self.markers.size_mm is None:
            raise ValueError("markers: a board needs size_mm, the side of its markers")
        return self


def read_scale_file(path: Path) -> ScaleFile:
    """The contents of a scale.yaml. Raises ScaleFileInvalid, which names the line, and CaptureUnreadable."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise ScaleFileInvalid(file=path.name, detail="it is larger than a megabyte")
        text = raw.decode("utf-8-sig")
        document = yaml_text.read(text)
    except OSError as error:
        raise CaptureUnreadable(file=path.name, detail=error.strerror or "input/output error") from None
    except UnicodeDecodeError:
        raise ScaleFileInvalid(file=path.name, detail="it is not UTF-8 text") from None
    except yaml_text.NotYaml as error:
        line = f":{error.line}" if error.line else ""
        raise ScaleFileInvalid(file=f"{path.name}{line}", detail=error.problem) from None
    try:
        return ScaleFile.model_validate({} if document.value is None else document.value)
    except ValidationError as error:
        first = error.errors()[0]
        place = list(first["loc"])
        said = str(first["msg"]).removeprefix("Value error, ")
        if first["type"] == "value_error" and ": " in said:
            head, _, said = said.partition(": ")
            place = [int(part) if part.isdigit() else part for part in head.split(".")]
        elif first["type"] == "extra_forbidden":
            said = "this key means nothing here"
        where = ".".join(str(part) for part in place)
        said = said[:1].lower() + said[1:]
        detail = f"{where}: {said}" if where else said
        raise ScaleFileInvalid(file=f"{path.name}:{document.line(*place)}", detail=detail) from None
