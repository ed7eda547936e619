"""The story of a published file: from the bytes of the captures, job by job, to the file (provenance.json)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heritage3d.errors import NoProvenance
from heritage3d.pipeline import addresses
from heritage3d.pipeline.store import sha256_of

Json = dict[str, Any]


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
    document = _document(home / "provenance.json", path)
    entities = {entry["@id"]: entry for entry in document["@graph"] if "sha256" in entry}
    acts = {entry["@id"]: entry for entry in document["@graph"] if entry.get("@type") == "prov:Activity"}
    artefact = _holding(inside, entities, path)
    order: dict[str, None] = {}
    _behind(artefact, entities, acts, order)
    told = tuple(_act(acts[name], entities) for name in order)
    captures = {
        member: entities[member]
        for act in told
        for _parameter, entity in act.read
        for member in entity.get("hadMember", ())
    }
    return Story(home.name, inside, sha256_of(path), artefact, tuple(captures.values()), told)


def _home(path: Path) -> Path:
    if not path.is_file():
        raise NoProvenance(file=path, detail="there is no such file")
    for folder in path.parents:
        if folder.parent.name == "objects" and (folder / "provenance.json").is_file():
            return folder
    raise NoProvenance(file=path, detail="no provenance.json lies in a folder around it")


def _document(path: Path, file: Path) -> Json:
    try:
        document = addresses.load(path)
        if isinstance(document, dict) and all(isinstance(entry, dict) for entry in document["@graph"]):
            return document
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise NoProvenance(file=file, detail="its provenance.json cannot be read")


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
    name = entity.get("wasGeneratedBy")
    if name is None or name in order or name not in acts:
        return
    for source in acts[name]["used"]:
        if source in entities:
            _behind(entities[source], entities, acts, order)
    order[name] = None


def _act(entry: Json, entities: dict[str, Json]) -> Act:
    read = zip(entry["parameter"], entry["used"], strict=True)
    return Act(
        entry["step"],
        entry["stage"],
        entry["version"],
        entry["options"],
        entry["libraries"],
        tuple((parameter, entities.get(source, {"@id": source})) for parameter, source in read),
        tuple(entity for entity in entities.values() if entity.get("wasGeneratedBy") == entry["@id"]),
    )


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
