"""The JSON Schema of a workflow, derived from the declarations: editors complete and check steps with it."""

from __future__ import annotations

from typing import Any

from heritage3d.pipeline.stage import Stage, stages
from heritage3d.pipeline.workflow import COLLECTION_KIND, SOURCE_KIND

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def workflow_schema() -> dict[str, Any]:
    """The schema of a whole workflow file."""
    known = {name: _step(stage) for name, stage in sorted(stages().items())}
    return {
        "$schema": _DRAFT,
        "title": "heritage3d workflow",
        "type": "object",
        "required": ["workflow", "steps"],
        "additionalProperties": False,
        "properties": {
            "workflow": {"type": "string", "description": "Name of the workflow"},
            "version": {"const": 1, "description": "Version of the workflow language"},
            "title": {
                "description": "What it is for, as a text or by language",
                "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}],
            },
            "steps": {
                "type": "object",
                "minProperties": 1,
                "description": "Steps in order; a step reads what steps above it make",
                "additionalProperties": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in known]},
            },
        },
        "$defs": known,
    }


def _step(stage: Stage) -> dict[str, Any]:
    options = stage.Options.model_json_schema()
    fields = stage.public_options()
    properties: dict[str, Any] = {"stage": {"const": stage.name, "description": stage.summary}}
    required = ["stage"]
    if not set(stage.reads) & {SOURCE_KIND, COLLECTION_KIND}:
        told = f"The steps that it reads from: {' or '.join(stage.reads)}"
        one = {"type": "string"}
        properties["from"] = {"description": told, "anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
        required.append("from")
    for name, entry in options.get("properties", {}).items():
        if name in fields:
            properties[name] = {key: value for key, value in entry.items() if key != "title"}
    return {
        "type": "object",
        "description": stage.summary,
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }
