"""provenance.json: how every derivative of an object was made, as W3C PROV in JSON-LD, without clock, host or path.

Entities are artefacts and capture files, activities are the jobs; from every entity one comes back to the SHA-256
of the captures. The same captures give the same document everywhere.
(PROV-O: The PROV Ontology, W3C Recommendation 2013; JSON-LD 1.1.)
"""

from __future__ import annotations

import functools
import os
from typing import Any
from urllib.parse import quote

from heritage3d.pipeline.digests import Entry
from heritage3d.pipeline.edition import Known
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.plan import ObjectPlan
from heritage3d.pipeline.stage import Speed, stages
from heritage3d.pipeline.tables import JobRow

Json = dict[str, Any]

CONTEXT: Json = {
    "prov": "http://www.w3.org/ns/prov#",
    "h3d": "urn:heritage3d:terms:",
    "used": {"@id": "prov:used", "@type": "@id"},
    "wasGeneratedBy": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "wasAssociatedWith": {"@id": "prov:wasAssociatedWith", "@type": "@id"},
    "hadMember": {"@id": "prov:hadMember", "@type": "@id"},
    "atLocation": "prov:atLocation",
    "options": {"@id": "h3d:options", "@type": "@json"},
    "libraries": {"@id": "h3d:libraries", "@type": "@json"},
    **{name: f"h3d:{name}" for name in ("object", "kind", "name", "sha256", "step", "stage", "version", "parameter")},
}
SOFTWARE = "urn:heritage3d:software"


def provenance_of(plan: ObjectPlan) -> Json:
    """The document of one object: agent, capture files, then every job with what it made."""
    made: dict[tuple[str, str], list[Known]] = {}
    for known in plan.edition.artefacts():
        made.setdefault(known.slot, []).append(known)
    members = _members(plan)
    graph: list[Json] = [{"@id": SOFTWARE, "@type": ["prov:Agent", "prov:SoftwareAgent"], "name": "heritage3d"}]
    graph += members.values()
    told: set[str] = set()
    for (step, slot), job in plan.edition.jobs().items():
        here = made.get((step, slot), [])
        act = _activity(plan.object.id, step, slot, job)
        sources = [entity for entity in _sources(job, members) if entity["@id"] not in told]
        entities = [_entity(plan, known, act, job) for known in here]
        for entity in (*sources, act, *entities):
            if entity["@id"] not in told:
                told.add(entity["@id"])
                graph.append(entity)
    return {"@context": CONTEXT, "object": plan.object.id, "@graph": graph}


def artefact_id(kind_name: str, name: str, sha256: str) -> str:
    """The identifier of an artefact: its bytes, what it is and what it is called."""
    return f"urn:sha256:{sha256}#{_quoted(kind_name)}/{_quoted(name)}"


@functools.lru_cache(1024)
def _quoted(name: str) -> str:
    return quote(name.encode("utf-8", "surrogateescape"), safe="")


def _members(plan: ObjectPlan) -> dict[str, Json]:
    """The capture files of the object, by their path."""
    entries: tuple[Entry, ...] = plan.captures.entries() if plan.captures else ()
    return {
        entry.path: {
            "@id": artefact_id("capture file", entry.path, entry.sha256),
            "@type": "prov:Entity",
            "kind": "capture file",
            "name": entry.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
            "sha256": entry.sha256,
        }
        for entry in entries
    }


def _sources(job: JobRow, members: dict[str, Json]) -> list[Json]:
    """What a job read that no other job made: the object's folder, a collection of its files."""
    return [
        {
            "@id": artefact_id(kind_name, name, sha256),
            "@type": ["prov:Entity", "prov:Collection"],
            "kind": kind_name,
            "name": name,
            "sha256": sha256,
            "hadMember": [entity["@id"] for entity in members.values()],
        }
        for _parameter, artefacts in job.inputs
        for kind_name, name, sha256 in artefacts
        if kind_name == "capture"
    ]


def _activity(object_id: str, step: str, slot: str, job: JobRow) -> Json:
    place = "/".join(_quoted(part) for part in (object_id, step, slot))
    return {
        "@id": f"urn:heritage3d:act:{place}",
        "@type": "prov:Activity",
        "step": step,
        "stage": job.stage,
        "version": job.version,
        "options": _asked(job),
        "libraries": job.tools,
        "wasAssociatedWith": SOFTWARE,
        "used": _used(job),
        "parameter": [parameter for parameter, artefacts in job.inputs for _artefact in artefacts],
    }


def _asked(job: JobRow) -> Json:
    """The options that the bytes depend on."""
    declared = stages()[job.stage]
    return {name: value for name, value in job.options.items() if not declared.marks(name, Speed)}


def _used(job: JobRow) -> list[str]:
    return [artefact_id(*artefact) for _parameter, artefacts in job.inputs for artefact in artefacts]


def _entity(plan: ObjectPlan, known: Known, act: Json, job: JobRow) -> Json:
    row = known.row
    entity = {
        "@id": artefact_id(row.kind, row.name, row.digest),
        "@type": "prov:Entity",
        "kind": row.kind,
        "name": row.name,
        "sha256": row.digest,
        "wasGeneratedBy": act["@id"],
        "wasDerivedFrom": _used(job),
    }
    if taken := _taken(plan, known):
        entity["hadMember"] = taken
    if places := _places(plan, known):
        entity["atLocation"] = places
    return entity


def _taken(plan: ObjectPlan, known: Known) -> list[str]:
    """The capture files that the artefact consists of, where it is captures as they came."""
    if not known.row.captured:
        return []
    parent, folder = os.path.dirname(known.row.location), f"{plan.object.folder}/"  # noqa: PTH120  pages are many
    return [
        artefact_id("capture file", _inside(f"{parent}/{entry.path}", folder), entry.sha256)
        for entry in known.row.files
    ]


def _inside(path: str, folder: str) -> str:
    plain = path.startswith(folder) and "../" not in path
    return path[len(folder) :] if plain else os.path.relpath(path, folder).replace(os.sep, "/")


def _places(plan: ObjectPlan, known: Known) -> list[str]:
    """Where the artefact is published, below the object's folder: itself, or the entries of a spread one."""
    place = plan.edition.place(known.row)
    if place is None:
        return []
    home = f"objects/{plan.object.id}"
    inside = place.removeprefix(home).strip("/")
    if not kind(known.row.kind).spread:
        return [inside]
    prefix = f"{inside}/" if inside else ""
    return sorted({prefix + entry.path.partition("/")[0] for entry in known.row.files})
