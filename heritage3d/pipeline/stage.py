"""``@stage``: one declaration from which command, schema, cache key, reference page and job derive.

A stage is a plain function: positional parameters are the artefacts that it reads, ``dest`` is where it
writes, keyword-only parameters are its options. See design section 4.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import keyword
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo

from heritage3d.pipeline import tools


class Evidence(BaseModel):
    """The measured figures of one derivative: small, typed, JSON. No clock, host or path in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reads:
    """Marks an input with the kinds that it accepts: ``Annotated[Path, Reads("image/master")]``."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds


class Column:
    """Marks an option that a column of the sheet overrides for that object: ``Column("unit")``.

    ``Column("*")`` receives the whole row and is no option for people: neither YAML nor command has it.
    """

    def __init__(self, name: str) -> None:
        self.name = name


class Beside:
    """Marks an option of a collection stage that receives the text of a file beside the sheet, None without one.

    ``Beside("room.yaml")``: the text is read when the run begins its collection steps and enters the cache key as
    every option does. It is no option for people: neither YAML nor command has it. ``foresee`` gets the text and the
    ids of all objects before the first job, and raises what makes hours of work vain.
    """

    def __init__(self, file: str, foresee: Callable[[str, set[str]], None] | None = None) -> None:
        self.file = file
        self.foresee = foresee


class Speed:
    """Marks an option that changes only how fast the bytes are made: it stays outside the cache key."""


class Many:
    """``writes=Many("record", "image/master")``: the stage returns a list of Output of these kinds."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds


@dataclass(frozen=True)
class Artefact:
    """An input with what the pipeline knows of it, for stages that need more than its path.

    ``address`` is where it is (or will be) published, relative to the folder of its object
    ("pages/001r"); "" where it is not published. ``evidence`` is what the stage that made it returned; of
    the folder of captures it is ``{"sha256": {file: digest}}``, empty outside a run.
    """

    path: Path
    kind: str
    name: str
    address: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """One of the artefacts of a stage that writes many.

    ``path`` lies below ``dest``, or is a capture that the stage points to without copying it; ``files``
    are the companions of such a capture. ``name`` is unique among the object's artefacts of the kind.
    """

    kind: str
    name: str
    path: Path
    files: tuple[Path, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)


def option_named(parameter: str) -> str:
    """The option of a parameter: ``for_`` is written ``for`` in YAML and ``--for`` on the command line."""
    return parameter.removesuffix("_") if keyword.iskeyword(parameter.removesuffix("_")) else parameter


def python_name(option: str) -> str:
    """The parameter of an option, the other way round."""
    return f"{option}_" if keyword.iskeyword(option) else option


Capture = Annotated[Path, Reads("capture")]
Collection = Annotated[Path, Reads("collection")]


@dataclass(frozen=True)
class Input:
    """One artefact parameter of a stage."""

    name: str
    kinds: tuple[str, ...]
    arity: Literal["each", "all", "collection"]
    rich: bool  # the function wants an Artefact, not a Path


#: (folder of captures, options) -> the captures that a stage would hand on.
Foresees = Callable[[Path, Mapping[str, Any]], list[Output]]


@dataclass(frozen=True)
class Stage:
    """All that is known of a stage; made by ``@stage``, never by hand."""

    name: str
    version: int
    summary: str
    description: str
    inputs: tuple[Input, ...]
    writes: tuple[str, ...]
    many: bool
    Options: type[BaseModel]
    run: Callable[..., Any]
    libraries: tuple[str, ...]
    reproducible: str  # "" = same inputs, same bytes; else the reason why not
    seconds_per_mb: float
    bytes_out_per_byte: float
    assets: tuple[str, ...] = ()
    foresees: Foresees | None = None

    @property
    def arity(self) -> Literal["each", "all", "collection"]:
        """How many jobs: one per artefact, per object, or for the whole collection."""
        arities = {entry.arity for entry in self.inputs}
        return "collection" if "collection" in arities else "all" if "all" in arities else "each"

    @property
    def reads(self) -> tuple[str, ...]:
        """The kinds that it reads, each once."""
        return tuple(dict.fromkeys(kind for entry in self.inputs for kind in entry.kinds))

    def marks(self, option: str, mark: type) -> list[Any]:
        """The marks of that class on an option."""
        return [entry for entry in self.Options.model_fields[option].metadata if isinstance(entry, mark)]

    def column(self, option: str) -> str | None:
        """The column of the sheet that overrides an option for its object, "*" for the whole row."""
        found = self.marks(option, Column)
        return found[0].name if found else None

    @functools.cached_property
    def from_outside(self) -> tuple[tuple[str, str | None, str | None], ...]:
        """(option, its column, the file beside the sheet) of every option that is not only the workflow's to say."""
        told = []
        for name in self.Options.model_fields:
            beside = self.marks(name, Beside)
            if (column := self.column(name)) or beside:
                told.append((name, column, beside[0].file if beside else None))
        return tuple(told)

    def public_options(self) -> dict[str, FieldInfo]:
        """The options that people may set, in order of declaration."""
        return {
            name: entry
            for name, entry in self.Options.model_fields.items()
            if self.column(name) != "*" and not self.marks(name, Beside)
        }

    def keywords(self, options: BaseModel) -> dict[str, Any]:
        """The options as keyword arguments of ``run``."""
        return {python_name(name): value for name, value in options.model_dump().items()}

    def tools(self) -> dict[str, str]:
        """Versions of the libraries that make the bytes, digests of the assets that go into them."""
        return tools.of(self.libraries, self.assets)

    def key(self, inputs: Any, options: BaseModel) -> str:
        """Cache key: what was read, what was asked, what did it. Never a time, a host or a path."""
        asked = {name: value for name, value in options.model_dump(mode="json").items() if name not in self._speed}
        text = _write([self.name, self.version, inputs, asked, sorted(self.tools().items())])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @functools.cached_property
    def _speed(self) -> frozenset[str]:
        """Options that stay outside the cache key."""
        return frozenset(name for name in self.Options.model_fields if self.marks(name, Speed))


