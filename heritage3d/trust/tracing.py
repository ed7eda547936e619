"""The story of a published file: from the bytes of the captures, job by job, to the file (provenance.json)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from heritage3d.errors import NoProvenance
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import sha256_of

Json = dict[str, Any]
_Named = TypedDict(
    "_Named",
    {
        "@id": str, "kind": str, "name": str, "sha256": str, "wasGeneratedBy": NotRequired[str],
        "hadMember": NotRequired[list[str]], "atLocation": NotRequired[list[str]],
    },
)  # fmt: skip
_Done = TypedDict(
    "_Done",
    {
        "@id": str, "step": str, "stage": str, "version": int, "options": Json, "libraries": dict[str, str],
        "used": list[str], "parameter": list[str],
    },
)  # fmt: skip
_ENTITY, _ACTIVITY = TypeAdapter(_Named), TypeAdapter(_Done)


@dataclass(frozen=True)
class Act:
    """One job of the story: what ran, with which options, on what, and what it made (artefacts as in PROV)."""

    step: str
    stage: str
    version: int
    options: Json
    libraries: dict[str, str]
    read: tuple[tuple[str, Json], ...]  # parameter, entity
    made: tuple[Json, ...]


@dataclass(frozen=True)
class Story:
    """How a file came to be. ``acts`` stand in the order in which they must be done again."""

    object: str
    file: str  # below the object's folder
    sha256: str
    artefact: Json
    captures: tuple[Json, ...]  # capture files that the acts read
    acts: tuple[Act, ...]


def trace(path: Path) -> Story:
    """The story of a file below objects/ of a published tree, or of a copy of one. Raises NoProvenance."""
    home = _home(path.absolute())
    inside = path.absolute().relative_to(home).as_posix()
    graph = _graph(home / "provenance.json", path)
    entities = {entry["@id"]: entry for entry in graph if "sha256" in entry}
    acts = {entry["@id"]: entry for entry in graph if entry.get("@type") == "prov:Activity"}
    artefact = _holding(inside, entities, path)
    order: dict[str, None] = {}
    _behind(artefact, entities, acts, order)
    told = tuple(_act(acts[name], entities) for name in order)
    captures = {
        member: entities[member]
        for act in told
        for _parameter, entity in act.read
        for member in entity.get("hadMember", ())
        if member in entities
    }
    return Story(home.name, inside, sha256_of(path), artefact, tuple(captures.values()), told)


def _home(path: Path) -> Path:
    if not path.is_file():
        raise NoProvenance(file=path, detail="there is no such file")
    for folder in path.parents:
        if folder.parent.name == "objects" and (folder / "provenance.json").is_file():
            return folder
    raise NoProvenance(file=path, detail="no provenance.json lies in a folder around it")


def _graph(path: Path, file: Path) -> list[Json]:
    """The nodes of a provenance.json, each judged before it is used. Raises NoProvenance."""
    try:
        document = addresses.load(path)
        graph = document["@graph"]
        for entry in graph:
            if "sha256" in entry:
                _ENTITY.validate_python(entry, strict=True)
            elif entry.get("@type") == "prov:Activity":
                _ACTIVITY.validate_python(entry, strict=True)
        return list(graph)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NoProvenance(file=file, detail="its provenance.json cannot be read") from None


def _holding(inside: str, entities: dict[str, Json], path: Path) -> Json:
    """The artefact that holds the file: the one with the longest place around it."""
    found = [
        (len(place), entity)
        for entity in entities.values()
        for place in entity.get("atLocation", ())
        if inside == place or inside.startswith(f"{place}/")
    ]
    if not found:
        raise NoProvenance(file=path, detail="it is a document of the engine, made from all the others")
    return max(found, key=lambda entry: entry[0])[1]


def _behind(entity: Json, entities: dict[str, Json], acts: dict[str, Json], order: dict[str, None]) -> None:
    """Add the acts behind an entity, those that come first before those that need them."""
    left = [(entity.get("wasGeneratedBy"), False)]
    seen: set[str] = set()
    while left:
        name, ready = left.pop()
        if ready and name is not None:
            order[name] = None
        elif name is not None and name in acts and name not in seen:
            seen.add(name)  # a ring of acts ends here
            left.append((name, True))
            sources = (entities[source] for source in reversed(acts[name]["used"]) if source in entities)
            left += [(source.get("wasGeneratedBy"), False) for source in sources]


def _act(entry: Json, entities: dict[str, Json]) -> Act:
    read = zip(entry["parameter"], entry["used"], strict=False)
    return Act(
        entry["step"],
        entry["stage"],
        entry["version"],
        entry["options"],
        entry["libraries"],
        tuple((parameter, entities.get(source, _unknown(source))) for parameter, source in read),
        tuple(entity for entity in entities.values() if entity.get("wasGeneratedBy") == entry["@id"]),
    )


def _unknown(source: str) -> Json:
    """What stands for an artefact of which nothing is told."""
    return {"@id": source, "kind": "?", "name": "?", "sha256": source.removeprefix("urn:sha256:").partition("#")[0]}


def sentences(story: Story, say: Any) -> Iterator[str]:
    """The story, a sentence a step. ``say`` is messages.text."""
    names = [f"{entity['name']} ({entity['sha256']})" for entity in story.captures]
    yield say("trace.captures", object=story.object, count=len(names), files="; ".join(names))
    for number, act in enumerate(story.acts, 1):
        asked = {name: value for name, value in act.options.items() if name != "row"}
        yield say(
            "trace.act",
            number=number,
            step=act.step,
            stage=act.stage,
            version=act.version,
            read=_named(entity for _parameter, entity in act.read),
            made=_named(act.made),
            options=", ".join(f"{name}={value}" for name, value in asked.items()) or "–",
            libraries=", ".join(f"{name} {version}" for name, version in act.libraries.items()) or "–",
        )
    yield say("trace.file", file=story.file, sha256=story.sha256, artefact=_named([story.artefact]))


_MOST_NAMED = 6


def _named(entities: Any) -> str:
    every = [f"{entity.get('kind', '?')} {entity.get('name', '?')} ({entity['sha256'][:12]}…)" for entity in entities]
    rest = f" … +{len(every) - _MOST_NAMED}" if len(every) > _MOST_NAMED else ""
    return "; ".join(every[:_MOST_NAMED]) + rest