_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


_stages: dict[str, Stage] = {}


def stage(
    *,
    writes: str | Many,
    version: int,
    libraries: tuple[str, ...] = (),
    reproducible: str = "",
    seconds_per_mb: float = 0.1,
    bytes_out_per_byte: float = 1.0,
    assets: tuple[str, ...] = (),
    foresees: Foresees | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a stage.

    ``version`` is raised when the bytes change for the same input. ``libraries`` are the distributions
    whose versions enter the cache key, ``assets`` folders of this package whose content does ("viewer/dist").
    ``reproducible`` is empty, or says why the bytes may differ.
    ``seconds_per_mb`` and ``bytes_out_per_byte`` serve ``--dry-run`` until the ledger knows better; ``foresees`` tells
    it what a stage that reads captures would hand on of a folder that no run has seen.
    The function itself is returned unchanged, so that tests and other code call it plainly.
    """

    def declare(run: Callable[..., Any]) -> Callable[..., Any]:
        name = run.__name__.replace("_", "-")
        inputs, options = _parameters(run, name)
        text = inspect.getdoc(run) or ""
        declared = Stage(
            name=name,
            version=version,
            summary=text.partition("\n")[0],
            description=text.partition("\n")[2].strip(),
            inputs=inputs,
            writes=writes.kinds if isinstance(writes, Many) else (writes,),
            many=isinstance(writes, Many),
            Options=options,
            run=run,
            libraries=libraries,
            reproducible=reproducible,
            seconds_per_mb=seconds_per_mb,
            bytes_out_per_byte=bytes_out_per_byte,
            assets=assets,
            foresees=foresees,
        )
        if name in _stages and _stages[name].run.__module__ != run.__module__:
            raise ValueError(f"the stage {name} is declared twice")
        _stages[name] = declared
        run.stage = declared  # type: ignore[attr-defined]
        return run

    return declare


def _parameters(run: Callable[..., Any], name: str) -> tuple[tuple[Input, ...], type[BaseModel]]:
    """The artefacts that the function of a stage reads, and the model of its options."""
    hints = typing.get_type_hints(run, include_extras=True)
    inputs: list[Input] = []
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name == "dest":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            fields[option_named(parameter.name)] = (hints[parameter.name], parameter.default)
        else:
            inputs.append(_input(name, parameter.name, hints[parameter.name]))
    if not inputs or "dest" not in hints:
        raise TypeError(f"stage {name}: needs at least one artefact and dest")
    title = "".join(part.title() for part in run.__name__.split("_")) + "Options"
    return tuple(inputs), create_model(title, __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def _input(stage_name: str, name: str, hint: Any) -> Input:
    every = typing.get_origin(hint) is list
    inner = typing.get_args(hint)[0] if every else hint
    marks = [entry for entry in getattr(inner, "__metadata__", ()) if isinstance(entry, Reads)]
    if not marks:
        raise TypeError(f"stage {stage_name}: {name} says no kind; write Annotated[Path, Reads(...)]")
    kinds = marks[0].kinds
    arity: Literal["each", "all", "collection"] = "collection" if "collection" in kinds else "all" if every else "each"
    return Input(name, kinds, arity, rich=typing.get_args(inner)[0] is Artefact)


def stages() -> Mapping[str, Stage]:
    """All declared stages by name, in the order of declaration."""
    return _stages
